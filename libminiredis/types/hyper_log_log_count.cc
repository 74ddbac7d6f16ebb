// The estimate: algorithm 6 of O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches", 2017 (arXiv:1702.01284), in the order of operations that Redis has, for the counts
// must be the same.
#include <cmath>
#include <limits>

#include "types/hyper_log_log_registers.h"

namespace miniredis::types::hyper_log_log {
namespace {

// How many registers hold each value. A corrupt one may hold any of 6 bits.
using Histogram = std::array<std::uint32_t, 64>;

constexpr std::size_t kLongestRun = 50;             // bits of a hash that are left for the run
constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)

double sigma(double x) noexcept {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double power = 1;
  double sum = x;
  for (double before = -1; before != sum;) {
    x *= x;
    before = sum;
    sum += x * power;
    power += power;
  }
  return sum;
}

double tau(double x) noexcept {
  if (x == 0 || x == 1) return 0;
  double power = 1;
  double sum = 1 - x;
  for (double before = -1; before != sum;) {
    x = std::sqrt(x);
    before = sum;
    power *= 0.5;
    sum -= (1 - x) * (1 - x) * power;
  }
  return sum / 3;
}

std::uint64_t estimate(const Histogram& histogram) noexcept {
  constexpr auto kCount = static_cast<double>(kRegisters);
  double z = kCount * tau((kCount - histogram[kLongestRun + 1]) / kCount);
  for (std::size_t run = kLongestRun; run >= 1; --run) z = 0.5 * (z + histogram[run]);
  z += kCount * sigma(histogram[0] / kCount);
  return static_cast<std::uint64_t>(std::llround(kAlpha * kCount * kCount / z));
}

// Counts into one of eight histograms each, for registers side by side are often the same and would
// wait for each other.
class Counter {
 public:
  // The order of the eight does not matter.
  void add(std::uint64_t eight) noexcept {
    if (eight == 0) {
      zeros_ += 8;
      return;
    }
    for (std::size_t i = 0; i < 8; ++i) ++parts_[i][eight >> 8 * i & 0x3fU];
  }
  Histogram sum() const noexcept {
    Histogram all{};
    all[0] = zeros_;
    for (const auto& part : parts_) {
      for (std::size_t i = 0; i < all.size(); ++i) all[i] += part[i];
    }
    return all;
  }

 private:
  std::uint32_t zeros_ = 0;
  std::array<std::array<std::uint16_t, 64>, 8> parts_{};
};

}  // namespace

std::optional<std::uint64_t> count(Bytes value) noexcept {
  if (form_of(value) == Form::kDense) {
    Counter counter;
    visit_dense(value, [&](std::size_t, std::uint64_t eight) { counter.add(eight); });
    return estimate(counter.sum());
  }
  Histogram histogram{};
  std::size_t index = 0;
  const bool whole = visit_runs(value, [&](std::uint32_t run, std::uint32_t length, bool) {
    histogram[run] += length;
    index += length;
  });
  if (!whole || index != kRegisters) return std::nullopt;
  return estimate(histogram);
}

std::uint64_t count(const Registers& registers) noexcept {
  Counter counter;
  for (std::size_t first = 0; first < kRegisters; first += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, registers.data() + first, sizeof eight);
    counter.add(eight);
  }
  return estimate(counter.sum());
}

}  // namespace miniredis::types::hyper_log_log
