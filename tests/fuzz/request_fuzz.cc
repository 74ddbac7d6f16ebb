// The request parser on any bytes: shown whole and shown in pieces, it must come to the same
// requests and to the same end.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "resp/request_parser.h"

namespace {

using miniredis::Bytes;
using miniredis::resp::RequestLimits;
using miniredis::resp::RequestParser;

// Small limits, so that inputs of fuzzing size can reach them.
constexpr RequestLimits kLimits{
    .max_arguments = 64, .max_bulk_bytes = 512, .max_inline_bytes = 256, .unauthenticated = false};

// All requests of `input` and how it ended, as one text. Bytes arrive `step` at a time.
std::string story_of(const std::string& input, std::size_t step) {
  std::string story;
  RequestParser parser;
  std::size_t begin = 0;
  std::size_t shown = 0;
  while (true) {
    const Bytes visible(input.data() + begin, shown - begin);
    const auto outcome =
        visible.empty() ? RequestParser::Outcome::kIncomplete : parser.parse(visible, kLimits);
    switch (outcome) {
      case RequestParser::Outcome::kRequest:
        for (const Bytes argument : parser.arguments()) {
          story += std::to_string(argument.size()) + ":" + std::string(argument) + ",";
        }
        story += ";";
        break;
      case RequestParser::Outcome::kEmpty:
        break;
      case RequestParser::Outcome::kError:
        return story + "error " + parser.error();
      case RequestParser::Outcome::kIncomplete:
        if (shown == input.size()) return story + "more";
        shown = std::min(input.size(), shown + step);
        continue;
    }
    if (parser.consumed() == 0 || parser.consumed() > visible.size()) std::abort();
    begin += parser.consumed();
    parser.reset();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::string whole = story_of(input, input.size() + 1);
  if (story_of(input, 1) != whole || story_of(input, 3) != whole) std::abort();
  return 0;
}
