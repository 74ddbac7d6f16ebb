// Streams: taking over what is pending for others.
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

// The ids that were claimed, shown when all is done: ids alone, or the entries they name.
void reply_claimed(resp::Writer& reply, const Stream& stream, const std::vector<StreamId>& ids,
                   bool just_ids) {
  reply.array(ids.size());
  for (const StreamId id : ids) {
    if (just_ids)
      reply_stream_id(reply, id);
    else
      reply_stream_entry_at(reply, stream, id);
  }
}

// What both commands come to: the group, opened, and the consumer that claims.
struct Claimer {
  StreamGroup& group;
  StreamConsumer& consumer;
  bool is_new;
};
Claimer come(Context& context, Stream& stream, StreamGroup& group, Bytes name) {
  StreamConsumer* consumer = group.consumer(name);
  const bool is_new = consumer == nullptr;
  if (is_new) consumer = group.add_consumer(stream.account(), name, context.now_ms());
  consumer->seen_ms = context.now_ms();
  return {group, *consumer, is_new};
}

void finish(Opened<Stream>& stream, const Claimer& claimer, bool any_change) {
  if (claimer.is_new)
    stream.changed_unwatched(events::kXGroupCreateConsumer);
  else if (any_change)
    stream.changed_unwatched(events::kUntold);
}

// XCLAIM

constexpr Arg kXClaimArgs[] = {key("key", nullptr),
                               string("group", nullptr),
                               string("consumer", nullptr),
                               string("min-idle-time", nullptr),
                               multiple(string("id", nullptr)),
                               optional(integer("ms", nullptr, "IDLE")),
                               optional(unix_time("unix-time-milliseconds", nullptr, "TIME")),
                               optional(integer("count", nullptr, "RETRYCOUNT")),
                               optional(flag("FORCE", nullptr)),
                               optional(flag("JUSTID", nullptr)),
                               optional(string("lastid", nullptr, "LASTID"))};

struct Claim {
  std::int64_t min_idle_ms = 0;
  std::vector<StreamId> ids;
  std::int64_t delivered_ms = 0;
  std::int64_t deliveries = -1;  // below 0: one more than before
  bool force = false;
  bool just_ids = false;
  StreamId last_id;
};

// One option of XCLAIM that has a number; false, with the error answered, when it is none.
bool read_number(Context& context, Bytes text, Bytes what, std::int64_t& number) {
  const auto parsed = base::parse_int(text);
  if (!parsed)
    context.fail("ERR Invalid " + std::string(what) + " argument for XCLAIM");
  else
    number = *parsed;
  return parsed.has_value();
}

bool read_claim_option(Context& context, Arguments words, std::size_t& at, Claim& claim) {
  const Bytes option = words[at];
  const bool has_value = at + 1 < words.size();
  const auto is = [&](Bytes name) { return base::equals_ignore_case(option, name); };
  if (is("force")) {
    claim.force = true;
  } else if (is("justid")) {
    claim.just_ids = true;
  } else if (has_value && is("idle")) {
    std::int64_t idle = 0;
    if (!read_number(context, words[++at], "IDLE option", idle)) return false;
    claim.delivered_ms = base::checked_subtract(context.now_ms(), idle).value_or(-1);
  } else if (has_value && is("time")) {
    return read_number(context, words[++at], "TIME option", claim.delivered_ms);
  } else if (has_value && is("retrycount")) {
    return read_number(context, words[++at], "RETRYCOUNT option", claim.deliveries);
  } else if (has_value && is("lastid")) {
    const auto id = read_stream_id(context, words[++at]);
    if (!id) return false;
    claim.last_id = *id;
  } else {
    context.fail("ERR Unrecognized XCLAIM option '" + std::string(option) + "'");
    return false;
  }
  return true;
}

// "min-idle-time id [id ...] [option ...]"; nothing, with the error answered.
std::optional<Claim> read_claim(Context& context, Arguments words) {
  Claim claim;
  claim.delivered_ms = context.now_ms();
  if (!read_number(context, words[0], "min-idle-time", claim.min_idle_ms)) return std::nullopt;
  std::size_t at = 1;
  for (; at < words.size(); ++at) {
    const auto id = parse_stream_id(words[at]);
    if (!id) break;
    claim.ids.push_back(*id);
  }
  for (; at < words.size(); ++at) {
    if (!read_claim_option(context, words, at, claim)) return std::nullopt;
  }
  // Clients reckon by clocks of their own: a time that can't be is now, not an error.
  if (claim.delivered_ms < 0 || claim.delivered_ms > context.now_ms()) {
    claim.delivered_ms = context.now_ms();
  }
  return claim;
}

// Claims one entry; false when it is not to be had. `changed`: whether anything was.
bool claim_one(Context& context, const Stream& stream, const Claimer& claimer, const Claim& claim,
               StreamId id, bool& changed) {
  StreamGroup& group = claimer.group;
  if (!stream.contains(id)) {
    changed |= group.acknowledge(stream.account(), id);
    return false;
  }
  StreamPending* pending = group.find_pending(id);
  if (pending == nullptr) {
    if (!claim.force) return false;
    group.deliver(stream.account(), id, claimer.consumer, context.now_ms());
    pending = group.find_pending(id);
  } else if (claim.min_idle_ms > 0 &&
             context.now_ms() - pending->delivered_ms < claim.min_idle_ms) {
    return false;
  }
  group.hand_over(stream.account(), id, *pending, claimer.consumer);
  pending->delivered_ms = claim.delivered_ms;
  if (claim.deliveries >= 0)
    pending->deliveries = static_cast<std::uint64_t>(claim.deliveries);
  else if (!claim.just_ids)
    ++pending->deliveries;
  claimer.consumer.active_ms = context.now_ms();
  changed = true;
  return true;
}

void run_xclaim(Context& context, Arguments words) {
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  StreamGroup* const group = stream->group(words[1]);
  if (group == nullptr) {
    fail_no_group(context, words[0], words[1]);
    return;
  }
  const auto claim = read_claim(context, words.subspan(3));
  if (!claim) return;
  bool changed = claim->last_id > group->last_id;
  if (changed) group->last_id = claim->last_id;
  const Claimer claimer = come(context, *stream, *group, words[2]);
  std::vector<StreamId> claimed;
  for (const StreamId id : claim->ids) {
    if (claim_one(context, *stream, claimer, *claim, id, changed)) claimed.push_back(id);
  }
  reply_claimed(context.reply, *stream, claimed, claim->just_ids);
  finish(stream, claimer, changed);
}
constexpr Command kXClaim = raw_command<kXClaimArgs>(
    "xclaim",
    {"Makes a consumer the owner of pending entries of its group, as if they had been delivered to "
     "it.",
     "5.0.0", "O(log N) for each id, where N is the number of the group's pending entries",
     Group::kStream, "XCLAIM mystream mygroup alice 3600000 1526919030474-55 JUSTID",
     "1) \"1526919030474-55\""},
    kWrite | kFast, run_xclaim, use::keys(use::kChanges));

// XAUTOCLAIM

constexpr Arg kXAutoClaimArgs[] = {key("key", nullptr),
                                   string("group", nullptr),
                                   string("consumer", nullptr),
                                   string("min-idle-time", nullptr),
                                   string("start", nullptr),
                                   optional(integer("count", nullptr, "COUNT")),
                                   optional(flag("JUSTID", nullptr))};

struct AutoClaim {
  std::int64_t min_idle_ms = 0;
  StreamId start;
  std::int64_t count = 100;
  bool just_ids = false;
};
// For each entry wanted so many may be looked at.
constexpr std::int64_t kLookedAt = 10;

std::optional<AutoClaim> read_auto_claim(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  AutoClaim claim;
  const auto idle = base::parse_int(words[0]);
  if (!idle) return fail("ERR Invalid min-idle-time argument for XAUTOCLAIM");
  claim.min_idle_ms = *idle;
  const auto start = read_interval_start(context, words[1]);
  if (!start) return std::nullopt;
  claim.start = *start;
  for (std::size_t at = 2; at < words.size(); ++at) {
    if (at + 1 < words.size() && base::equals_ignore_case(words[at], "count")) {
      constexpr std::int64_t kMostCount = INT64_MAX / 16;
      const auto count = base::parse_int(words[++at]);
      if (!count || *count < 1 || *count > kMostCount) return fail(wire::kAutoClaimCount);
      claim.count = *count;
    } else if (base::equals_ignore_case(words[at], "justid")) {
      claim.just_ids = true;
    } else {
      return fail(wire::kSyntax);
    }
  }
  return claim;
}

void run_xautoclaim(Context& context, Arguments words) {
  const auto claim = read_auto_claim(context, words.subspan(3));
  if (!claim) return;
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  StreamGroup* const group = stream->group(words[1]);
  if (group == nullptr) {
    fail_no_group(context, words[0], words[1]);
    return;
  }
  const Claimer claimer = come(context, *stream, *group, words[2]);
  std::vector<StreamId> claimed;
  std::vector<StreamId> deleted;
  std::int64_t count = claim->count;
  std::int64_t looks = claim->count * kLookedAt;
  auto at = group->pending().ceiling(claim->start);
  for (; at && count > 0 && looks > 0; --looks) {
    const StreamId id = at.key();
    StreamPending& pending = at.value();
    if (!stream->contains(id)) {
      group->acknowledge(stream->account(), id);
      deleted.push_back(id);
      --count;
      at = group->pending().ceiling(id);
      continue;
    }
    at.step_forward();
    if (claim->min_idle_ms > 0 && context.now_ms() - pending.delivered_ms < claim->min_idle_ms) {
      continue;
    }
    group->hand_over(stream->account(), id, pending, claimer.consumer);
    pending.delivered_ms = context.now_ms();
    if (!claim->just_ids) ++pending.deliveries;
    claimer.consumer.active_ms = context.now_ms();
    claimed.push_back(id);
    --count;
  }
  context.reply.array(3);
  reply_stream_id(context.reply, at ? at.key() : StreamId{});
  reply_claimed(context.reply, *stream, claimed, claim->just_ids);
  context.reply.array(deleted.size());
  for (const StreamId id : deleted) reply_stream_id(context.reply, id);
  finish(stream, claimer, !claimed.empty() || !deleted.empty());
}
constexpr Command kXAutoClaim = raw_command<kXAutoClaimArgs>(
    "xautoclaim",
    {"Makes a consumer the owner of pending entries of its group that have been idle for long, "
     "from an id on.",
     "6.2.0", "O(log N) for each entry looked at, ten times COUNT at most", Group::kStream,
     "XAUTOCLAIM mystream mygroup alice 3600000 0-0 COUNT 25",
     "1) \"0-0\"\n2) 1) 1) \"1526919030474-55\" ...\n3) (empty array)"},
    kWrite | kFast, run_xautoclaim, use::keys(use::kDeletesFrom));

}  // namespace

std::span<const Command* const> stream_claim_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXClaim, &kXAutoClaim};
  return kCommands;
}

}  // namespace miniredis::commands
