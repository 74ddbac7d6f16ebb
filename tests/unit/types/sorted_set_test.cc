#include "types/sorted_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace miniredis::types {
namespace {

using Order = std::set<std::pair<double, std::string>>;

class Model {
 public:
  explicit Model(std::uint64_t seed) : rng(seed) {}
  ~Model() { destroy(object); }

  void destroy(Object& which) {
    while (!SortedSet::destroy_some(environment, which, 100)) {
    }
  }
  template <typename Change>
  auto with(Change&& change) {
    SortedSet set(environment, object);
    struct Keep {
      SortedSet& set;
      Object& object;
      ~Keep() { object = set.object(); }
    } keep{set, object};
    return change(set);
  }
  void put(const std::string& member, double score) {
    with([&](SortedSet& set) { set.put(member, score); });
    const auto [at, is_new] = scores.try_emplace(member, score);
    if (!is_new) order.erase({at->second, member});
    // A score that equals the old one leaves it as it is: 0 and -0 are equal.
    if (at->second != score) at->second = score;
    order.emplace(at->second, member);
  }
  void erase(const std::string& member) {
    const bool erased = with([&](SortedSet& set) { return set.erase(member); });
    REQUIRE(erased == scores.contains(member));
    if (!erased) return;
    order.erase({scores[member], member});
    scores.erase(member);
  }
  void erase_range(std::size_t rank, std::size_t count) {
    with([&](SortedSet& set) { set.erase_range(rank, count); });
    auto at = std::next(order.begin(), static_cast<std::ptrdiff_t>(rank));
    while (count-- > 0) {
      scores.erase(at->second);
      at = order.erase(at);
    }
  }

  void check(Object which) {
    const SortedSet set(environment, which);
    REQUIRE(set.size() == order.size());
    REQUIRE(set.empty() == order.empty());
    std::size_t rank = 0;
    auto at = order.begin();
    set.walk_all([&](Bytes member, double score) {
      REQUIRE(at != order.end());
      REQUIRE(member == at->second);
      REQUIRE(score == at->first);
      REQUIRE(set.rank(member) == rank);
      REQUIRE(set.score(member) == score);
      ++at;
      ++rank;
    });
    REQUIRE(rank == order.size());
    auto back = order.rbegin();
    if (rank > 0) {
      set.walk(rank - 1, rank, true, [&](Bytes member, double score) {
        REQUIRE(member == back->second);
        REQUIRE(score == back->first);
        ++back;
      });
    }
    REQUIRE(back == order.rend());
    if (which.data != nullptr) {
      REQUIRE(SortedSet::allocated_bytes(environment, which, 0) <= account.used());
    }
  }
  void check_ranges() {
    const SortedSet set(environment, object);
    const double score = static_cast<double>(rng.below(40)) - 20;
    const auto at_least = [&](double bound) {
      return static_cast<std::size_t>(
          std::count_if(order.begin(), order.end(), [&](auto& e) { return e.first < bound; }));
    };
    const auto at_most = [&](double bound) {
      return static_cast<std::size_t>(
          std::count_if(order.begin(), order.end(), [&](auto& e) { return e.first <= bound; }));
    };
    REQUIRE(set.rank_of_first(ScoreBound{score, false}) == at_least(score));
    REQUIRE(set.rank_of_first(ScoreBound{score, true}) == at_most(score));
    REQUIRE(set.rank_behind(ScoreBound{score, false}) == at_most(score));
    REQUIRE(set.rank_behind(ScoreBound{score, true}) == at_least(score));
    REQUIRE(set.rank_of_first(ScoreBound{-INFINITY, false}) == 0);
    REQUIRE(set.rank_behind(ScoreBound{INFINITY, false}) == order.size());
    if (order.empty()) return;
    const std::size_t rank = rng.below(order.size());
    const std::size_t count = 1 + rng.below(std::min<std::size_t>(order.size() - rank, 300));
    auto at = std::next(order.begin(), static_cast<std::ptrdiff_t>(rank));
    set.walk(rank, count, false, [&](Bytes member, double) {
      REQUIRE(member == at->second);
      ++at;
    });
    set.walk(rank + count - 1, count, true, [&](Bytes member, double) {
      --at;
      REQUIRE(member == at->second);
    });
  }
  bool is_packed() const { return std::string(SortedSet::encoding_of(object)) == "listpack"; }

  base::Rng rng;
  base::HashKey hash_key{0x1234'5678'9abc'def1, 0xfeed'f00d'dead'beef};
  memory::Account account{nullptr, 0};
  Environment environment{account, hash_key, rng};
  Object object;
  std::map<std::string, double> scores;
  Order order;
};

double random_score(base::Rng& rng) {
  static constexpr double kOdd[] = {INFINITY, -INFINITY, 0.0, -0.0, 1e308, -1e308, 5e-324, 0.1};
  if (rng.below(20) == 0) return kOdd[rng.below(std::size(kOdd))];
  return static_cast<double>(rng.below(40)) - 20;
}

// Binary bytes and the lengths where prefixes and forms change.
std::string random_member(base::Rng& rng, std::uint64_t count, bool with_long) {
  const std::uint64_t n = rng.below(count);
  std::string member = "m" + std::to_string(n);
  if (n % 17 == 0) member += std::string("\x00\xff", 2);
  if (n == 3) member.clear();
  if (with_long && n % 50 == 5) member.append(n % 100 == 5 ? 80 : 300, 'x');
  return member;
}

void random_changes(std::uint64_t seed, std::uint64_t members, bool with_long, int steps) {
  Model model(seed);
  base::Rng& rng = model.rng;
  for (int step = 0; step < steps; ++step) {
    const bool growing = step / (steps / 6) % 2 == 0;
    const std::uint64_t what = rng.below(1000);
    const std::string member = random_member(rng, members, with_long);
    if (what < (growing ? 700U : 300U))
      model.put(member, random_score(rng));
    else if (what < 995)
      model.erase(member);
    else if (!model.order.empty()) {
      const std::size_t rank = rng.below(model.order.size());
      model.erase_range(rank, rng.below(std::min<std::size_t>(model.order.size() - rank, 60) + 1));
    }
    if (step % 50 == 0) model.check_ranges();
    if (step % (steps / 25) == 0) model.check(model.object);
  }
  model.check(model.object);
  Object copy = SortedSet::clone(model.environment, model.object);
  model.check(copy);
  CHECK(std::string(SortedSet::encoding_of(copy)) == SortedSet::encoding_of(model.object));
  model.destroy(copy);
  model.destroy(model.object);
  CHECK(model.account.used() == 0);
}

TEST_CASE("sorted set: random changes of a packed one agree with a model") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) random_changes(seed, 110, false, 6'000);
}

TEST_CASE("sorted set: random changes across the conversion agree with a model") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) random_changes(seed, 400, true, 6'000);
}

TEST_CASE("sorted set: random changes of a large one agree with a model") {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) random_changes(seed, 8'000, true, 60'000);
}

TEST_CASE("sorted set: the packed form ends where its limits say") {
  Model model(1);
  for (int i = 0; i < 128; ++i) model.put("m" + std::to_string(i), i);
  CHECK(model.is_packed());
  model.put("m5", 1000);
  CHECK(model.is_packed());
  model.put("one more", 1);
  CHECK(!model.is_packed());
  model.check(model.object);
  for (int i = 0; i < 128; ++i) model.erase("m" + std::to_string(i));
  CHECK(!model.is_packed());
  model.erase("one more");
  CHECK(model.object.data == nullptr);
  CHECK(model.account.used() == 0);

  model.put(std::string(64, 'a'), 1);
  CHECK(model.is_packed());
  model.put(std::string(65, 'a'), 1);
  CHECK(!model.is_packed());
  model.check(model.object);
}

TEST_CASE("sorted set: members of one score are ranged over by name") {
  for (const int count : {50, 3'000}) {
    Model model(2);
    for (int i = 0; i < count; ++i) model.put(std::to_string(i * 7919 % 10'007), 1.5);
    const SortedSet set(model.environment, model.object);
    std::vector<std::string> names;
    for (const auto& [score, member] : model.order) names.push_back(member);
    for (const std::string& bound :
         {std::string("5"), std::string("77"), names[3], std::string()}) {
      const auto lower = std::lower_bound(names.begin(), names.end(), bound) - names.begin();
      const auto upper = std::upper_bound(names.begin(), names.end(), bound) - names.begin();
      using Kind = MemberBound::Kind;
      CHECK(set.rank_of_first(MemberBound{Kind::kMember, bound, false}) == lower);
      CHECK(set.rank_of_first(MemberBound{Kind::kMember, bound, true}) == upper);
      CHECK(set.rank_behind(MemberBound{Kind::kMember, bound, false}) == upper);
      CHECK(set.rank_behind(MemberBound{Kind::kMember, bound, true}) == lower);
    }
    CHECK(set.rank_of_first(MemberBound{MemberBound::Kind::kLowest, {}, false}) == 0);
    CHECK(set.rank_behind(MemberBound{MemberBound::Kind::kHighest, {}, false}) == names.size());
    CHECK(set.rank_of_first(MemberBound{MemberBound::Kind::kHighest, {}, false}) == names.size());
    CHECK(set.rank_behind(MemberBound{MemberBound::Kind::kLowest, {}, false}) == 0);
  }
}

TEST_CASE("sorted set: a scan sees all that stays") {
  Model model(3);
  for (int i = 0; i < 5'000; ++i) model.put("stays" + std::to_string(i), i);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int calls = 0;
  do {
    cursor = SortedSet(model.environment, model.object).scan(cursor, [&](Bytes member, double) {
      seen.emplace(member);
    });
    for (int i = 0; i < 20; ++i) model.put("extra" + std::to_string(calls * 20 + i), i);
    if (calls % 2 == 1) {
      for (int i = 0; i < 30; ++i) model.erase("extra" + std::to_string(calls * 20 - i));
    }
    REQUIRE(++calls < 100'000);
  } while (cursor != 0);
  for (int i = 0; i < 5'000; ++i) REQUIRE(seen.contains("stays" + std::to_string(i)));
}

TEST_CASE("sorted set: the builder puts what it was given in order, in the form that fits") {
  for (const std::uint64_t members : {0, 5, 128, 129, 4'000}) {
    Model model(4 + members);
    Object object;
    {
      SortedSetBuilder builder(model.environment);
      for (std::uint64_t i = 0; i < 3 * members; ++i) {
        const std::string member = "m" + std::to_string(model.rng.below(members));
        const double score = random_score(model.rng);
        const auto found = builder.find(member);
        REQUIRE((found.score != nullptr) == model.scores.contains(member));
        if (found.score != nullptr)
          *found.score = score;
        else
          builder.add(found, member, score);
        model.scores[member] = score;
      }
      for (const auto& [member, score] : model.scores) model.order.emplace(score, member);
      object = builder.finish();
    }
    model.check(object);
    const bool packed = std::string(SortedSet::encoding_of(object)) == "listpack";
    CHECK(packed == (model.order.size() <= 128));
    model.destroy(object);
    CHECK(model.account.used() == 0);
  }
}

TEST_CASE(
    "sorted set: a large one is freed in slices, and what it says it takes is what it takes") {
  Model model(5);
  for (int i = 0; i < 50'000; ++i) model.put("member:" + std::to_string(i), model.rng.unit());
  CHECK(SortedSet::allocated_bytes(model.environment, model.object, 0) == model.account.used());
  const auto estimate =
      static_cast<double>(SortedSet::allocated_bytes(model.environment, model.object, 20));
  CHECK(std::abs(estimate / static_cast<double>(model.account.used()) - 1) < 0.1);
  int slices = 0;
  auto before = model.account.used();
  while (!SortedSet::destroy_some(model.environment, model.object, 500)) {
    CHECK(model.account.used() < before);
    before = model.account.used();
    ++slices;
  }
  CHECK(slices > 80);
  CHECK(model.account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
