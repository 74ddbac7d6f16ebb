// How commands come to a collection: type check, look-up, and the duties of a change.
#pragma once

#include <algorithm>
#include <optional>

#include "commands/context.h"
#include "commands/events.h"
#include "keyspace/open_collection.h"

namespace miniredis::commands {

using keyspace::Entry;
using keyspace::Type;

// True, with the error answered, when the entry is there and of another type.
inline bool wrong_type(Context& context, const Entry* entry, Type type) {
  if (entry == nullptr || entry->type() == type) [[likely]]
    return false;
  context.fail(wire::kWrongType);
  return true;
}

// The collection for reading, counted as an access and as a hit or a miss; empty when there is no
// key. Nothing, with the error answered, when the key holds another type. Valid until the next
// write.
template <typename T>
std::optional<T> look_up(Context& context, Bytes key) {
  keyspace::ReadScope scope = context.read();
  const Entry* entry = scope.find(key);
  if (wrong_type(context, entry, T::kType)) return std::nullopt;
  if constexpr (T::kType == Type::kHash) {
    if (entry != nullptr) entry = scope.expire_fields(entry);
  }
  return scope.open<T>(entry);
}

// A collection open for change, or nothing, with the error answered: see
// keyspace/open_collection.h.
template <typename T>
class Opened {
 public:
  Opened(Context& context, Bytes key) {
    keyspace::WriteScope scope = context.write();
    keyspace::WriteScope::Place place = scope.find(key);
    if (!wrong_type(context, place ? place.entry() : nullptr, T::kType)) {
      if constexpr (T::kType == Type::kHash) {
        if (place) scope.expire_fields(place);
      }
      collection_.emplace(scope, place, key);
    }
  }
  explicit operator bool() const noexcept { return collection_.has_value(); }
  T* operator->() noexcept { return collection_->operator->(); }
  T& operator*() noexcept { return **collection_; }
  bool existed() const noexcept { return collection_->existed(); }
  void changed(keyspace::Event event) { collection_->changed(event); }
  void changed_unwatched(keyspace::Event event, bool wakes = false) {
    collection_->changed_unwatched(event, wakes);
  }

 private:
  std::optional<keyspace::OpenCollection<T>> collection_;
};

template <typename T>
Opened<T> open(Context& context, Bytes key) {
  return Opened<T>(context, key);
}

// Puts a collection that was made apart under the key, in place of whatever is there; an empty one
// deletes the key.
template <typename T>
void store(Context& context, Bytes key, const T& collection, keyspace::Event event) {
  keyspace::WriteScope scope = context.write();
  auto place = scope.find(key);
  if (!collection.empty()) {
    scope.put_object(place, key, T::kType, collection.object(), event);
  } else if (place) {
    scope.remove(place, key, events::kDel);
  }
}

// Deletes a key all of whose elements go: in slices, and with the event of what took them.
inline void remove_whole(Context& context, Bytes key, keyspace::Event event) {
  keyspace::WriteScope scope = context.write();
  auto place = scope.find(key);
  scope.remove(place, key, event);
  scope.also(events::kDel, key);
}

// Changes `count` elements in pieces, change(elements), between which others get their turns;
// Context::expect_steps has been called.
template <typename Change>
void in_pieces(Context& context, std::size_t count, Change&& change) {
  constexpr std::size_t kPiece = 256;
  while (count > 0) {
    const std::size_t piece = std::min(count, kPiece);
    change(piece);
    count -= piece;
    context.step(static_cast<std::uint32_t>(piece));
  }
}

// While it lives, others get their turns in what walks over whole collections;
// Context::expect_steps has been called.
class StepsAlong final : public types::Progress {
 public:
  explicit StepsAlong(Context& context) : context_(context) {
    context_.keyspace().environment().progress = this;
  }
  ~StepsAlong() override { context_.keyspace().environment().progress = nullptr; }
  StepsAlong(const StepsAlong&) = delete;
  StepsAlong& operator=(const StepsAlong&) = delete;

  void step() override { context_.step(); }

 private:
  Context& context_;
};

// While it lives, what walks over whole values looks at the clock and the account, and gives others
// their turns; nothing has been changed until then.
class TicksAlong final : public types::Progress {
 public:
  explicit TicksAlong(Context& context) : context_(context) {
    context_.keyspace().environment().progress = this;
  }
  ~TicksAlong() override { context_.keyspace().environment().progress = nullptr; }
  TicksAlong(const TicksAlong&) = delete;
  TicksAlong& operator=(const TicksAlong&) = delete;

  void step() override { context_.tick(); }

 private:
  Context& context_;
};

// A collection made apart from all keys; freed, in slices if it is large, unless it is stored.
template <typename T>
class Scratch {
 public:
  explicit Scratch(Context& context)
      : context_(context), collection_(context.keyspace().environment(), {}) {}
  ~Scratch() {
    if (!stored_) context_.keyspace().discard(T::kType, collection_.object());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* operator->() noexcept { return &collection_; }
  T& operator*() noexcept { return collection_; }
  void store(Bytes key, keyspace::Event event) {
    stored_ = true;
    commands::store(context_, key, collection_, event);
  }

 private:
  Context& context_;
  bool stored_ = false;
  T collection_;
};

}  // namespace miniredis::commands
