// Streams: making and deleting consumer groups and their consumers, and acknowledging.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/help.h"
#include "commands/stream_arguments.h"

namespace miniredis::commands {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;

// "No such consumer group 'g' for key name 'k'"
void fail_missing_group(Context& context, Bytes key, Bytes group) {
  context.fail("NOGROUP No such consumer group '" + std::string(group) + "' for key name '" +
               std::string(key) + "'");
}

struct GroupOptions {
  bool make_stream = false;
  std::int64_t entries_read = StreamGroup::kUnknown;
};

// "[MKSTREAM] [ENTRIESREAD n]"; nothing, with the error answered.
std::optional<GroupOptions> read_options(Context& context, Arguments words, bool may_make) {
  GroupOptions options;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (may_make && base::equals_ignore_case(words[at], "mkstream")) {
      options.make_stream = true;
    } else if (at + 1 < words.size() && base::equals_ignore_case(words[at], "entriesread")) {
      const auto count = base::parse_int(words[++at]);
      if (!count) {
        context.fail(wire::kNotInteger);
        return std::nullopt;
      }
      if (*count < StreamGroup::kUnknown) {
        context.fail(wire::kEntriesReadNegative);
        return std::nullopt;
      }
      options.entries_read = *count;
    } else {
      fail_subcommand_syntax(context);
      return std::nullopt;
    }
  }
  return options;
}

// The group of an open stream; null, with the error answered, when there is no stream or group.
StreamGroup* existing_group(Context& context, Opened<Stream>& stream, Bytes key, Bytes name) {
  if (!stream) return nullptr;
  if (!stream.existed()) {
    context.fail(wire::kXGroupNeedsKey);
    return nullptr;
  }
  StreamGroup* const group = stream->group(name);
  if (group == nullptr) fail_missing_group(context, key, name);
  return group;
}

// XGROUP CREATE

constexpr Arg kIds[] = {string("id", nullptr), flag("$", nullptr)};
constexpr Arg kEntriesRead{
    "entries-read", ArgKind::kInteger, nullptr, "ENTRIESREAD", {}, false, false, "7.0.0"};
constexpr Arg kCreateArgs[] = {key("key", nullptr), string("group", nullptr),
                               one_of("id-selector", kIds), optional(flag("MKSTREAM", nullptr)),
                               optional(kEntriesRead)};

void run_create(Context& context, Arguments words) {
  const auto options = read_options(context, words.subspan(3), true);
  if (!options) return;
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  if (!stream.existed() && !options->make_stream) {
    context.fail(wire::kXGroupNeedsKey);
    return;
  }
  // Each option once, as Redis counts words.
  constexpr std::size_t kMostWords = 6;
  if (words.size() > kMostWords) {
    fail_subcommand_syntax(context);
    return;
  }
  StreamId last;
  if (words[2] == "$") {
    if (stream.existed()) last = stream->last_id();
  } else {
    const auto id = read_stream_id(context, words[2]);
    if (!id) return;
    last = *id;
  }
  if (stream->group(words[1]) != nullptr) {
    context.fail(wire::kBusyGroup);
    return;
  }
  stream->add_group(words[1], last, options->entries_read);
  context.reply.ok();
  if (stream.existed())
    stream.changed_unwatched(events::kXGroupCreate);
  else
    stream.changed(events::kXGroupCreate);
}
constexpr Command kCreate = raw_command<kCreateArgs>(
    "xgroup|create",
    {"Creates a consumer group.", "5.0.0", "O(log N) where N is the number of groups",
     Group::kStream, "XGROUP CREATE mystream mygroup $ MKSTREAM", "OK"},
    kWrite | kDenyOom, run_create, use::keys(use::kInserts));

// XGROUP SETID

constexpr Arg kSetIdArgs[] = {key("key", nullptr), string("group", nullptr),
                              one_of("id-selector", kIds), optional(kEntriesRead)};

void run_setid(Context& context, Arguments words) {
  const auto options = read_options(context, words.subspan(3), false);
  if (!options) return;
  auto stream = open<Stream>(context, words[0]);
  StreamGroup* const group = existing_group(context, stream, words[0], words[1]);
  if (group == nullptr) return;
  constexpr std::size_t kMostWords = 5;
  if (words.size() > kMostWords) {
    fail_subcommand_syntax(context);
    return;
  }
  if (words[2] == "$") {
    group->last_id = stream->last_id();
  } else if (words[2] == "-" || words[2] == "+") {
    group->last_id = words[2] == "-" ? StreamId::least() : StreamId::greatest();
  } else {
    const auto id = read_stream_id(context, words[2]);
    if (!id) return;
    group->last_id = *id;
  }
  group->entries_read = options->entries_read;
  context.reply.ok();
  stream.changed_unwatched(events::kXGroupSetId);
}
constexpr Command kSetId =
    raw_command<kSetIdArgs>("xgroup|setid",
                            {"Sets the last delivered id of a consumer group.", "5.0.0",
                             "O(log N) where N is the number of groups", Group::kStream,
                             "XGROUP SETID mystream mygroup 0", "OK"},
                            kWrite, run_setid, use::keys(use::kChanges));

// XGROUP DESTROY, CREATECONSUMER, DELCONSUMER

struct GroupArgs {
  Bytes key;
  Bytes group;
  Bytes consumer;
};
constexpr Arg kDestroyArgs[] = {key("key", into<&GroupArgs::key>),
                                string("group", into<&GroupArgs::group>)};
constexpr Arg kConsumerArgs[] = {key("key", into<&GroupArgs::key>),
                                 string("group", into<&GroupArgs::group>),
                                 string("consumer", into<&GroupArgs::consumer>)};

void run_destroy(Context& context, const GroupArgs& args) {
  auto stream = open<Stream>(context, args.key);
  if (!stream) return;
  if (!stream.existed()) {
    context.fail(wire::kXGroupNeedsKey);
    return;
  }
  StreamGroup* const group = stream->group(args.group);
  context.reply.integer(group == nullptr ? 0 : 1);
  if (group == nullptr) return;
  stream->remove_group(group);
  // Consumers that wait are told that their group is gone.
  stream.changed_unwatched(events::kXGroupDestroy, true);
}
constexpr Command kDestroy = command<GroupArgs, kDestroyArgs, run_destroy>(
    "xgroup|destroy",
    {"Deletes a consumer group.", "5.0.0",
     "O(N) where N is the number of the group's pending entries and consumers", Group::kStream,
     "XGROUP DESTROY mystream mygroup", "(integer) 1"},
    kWrite, use::keys(use::kDeletesFrom));

void run_createconsumer(Context& context, const GroupArgs& args) {
  auto stream = open<Stream>(context, args.key);
  StreamGroup* const group = existing_group(context, stream, args.key, args.group);
  if (group == nullptr) return;
  const bool is_new = group->consumer(args.consumer) == nullptr;
  if (is_new) group->add_consumer(stream->account(), args.consumer, context.now_ms());
  context.reply.integer(is_new ? 1 : 0);
  if (is_new) stream.changed_unwatched(events::kXGroupCreateConsumer);
}
constexpr Command kCreateConsumer = command<GroupArgs, kConsumerArgs, run_createconsumer>(
    "xgroup|createconsumer",
    {"Creates a consumer in a consumer group.", "6.2.0",
     "O(log N) where N is the number of the group's consumers", Group::kStream,
     "XGROUP CREATECONSUMER mystream mygroup alice", "(integer) 1"},
    kWrite | kDenyOom, use::keys(use::kInserts));

void run_delconsumer(Context& context, const GroupArgs& args) {
  auto stream = open<Stream>(context, args.key);
  StreamGroup* const group = existing_group(context, stream, args.key, args.group);
  if (group == nullptr) return;
  StreamConsumer* const consumer = group->consumer(args.consumer);
  if (consumer == nullptr) {
    context.reply.integer(0);
    return;
  }
  const std::size_t pending = consumer->pending.size();
  context.expect_steps(pending);
  context.reply.integer(static_cast<std::int64_t>(pending));
  in_pieces(context, pending, [&](std::size_t piece) {
    group->release_pending(stream->account(), *consumer, piece);
  });
  group->remove_consumer(stream->account(), consumer);
  stream.changed_unwatched(events::kXGroupDelConsumer);
}
constexpr Command kDelConsumer = command<GroupArgs, kConsumerArgs, run_delconsumer>(
    "xgroup|delconsumer",
    {"Deletes a consumer from a consumer group, with its pending entries.", "5.0.0",
     "O(N log M) where N is the number of the consumer's pending entries and M the group's",
     Group::kStream, "XGROUP DELCONSUMER mystream mygroup alice", "(integer) 0"},
    kWrite, use::keys(use::kDeletesFrom));

constexpr const char* kXGroupHelpLines[] = {
    "CREATE <key> <groupname> <id|$> [option]",
    "    Create a new consumer group. Options are:",
    "    * MKSTREAM",
    "      Create the empty stream if it does not exist.",
    "    * ENTRIESREAD entries_read",
    "      Set the group's entries_read counter (internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Create a new consumer in the specified group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove the specified consumer.",
    "DESTROY <key> <groupname>",
    "    Remove the specified group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Set the current group ID and entries_read counter.",
};
constexpr Command kXGroupHelp =
    help_command<kXGroupHelpLines>("xgroup|help", Group::kStream, "5.0.0");

constexpr const Command* kXGroupSubcommands[] = {&kCreate,  &kCreateConsumer, &kDelConsumer,
                                                 &kDestroy, &kXGroupHelp,     &kSetId};
constexpr Command kXGroup = container("xgroup",
                                      {"A container for consumer groups commands.", "5.0.0",
                                       "Depends on subcommand.", Group::kStream, "XGROUP HELP", ""},
                                      kXGroupSubcommands);

// XACK

constexpr Arg kXAckArgs[] = {key("key", nullptr), string("group", nullptr),
                             multiple(string("id", nullptr))};

void run_xack(Context& context, Arguments words) {
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  StreamGroup* const group = stream->group(words[1]);
  if (group == nullptr) {
    context.reply.integer(0);
    return;
  }
  const auto ids = read_stream_ids(context, words.subspan(2));
  if (!ids) return;
  std::int64_t done = 0;
  for (const StreamId id : *ids) done += group->acknowledge(stream->account(), id) ? 1 : 0;
  context.reply.integer(done);
  if (done > 0) stream.changed_unwatched(events::kUntold);
}
constexpr Command kXAck = raw_command<kXAckArgs>(
    "xack",
    {"Returns the number of entries that a consumer group had pending and that are acknowledged "
     "now.",
     "5.0.0", "O(log N) for each id, where N is the number of the group's pending entries",
     Group::kStream, "XACK mystream mygroup 1526919030474-55", "(integer) 1"},
    kWrite | kFast, run_xack, use::keys(use::kChanges));

}  // namespace

std::span<const Command* const> stream_group_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXGroup, &kXAck};
  return kCommands;
}

}  // namespace miniredis::commands
