#include "types/list.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

namespace miniredis::types {
namespace {

using End = List::End;

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{7};
  Environment environment{account, key, rng};
};

std::vector<std::string> contents(const List& list, End to = End::kBack) {
  std::vector<std::string> out;
  if (list.empty()) return out;
  list.each(
      to == End::kBack ? 0 : list.size() - 1, list.size(),
      [&](Bytes element) { out.emplace_back(element); }, to);
  return out;
}

std::string random_element(base::Rng& rng) {
  const std::size_t length = rng.below(50) == 0 ? rng.below(20'000) : rng.below(300);
  return std::string(length, static_cast<char>('a' + rng.below(26)));
}

// One random change to both; a list is rebuilt from its object each time, as commands do.
void change(Fixture& f, Object& object, std::deque<std::string>& model) {
  List list(f.environment, object);
  const std::size_t size = model.size();
  const auto index = [&] { return static_cast<std::size_t>(f.rng.below(size)); };
  const auto at = [&](std::size_t i) { return model.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::string element = random_element(f.rng);
  const End end = f.rng.below(2) == 0 ? End::kFront : End::kBack;
  const std::uint64_t what = size == 0 ? 0 : f.rng.below(11);
  if (what < 4) {
    list.push(end, element);
    end == End::kBack ? model.push_back(element) : model.push_front(element);
  } else if (what < 6) {
    REQUIRE(list.peek(end) == (end == End::kFront ? model.front() : model.back()));
    list.pop(end);
    end == End::kFront ? model.pop_front() : model.pop_back();
  } else if (what == 6) {
    const std::size_t i = index();
    list.replace(list.at(i), element);
    *at(i) = element;
  } else if (what == 7) {
    const std::size_t i = index();
    list.insert_before(list.at(i), element);
    model.insert(at(i), element);
  } else if (what == 8) {
    const std::size_t i = index();
    list.insert_behind(list.at(i), element);
    model.insert(at(i + 1), element);
  } else if (what == 9) {
    const std::size_t i = index();
    const List::Position behind = list.erase(list.at(i));
    model.erase(at(i));
    REQUIRE(static_cast<bool>(behind) == (i < model.size()));
    if (behind) REQUIRE(List::read(behind) == model[i]);
  } else {
    const std::size_t i = index();
    const std::size_t count = f.rng.below(f.rng.below(10) == 0 ? size : 5);
    list.erase_range(i, count);
    model.erase(at(i), at(std::min(size, i + count)));
  }
  REQUIRE(list.size() == model.size());
  object = list.object();
}

void play(std::int64_t limit, std::uint64_t seed, int steps) {
  Fixture f;
  f.rng = base::Rng(seed);
  f.environment.limits.list_max_packed_size = limit;
  Object object;
  std::deque<std::string> model;
  for (int step = 0; step < steps; ++step) {
    change(f, object, model);
    if (step % 50 != 0) continue;
    const List list(f.environment, object);
    const std::vector<std::string> expected(model.begin(), model.end());
    REQUIRE(contents(list) == expected);
    REQUIRE(contents(list, End::kFront) ==
            std::vector<std::string>(expected.rbegin(), expected.rend()));
    for (std::size_t i = 0; i < model.size(); i += 1 + model.size() / 20) {
      REQUIRE(List::read(list.at(i)) == model[i]);
    }
    if (object.data != nullptr) {
      CHECK(List::size_of(object) == model.size());
      CHECK(static_cast<std::int64_t>(List::allocated_bytes(f.environment, object, 0)) ==
            static_cast<std::int64_t>(f.account.used()));
      Object copy = List::clone(f.environment, object);
      CHECK(contents(List(f.environment, copy)) == expected);
      while (!List::destroy_some(f.environment, copy, 7)) {
      }
    }
  }
  while (object.data != nullptr && !List::destroy_some(f.environment, object, 100)) {
  }
  CHECK(f.account.used() == 0);
}

TEST_CASE("random changes agree with a deque, whatever the size of chunks, and leave no byte") {
  for (const std::int64_t limit : {-2, -1, -5, 0, 1, 3, 128}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) play(limit, seed, 1500);
  }
}

TEST_CASE("a list is packed while it is small, and again once it has shrunk") {
  Fixture f;
  Object object;
  const auto with = [&](auto&& use) {
    List list(f.environment, object);
    use(list);
    object = list.object();
  };
  with([](List& list) { list.push(End::kBack, "a"); });
  CHECK(std::string(List::encoding_of(object)) == "listpack");
  with([](List& list) {
    for (int i = 0; i < 1000; ++i) list.push(End::kBack, "0123456789");
  });
  CHECK(std::string(List::encoding_of(object)) == "quicklist");
  with([](List& list) { list.erase_range(10, 1000); });
  CHECK(std::string(List::encoding_of(object)) == "listpack");
  with([](List& list) { CHECK(contents(list).size() == 10); });
  CHECK(List::destroy_some(f.environment, object, 100));
  CHECK(f.account.used() == 0);
}

TEST_CASE("a million short elements cost little more than their bytes") {
  Fixture f;
  Object object;
  List list(f.environment, object);
  const std::string element(32, 'x');
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) list.push(End::kBack, element);
  CHECK(static_cast<double>(f.account.used()) / kCount < 34.5);
  object = list.object();
  while (!List::destroy_some(f.environment, object, 1000)) {
  }
  CHECK(f.account.used() == 0);
}

TEST_CASE("a queue that stays short does not grow") {
  Fixture f;
  List list(f.environment, {});
  for (int i = 0; i < 20; ++i) list.push(End::kBack, "a job of some bytes");
  for (int i = 0; i < 10'000; ++i) {
    list.push(End::kBack, "a job of some bytes");
    list.pop(End::kFront);
  }
  CHECK(f.account.used() < 4096);
  Object object = list.object();
  while (!List::destroy_some(f.environment, object, 1000)) {
  }
}

}  // namespace
}  // namespace miniredis::types
