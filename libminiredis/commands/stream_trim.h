// How a stream is to be trimmed: MAXLEN or MINID, exactly or by whole nodes.
#pragma once

#include <optional>

#include "commands/stream_arguments.h"

namespace miniredis::commands {

class StreamTrim {
 public:
  // Reads the option at words[at] and moves `at` behind it. kNone: it is another word.
  enum class Read : std::uint8_t { kTaken, kNone, kFailed };
  Read read_option(Context& context, Arguments words, std::size_t& at);
  // Once all options are read; false, with the error answered, when they contradict each other, or
  // there is none where one is `required`.
  bool check(Context& context, bool required);

  bool wanted() const noexcept { return by_ != By::kNothing; }
  // Returns how many entries went.
  std::uint64_t apply(types::Stream& stream) const noexcept;

 private:
  enum class By : std::uint8_t { kNothing, kLength, kId };

  By by_ = By::kNothing;
  bool whole_nodes_ = false;
  std::optional<std::uint64_t> limit_;
  std::uint64_t most_ = 0;  // entries that may go; 0: no limit
  std::uint64_t length_ = 0;
  StreamId least_;
};

}  // namespace miniredis::commands
