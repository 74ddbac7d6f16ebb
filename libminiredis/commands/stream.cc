// Streams: adding, deleting and counting entries.
#include "types/stream.h"

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/stream_arguments.h"
#include "commands/stream_trim.h"

namespace miniredis::commands {
namespace {

using types::Stream;

// XADD

constexpr Arg kStrategy[] = {flag("MAXLEN", nullptr), flag("MINID", nullptr, "6.2.0")};
constexpr Arg kOperator[] = {flag("=", nullptr), flag("~", nullptr)};
constexpr Arg kTrim[] = {one_of("strategy", kStrategy), optional(one_of("operator", kOperator)),
                         string("threshold", nullptr),
                         optional(integer("count", nullptr, "LIMIT"))};
constexpr Arg kIds[] = {flag("*", nullptr), string("id", nullptr)};
constexpr Arg kPair[] = {string("field", nullptr), string("value", nullptr)};
constexpr Arg kXAddArgs[] = {key("key", nullptr), optional(flag("NOMKSTREAM", nullptr, "6.2.0")),
                             optional(block("trim", kTrim, nullptr)), one_of("id-or-auto", kIds),
                             multiple(block("field-value", kPair, nullptr))};

struct Addition {
  Bytes key;
  bool only_existing = false;
  StreamTrim trim;
  std::optional<StreamId> id;  // nothing: by the clock
  bool seq_by_itself = false;  // "ms-*"
  Arguments words;
};

// "ms-*" or a whole id.
bool read_new_id(Context& context, Bytes text, Addition& addition) {
  if (text.size() > 2 && text.ends_with("-*") && text.find('-') == text.size() - 2) {
    addition.id = parse_stream_id(text.substr(0, text.size() - 2));
    addition.seq_by_itself = true;
    if (!addition.id) context.fail(wire::kInvalidStreamId);
  } else {
    addition.id = read_stream_id(context, text);
  }
  return addition.id.has_value();
}

// Nothing, with the error answered, when the words are wrong.
std::optional<Addition> read_addition(Context& context, Arguments words) {
  Addition addition;
  addition.key = words[0];
  std::size_t at = 1;
  for (; at < words.size() && words[at] != "*";) {
    const StreamTrim::Read read = addition.trim.read_option(context, words, at);
    if (read == StreamTrim::Read::kFailed) return std::nullopt;
    if (read == StreamTrim::Read::kTaken) continue;
    if (!base::equals_ignore_case(words[at], "nomkstream")) {
      if (!read_new_id(context, words[at], addition)) return std::nullopt;
      break;
    }
    addition.only_existing = true;
    ++at;
  }
  if (!addition.trim.check(context, false)) return std::nullopt;
  addition.words = words.subspan(std::min(at + 1, words.size()));
  if (addition.words.empty() || addition.words.size() % 2 != 0) {
    context.fail(wire::wrong_arity(context.command->name));
    return std::nullopt;
  }
  if (addition.id && !addition.seq_by_itself && addition.id->is_zero()) {
    context.fail(wire::kStreamIdZero);
    return std::nullopt;
  }
  return addition;
}

// The id of the new entry; nothing when what was asked for is not behind the last one.
std::optional<StreamId> next_id(const Addition& addition, StreamId last, std::int64_t now_ms) {
  if (!addition.id) {
    const auto now = static_cast<std::uint64_t>(now_ms);
    return now > last.ms ? StreamId{now, 0} : last.next();
  }
  StreamId id = *addition.id;
  if (addition.seq_by_itself && id.ms == last.ms) {
    if (last.seq == UINT64_MAX) return std::nullopt;
    id.seq = last.seq + 1;
  }
  if (id <= last) return std::nullopt;
  return id;
}

void run_xadd(Context& context, Arguments words) {
  const auto addition = read_addition(context, words);
  if (!addition) return;
  auto stream = open<Stream>(context, addition->key);
  if (!stream) return;
  if (addition->only_existing && !stream.existed()) {
    context.reply.null();
    return;
  }
  const StreamId last = stream.existed() ? stream->last_id() : StreamId{};
  if (last == StreamId::greatest()) {
    context.fail(wire::kStreamExhausted);
    return;
  }
  const auto id = next_id(*addition, last, context.now_ms());
  if (!id) {
    context.fail(wire::kStreamIdSmall);
    return;
  }
  if (Stream::entry_bytes(addition->words) > Stream::kMostEntryBytes) {
    context.fail(wire::kStreamEntryTooLarge);
    return;
  }
  stream->append(*id, addition->words);
  const std::uint64_t trimmed = addition->trim.apply(*stream);
  reply_stream_id(context.reply, *id);
  stream.changed(events::kXAdd);
  if (trimmed > 0) context.write().also(events::kXTrim, addition->key);
}
constexpr Command kXAdd = raw_command<kXAddArgs>(
    "xadd",
    {"Appends a new entry to a stream. Creates the key if it doesn't exist.", "5.0.0",
     "O(1) when adding a new entry, O(N) when trimming where N is the number of entries evicted",
     Group::kStream, "XADD mystream 1526919030474-55 message Hello", "\"1526919030474-55\""},
    kWrite | kDenyOom | kFast, run_xadd, use::keys(use::kChanges));

// XLEN

void run_xlen(Context& context, const KeyArgs& args) {
  const auto stream = look_up<Stream>(context, args.key);
  if (stream) context.reply.integer(static_cast<std::int64_t>(stream->size()));
}
constexpr Command kXLen =
    command<KeyArgs, kKeyOnly, run_xlen>("xlen",
                                         {"Returns the number of entries in a stream.", "5.0.0",
                                          "O(1)", Group::kStream, "XLEN mystream", "(integer) 1"},
                                         kReadOnly | kFast, use::keys(use::kLooks));

// XDEL

constexpr Arg kXDelArgs[] = {key("key", nullptr), multiple(string("id", nullptr))};

void run_xdel(Context& context, Arguments words) {
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  if (!stream.existed()) {
    context.reply.integer(0);
    return;
  }
  const auto ids = read_stream_ids(context, words.subspan(1));
  if (!ids) return;
  std::int64_t gone = 0;
  for (const StreamId id : *ids) gone += stream->erase(id) ? 1 : 0;
  context.reply.integer(gone);
  if (gone > 0) stream.changed(events::kXDel);
}
constexpr Command kXDel =
    raw_command<kXDelArgs>("xdel",
                           {"Removes entries from a stream, and returns how many there were.",
                            "5.0.0", "O(log N) for each id, whatever the size of the stream",
                            Group::kStream, "XDEL mystream 1526919030474-55", "(integer) 1"},
                           kWrite | kFast, run_xdel, use::keys(use::kDeletesFrom));

// XSETID

constexpr Arg kXSetIdArgs[] = {
    key("key", nullptr), string("last-id", nullptr),
    optional(Arg{
        "entries-added", ArgKind::kInteger, nullptr, "ENTRIESADDED", {}, false, false, "7.0.0"}),
    optional(Arg{
        "max-deleted-id", ArgKind::kString, nullptr, "MAXDELETEDID", {}, false, false, "7.0.0"})};

struct Position {
  StreamId last;
  std::optional<std::int64_t> added;
  StreamId max_deleted;
};

std::optional<Position> read_position(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  Position position;
  const auto last = read_stream_id(context, words[0]);
  if (!last) return std::nullopt;
  position.last = *last;
  for (std::size_t at = 1; at < words.size(); at += 2) {
    const bool has_value = at + 1 < words.size();
    if (has_value && base::equals_ignore_case(words[at], "entriesadded")) {
      position.added = base::parse_int(words[at + 1]);
      if (!position.added) return fail(wire::kNotInteger);
      if (*position.added < 0) return fail(wire::kEntriesAddedNegative);
    } else if (has_value && base::equals_ignore_case(words[at], "maxdeletedid")) {
      const auto id = read_stream_id(context, words[at + 1]);
      if (!id) return std::nullopt;
      position.max_deleted = *id;
      if (position.last < *id) return fail(wire::kSetIdBelowGivenDeleted);
    } else {
      return fail(wire::kSyntax);
    }
  }
  return position;
}

void run_xsetid(Context& context, Arguments words) {
  const auto position = read_position(context, words.subspan(1));
  if (!position) return;
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  if (!stream.existed()) {
    context.fail(wire::kNoSuchKey);
    return;
  }
  if (position->last < stream->max_deleted_id()) {
    context.fail(wire::kSetIdBelowDeleted);
    return;
  }
  if (!stream->empty()) {
    if (position->last < stream->last_entry_id()) {
      context.fail(wire::kSetIdBelowTop);
      return;
    }
    if (position->added && static_cast<std::uint64_t>(*position->added) < stream->size()) {
      context.fail(wire::kEntriesAddedBelowLength);
      return;
    }
  }
  stream->set_last_id(position->last);
  if (position->added) stream->set_entries_added(static_cast<std::uint64_t>(*position->added));
  if (!position->max_deleted.is_zero()) stream->set_max_deleted_id(position->max_deleted);
  context.reply.ok();
  stream.changed_unwatched(events::kXSetId);
}
constexpr Command kXSetId = raw_command<kXSetIdArgs>(
    "xsetid",
    {"Sets the last id of a stream and its counters: for copying streams.", "5.0.0", "O(1)",
     Group::kStream, "XSETID mystream 1526919030474-60", "OK"},
    kWrite | kDenyOom | kFast, run_xsetid, use::keys(use::kChanges));

}  // namespace

std::span<const Command* const> stream_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXAdd, &kXLen, &kXDel, &kXSetId};
  return kCommands;
}

}  // namespace miniredis::commands
