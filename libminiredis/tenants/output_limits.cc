#include "tenants/output_limits.h"

#include <vector>

#include "base/numbers.h"

namespace miniredis::tenants {
namespace {

constexpr std::array<Bytes, 3> kNames = {"normal", "slave", "pubsub"};

std::vector<Bytes> split(Bytes text) {
  std::vector<Bytes> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != Bytes::npos) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<std::size_t> class_of(Bytes name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (base::equals_ignore_case(name, kNames[i])) return i;
  }
  return base::equals_ignore_case(name, "replica") ? std::optional<std::size_t>(1) : std::nullopt;
}

}  // namespace

std::string to_text(const OutputLimits& limits) {
  std::string out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (i > 0) out += ' ';
    out += std::string(kNames[i]) + ' ' + std::to_string(limits.of[i].hard_bytes) + ' ' +
           std::to_string(limits.of[i].soft_bytes) + ' ' +
           std::to_string(limits.of[i].soft_seconds);
  }
  return out;
}

std::optional<OutputLimits> parse_output_limits(Bytes text, OutputLimits base) {
  const std::vector<Bytes> words = split(text);
  if (words.empty() || words.size() % 4 != 0) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const auto index = class_of(words[i]);
    const auto hard = base::parse_memory_size(words[i + 1]);
    const auto soft = base::parse_memory_size(words[i + 2]);
    const auto seconds = base::parse_int(words[i + 3]);
    if (!index || !hard || !soft || !seconds || *seconds < 0) return std::nullopt;
    base.of[*index] = {*hard, *soft, static_cast<std::uint64_t>(*seconds)};
  }
  return base;
}

}  // namespace miniredis::tenants
