#include "base/hash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"

namespace miniredis::base {
namespace {

constexpr HashKey kKey{0x0123'4567'89ab'cdef, 0xfeed'face'cafe'beef};

std::size_t count_collisions(std::vector<std::uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  return static_cast<std::size_t>(hashes.end() - std::unique(hashes.begin(), hashes.end()));
}

// How far the filling of `buckets` buckets by `hashes` is from chance, in standard deviations.
double deviation(const std::vector<std::uint64_t>& hashes, std::size_t buckets, unsigned shift) {
  std::vector<double> counts(buckets, 0);
  for (const std::uint64_t h : hashes) ++counts[(h >> shift) % buckets];
  const double expected = static_cast<double>(hashes.size()) / static_cast<double>(buckets);
  double chi = 0;
  for (const double c : counts) chi += (c - expected) * (c - expected) / expected;
  const double freedom = static_cast<double>(buckets - 1);
  return (chi - freedom) / std::sqrt(2 * freedom);
}

std::vector<std::string> structured_keys() {
  std::vector<std::string> keys;
  keys.reserve(1'100'000);
  char buffer[64];
  for (int i = 0; i < 250'000; ++i) {
    keys.push_back("user:" + std::to_string(i));
    std::snprintf(buffer, sizeof buffer, "key:%012d", i);  // 16 bytes
    keys.emplace_back(buffer);
    std::snprintf(buffer, sizeof buffer, "session:{tenant-7}:%08x:profile:%d", i, i % 10);
    keys.emplace_back(buffer);
    const int raw = i + 1;  // four zero bytes come below
    keys.emplace_back(reinterpret_cast<const char*>(&raw), sizeof raw);
  }
  // Zeros of every length: only the length tells them apart.
  for (std::size_t n = 0; n < 1000; ++n) keys.emplace_back(n, '\0');
  return keys;
}

// The largest distance from 1/2 of the chance that flipping one input bit flips one output bit.
double avalanche_bias(std::size_t size, int rounds) {
  Rng rng(size);
  std::vector<std::array<int, 64>> flips(size * 8);
  for (int round = 0; round < rounds; ++round) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(rng.next());
    // A key of its own each round: a single byte has too few values to tell chance from a flaw.
    const HashKey key{rng.next(), rng.next()};
    const std::uint64_t base = hash_bytes(text, key);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      std::string changed = text;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      const std::uint64_t difference = base ^ hash_bytes(changed, key);
      for (std::size_t out = 0; out < 64; ++out) {
        flips[bit][out] += static_cast<int>(difference >> out & 1);
      }
    }
  }
  double worst = 0;
  for (const auto& row : flips) {
    for (const int count : row) {
      worst = std::max(worst, std::abs(static_cast<double>(count) / rounds - 0.5));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("hash: a million structured keys do not collide and spread evenly") {
  std::vector<std::uint64_t> hashes;
  for (const std::string& key : structured_keys()) hashes.push_back(hash_bytes(key, kKey));
  REQUIRE(hashes.size() == 1'001'000);
  CHECK(count_collisions(hashes) == 0);
  for (const unsigned shift : {0u, 7u, 25u, 48u, 57u}) {
    CAPTURE(shift);
    CHECK(std::abs(deviation(hashes, shift == 57 ? 128 : 4096, shift)) < 6);
  }
}

TEST_CASE("hash: each half of the bits alone collides no more than chance") {
  std::vector<std::uint64_t> low;
  std::vector<std::uint64_t> high;
  for (const std::string& key : structured_keys()) {
    const std::uint64_t h = hash_bytes(key, kKey);
    low.push_back(h & 0xffff'ffff);
    high.push_back(h >> 32);
  }
  // n^2 / 2^33 = 117 expected, standard deviation 11.
  CHECK(count_collisions(low) < 190);
  CHECK(count_collisions(high) < 190);
}

TEST_CASE("hash: every input bit moves every output bit half the time") {
  // With 2000 rounds the standard deviation of one cell is 0.011.
  for (const std::size_t size : {1, 3, 4, 7, 8, 15, 16, 17, 33, 49, 97}) {
    CAPTURE(size);
    CHECK(avalanche_bias(size, 2000) < 0.07);
  }
}

TEST_CASE("hash: every byte of a text counts, at every length") {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t size = 1; size <= 200; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = 'y';
      seen.insert(hash_bytes(text, kKey));
      ++made;
    }
  }
  CHECK(seen.size() == made);
}

TEST_CASE("hash: blocks that change places give another hash") {
  const std::string a(16, 'a');
  const std::string b(16, 'b');
  const std::string c(16, 'c');
  CHECK(hash_bytes(a + b + c + a, kKey) != hash_bytes(b + a + c + a, kKey));
  CHECK(hash_bytes(a + b + c + c + a, kKey) != hash_bytes(c + b + a + c + a, kKey));
  CHECK(hash_bytes(a + a + a + a, kKey) != hash_bytes(b + b + b + a, kKey));
}

TEST_CASE("hash: it depends on both halves of the key") {
  for (const std::size_t size : {0, 1, 5, 16, 40, 100}) {
    CAPTURE(size);
    const std::string text(size, 'k');
    const std::uint64_t h = hash_bytes(text, kKey);
    CHECK(h == hash_bytes(text, kKey));
    CHECK(h != hash_bytes(text, {kKey.a ^ 1, kKey.b}));
    CHECK(h != hash_bytes(text, {kKey.a, kKey.b ^ 1}));
  }
  const HashKey one = random_hash_key();
  const HashKey two = random_hash_key();
  CHECK((one.a != two.a || one.b != two.b));
}

TEST_CASE("hash: mix64 is a bijection's worth of different numbers") {
  std::vector<std::uint64_t> mixed;
  for (std::uint64_t i = 0; i < 100'000; ++i) mixed.push_back(mix64(i));
  CHECK(count_collisions(mixed) == 0);
}

}  // namespace miniredis::base
