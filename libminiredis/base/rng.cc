#include "base/rng.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/hash.h"

namespace miniredis::base {

Rng::Rng(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) {
    seed += 0x9e37'79b9'7f4a'7c15;
    word = mix64(seed);
  }
}

std::uint64_t Rng::next() noexcept {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Rng::below(std::uint64_t bound) noexcept {
  using hash_detail::Wide;
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<Wide>(next()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Rng::unit() noexcept {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

void fill_secure_random(void* out, std::size_t size) {
  auto* p = static_cast<unsigned char*>(out);
  while (size > 0) {
    const ssize_t got = getrandom(p, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::perror("miniredis: getrandom");
      std::abort();
    }
    p += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::string secure_random_hex(std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string raw(bytes, '\0');
  fill_secure_random(raw.data(), raw.size());
  std::string hex;
  hex.reserve(bytes * 2);
  for (const char c : raw) {
    const auto octet = static_cast<unsigned char>(c);
    hex.push_back(kDigits[octet >> 4]);
    hex.push_back(kDigits[octet & 15]);
  }
  return hex;
}

}  // namespace miniredis::base
