// What is known about a stream, its groups and their consumers: XINFO.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/help.h"
#include "commands/stream_arguments.h"

namespace miniredis::commands {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamPending;
using types::StreamWalk;

// The stream for reading; nothing, with the error answered, when there is none.
std::optional<Stream> existing_stream(Context& context, Bytes key) {
  auto stream = look_up<Stream>(context, key);
  if (stream && !stream->exists()) {
    context.fail(wire::kNoSuchKey);
    return std::nullopt;
  }
  return stream;
}

// Name and value of one line.
void line(resp::Writer& reply, Bytes name, std::uint64_t number) {
  reply.bulk(name);
  reply.integer(static_cast<std::int64_t>(number));
}
void line(resp::Writer& reply, Bytes name, StreamId id) {
  reply.bulk(name);
  reply_stream_id(reply, id);
}
void line_of_name(resp::Writer& reply, Bytes name) {
  reply.bulk("name");
  reply.bulk(name);
}

// How far a group has come, and how many entries are before it; null where it can't be told.
void reply_progress(resp::Writer& reply, const Stream& stream, const StreamGroup& group) {
  reply.bulk("entries-read");
  if (group.entries_read == StreamGroup::kUnknown)
    reply.null();
  else
    reply.integer(group.entries_read);
  const auto added = static_cast<std::int64_t>(stream.entries_added());
  reply.bulk("lag");
  std::int64_t read = 0;
  if (added > 0) {
    const bool counts =
        group.entries_read != StreamGroup::kUnknown && !stream.has_gaps_from(group.last_id);
    read = counts ? group.entries_read : stream.entries_up_to(group.last_id);
    if (!counts && read == StreamGroup::kUnknown) {
      reply.null();
      return;
    }
  }
  reply.integer(added - read);
}

// XINFO STREAM

constexpr Arg kFull[] = {optional(integer("count", nullptr, "COUNT"))};
constexpr Arg kStreamArgs[] = {
    key("key", nullptr), optional(Arg{"full-block", ArgKind::kBlock, nullptr, "FULL", kFull})};

void reply_edge(resp::Writer& reply, Bytes name, const Stream& stream,
                StreamWalk::Direction direction) {
  reply.bulk(name);
  StreamEntry entry;
  if (StreamWalk(stream, StreamId::least(), StreamId::greatest(), direction).next(entry))
    reply_stream_entry(reply, entry);
  else
    reply.null();
}

// What both forms begin with: seven pairs.
void reply_stream_head(resp::Writer& reply, const Stream& stream) {
  line(reply, "length", stream.size());
  // By Redis' names: nodes of entries, and pages of the tree that finds them.
  line(reply, "radix-tree-keys", stream.nodes().size());
  line(reply, "radix-tree-nodes", stream.nodes().pages());
  line(reply, "last-generated-id", stream.last_id());
  line(reply, "max-deleted-entry-id", stream.max_deleted_id());
  line(reply, "entries-added", stream.entries_added());
  line(reply, "recorded-first-entry-id", stream.first_entry_id());
}

void reply_consumer_full(resp::Writer& reply, const StreamGroup& group,
                         const StreamConsumer& consumer, std::uint64_t most) {
  reply.map(5);
  line_of_name(reply, consumer.name());
  line(reply, "seen-time", static_cast<std::uint64_t>(consumer.seen_ms));
  line(reply, "active-time", static_cast<std::uint64_t>(consumer.active_ms));
  line(reply, "pel-count", consumer.pending.size());
  reply.bulk("pending");
  std::uint64_t left = std::min<std::uint64_t>(most, consumer.pending.size());
  reply.array(left);
  for (auto at = consumer.pending.first(); left > 0; at.step_forward(), --left) {
    const StreamPending& pending = *group.find_pending(at.key());
    reply.array(3);
    reply_stream_id(reply, at.key());
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<std::int64_t>(pending.deliveries));
  }
}

void reply_group_full(Context& context, const Stream& stream, const StreamGroup& group,
                      std::uint64_t most) {
  resp::Writer& reply = context.reply;
  reply.map(7);
  line_of_name(reply, group.name());
  line(reply, "last-delivered-id", group.last_id);
  reply_progress(reply, stream, group);
  line(reply, "pel-count", group.pending().size());
  reply.bulk("pending");
  std::uint64_t left = std::min<std::uint64_t>(most, group.pending().size());
  reply.array(left);
  for (auto at = group.pending().first(); left > 0; at.step_forward(), --left) {
    context.tick();
    const StreamPending& pending = at.value();
    reply.array(4);
    reply_stream_id(reply, at.key());
    reply.bulk(pending.consumer->name());
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<std::int64_t>(pending.deliveries));
  }
  reply.bulk("consumers");
  reply.array(group.consumers().size());
  for (auto at = group.consumers().first(); at; at.step_forward()) {
    context.tick();
    reply_consumer_full(reply, group, *at.value(), most);
  }
}

void reply_full(Context& context, const Stream& stream, std::uint64_t most) {
  resp::Writer& reply = context.reply;
  reply.map(9);
  reply_stream_head(reply, stream);
  reply.bulk("entries");
  reply_stream_range(context, stream, StreamId::least(), StreamId::greatest(), most);
  reply.bulk("groups");
  reply.array(stream.group_count());
  for (auto at = stream.first_group(); at; at.step_forward()) {
    reply_group_full(context, stream, *at.value(), most);
  }
}

void run_stream(Context& context, Arguments words) {
  const auto stream = existing_stream(context, words[0]);
  if (!stream) return;
  const Arguments options = words.subspan(1);
  if (options.empty()) {
    resp::Writer& reply = context.reply;
    reply.map(10);
    reply_stream_head(reply, *stream);
    line(reply, "groups", stream->group_count());
    reply_edge(reply, "first-entry", *stream, StreamWalk::kForward);
    reply_edge(reply, "last-entry", *stream, StreamWalk::kBackward);
    return;
  }
  const bool sound = (options.size() == 1 || options.size() == 3) &&
                     base::equals_ignore_case(options[0], "full") &&
                     (options.size() == 1 || base::equals_ignore_case(options[1], "count"));
  if (!sound) {
    fail_subcommand_syntax(context);
    return;
  }
  constexpr std::int64_t kPlainCount = 10;
  std::int64_t count = kPlainCount;
  if (options.size() == 3) {
    const auto number = base::parse_int(options[2]);
    if (!number) {
      context.fail(wire::kNotInteger);
      return;
    }
    if (*number >= 0) count = *number;
  }
  reply_full(context, *stream, count == 0 ? UINT64_MAX : static_cast<std::uint64_t>(count));
}
constexpr Command kStream = raw_command<kStreamArgs>(
    "xinfo|stream",
    {"Returns information about a stream.", "5.0.0",
     "O(1); with FULL O(N) where N is the number of entries, groups, consumers and pending entries "
     "shown",
     Group::kStream, "XINFO STREAM mystream", "1) \"length\"\n2) (integer) 1 ..."},
    kReadOnly, run_stream);

// XINFO GROUPS, XINFO CONSUMERS

struct GroupOfArgs {
  Bytes key;
  Bytes group;
};
constexpr Arg kGroupsArgs[] = {key("key", into<&GroupOfArgs::key>)};
constexpr Arg kConsumersArgs[] = {key("key", into<&GroupOfArgs::key>),
                                  string("group", into<&GroupOfArgs::group>)};

void run_groups(Context& context, const GroupOfArgs& args) {
  const auto stream = existing_stream(context, args.key);
  if (!stream) return;
  resp::Writer& reply = context.reply;
  reply.array(stream->group_count());
  for (auto at = stream->first_group(); at; at.step_forward()) {
    const StreamGroup& group = *at.value();
    reply.map(6);
    line_of_name(reply, group.name());
    line(reply, "consumers", group.consumers().size());
    line(reply, "pending", group.pending().size());
    line(reply, "last-delivered-id", group.last_id);
    reply_progress(reply, *stream, group);
  }
}
constexpr Command kGroups = command<GroupOfArgs, kGroupsArgs, run_groups>(
    "xinfo|groups",
    {"Returns a list of the consumer groups of a stream.", "5.0.0",
     "O(N) where N is the number of groups", Group::kStream, "XINFO GROUPS mystream",
     "1) 1) \"name\"\n   2) \"mygroup\" ..."},
    kReadOnly);

void run_consumers(Context& context, const GroupOfArgs& args) {
  const auto stream = existing_stream(context, args.key);
  if (!stream) return;
  const StreamGroup* group = stream->group(args.group);
  if (group == nullptr) {
    context.fail("NOGROUP No such consumer group '" + std::string(args.group) + "' for key name '" +
                 std::string(args.key) + "'");
    return;
  }
  const std::int64_t now = context.now_ms();
  resp::Writer& reply = context.reply;
  reply.array(group->consumers().size());
  for (auto at = group->consumers().first(); at; at.step_forward()) {
    const StreamConsumer& consumer = *at.value();
    const bool was_active = consumer.active_ms != StreamConsumer::kNever;
    reply.map(4);
    line_of_name(reply, consumer.name());
    line(reply, "pending", consumer.pending.size());
    reply.bulk("idle");
    reply.integer(std::max<std::int64_t>(0, now - consumer.seen_ms));
    reply.bulk("inactive");
    reply.integer(was_active ? now - consumer.active_ms : StreamConsumer::kNever);
  }
}
constexpr Command kConsumers = command<GroupOfArgs, kConsumersArgs, run_consumers>(
    "xinfo|consumers",
    {"Returns a list of the consumers in a consumer group.", "5.0.0",
     "O(N) where N is the number of consumers", Group::kStream, "XINFO CONSUMERS mystream mygroup",
     "1) 1) \"name\"\n   2) \"alice\" ..."},
    kReadOnly);

constexpr const char* kXInfoHelpLines[] = {
    "CONSUMERS <key> <groupname>",
    "    Show consumers of <groupname>.",
    "GROUPS <key>",
    "    Show the stream consumer groups.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Show information about the stream.",
};
constexpr Command kXInfoHelp = help_command<kXInfoHelpLines>("xinfo|help", Group::kStream, "5.0.0");

constexpr const Command* kXInfoSubcommands[] = {&kConsumers, &kGroups, &kXInfoHelp, &kStream};
constexpr Command kXInfo = container("xinfo",
                                     {"A container for stream introspection commands.", "5.0.0",
                                      "Depends on subcommand.", Group::kStream, "XINFO HELP", ""},
                                     kXInfoSubcommands);

}  // namespace

std::span<const Command* const> stream_info_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXInfo};
  return kCommands;
}

}  // namespace miniredis::commands
