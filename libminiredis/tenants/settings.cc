#include "tenants/settings.h"

#include <algorithm>
#include <utility>

namespace miniredis::tenants {
namespace {

using keyspace::EventClass;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Stands for a node without a limit of its own.
constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;

constexpr std::pair<char, std::uint32_t> kNotifyLetters[] = {
    {'g', static_cast<std::uint32_t>(EventClass::kGeneric)},
    {'$', static_cast<std::uint32_t>(EventClass::kString)},
    {'l', static_cast<std::uint32_t>(EventClass::kList)},
    {'s', static_cast<std::uint32_t>(EventClass::kSet)},
    {'h', static_cast<std::uint32_t>(EventClass::kHash)},
    {'z', static_cast<std::uint32_t>(EventClass::kSortedSet)},
    {'x', static_cast<std::uint32_t>(EventClass::kExpired)},
    {'e', static_cast<std::uint32_t>(EventClass::kEvicted)},
    {'t', static_cast<std::uint32_t>(EventClass::kStream)},
    {'d', 1U << 21},
    {'K', Settings::kNotifyKeyspace},
    {'E', Settings::kNotifyKeyevent},
    {'m', static_cast<std::uint32_t>(EventClass::kKeyMiss)},
    {'n', static_cast<std::uint32_t>(EventClass::kNew)},
};

// What 'A' stands for: all classes but the misses and the new keys.
constexpr std::uint32_t all_classes() {
  std::uint32_t all = 0;
  for (const auto& [letter, bit] : kNotifyLetters) {
    if (letter != 'K' && letter != 'E' && letter != 'm' && letter != 'n') all |= bit;
  }
  return all;
}

}  // namespace

std::uint64_t Settings::effective_query_buffer_limit() const noexcept {
  return query_buffer_limit.value_or(std::min(memory_limit(), kLargest));
}

std::uint64_t Settings::effective_max_bulk_bytes() const noexcept {
  return max_bulk_bytes.value_or(
      std::min<std::uint64_t>(memory_limit(), keyspace::Entry::kMaxString));
}

OutputLimits Settings::effective_output_limits() const noexcept {
  if (output_limits) return *output_limits;
  const std::uint64_t whole = std::min(memory_limit(), kLargest);
  const std::uint64_t part = std::min(memory_limit() / 4, 32 * kMiB);
  return {{{{whole, 0, 0}, {256 * kMiB, 64 * kMiB, 60}, {part, part / 4, 60}}}};
}

std::optional<std::uint32_t> parse_notify_flags(Bytes text) noexcept {
  std::uint32_t flags = 0;
  for (const char c : text) {
    if (c == 'A') {
      flags |= all_classes();
      continue;
    }
    const auto* at = std::find_if(std::begin(kNotifyLetters), std::end(kNotifyLetters),
                                  [c](const auto& pair) { return pair.first == c; });
    if (at == std::end(kNotifyLetters)) return std::nullopt;
    flags |= at->second;
  }
  return flags;
}

std::string notify_flags_text(std::uint32_t flags) {
  std::string out;
  const bool all = (flags & all_classes()) == all_classes();
  if (all) out += 'A';
  for (const auto& [letter, bit] : kNotifyLetters) {
    if ((flags & bit) == 0 || (all && (all_classes() & bit) != 0)) continue;
    out += letter;
  }
  return out;
}

const Parameter* find_parameter(Bytes name) noexcept {
  for (const Parameter& parameter : parameters()) {
    if (base::equals_ignore_case(parameter.name, name)) return &parameter;
  }
  return nullptr;
}

}  // namespace miniredis::tenants
