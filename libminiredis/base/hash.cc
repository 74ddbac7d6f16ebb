#include "base/hash.h"

#include "base/rng.h"

namespace miniredis::base {

HashKey random_hash_key() {
  HashKey key;
  fill_secure_random(&key, sizeof key);
  return key;
}

namespace hash_detail {

std::uint64_t absorb_long(const char* p, std::size_t size, const HashKey& key) noexcept {
  // Three lanes, so that the products of a long text overlap in time. Each lane has a key of its
  // own: equal blocks in different lanes must not cancel out.
  std::uint64_t lane0 = key.a;
  if (size > 48) {
    std::uint64_t lane1 = mix64(key.a);
    std::uint64_t lane2 = mix64(key.b);
    do {
      lane0 = fold(load64(p) ^ key.b, load64(p + 8) ^ lane0);
      lane1 = fold(load64(p + 16) ^ key.b, load64(p + 24) ^ lane1);
      lane2 = fold(load64(p + 32) ^ key.b, load64(p + 40) ^ lane2);
      p += 48;
      size -= 48;
    } while (size > 48);
    lane0 ^= std::rotl(lane1, 21) ^ std::rotl(lane2, 42);
  }
  while (size > 16) {
    lane0 = fold(load64(p) ^ key.b, load64(p + 8) ^ lane0);
    p += 16;
    size -= 16;
  }
  return lane0;
}

}  // namespace hash_detail
}  // namespace miniredis::base
