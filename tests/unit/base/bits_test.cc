#include "base/bits.h"

#include <doctest/doctest.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"

namespace miniredis::base {
namespace {

std::uint64_t count_one_by_one(Bytes bytes) {
  std::uint64_t count = 0;
  for (std::uint64_t bit = 0; bit < bytes.size() * 8; ++bit) count += bit_at(bytes, bit) ? 1 : 0;
  return count;
}

std::uint64_t find_one_by_one(Bytes bytes, bool wanted) {
  for (std::uint64_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if (bit_at(bytes, bit) == wanted) return bit;
  }
  return kNoBit;
}

std::string random_bytes(Rng& rng, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.next());
  return bytes;
}

TEST_CASE("bits are counted whatever the length and the alignment") {
  Rng rng(7);
  const std::string bytes = random_bytes(rng, 3000);
  for (std::size_t size = 0; size < 400; ++size) {
    const Bytes part = Bytes(bytes).substr(size % 37, size);
    REQUIRE(count_bits(part) == count_one_by_one(part));
  }
  CHECK(count_bits(bytes) == count_one_by_one(bytes));
  // Sums of bytes must not run over where every bit is set.
  CHECK(count_bits(std::string(100'000, '\xff')) == 800'000);
  CHECK(count_bits(std::string(100'001, '\0')) == 0);
}

#if defined(__x86_64__)
// Whether upper halves of vector registers hold anything: bit 2 of what XGETBV says is in use,
// where the processor says it.
__attribute__((target("xsave"))) std::optional<bool> uses_wide_registers() noexcept {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kTellsUse = 1U << 2;
  if (!__builtin_cpu_supports("avx2") || __get_cpuid_count(0xd, 1, &a, &b, &c, &d) == 0 ||
      (a & kTellsUse) == 0) {
    return std::nullopt;
  }
  return (_xgetbv(1) & 4) != 0;
}

TEST_CASE("counting leaves no wide registers in use, which would slow down all that follows") {
  const std::string bytes(10'000, 'x');
  volatile std::uint64_t count = count_bits(bytes);
  const std::optional<bool> used = uses_wide_registers();
  CHECK(count == 40'000);
  if (used) CHECK(!*used);
}
#endif

TEST_CASE("the first set and the first clear bit are found wherever they are") {
  for (const std::size_t size : {0, 1, 7, 8, 9, 63, 64, 65, 200}) {
    std::string zeros(size, '\0');
    std::string ones(size, '\xff');
    CHECK(find_bit(zeros, true) == kNoBit);
    CHECK(find_bit(ones, false) == kNoBit);
    for (std::size_t bit = 0; bit < size * 8; bit += 5) {
      const auto mask = static_cast<char>(0x80U >> (bit % 8));
      zeros[bit / 8] = mask;
      ones[bit / 8] = static_cast<char>(~mask);
      REQUIRE(find_bit(zeros, true) == bit);
      REQUIRE(find_bit(ones, false) == bit);
      zeros[bit / 8] = '\0';
      ones[bit / 8] = '\xff';
    }
  }
  Rng rng(8);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = random_bytes(rng, size);
    CHECK(find_bit(bytes, true) == find_one_by_one(bytes, true));
    CHECK(find_bit(bytes, false) == find_one_by_one(bytes, false));
  }
}

TEST_CASE("strings are combined byte by byte, also with themselves") {
  Rng rng(9);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string a = random_bytes(rng, size);
    const std::string b = random_bytes(rng, size);
    std::string both = a;
    std::string either = a;
    std::string one = a;
    std::string none = a;
    std::string self = a;
    std::string apart(size, '?');
    std::string behind = b;
    and_bits(both.data(), both.data(), b.data(), size);
    or_bits(either.data(), either.data(), b.data(), size);
    xor_bits(one.data(), one.data(), b.data(), size);
    invert_bits(none.data(), none.data(), size);
    xor_bits(self.data(), self.data(), self.data(), size);
    invert_bits(apart.data(), a.data(), size);
    and_bits(behind.data(), a.data(), behind.data(), size);
    for (std::size_t i = 0; i < size; ++i) {
      REQUIRE(both[i] == static_cast<char>(a[i] & b[i]));
      REQUIRE(either[i] == static_cast<char>(a[i] | b[i]));
      REQUIRE(one[i] == static_cast<char>(a[i] ^ b[i]));
      REQUIRE(none[i] == static_cast<char>(~a[i]));
      REQUIRE(apart[i] == none[i]);
      REQUIRE(behind[i] == both[i]);
      REQUIRE(self[i] == '\0');
    }
  }
}

}  // namespace
}  // namespace miniredis::base
