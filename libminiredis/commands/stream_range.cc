// Streams: reading a range of entries.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/stream_arguments.h"

namespace miniredis::commands {
namespace {

using types::Stream;
using types::StreamWalk;

constexpr Arg kXRangeArgs[] = {key("key", nullptr), string("start", nullptr),
                               string("end", nullptr),
                               optional(integer("count", nullptr, "COUNT"))};
constexpr Arg kXRevRangeArgs[] = {key("key", nullptr), string("end", nullptr),
                                  string("start", nullptr),
                                  optional(integer("count", nullptr, "COUNT"))};

// "[COUNT n]", which may come again: how many; nothing, with the error answered.
std::optional<std::uint64_t> read_count(Context& context, Arguments words) {
  std::uint64_t count = UINT64_MAX;
  for (std::size_t at = 0; at < words.size(); at += 2) {
    if (at + 1 == words.size() || !base::equals_ignore_case(words[at], "count")) {
      context.fail(wire::kSyntax);
      return std::nullopt;
    }
    const auto number = base::parse_int(words[at + 1]);
    if (!number) {
      context.fail(wire::kNotInteger);
      return std::nullopt;
    }
    // Redis keeps -1 for "no COUNT", and has said that it is one since.
    count = *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
  }
  return count;
}

void range(Context& context, Arguments words, StreamWalk::Direction direction) {
  const bool forward = direction == StreamWalk::kForward;
  const auto from = read_interval_start(context, words[forward ? 1 : 2]);
  if (!from) return;
  const auto to = read_interval_end(context, words[forward ? 2 : 1]);
  if (!to) return;
  const auto most = read_count(context, words.subspan(3));
  if (!most) return;
  const auto stream = look_up<Stream>(context, words[0]);
  if (!stream) return;
  if (!stream->exists())
    context.reply.array(0);
  else if (*most == 0)
    context.reply.null_array();
  else
    reply_stream_range(context, *stream, *from, *to, *most, direction);
}

template <StreamWalk::Direction Direction>
void run_range(Context& context, Arguments words) {
  range(context, words, Direction);
}

constexpr const char* kComplexity =
    "O(log S + N) where S is the size of the stream and N the number of entries returned";
constexpr Command kXRange = raw_command<kXRangeArgs>(
    "xrange",
    {"Returns the entries of a stream whose ids are within a range.", "5.0.0", kComplexity,
     Group::kStream, "XRANGE mystream - + COUNT 1",
     "1) 1) \"1526919030474-55\"\n   2) 1) \"message\"\n      2) \"Hello\""},
    kReadOnly, run_range<StreamWalk::kForward>);
constexpr Command kXRevRange = raw_command<kXRevRangeArgs>(
    "xrevrange",
    {"Returns the entries of a stream whose ids are within a range, the last first.", "5.0.0",
     kComplexity, Group::kStream, "XREVRANGE mystream + - COUNT 1",
     "1) 1) \"1526919030474-55\"\n   2) 1) \"message\"\n      2) \"Hello\""},
    kReadOnly, run_range<StreamWalk::kBackward>);

}  // namespace

std::span<const Command* const> stream_range_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kXRange, &kXRevRange};
  return kCommands;
}

}  // namespace miniredis::commands
