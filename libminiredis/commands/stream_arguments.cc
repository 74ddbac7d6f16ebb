#include "commands/stream_arguments.h"

#include "commands/command.h"

namespace miniredis::commands {

using types::Stream;
using types::StreamEntry;
using types::StreamWalk;

namespace {

// As strtoull reads it, which Redis falls back on: leading space, a sign and leading zeros pass,
// and a number below zero wraps around.
std::optional<std::uint64_t> parse_loosely(Bytes text) noexcept {
  const std::size_t start = text.find_first_not_of(" \t\n\v\f\r");
  if (start == Bytes::npos) return std::nullopt;
  text.remove_prefix(start);
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9 || __builtin_mul_overflow(number, std::uint64_t{10}, &number) ||
        __builtin_add_overflow(number, digit, &number)) {
      return std::nullopt;
    }
  }
  return negative ? 0 - number : number;
}

std::optional<std::uint64_t> parse_part(Bytes text) noexcept {
  if (const auto number = base::parse_int(text)) {
    if (*number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
  }
  return parse_loosely(text);
}

std::optional<StreamId> read_interval(Context& context, Bytes text, bool is_start) {
  const std::uint64_t missing_seq = is_start ? 0 : UINT64_MAX;
  if (text == "-") return StreamId::least();
  if (text == "+") return StreamId::greatest();
  const bool exclusive = text.size() > 1 && text[0] == '(';
  const auto id = parse_stream_id(exclusive ? text.substr(1) : text, missing_seq);
  if (!id) {
    context.fail(wire::kInvalidStreamId);
    return std::nullopt;
  }
  if (!exclusive) return id;
  const auto moved = is_start ? id->next() : id->previous();
  if (!moved) context.fail(is_start ? wire::kInvalidIntervalStart : wire::kInvalidIntervalEnd);
  return moved;
}

}  // namespace

std::optional<StreamId> parse_stream_id(Bytes text, std::uint64_t missing_seq) noexcept {
  constexpr std::size_t kMostChars = 127;
  if (text.size() > kMostChars) return std::nullopt;
  text = text.substr(0, text.find('\0'));
  const std::size_t dash = text.find('-');
  const auto ms = parse_part(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == Bytes::npos) return StreamId{*ms, missing_seq};
  const auto seq = parse_part(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

std::optional<StreamId> read_stream_id(Context& context, Bytes text) {
  const auto id = parse_stream_id(text);
  if (!id) context.fail(wire::kInvalidStreamId);
  return id;
}

std::optional<std::vector<StreamId>> read_stream_ids(Context& context, Arguments texts) {
  std::vector<StreamId> ids;
  ids.reserve(texts.size());
  for (const Bytes text : texts) {
    const auto id = read_stream_id(context, text);
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

std::optional<StreamId> read_interval_start(Context& context, Bytes text) {
  return read_interval(context, text, true);
}

std::optional<StreamId> read_interval_end(Context& context, Bytes text) {
  return read_interval(context, text, false);
}

void fail_no_group(Context& context, Bytes key, Bytes group, Bytes suffix) {
  context.fail("NOGROUP No such key '" + std::string(key) + "' or consumer group '" +
               std::string(group) + "'" + std::string(suffix));
}

void fail_subcommand_syntax(Context& context) {
  const Bytes name = context.command->name;
  std::string container(name.substr(0, name.find('|')));
  for (char& c : container) c = base::to_upper(c);
  constexpr std::size_t kShown = 128;
  context.fail("ERR unknown subcommand or wrong number of arguments for '" +
               std::string(context.called_as.substr(0, kShown)) + "'. Try " + container + " HELP.");
}

void reply_stream_id(resp::Writer& reply, StreamId id) {
  char text[StreamId::kMostChars];
  reply.bulk({text, id.format(text)});
}

void reply_stream_entry(resp::Writer& reply, const StreamEntry& entry) {
  reply.array(2);
  reply_stream_id(reply, entry.id);
  reply.array(std::size_t{2} * entry.pairs);
  entry.each_pair([&](Bytes name, Bytes value) {
    reply.bulk(name);
    reply.bulk(value);
  });
}

void reply_stream_range(Context& context, const Stream& stream, StreamId from, StreamId to,
                        std::uint64_t most, StreamWalk::Direction direction) {
  std::uint64_t left = stream.count(from, to, most);
  context.reply.array(left);
  StreamWalk walk(stream, from, to, direction);
  for (StreamEntry entry; left > 0 && walk.next(entry); --left) {
    context.tick();
    reply_stream_entry(context.reply, entry);
  }
}

bool reply_stream_entry_at(resp::Writer& reply, const Stream& stream, StreamId id) {
  StreamEntry entry;
  if (!StreamWalk(stream, id, id, StreamWalk::kForward).next(entry)) return false;
  reply_stream_entry(reply, entry);
  return true;
}

}  // namespace miniredis::commands
