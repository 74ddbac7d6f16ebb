#include "engine/acl_log.h"

#include <algorithm>

namespace miniredis::engine {
namespace {
constexpr std::size_t kMostText = 1024;
constexpr std::int64_t kTogetherMs = 60'000;
constexpr std::size_t kLookedAt = 10;  // entries that may be about the same thing
}  // namespace

const char* name_of(Refused what) noexcept {
  switch (what) {
    case Refused::kCommand:
      return "command";
    case Refused::kKey:
      return "key";
    case Refused::kChannel:
      return "channel";
    case Refused::kLogin:
      return "auth";
  }
  return "unknown";
}

const char* name_of(RefusedIn where) noexcept {
  switch (where) {
    case RefusedIn::kTopLevel:
      return "toplevel";
    case RefusedIn::kTransaction:
      return "multi";
    case RefusedIn::kScript:
      return "lua";
  }
  return "unknown";
}

void AclLog::add(Refused reason, RefusedIn context, Bytes object, Bytes user, Bytes client,
                 std::int64_t now_ms, std::size_t max_length) {
  if (max_length == 0) return;
  object = object.substr(0, kMostText);
  user = user.substr(0, kMostText);
  client = client.substr(0, kMostText);
  const auto end = std::next(entries_.begin(),
                             static_cast<std::ptrdiff_t>(std::min(entries_.size(), kLookedAt)));
  const auto same = std::find_if(entries_.begin(), end, [&](const AclLogEntry& entry) {
    return entry.reason == reason && entry.context == context && Bytes(entry.object) == object &&
           Bytes(entry.user) == user && now_ms - entry.updated_ms <= kTogetherMs;
  });
  if (same != end) {
    same->client = client;
    same->updated_ms = now_ms;
    ++same->count;
    entries_.splice(entries_.begin(), entries_, same);
    return;
  }
  if (account_.excess() > 0) return;
  const memory::AccountedAllocator<char> allocator(account_);
  entries_.push_front({next_id_++, 1, reason, context, memory::String(object, allocator),
                       memory::String(user, allocator), memory::String(client, allocator), now_ms,
                       now_ms});
  trim(max_length);
}

void AclLog::trim(std::size_t max_length) noexcept {
  while (entries_.size() > max_length) entries_.pop_back();
}

}  // namespace miniredis::engine
