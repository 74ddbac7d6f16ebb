#include "keyspace/watch.h"

#include <algorithm>

namespace miniredis::keyspace {
namespace {

memory::String name_of(memory::Account& account, unsigned database, Bytes key) {
  memory::String name{memory::AccountedAllocator<char>(account)};
  name.reserve(key.size() + 1);
  name.push_back(static_cast<char>(database));
  name.append(key);
  return name;
}

}  // namespace

WatchRegistry::WatchRegistry(memory::Account& account)
    : account_(account), keys_(memory::AccountedAllocator<char>(account)) {}

void WatchRegistry::watch(Watcher& watcher, unsigned database, Bytes key) {
  auto [at, added] =
      keys_.try_emplace(name_of(account_, database, key),
                        memory::Vector<Watcher*>(memory::AccountedAllocator<Watcher*>(account_)));
  auto& watchers = at->second;
  if (std::find(watchers.begin(), watchers.end(), &watcher) == watchers.end()) {
    watchers.push_back(&watcher);
  }
}

void WatchRegistry::unwatch(Watcher& watcher) noexcept {
  watcher.dirty_ = false;
  for (auto at = keys_.begin(); at != keys_.end();) {
    std::erase(at->second, &watcher);
    at = at->second.empty() ? keys_.erase(at) : std::next(at);
  }
}

void WatchRegistry::changed(unsigned database, Bytes key) noexcept {
  if (listener_ != nullptr) listener_->on_changed(key);
  if (keys_.empty()) return;
  const auto at = keys_.find(name_of(account_, database, key));
  if (at == keys_.end()) return;
  for (Watcher* watcher : at->second) watcher->mark();
}

}  // namespace miniredis::keyspace
