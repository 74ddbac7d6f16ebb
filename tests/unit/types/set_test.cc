#include "types/set.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace miniredis::types {
namespace {

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{0x1234'5678'9abc'def1, 0xfeed'f00d'dead'beef};
  base::Rng rng{7};
  Environment environment{account, key, rng};

  void free(Object object) {
    while (object.data != nullptr && !Set::destroy_some(environment, object, 50)) {
    }
  }
};

using Model = std::set<std::string>;

std::string text_of(Member member) {
  char digits[base::kMaxIntChars];
  return std::string(member.text(digits));
}

Model contents(const Set& set) {
  Model out;
  set.each([&](Bytes member) { CHECK(out.emplace(member).second); });
  return out;
}

// Members of one kind: small or wide integers, short or long texts.
std::string random_member(base::Rng& rng, int kind, std::uint64_t range) {
  const std::uint64_t n = rng.below(range);
  switch (kind) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(n) - 50);
    case 1:
      return std::to_string(static_cast<std::int64_t>(n * 0x9e3779b97f4a7c15ULL));
    case 2:
      return "member:" + std::to_string(n);
    default:
      return std::string(60 + n % 10, 'x') + std::to_string(n);
  }
}

void play(std::uint64_t seed, int kinds, std::uint64_t range, int steps) {
  Fixture f;
  f.rng = base::Rng(seed);
  Object object;
  Model model;
  for (int step = 0; step < steps; ++step) {
    Set set(f.environment, object);
    const std::string member = random_member(
        f.rng, static_cast<int>(f.rng.below(static_cast<std::uint64_t>(kinds))), range);
    if (f.rng.below(3) == 0)
      REQUIRE(set.erase(member) == (model.erase(member) == 1));
    else
      REQUIRE(set.add(member) == model.insert(member).second);
    REQUIRE(set.contains(member) == model.contains(member));
    REQUIRE(set.size() == model.size());
    if (!set.empty()) REQUIRE(model.contains(text_of(set.random())));
    object = set.object();
    if (step % 100 != 0 || object.data == nullptr) continue;
    REQUIRE(contents(set) == model);
    CHECK(Set::allocated_bytes(f.environment, object, 0) == f.account.used());
    const Object copy = Set::clone(f.environment, object);
    CHECK(contents(Set(f.environment, copy)) == model);
    f.free(copy);
  }
  f.free(object);
  CHECK(f.account.used() == 0);
}

TEST_CASE("random changes agree with std::set in every form, and leave no byte behind") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    play(seed, 1, 300, 4000);     // small integers
    play(seed, 2, 300, 4000);     // integers of every width
    play(seed, 1, 5000, 8000);    // more integers than the form takes
    play(seed, 3, 40, 4000);      // integers and texts
    play(seed, 4, 60, 4000);      // long texts
    play(seed, 4, 5000, 10'000);  // a table
  }
}

TEST_CASE("a set changes its form as Redis does") {
  Fixture f;
  const auto encoding = [&](std::initializer_list<const char*> members) {
    Set set(f.environment, {});
    for (const char* member : members) set.add(member);
    const std::string name = Set::encoding_of(set.object());
    f.free(set.object());
    return name;
  };
  CHECK(encoding({"1", "2", "-3"}) == "intset");
  CHECK(encoding({"1", "2", "a"}) == "listpack");
  CHECK(encoding({"a"}) == "listpack");
  CHECK(encoding({"01"}) == "listpack");
  f.environment.limits.set_max_integers = 2;
  CHECK(encoding({"1", "2"}) == "intset");
  CHECK(encoding({"1", "2", "3"}) == "hashtable");
  f.environment.limits.set_max_packed_entries = 2;
  CHECK(encoding({"a", "b"}) == "listpack");
  CHECK(encoding({"a", "b", "c"}) == "hashtable");
  f.environment.limits.set_max_packed_value = 3;
  CHECK(encoding({"abcd"}) == "hashtable");
  CHECK(encoding({"12345", "a"}) == "hashtable");
  CHECK(f.account.used() == 0);
}

TEST_CASE("every member is drawn with the same chance") {
  for (const char* prefix :
       {"", "text", "a text that is so long that it needs a table, as it is more than 64"}) {
    Fixture f;
    Set set(f.environment, {});
    for (int i = 0; i < 10; ++i) set.add(prefix + std::to_string(i));
    std::map<std::string, int> drawn;
    for (int i = 0; i < 20'000; ++i) ++drawn[text_of(set.random())];
    CHECK(drawn.size() == 10);
    for (const auto& [member, times] : drawn) CHECK(std::abs(times - 2000) < 300);
    f.free(set.object());
  }
}

TEST_CASE("a scan sees every member that is there throughout") {
  Fixture f;
  Set set(f.environment, {});
  for (int i = 0; i < 1000; ++i) set.add("m" + std::to_string(i));
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int next = 1000;
  do {
    cursor = set.scan(cursor, [&](Member member) { seen.insert(text_of(member)); });
    for (int i = 0; i < 20; ++i) set.add("n" + std::to_string(next++));
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) CHECK(seen.contains("m" + std::to_string(i)));
  f.free(set.object());
  CHECK(f.account.used() == 0);
}

// Sets of all forms, small and large, that share some of their members.
std::vector<std::pair<Set, Model>> sets_of_all_forms(Fixture& f) {
  std::vector<std::pair<Set, Model>> out;
  const auto make = [&](int from, int to, const char* prefix) {
    auto& [set, model] = out.emplace_back(Set(f.environment, {}), Model());
    for (int i = from; i < to; ++i) {
      set.add(prefix + std::to_string(i));
      model.insert(prefix + std::to_string(i));
    }
  };
  out.emplace_back(Set(f.environment, {}), Model());
  make(-20, 90, "");
  make(50, 400, "");
  make(0, 3, "");
  make(0, 7000, "");
  make(0, 5, "m");
  make(3, 120, "m");
  make(0, 6000, "m");
  // Integers and texts, packed and in a table.
  for (const int kind : {60, 600}) {
    make(0, kind, "");
    out.back().first.add("m4");
    out.back().second.insert("m4");
  }
  return out;
}

TEST_CASE("batches keep what is common or different, whatever forms meet") {
  Fixture f;
  auto sets = sets_of_all_forms(f);
  for (const auto& [a, in_a] : sets) {
    for (const auto& [b, in_b] : sets) {
      Model common;
      Model different;
      MemberBatch batch;
      const auto sift = [&] {
        MemberBatch others = batch;
        b.keep_common(batch);
        b.keep_different(others);
        batch.each([&](Member member) { common.insert(text_of(member)); });
        others.each([&](Member member) { different.insert(text_of(member)); });
        batch.clear();
      };
      a.walk([&](Member member) {
        if (batch.full()) sift();
        batch.add(member);
      });
      sift();
      for (const std::string& member : in_a) {
        REQUIRE(common.contains(member) == in_b.contains(member));
        REQUIRE(different.contains(member) != in_b.contains(member));
      }
      REQUIRE(common.size() + different.size() == in_a.size());
    }
  }
  for (const auto& [set, model] : sets) f.free(set.object());
  CHECK(f.account.used() == 0);
}

TEST_CASE("popping takes every member once, each first with the same chance") {
  for (const char* prefix :
       {"", "text", "a text so long that a table is needed, since it has over 64"}) {
    Fixture f;
    std::map<std::string, int> first;
    for (int round = 0; round < 5000; ++round) {
      Set set(f.environment, {});
      for (int i = 0; i < 10; ++i) set.add(prefix + std::to_string(i));
      Model popped;
      while (!set.empty()) {
        set.pop([&](Member member) {
          if (popped.empty()) ++first[text_of(member)];
          popped.insert(text_of(member));
        });
        REQUIRE(set.size() == 10 - popped.size());
      }
      REQUIRE(popped.size() == 10);
      REQUIRE(set.object().data == nullptr);
      REQUIRE(f.account.used() == 0);
    }
    for (const auto& [member, times] : first) CHECK(std::abs(times - 500) < 120);
  }
}

TEST_CASE("a set that will be large is a table at once") {
  Fixture f;
  const auto encoding = [&](std::initializer_list<const char*> before, std::size_t more,
                            const char* first) {
    Set set(f.environment, {});
    for (const char* member : before) set.add(member);
    set.expect(more, first);
    set.add(first);
    const std::string name = Set::encoding_of(set.object());
    f.free(set.object());
    return name;
  };
  CHECK(encoding({}, 512, "1") == "intset");
  CHECK(encoding({}, 513, "1") == "hashtable");
  CHECK(encoding({}, 128, "a") == "listpack");
  CHECK(encoding({}, 129, "a") == "hashtable");
  CHECK(encoding({"1"}, 512, "2") == "intset");
  CHECK(encoding({"1"}, 513, "2") == "hashtable");
  CHECK(encoding({"a"}, 128, "1") == "listpack");
  CHECK(encoding({"a"}, 129, "1") == "hashtable");
  f.environment.limits.set_max_integers = 0;
  CHECK(encoding({}, 1, "1") == "listpack");
  f.environment.limits.set_max_packed_entries = 0;
  CHECK(encoding({}, 1, "1") == "hashtable");
  CHECK(encoding({}, 1, "a") == "hashtable");
  CHECK(f.account.used() == 0);
}

TEST_CASE("what a large set costs") {
  Fixture f;
  constexpr int kMembers = 200'000;
  Set set(f.environment, {});
  char member[32];
  for (int i = 0; i < kMembers; ++i) {
    std::snprintf(member, sizeof member, "member:%07d", i);
    set.add(member);
  }
  CHECK(static_cast<double>(f.account.used()) / kMembers < 28);
  f.free(set.object());
  CHECK(f.account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
