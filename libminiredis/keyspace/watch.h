// WATCH: who wants to know that a key changed before their EXEC; and whoever listens to all
// changes.
//
// A Watcher belongs to one connection. The registry keeps, per database and key, who watches; a
// write marks them. With no watcher and no listener in the node, a write pays one comparison.
// Threads: one at a time (the node's).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "memory/containers.h"

namespace miniredis::keyspace {

class Watcher {
 public:
  bool dirty() const noexcept { return dirty_; }
  void mark() noexcept { dirty_ = true; }

 private:
  friend class WatchRegistry;
  bool dirty_ = false;
};

// Is told of every change of a key, whoever makes it. Must not touch the keyspace.
class KeyListener {
 public:
  virtual ~KeyListener() = default;
  virtual void on_changed(Bytes key) noexcept = 0;
  // A database has been emptied, also when nothing was in it.
  virtual void on_flushed() noexcept = 0;
};

class WatchRegistry {
 public:
  explicit WatchRegistry(memory::Account& account);

  // Whether nobody wants to know of anything.
  bool empty() const noexcept { return keys_.empty() && listener_ == nullptr; }
  // Null: nobody listens. What listens outlives this or takes itself away.
  void listen(KeyListener* listener) noexcept { listener_ = listener; }
  std::size_t size() const noexcept { return keys_.size(); }
  // Watching a key twice counts once.
  void watch(Watcher& watcher, unsigned database, Bytes key);
  // Forgets the watcher and makes it clean.
  void unwatch(Watcher& watcher) noexcept;

  void changed(unsigned database, Bytes key) noexcept;
  void flushed() noexcept {
    if (listener_ != nullptr) listener_->on_flushed();
  }
  // Calls `touch(database, key)` for each key that the watcher watches: looking at a key that has
  // expired meanwhile deletes it, and so marks the watcher.
  template <typename Touch>
  void touch_watched(const Watcher& watcher, Touch&& touch) {
    std::vector<std::string> names;  // deleting a key must not meet the walk over the map
    for (const auto& [name, watchers] : keys_) {
      for (const Watcher* w : watchers) {
        if (w == &watcher) names.emplace_back(name);
      }
    }
    for (const std::string& name : names) {
      touch(static_cast<unsigned char>(name[0]), Bytes(name).substr(1));
    }
  }
  // Calls `exists(key)` for each watched key of the database and marks where it says true: for
  // FLUSHDB and SWAPDB, which change only keys that are there.
  template <typename Exists>
  void changed_if(unsigned database, Exists&& exists) {
    for (auto& [name, watchers] : keys_) {
      if (static_cast<unsigned char>(name[0]) != database) continue;
      if (!exists(Bytes(name).substr(1))) continue;
      for (Watcher* watcher : watchers) watcher->mark();
    }
  }

 private:
  memory::Account& account_;
  memory::StringMap<memory::Vector<Watcher*>> keys_;  // name: the database's number, then the key
  KeyListener* listener_ = nullptr;
};

}  // namespace miniredis::keyspace
