#include "base/rng.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace miniredis::base {
namespace {

double chi_deviation(const std::vector<int>& counts, double expected) {
  double chi = 0;
  for (const int c : counts) chi += (c - expected) * (c - expected) / expected;
  const double freedom = static_cast<double>(counts.size() - 1);
  return (chi - freedom) / std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("rng: one seed, one sequence") {
  Rng a(7);
  Rng b(7);
  Rng c(8);
  int same_as_other_seed = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t n = a.next();
    REQUIRE(n == b.next());
    same_as_other_seed += n == c.next() ? 1 : 0;
  }
  CHECK(same_as_other_seed == 0);
}

TEST_CASE("rng: below is uniform, for bounds that divide nothing") {
  for (const std::uint64_t bound : {2, 3, 7, 10, 100, 1000}) {
    CAPTURE(bound);
    Rng rng(bound);
    std::vector<int> counts(bound, 0);
    const int draws = 200'000;
    for (int i = 0; i < draws; ++i) {
      const std::uint64_t n = rng.below(bound);
      REQUIRE(n < bound);
      ++counts[n];
    }
    CHECK(std::abs(chi_deviation(counts, draws / static_cast<double>(bound))) < 5);
  }
}

TEST_CASE("rng: below has no bias for bounds near 2^64") {
  // 3/4 of the range: taking the remainder would give the lower third twice as often.
  constexpr std::uint64_t kBound = 3ULL << 62;
  Rng rng(1);
  std::vector<int> counts(3, 0);
  for (int i = 0; i < 90'000; ++i) ++counts[rng.below(kBound) / (1ULL << 62)];
  CHECK(std::abs(chi_deviation(counts, 30'000)) < 5);
  CHECK(Rng(3).below(1) == 0);
}

TEST_CASE("rng: unit is in [0, 1) with the mean and the variance of uniform numbers") {
  Rng rng(5);
  double sum = 0;
  double squares = 0;
  const int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    const double u = rng.unit();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
  }
  const double mean = sum / draws;
  CHECK(mean == doctest::Approx(0.5).epsilon(0.01));
  CHECK(squares / draws - mean * mean == doctest::Approx(1.0 / 12).epsilon(0.02));
}

TEST_CASE("rng: every bit of next is set half the time") {
  Rng rng(9);
  std::array<int, 64> set{};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t n = rng.next();
    for (unsigned bit = 0; bit < 64; ++bit) set[bit] += static_cast<int>(n >> bit & 1);
  }
  // Standard deviation 158.
  for (const int count : set) CHECK(std::abs(count - 50'000) < 950);
}

TEST_CASE("secure random bytes differ each time, and hex has two digits a byte") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string hex = secure_random_hex(16);
    REQUIRE(hex.size() == 32);
    REQUIRE(hex.find_first_not_of("0123456789abcdef") == std::string::npos);
    seen.insert(hex);
  }
  CHECK(seen.size() == 1000);
  CHECK(secure_random_hex(0).empty());
}

}  // namespace miniredis::base
