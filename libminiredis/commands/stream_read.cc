// Streams: reading what has come behind an id, alone or as one of a group's consumers, and waiting
// for it.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/stream_arguments.h"

namespace miniredis::commands {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamWalk;

struct ReadArgs {
  std::optional<std::int64_t> block_ms;
  std::uint64_t most = UINT64_MAX;
  bool has_group = false;
  bool no_ack = false;
  Bytes group;
  Bytes consumer;
  Arguments keys;
  Arguments ids;
};

bool read_block(Context& context, Bytes text, ReadArgs& args) {
  args.block_ms = base::parse_int(text);
  if (context.in_script)
    context.fail("ERR " + std::string(context.command->name) +
                 " command is not allowed with BLOCK option from scripts");
  else if (!args.block_ms)
    context.fail(wire::kTimeoutNotInteger);
  else if (*args.block_ms < 0)
    context.fail(wire::kTimeoutNegative);
  else if (!base::checked_add(*args.block_ms, context.now_ms()))
    context.fail(wire::kTimeoutOutOfRange);
  else
    return true;
  return false;
}

bool read_streams(Context& context, Arguments words, bool in_group, ReadArgs& args) {
  if (words.size() % 2 != 0) {
    context.fail("ERR Unbalanced '" + std::string(context.command->name) +
                 "' list of streams: for each stream key an ID or '" + (in_group ? ">" : "$") +
                 "' must be specified.");
    return false;
  }
  args.keys = words.first(words.size() / 2);
  args.ids = words.last(words.size() / 2);
  return true;
}

// Nothing, with the error answered, when the words are wrong.
std::optional<ReadArgs> read_args(Context& context, Arguments words, bool in_group) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  ReadArgs args;
  for (std::size_t at = 0; at < words.size() && args.keys.empty(); ++at) {
    const Bytes word = words[at];
    const std::size_t more = words.size() - at - 1;
    if (more > 0 && base::equals_ignore_case(word, "block")) {
      if (!read_block(context, words[++at], args)) return std::nullopt;
    } else if (more > 0 && base::equals_ignore_case(word, "count")) {
      const auto count = base::parse_int(words[++at]);
      if (!count) return fail(wire::kNotInteger);
      args.most = *count <= 0 ? UINT64_MAX : static_cast<std::uint64_t>(*count);
    } else if (more > 0 && base::equals_ignore_case(word, "streams")) {
      if (!read_streams(context, words.subspan(at + 1), in_group, args)) return std::nullopt;
    } else if (more > 1 && base::equals_ignore_case(word, "group")) {
      if (!in_group) return fail(wire::kGroupInXRead);
      args.has_group = true;
      args.group = words[++at];
      args.consumer = words[++at];
    } else if (base::equals_ignore_case(word, "noack")) {
      if (!in_group) return fail(wire::kNoAckInXRead);
      args.no_ack = true;
    } else {
      return fail(wire::kSyntax);
    }
  }
  if (args.keys.empty()) return fail(wire::kSyntax);
  if (in_group && !args.has_group) return fail(wire::kMissingGroup);
  return args;
}

// Streams that have something for the reader, each with its entries.
void begin_streams(resp::Writer& reply, std::size_t count) {
  if (reply.resp3())
    reply.map(count);
  else
    reply.array(count);
}

void begin_stream(resp::Writer& reply, Bytes key) {
  if (!reply.resp3()) reply.array(2);
  reply.bulk(key);
}

void reply_nothing(resp::Writer& reply) {
  reply.null_array();
}

// Waits for one of the streams to get more, or answers that there is nothing. `words`: to run
// again, in place of those of the call.
void wait_for_stream(Context& context, const ReadArgs& args, std::vector<std::string> words) {
  const bool waits =
      args.block_ms && context.wait_for({.keys = {args.keys.begin(), args.keys.end()},
                                         .type = types::Type::kStream,
                                         .timeout_ms = *args.block_ms,
                                         .on_timeout = reply_nothing,
                                         .words = std::move(words),
                                         .wake_when_gone = args.has_group});
  if (!waits) reply_nothing(context.reply);
}

// XREAD

struct Position {
  Bytes key;
  Stream stream;
  StreamId after;
};

// Nothing, with the error answered, when a key is no stream or an id is none.
std::optional<std::vector<Position>> positions_of(Context& context, const ReadArgs& args) {
  std::vector<Position> positions;
  positions.reserve(args.keys.size());
  for (std::size_t i = 0; i < args.keys.size(); ++i) {
    const auto stream = look_up<Stream>(context, args.keys[i]);
    if (!stream) return std::nullopt;
    StreamId after;
    if (args.ids[i] == "$") {
      if (stream->exists()) after = stream->last_id();
    } else if (args.ids[i] == ">") {
      context.fail(wire::kUndeliveredInXRead);
      return std::nullopt;
    } else {
      const auto id = read_stream_id(context, args.ids[i]);
      if (!id) return std::nullopt;
      after = *id;
    }
    positions.push_back({args.keys[i], *stream, after});
  }
  return positions;
}

bool has_more(const Position& position) noexcept {
  return position.stream.last_entry_id() > position.after;
}

// The words of the call with "$" replaced: what is the last entry now is not so later.
std::vector<std::string> words_to_repeat(Arguments words, const std::vector<Position>& positions) {
  std::vector<std::string> repeated(words.begin(), words.end());
  const std::size_t first_id = words.size() - positions.size();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (words[first_id + i] != "$") continue;
    char text[StreamId::kMostChars];
    repeated[first_id + i].assign(text, positions[i].after.format(text));
  }
  return repeated;
}

void run_xread(Context& context, Arguments words) {
  const auto args = read_args(context, words, false);
  if (!args) return;
  const auto positions = positions_of(context, *args);
  if (!positions) return;
  std::size_t served = 0;
  for (const Position& position : *positions) served += has_more(position) ? 1 : 0;
  if (served == 0) {
    wait_for_stream(context, *args, words_to_repeat(words, *positions));
    return;
  }
  begin_streams(context.reply, served);
  for (const Position& position : *positions) {
    if (!has_more(position)) continue;
    begin_stream(context.reply, position.key);
    reply_stream_range(context, position.stream, *position.after.next(), StreamId::greatest(),
                       args->most);
  }
}

// XREADGROUP

enum class Source : std::uint8_t { kNothing, kUndelivered, kHistory };

struct GroupPosition {
  Source source = Source::kNothing;
  StreamId after;  // kHistory
};

// Whether the group has entries before it for this mention of the key: earlier ones in the same
// call take theirs first.
bool has_undelivered(const Stream& stream, const StreamGroup& group, const ReadArgs& args,
                     const std::vector<GroupPosition>& positions, std::size_t index) {
  if (stream.last_entry_id() <= group.last_id) return false;
  std::uint64_t taken = 0;
  for (std::size_t i = 0; i < index; ++i) {
    if (positions[i].source != Source::kUndelivered || args.keys[i] != args.keys[index]) continue;
    if (__builtin_add_overflow(taken, args.most, &taken) || taken == UINT64_MAX) return false;
  }
  if (taken == 0) return true;
  return stream.count(*group.last_id.next(), StreamId::greatest(), taken + 1) > taken;
}

std::optional<std::vector<GroupPosition>> group_positions_of(Context& context,
                                                             const ReadArgs& args) {
  std::vector<GroupPosition> positions(args.keys.size());
  for (std::size_t i = 0; i < args.keys.size(); ++i) {
    const auto stream = look_up<Stream>(context, args.keys[i]);
    if (!stream) return std::nullopt;
    const StreamGroup* group = stream->group(args.group);
    if (group == nullptr) {
      fail_no_group(context, args.keys[i], args.group, " in XREADGROUP with GROUP option");
      return std::nullopt;
    }
    const Bytes id = args.ids[i];
    if (id == "$") {
      context.fail(wire::kNewestInXReadGroup);
      return std::nullopt;
    }
    const auto after = id == ">" ? StreamId::greatest() : read_stream_id(context, id);
    if (!after) return std::nullopt;
    // The greatest id has nothing behind it, and Redis takes it for ">".
    if (*after != StreamId::greatest())
      positions[i] = {Source::kHistory, *after};
    else if (has_undelivered(*stream, *group, args, positions, i))
      positions[i] = {Source::kUndelivered, {}};
  }
  return positions;
}

// Counts an entry as read by the group and moves the group behind it.
void advance(const Stream& stream, StreamGroup& group, StreamId id) noexcept {
  if (group.entries_read != StreamGroup::kUnknown && !stream.has_gaps_from(id))
    ++group.entries_read;
  else if (stream.entries_added() > 0)
    group.entries_read = stream.entries_up_to(id);
  group.last_id = id;
}

void deliver_new(Context& context, Stream& stream, StreamGroup& group, StreamConsumer& consumer,
                 const ReadArgs& args) {
  const auto from = group.last_id.next();
  std::uint64_t left =
      from ? stream.count(*from, StreamId::greatest(), args.most) : std::uint64_t{0};
  context.reply.array(left);
  if (left == 0) return;
  StreamWalk walk(stream, *from, StreamId::greatest(), StreamWalk::kForward);
  for (StreamEntry entry; left > 0 && walk.next(entry); --left) {
    context.step();
    reply_stream_entry(context.reply, entry);
    if (!args.no_ack) {
      group.deliver(stream.account(), entry.id, consumer, context.now_ms());
      consumer.active_ms = context.now_ms();
    }
    advance(stream, group, entry.id);
  }
}

// What the consumer has been given and has not acknowledged, behind `after`.
void deliver_history(Context& context, const Stream& stream, const StreamGroup& group,
                     const StreamConsumer& consumer, StreamId after, std::uint64_t most) {
  const auto first = consumer.pending.ceiling(after.next().value_or(after));
  std::uint64_t count = 0;
  for (auto at = first; at && count < most; at.step_forward()) ++count;
  context.reply.array(count);
  for (auto at = first; count > 0; at.step_forward(), --count) {
    context.step();
    if (reply_stream_entry_at(context.reply, stream, at.key())) {
      types::StreamPending& pending = *group.find_pending(at.key());
      pending.delivered_ms = context.now_ms();
      ++pending.deliveries;
      continue;
    }
    context.reply.array(2);
    reply_stream_id(context.reply, at.key());
    context.reply.null_array();
  }
}

// Has the consumer come, and gives it what there is for it.
void serve_consumer(Context& context, const ReadArgs& args, std::size_t index,
                    const GroupPosition& position) {
  const Bytes key = args.keys[index];
  auto stream = open<Stream>(context, key);
  if (!stream) return;
  StreamGroup& group = *stream->group(args.group);
  StreamConsumer* consumer = group.consumer(args.consumer);
  const bool is_new = consumer == nullptr;
  if (is_new) consumer = group.add_consumer(stream->account(), args.consumer, context.now_ms());
  consumer->seen_ms = context.now_ms();
  if (position.source != Source::kNothing) begin_stream(context.reply, key);
  if (position.source == Source::kUndelivered)
    deliver_new(context, *stream, group, *consumer, args);
  else if (position.source == Source::kHistory)
    deliver_history(context, *stream, group, *consumer, position.after, args.most);
  if (is_new)
    stream.changed_unwatched(events::kXGroupCreateConsumer);
  else if (position.source != Source::kNothing)
    stream.changed_unwatched(events::kUntold);
}

// About how many entries the consumer gets; more than a few thousand are not counted.
std::size_t entries_to_serve(Context& context, const ReadArgs& args,
                             const std::vector<GroupPosition>& positions) {
  constexpr std::uint64_t kMany = 10'000;
  const std::uint64_t most = std::min(args.most, kMany);
  keyspace::ReadScope scope = context.read();
  std::size_t entries = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (positions[i].source == Source::kNothing) continue;
    const auto stream = scope.open<Stream>(scope.peek(args.keys[i]));
    const StreamGroup& group = *stream.group(args.group);
    const StreamConsumer* consumer = group.consumer(args.consumer);
    const auto from = group.last_id.next();
    if (positions[i].source == Source::kUndelivered)
      entries += from ? stream.count(*from, StreamId::greatest(), most) : 0;
    else if (consumer != nullptr)
      entries += std::min<std::uint64_t>(consumer->pending.size(), most);
  }
  return entries;
}

void run_xreadgroup(Context& context, Arguments words) {
  const auto args = read_args(context, words, true);
  if (!args) return;
  const auto positions = group_positions_of(context, *args);
  if (!positions) return;
  std::size_t served = 0;
  for (const GroupPosition& position : *positions) {
    served += position.source == Source::kNothing ? 0 : 1;
  }
  context.expect_steps(entries_to_serve(context, *args, *positions));
  if (served > 0) begin_streams(context.reply, served);
  for (std::size_t i = 0; i < positions->size(); ++i) {
    serve_consumer(context, *args, i, (*positions)[i]);
  }
  if (served == 0) wait_for_stream(context, *args, {});
}

constexpr Arg kStreams[] = {multiple(key("key", nullptr)), multiple(string("id", nullptr))};
constexpr Arg kStreamsBlock{"streams", ArgKind::kBlock, nullptr, "STREAMS", kStreams};
constexpr Arg kXReadArgs[] = {optional(integer("count", nullptr, "COUNT")),
                              optional(integer("milliseconds", nullptr, "BLOCK")), kStreamsBlock};
constexpr Arg kGroupConsumer[] = {string("group", nullptr), string("consumer", nullptr)};
constexpr Arg kXReadGroupArgs[] = {
    Arg{"group-block", ArgKind::kBlock, nullptr, "GROUP", kGroupConsumer},
    optional(integer("count", nullptr, "COUNT")),
    optional(integer("milliseconds", nullptr, "BLOCK")),
    optional(flag("NOACK", nullptr)),
    kStreamsBlock,
};

constexpr const char* kReadComplexity =
    "For each stream O(log S + N) where S is its size and N the number of entries returned. XADD "
    "pays O(M) to serve the M clients that wait for its stream.";
constexpr Command kXRead = raw_command<kXReadArgs>(
    "xread",
    {"Returns entries of several streams with ids greater than those given. Blocks until there are "
     "any, if asked to.",
     "5.0.0", kReadComplexity, Group::kStream, "XREAD COUNT 1 STREAMS mystream 0",
     "1) 1) \"mystream\"\n   2) 1) 1) \"1526919030474-55\" ..."},
    kReadOnly | kBlocking, run_xread, half_behind("STREAMS", 1));
constexpr Command kXReadGroup = raw_command<kXReadGroupArgs>(
    "xreadgroup",
    {"Returns new entries of several streams to a consumer of a group, or those it has not "
     "acknowledged. Blocks until there are any, if asked to.",
     "5.0.0", kReadComplexity, Group::kStream,
     "XREADGROUP GROUP mygroup alice COUNT 1 STREAMS mystream >",
     "1) 1) \"mystream\"\n   2) 1) 1) \"1526919030474-55\" ..."},
    kWrite | kBlocking, run_xreadgroup, half_behind("STREAMS", 4), use::keys(use::kReads));

}  // namespace

std::span<const Command* const> stream_read_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXRead, &kXReadGroup};
  return kCommands;
}

}  // namespace miniredis::commands
