#include "types/hyper_log_log.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>

#include "base/rng.h"

namespace miniredis::types::hyper_log_log {
namespace {

constexpr std::uint64_t kMost = 3000;

std::string header(char form) {
  std::string text = "HYLL";
  text += form;
  return text + std::string(3, '\0') + std::string(7, '\0') + '\x80';
}

TEST_CASE("sparse and dense forms hold and count the same, element by element") {
  Registers registers{};
  auto sparse = std::make_unique<Sparse>(empty_value());
  std::uint64_t elements = 0;
  for (;; ++elements) {
    const Update update = update_of("element " + std::to_string(elements));
    REQUIRE(update.index < kRegisters);
    REQUIRE(update.run >= 1);
    REQUIRE(update.run <= 51);
    const bool raises = registers[update.index] < update.run;
    const auto outcome = sparse->raise(update, kMost);
    if (outcome == Sparse::Outcome::kTooLarge) break;
    REQUIRE(outcome == (raises ? Sparse::Outcome::kRaised : Sparse::Outcome::kSame));
    if (raises) registers[update.index] = static_cast<std::uint8_t>(update.run);
    if (elements % 50 != 0) continue;
    Registers merged{};
    REQUIRE(merge(merged, sparse->value()));
    REQUIRE(merged == registers);
    std::string dense(kDenseBytes, '\0');
    REQUIRE(to_dense(sparse->value(), dense.data()));
    REQUIRE(form_of(dense) == Form::kDense);
    Registers from_dense{};
    REQUIRE(merge(from_dense, dense));
    REQUIRE(from_dense == registers);
    REQUIRE(count(dense) == count(sparse->value()));
    REQUIRE(count(registers) == count(sparse->value()));
  }
  CHECK(elements > 500);
  CHECK(sparse->value().size() <= kMost);
}

TEST_CASE("where the last register was found changes no bytes") {
  base::Rng rng(11);
  for (int round = 0; round < 40; ++round) {
    auto kept = std::make_unique<Sparse>(empty_value());
    // In ascending order, as a merge writes them; then anywhere, close together and far apart.
    std::uint32_t index = 0;
    for (int step = 0; step < 600; ++step) {
      const auto jump = static_cast<std::uint32_t>(rng.below(round % 2 == 0 ? 40 : 3));
      index = step < 300 ? index + jump : static_cast<std::uint32_t>(rng.below(kRegisters));
      const Update update{.index = index % static_cast<std::uint32_t>(kRegisters),
                          .run = static_cast<std::uint32_t>(1 + rng.below(4))};
      const auto fresh = std::make_unique<Sparse>(kept->value());
      const Sparse::Outcome expected = fresh->raise(update, kMost);
      REQUIRE(kept->raise(update, kMost) == expected);
      REQUIRE(kept->value() == fresh->value());
    }
  }
}

TEST_CASE("counts are right within what the method allows") {
  Registers registers{};
  CHECK(count(registers) == 0);
  std::uint64_t elements = 0;
  for (const std::uint64_t next : {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000}) {
    for (; elements < next; ++elements) {
      const Update update = update_of(std::to_string(elements));
      auto& own = registers[update.index];
      own = std::max(own, static_cast<std::uint8_t>(update.run));
    }
    const double error = std::fabs(double(count(registers)) - double(next)) / double(next);
    CHECK(error < 0.03);
  }
}

TEST_CASE("dense registers are written beside each other") {
  base::Rng rng(3);
  std::string value(kDenseBytes, '\0');
  Registers expected{};
  for (int i = 0; i < 50'000; ++i) {
    const std::size_t index = rng.below(kRegisters);
    expected[index] = static_cast<std::uint8_t>(rng.below(64));
    set_dense_register(value.data(), index, expected[index]);
  }
  for (std::size_t i = 0; i < kRegisters; ++i) REQUIRE(dense_register(value, i) == expected[i]);
  CHECK(value.substr(0, kHeaderBytes) == std::string(kHeaderBytes, '\0'));
}

TEST_CASE("the count in the header is there until it is forgotten") {
  std::string value(empty_value());
  CHECK(cached_count(value) == 0);
  cache_count(value.data(), 0x0102'0304'0506'0708);
  CHECK(cached_count(value) == 0x0102'0304'0506'0708);
  forget_count(value.data());
  CHECK(!cached_count(value));
}

TEST_CASE("what is no value is told apart") {
  CHECK(form_of("") == Form::kNone);
  CHECK(form_of("HYLL") == Form::kNone);
  CHECK(form_of(header(2) + "\x7f\xff") == Form::kNone);
  CHECK(form_of(header(0) + "\x7f\xff") == Form::kNone);
  CHECK(form_of(header(1)) == Form::kSparse);
  CHECK(form_of(header(0) + std::string(kDenseBytes - kHeaderBytes, '\xff')) == Form::kDense);
}

TEST_CASE("corrupt values are refused") {
  const std::string runs[] = {
      "",                         // no registers
      "\x7f",                     // ends within a run
      "\x7f\xff\x80",             // one too many
      std::string("\x7f\xfe", 2)  // one too few
  };
  for (const std::string& bytes : runs) {
    const std::string value = header(1) + bytes;
    Registers registers{};
    std::string dense(kDenseBytes, '\0');
    CHECK(!merge(registers, value));
    CHECK(!to_dense(value, dense.data()));
    CHECK(!count(value));
  }
  const std::string endless = header(1) + std::string(2 * kRegisters + 1, '\x80');
  CHECK(!count(endless));
  auto empty = std::make_unique<Sparse>(header(1));
  CHECK(empty->raise({0, 1}, kMost) == Sparse::Outcome::kCorrupt);
}

}  // namespace
}  // namespace miniredis::types::hyper_log_log
