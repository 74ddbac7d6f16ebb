#include "types/object.h"

#include <utility>

#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"
#include "types/stream.h"

namespace miniredis::types {
namespace {

// Calls `use` with the collection's class as a type tag.
template <typename T>
struct Tag {
  using Collection = T;
};
template <typename Use>
auto with_class(Type type, Use&& use) -> decltype(use(Tag<Hash>())) {
  switch (type) {
    case Type::kHash:
      return use(Tag<Hash>());
    case Type::kSet:
      return use(Tag<Set>());
    case Type::kSortedSet:
      return use(Tag<SortedSet>());
    case Type::kList:
      return use(Tag<List>());
    case Type::kStream:
      return use(Tag<Stream>());
    default:
      break;
  }
  return {};
}

}  // namespace

const char* name_of(Type type) noexcept {
  constexpr const char* kNames[] = {"string", "list", "set", "zset", "hash", "stream"};
  return kNames[static_cast<std::size_t>(type)];
}

std::size_t size_of(Type type, Object object) noexcept {
  if (object.data == nullptr) return 0;
  return with_class(type, [&](auto tag) { return decltype(tag)::Collection::size_of(object); });
}

const char* encoding_of(Type type, Object object) noexcept {
  return with_class(type, [&](auto tag) { return decltype(tag)::Collection::encoding_of(object); });
}

std::size_t allocated_bytes(const Environment& environment, Type type, Object object,
                            std::size_t samples) {
  if (object.data == nullptr) return 0;
  return with_class(type, [&](auto tag) {
    return decltype(tag)::Collection::allocated_bytes(environment, object, samples);
  });
}

Object clone(const Environment& environment, Type type, Object object) {
  if (object.data == nullptr) return object;
  return with_class(
      type, [&](auto tag) { return decltype(tag)::Collection::clone(environment, object); });
}

bool destroy_some(const Environment& environment, Type type, Object& object,
                  std::size_t most) noexcept {
  if (object.data == nullptr) return true;
  return with_class(type, [&](auto tag) {
    return decltype(tag)::Collection::destroy_some(environment, object, most);
  });
}

}  // namespace miniredis::types
