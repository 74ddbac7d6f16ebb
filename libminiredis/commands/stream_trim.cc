// Streams: XTRIM, and the options of XADD that trim.
#include "commands/stream_trim.h"

#include <algorithm>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"

namespace miniredis::commands {

using types::Stream;

StreamTrim::Read StreamTrim::read_option(Context& context, Arguments words, std::size_t& at) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return Read::kFailed;
  };
  const std::size_t more = words.size() - at - 1;
  const Bytes option = words[at];
  if (more == 0) return Read::kNone;
  if (base::equals_ignore_case(option, "limit")) {
    const auto limit = base::parse_int(words[at + 1]);
    if (!limit) return fail(wire::kNotInteger);
    if (*limit < 0) return fail(wire::kTrimLimitNegative);
    limit_ = static_cast<std::uint64_t>(*limit);
    at += 2;
    return Read::kTaken;
  }
  const bool by_length = base::equals_ignore_case(option, "maxlen");
  if (!by_length && !base::equals_ignore_case(option, "minid")) return Read::kNone;
  if (wanted()) return fail(wire::kTwoTrims);
  const Bytes sign = words[at + 1];
  const bool has_sign = more >= 2 && (sign == "~" || sign == "=");
  whole_nodes_ = has_sign && sign == "~";
  const Bytes threshold = words[at + (has_sign ? 2 : 1)];
  if (by_length) {
    const auto length = base::parse_int(threshold);
    if (!length) return fail(wire::kNotInteger);
    if (*length < 0) return fail(wire::kTrimLengthNegative);
    length_ = static_cast<std::uint64_t>(*length);
    by_ = By::kLength;
  } else {
    const auto id = read_stream_id(context, threshold);
    if (!id) return Read::kFailed;
    least_ = *id;
    by_ = By::kId;
  }
  at += has_sign ? 3 : 2;
  return Read::kTaken;
}

bool StreamTrim::check(Context& context, bool required) {
  if (limit_.value_or(0) > 0 && !wanted()) {
    context.fail(wire::kLimitWithoutTrim);
    return false;
  }
  if (required && !wanted()) {
    context.fail(wire::kTrimWithoutStrategy);
    return false;
  }
  if (limit_ && !whole_nodes_) {
    context.fail(wire::kLimitWithoutTilde);
    return false;
  }
  if (limit_) {
    most_ = *limit_;
  } else if (whole_nodes_) {
    // One call shall not take long: what is left goes with the next ones.
    constexpr std::uint64_t kNodes = 100;
    constexpr std::uint64_t kUnlimitedNodes = 10'000;
    constexpr std::uint64_t kMost = 1'000'000;
    const std::uint64_t node_entries =
        context.keyspace().environment().limits.stream_node_max_entries;
    most_ = node_entries == 0 ? kUnlimitedNodes
                              : std::min(kMost, std::min(node_entries, kMost) * kNodes);
  }
  return true;
}

std::uint64_t StreamTrim::apply(Stream& stream) const noexcept {
  switch (by_) {
    case By::kLength:
      return stream.trim_to_length(length_, whole_nodes_, most_);
    case By::kId:
      return stream.trim_before(least_, whole_nodes_, most_);
    default:
      return 0;
  }
}

namespace {

constexpr Arg kStrategy[] = {flag("MAXLEN", nullptr), flag("MINID", nullptr, "6.2.0")};
constexpr Arg kOperator[] = {flag("=", nullptr), flag("~", nullptr)};
constexpr Arg kTrim[] = {one_of("strategy", kStrategy), optional(one_of("operator", kOperator)),
                         string("threshold", nullptr),
                         optional(integer("count", nullptr, "LIMIT"))};
constexpr Arg kXTrimArgs[] = {key("key", nullptr), block("trim", kTrim, nullptr)};

void run_xtrim(Context& context, Arguments words) {
  StreamTrim trim;
  for (std::size_t at = 1; at < words.size();) {
    const StreamTrim::Read read = trim.read_option(context, words, at);
    if (read == StreamTrim::Read::kFailed) return;
    if (read == StreamTrim::Read::kNone) {
      context.fail(wire::kSyntax);
      return;
    }
  }
  if (!trim.check(context, true)) return;
  auto stream = open<Stream>(context, words[0]);
  if (!stream) return;
  const std::uint64_t gone = stream.existed() ? trim.apply(*stream) : 0;
  context.reply.integer(static_cast<std::int64_t>(gone));
  if (gone > 0) stream.changed(events::kXTrim);
}
constexpr Command kXTrim = raw_command<kXTrimArgs>(
    "xtrim",
    {"Deletes entries from the beginning of a stream, down to a length or up to an id.", "5.0.0",
     "O(N) where N is the number of evicted entries; small in practice, for whole nodes of entries "
     "are freed at once",
     Group::kStream, "XTRIM mystream MAXLEN 1000", "(integer) 0"},
    kWrite, run_xtrim, use::keys(use::kDeletesFrom));

}  // namespace

std::span<const Command* const> stream_trim_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXTrim};
  return kCommands;
}

}  // namespace miniredis::commands
