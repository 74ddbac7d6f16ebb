#include "base/bits.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace miniredis::base {
namespace {

std::uint64_t word_at(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The last bytes of a string, fewer than a word, with `fill` in place of those that are not there.
std::uint64_t last_word(const char* at, std::size_t size, std::uint64_t fill) noexcept {
  std::memcpy(&fill, at, size);
  return fill;
}

std::uint64_t count_by_words(const char* at, std::size_t size) noexcept {
  std::uint64_t count = 0;
  for (; size >= 8; at += 8, size -= 8) count += static_cast<unsigned>(std::popcount(word_at(at)));
  return count + static_cast<unsigned>(std::popcount(last_word(at, size, 0)));
}

#if defined(__x86_64__)

// Where the processor counts a word in one instruction. Four sums, so that none waits for another.
__attribute__((target("popcnt"))) std::uint64_t count_with_popcnt(const char* at,
                                                                  std::size_t size) noexcept {
  const auto count = [](std::uint64_t word) {
    return static_cast<std::uint64_t>(__builtin_popcountll(word));
  };
  std::uint64_t sums[4] = {};
  for (; size >= 32; at += 32, size -= 32) {
    for (std::size_t i = 0; i < 4; ++i) sums[i] += count(word_at(at + 8 * i));
  }
  for (; size >= 8; at += 8, size -= 8) sums[0] += count(word_at(at));
  sums[1] += count(last_word(at, size, 0));
  return sums[0] + sums[1] + sums[2] + sums[3];
}

using Lanes = __m256i;

__attribute__((target("avx2"))) inline Lanes counts_of_bytes(Lanes bytes) noexcept {
  // Bits of each half byte, twice: a shuffle looks up in each half of the register by itself.
  const Lanes counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2,
                                        1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const Lanes low_half = _mm256_set1_epi8(0x0f);
  const Lanes low = _mm256_and_si256(bytes, low_half);
  const Lanes high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_half);
  return _mm256_add_epi8(_mm256_shuffle_epi8(counts, low), _mm256_shuffle_epi8(counts, high));
}

__attribute__((target("avx2"))) inline Lanes lanes_at(const char* at) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const Lanes*>(at));
}

// Looks up half bytes, 32 at a time (W. Mula's method); sums of bytes are gathered before they
// could pass 255, which 31 times 8 does not.
__attribute__((target("avx2,popcnt"))) std::uint64_t count_with_avx2(const char* at,
                                                                     std::size_t size) noexcept {
  constexpr std::size_t kRound = 4 * sizeof(Lanes);
  constexpr std::size_t kRoundsPerSum = 7;
  const Lanes zero = _mm256_setzero_si256();
  Lanes total = zero;
  while (size >= kRound) {
    Lanes sums = zero;
    for (std::size_t round = 0; round < kRoundsPerSum && size >= kRound; ++round) {
      const Lanes first = _mm256_add_epi8(counts_of_bytes(lanes_at(at)),
                                          counts_of_bytes(lanes_at(at + sizeof(Lanes))));
      const Lanes second = _mm256_add_epi8(counts_of_bytes(lanes_at(at + 2 * sizeof(Lanes))),
                                           counts_of_bytes(lanes_at(at + 3 * sizeof(Lanes))));
      sums = _mm256_add_epi8(sums, _mm256_add_epi8(first, second));
      at += kRound;
      size -= kRound;
    }
    total = _mm256_add_epi64(total, _mm256_sad_epu8(sums, zero));
  }
  std::uint64_t parts[4];
  _mm256_storeu_si256(reinterpret_cast<Lanes*>(parts), total);
  // gcc does so by itself only where the whole program is built for AVX. While upper halves of
  // registers are in use, what the thread does with SSE takes several times as long: all floating
  // point of the rest of the program, and memcpy.
  _mm256_zeroupper();
  return parts[0] + parts[1] + parts[2] + parts[3] + count_with_popcnt(at, size);
}

using Count = std::uint64_t (*)(const char*, std::size_t) noexcept;
Count best_count() noexcept {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) return count_with_avx2;
  return __builtin_cpu_supports("popcnt") ? count_with_popcnt : count_by_words;
}

#endif

// A register that every 64-bit processor has.
using Wide = std::uint64_t __attribute__((vector_size(16)));

template <typename T>
T loaded(const char* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

// All of a block is read before any of it is written, so that `into` may be one of the operands.
template <typename Combine>
void combine(char* into, const char* a, const char* b, std::size_t size, Combine with) noexcept {
  constexpr std::size_t kWide = sizeof(Wide);
  std::size_t at = 0;
  for (; at + 4 * kWide <= size; at += 4 * kWide) {
    const Wide first = with(loaded<Wide>(a + at), loaded<Wide>(b + at));
    const Wide second = with(loaded<Wide>(a + at + kWide), loaded<Wide>(b + at + kWide));
    const Wide third = with(loaded<Wide>(a + at + 2 * kWide), loaded<Wide>(b + at + 2 * kWide));
    const Wide fourth = with(loaded<Wide>(a + at + 3 * kWide), loaded<Wide>(b + at + 3 * kWide));
    std::memcpy(into + at, &first, kWide);
    std::memcpy(into + at + kWide, &second, kWide);
    std::memcpy(into + at + 2 * kWide, &third, kWide);
    std::memcpy(into + at + 3 * kWide, &fourth, kWide);
  }
  for (; at + 8 <= size; at += 8) {
    const std::uint64_t word = with(loaded<std::uint64_t>(a + at), loaded<std::uint64_t>(b + at));
    std::memcpy(into + at, &word, 8);
  }
  for (; at < size; ++at) {
    into[at] = static_cast<char>(
        with(static_cast<unsigned char>(a[at]), static_cast<unsigned char>(b[at])));
  }
}

}  // namespace

std::uint64_t count_bits(Bytes bytes) noexcept {
#if defined(__x86_64__)
  static const Count count = best_count();
  return count(bytes.data(), bytes.size());
#else
  return count_by_words(bytes.data(), bytes.size());
#endif
}

std::uint64_t find_bit(Bytes bytes, bool wanted) noexcept {
  const std::uint64_t without = wanted ? 0 : UINT64_MAX;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  // Eight words at a time until one of them is of interest.
  const Wide wide_without = {without, without};
  for (; end - at >= 64; at += 64) {
    const auto lane = [&](std::size_t offset) {
      Wide loaded;
      std::memcpy(&loaded, at + offset, sizeof loaded);
      return loaded ^ wide_without;
    };
    const Wide differing = (lane(0) | lane(16)) | (lane(32) | lane(48));
    if ((differing[0] | differing[1]) != 0) break;
  }
  for (; at < end; at += 8) {
    const auto left = static_cast<std::size_t>(end - at);
    std::uint64_t differing = (left >= 8 ? word_at(at) : last_word(at, left, without)) ^ without;
    if (differing == 0) continue;
    if constexpr (std::endian::native == std::endian::little) {
      differing = __builtin_bswap64(differing);
    }
    return static_cast<std::uint64_t>(at - bytes.data()) * 8 +
           static_cast<unsigned>(std::countl_zero(differing));
  }
  return kNoBit;
}

void and_bits(char* into, const char* a, const char* b, std::size_t size) noexcept {
  combine(into, a, b, size, [](auto x, auto y) { return x & y; });
}
void or_bits(char* into, const char* a, const char* b, std::size_t size) noexcept {
  combine(into, a, b, size, [](auto x, auto y) { return x | y; });
}
void xor_bits(char* into, const char* a, const char* b, std::size_t size) noexcept {
  combine(into, a, b, size, [](auto x, auto y) { return x ^ y; });
}
void invert_bits(char* into, const char* from, std::size_t size) noexcept {
  combine(into, from, from, size, [](auto x, auto) { return ~x; });
}

}  // namespace miniredis::base
