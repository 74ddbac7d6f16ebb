#include "engine/slowlog.h"

#include <string>

#include "engine/secret_words.h"

namespace miniredis::engine {
namespace {
constexpr std::size_t kMaxWords = 32;
constexpr std::size_t kMaxWordBytes = 128;
}  // namespace

SlowLog::SlowLog(memory::Account& account)
    : account_(account), entries_(memory::AccountedAllocator<SlowLogEntry>(account)) {}

void SlowLog::add(std::int64_t unix_seconds, std::uint64_t duration_us, Arguments words, Bytes peer,
                  Bytes client_name, std::size_t max_length) {
  if (max_length == 0) return;
  const memory::AccountedAllocator<char> allocator(account_);
  SlowLogEntry entry{next_id_++,
                     unix_seconds,
                     duration_us,
                     memory::Vector<memory::String>(allocator),
                     memory::String(peer, allocator),
                     memory::String(client_name, allocator)};
  const std::size_t shown = words.size() > kMaxWords ? kMaxWords - 1 : words.size();
  entry.words.reserve(shown + 1);
  for (std::size_t i = 0; i < shown; ++i) {
    const Bytes given = is_secret(words, i) ? Bytes("(redacted)") : words[i];
    memory::String word(given.substr(0, kMaxWordBytes), allocator);
    if (given.size() > kMaxWordBytes) {
      word += "... (" + std::to_string(given.size() - kMaxWordBytes) + " more bytes)";
    }
    entry.words.push_back(std::move(word));
  }
  if (shown < words.size()) {
    const std::string rest = "... (" + std::to_string(words.size() - shown) + " more arguments)";
    entry.words.emplace_back(rest, allocator);
  }
  entries_.push_front(std::move(entry));
  trim(max_length);
}

void SlowLog::trim(std::size_t max_length) noexcept {
  while (entries_.size() > max_length) entries_.pop_back();
}

}  // namespace miniredis::engine
