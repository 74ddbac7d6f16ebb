// A sorted set under no key, on its way to one or to a reply.
#pragma once

#include "commands/collection.h"
#include "types/sorted_set.h"

namespace miniredis::commands {

// Freed at the end, unless it has been stored.
class SortedSetResult {
 public:
  explicit SortedSetResult(Context& context, types::Object object = {}) noexcept
      : context_(context), set_(context.keyspace().environment(), object) {}
  ~SortedSetResult() {
    types::Object object = set_.object();
    while (!types::destroy_some(context_.keyspace().environment(), types::SortedSet::kType, object,
                                SIZE_MAX)) {
    }
  }
  SortedSetResult(const SortedSetResult&) = delete;
  SortedSetResult& operator=(const SortedSetResult&) = delete;

  types::SortedSet* operator->() noexcept { return &set_; }
  const types::SortedSet& operator*() const noexcept { return set_; }

  // Puts it under the key, in place of whatever is there, and answers its size.
  void store_and_reply(Bytes key, keyspace::Event event) {
    const types::SortedSet set = set_;
    const auto size = static_cast<std::int64_t>(set.size());
    set_ = types::SortedSet(context_.keyspace().environment(), {});
    store(context_, key, set, event);
    context_.reply.integer(size);
  }

 private:
  Context& context_;
  types::SortedSet set_;
};

}  // namespace miniredis::commands
