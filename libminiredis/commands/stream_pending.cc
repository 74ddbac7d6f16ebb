// Streams: looking at what is pending.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/stream_arguments.h"

namespace miniredis::commands {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamPending;

constexpr Arg kRange[] = {optional(integer("min-idle-time", nullptr, "IDLE")),
                          string("start", nullptr), string("end", nullptr),
                          integer("count", nullptr), optional(string("consumer", nullptr))};
constexpr Arg kXPendingArgs[] = {key("key", nullptr), string("group", nullptr),
                                 optional(block("filters", kRange, nullptr))};

struct Filter {
  std::int64_t min_idle_ms = 0;
  StreamId from;
  StreamId to;
  std::int64_t count = 0;
  std::optional<Bytes> consumer;
};

// Nothing, with the error answered, when the words are wrong.
std::optional<Filter> read_filter(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  Filter filter;
  std::size_t at = 0;
  if (base::equals_ignore_case(words[0], "idle")) {
    const auto idle = base::parse_int(words[1]);
    if (!idle) return fail(wire::kNotInteger);
    filter.min_idle_ms = *idle;
    at = 2;
    if (words.size() < at + 3) return fail(wire::kSyntax);
  }
  const auto count = base::parse_int(words[at + 2]);
  if (!count) return fail(wire::kNotInteger);
  filter.count = *count;
  const auto from = read_interval_start(context, words[at]);
  if (!from) return std::nullopt;
  const auto to = read_interval_end(context, words[at + 1]);
  if (!to) return std::nullopt;
  filter.from = *from;
  filter.to = *to;
  if (at + 3 < words.size()) filter.consumer = words[at + 3];
  return filter;
}

// How many there are, the first, the last, and how many each consumer has.
void reply_summary(resp::Writer& reply, const StreamGroup& group) {
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    reply.null();
    reply.null();
    reply.null_array();
    return;
  }
  reply_stream_id(reply, group.pending().first().key());
  reply_stream_id(reply, group.pending().last().key());
  std::size_t owners = 0;
  for (auto at = group.consumers().first(); at; at.step_forward()) {
    owners += at.value()->pending.empty() ? 0 : 1;
  }
  reply.array(owners);
  for (auto at = group.consumers().first(); at; at.step_forward()) {
    if (at.value()->pending.empty()) continue;
    reply.array(2);
    reply.bulk(at.key());
    reply.bulk_integer(static_cast<std::int64_t>(at.value()->pending.size()));
  }
}

// The range of a tree of pending entries: the group's or one consumer's.
template <typename Tree>
void reply_pending(Context& context, const StreamGroup& group, const Tree& tree,
                   const Filter& filter) {
  struct Found {
    StreamId id;
    const StreamPending* pending;
  };
  std::vector<Found> found;
  std::int64_t left = filter.count;
  for (auto at = tree.ceiling(filter.from); at && left > 0 && at.key() <= filter.to;
       at.step_forward()) {
    context.tick();
    const StreamPending* pending = group.find_pending(at.key());
    if (context.now_ms() - pending->delivered_ms < filter.min_idle_ms && filter.min_idle_ms != 0) {
      continue;
    }
    found.push_back({at.key(), pending});
    --left;
  }
  resp::Writer& reply = context.reply;
  reply.array(found.size());
  for (const auto& [id, pending] : found) {
    reply.array(4);
    reply_stream_id(reply, id);
    reply.bulk(pending->consumer->name());
    reply.integer(std::max<std::int64_t>(0, context.now_ms() - pending->delivered_ms));
    reply.integer(static_cast<std::int64_t>(pending->deliveries));
  }
}

void run_xpending(Context& context, Arguments words) {
  constexpr std::size_t kLeastRange = 5;
  constexpr std::size_t kMostWords = 8;
  const bool summary = words.size() == 2;
  if (!summary && (words.size() < kLeastRange || words.size() > kMostWords)) {
    context.fail(wire::kSyntax);
    return;
  }
  std::optional<Filter> filter;
  if (!summary) {
    filter = read_filter(context, words.subspan(2));
    if (!filter) return;
  }
  const auto stream = look_up<Stream>(context, words[0]);
  if (!stream) return;
  const StreamGroup* group = stream->group(words[1]);
  if (group == nullptr) {
    fail_no_group(context, words[0], words[1]);
    return;
  }
  if (summary) {
    reply_summary(context.reply, *group);
    return;
  }
  if (!filter->consumer) {
    reply_pending(context, *group, group->pending(), *filter);
    return;
  }
  const StreamConsumer* consumer = group->consumer(*filter->consumer);
  if (consumer == nullptr)
    context.reply.array(0);
  else
    reply_pending(context, *group, consumer->pending, *filter);
}
constexpr Command kXPending = raw_command<kXPendingArgs>(
    "xpending",
    {"Returns the entries that a consumer group was given and has not acknowledged, or a summary "
     "of them.",
     "5.0.0",
     "O(log P + N) where P is the number of pending entries and N of those looked at; the summary "
     "O(C) where C is the number of consumers",
     Group::kStream, "XPENDING mystream mygroup - + 10",
     "1) 1) \"1526919030474-55\"\n   2) \"alice\"\n   3) (integer) 196415\n   4) (integer) 1"},
    kReadOnly, run_xpending);

}  // namespace

std::span<const Command* const> stream_pending_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXPending};
  return kCommands;
}

}  // namespace miniredis::commands
