#include "types/stream_groups.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "types/stream.h"

namespace miniredis::types {
namespace {

struct Owned {
  std::string consumer;
  std::int64_t delivered_ms;
  std::uint64_t deliveries;
  bool operator==(const Owned&) const = default;
};
struct Model {
  std::map<StreamId, Owned> pending;
  std::map<std::string, int> consumers;
};

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{11};
  Environment environment{account, key, rng};
};

void compare(const StreamGroup& group, const Model& model) {
  std::map<StreamId, Owned> found;
  for (auto at = group.pending().first(); at; at.step_forward()) {
    const StreamPending& pending = at.value();
    found[at.key()] = {std::string(pending.consumer->name()), pending.delivered_ms,
                       pending.deliveries};
  }
  REQUIRE(found == model.pending);
  std::map<StreamId, std::string> of_consumers;
  std::vector<std::string> names;
  for (auto at = group.consumers().first(); at; at.step_forward()) {
    names.emplace_back(at.key());
    for (auto id = at.value()->pending.first(); id; id.step_forward()) {
      REQUIRE(of_consumers.emplace(id.key(), at.key()).second);
    }
  }
  std::vector<std::string> expected_names;
  for (const auto& [name, unused] : model.consumers) expected_names.push_back(name);
  REQUIRE(names == expected_names);
  REQUIRE(of_consumers.size() == model.pending.size());
  for (const auto& [id, owned] : model.pending) REQUIRE(of_consumers.at(id) == owned.consumer);
}

void change(Fixture& f, StreamGroup& group, Model& model, std::int64_t now) {
  memory::Account& account = f.account;
  const StreamId id{f.rng.below(800), f.rng.below(2)};
  const std::string name = "c" + std::to_string(f.rng.below(12));
  StreamConsumer* consumer = group.consumer(name);
  REQUIRE((consumer != nullptr) == (model.consumers.count(name) == 1));
  const std::uint64_t what = f.rng.below(100);
  if (consumer == nullptr) {
    consumer = group.add_consumer(account, name, now);
    model.consumers[name] = 1;
    CHECK(consumer->active_ms == StreamConsumer::kNever);
  } else if (what < 50) {
    group.deliver(account, id, *consumer, now);
    model.pending[id] = {name, now, 1};
  } else if (what < 80) {
    REQUIRE(group.acknowledge(account, id) == (model.pending.erase(id) == 1));
  } else if (what < 99) {
    StreamPending* pending = group.find_pending(id);
    REQUIRE((pending != nullptr) == (model.pending.count(id) == 1));
    if (pending == nullptr) return;
    group.hand_over(account, id, *pending, *consumer);
    ++pending->deliveries;
    model.pending[id].consumer = name;
    ++model.pending[id].deliveries;
  } else {
    group.remove_consumer(account, consumer);
    model.consumers.erase(name);
    std::erase_if(model.pending, [&](const auto& item) { return item.second.consumer == name; });
  }
}

TEST_CASE("random deliveries, claims and acknowledgements agree with a map") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Fixture f;
    f.rng = base::Rng(seed);
    StreamGroup* group = StreamGroup::make(f.account, "workers", {5, 1}, 3);
    CHECK(group->name() == "workers");
    Model model;
    for (int step = 0; step < 20'000; ++step) {
      change(f, *group, model, step);
      if (step % 500 != 0) continue;
      compare(*group, model);
      CHECK(group->allocated_bytes() == f.account.used());
    }
    StreamGroup* copy = group->clone(f.account);
    compare(*copy, model);
    CHECK(copy->last_id == group->last_id);
    CHECK(copy->entries_read == 3);
    StreamGroup::destroy(f.account, group);
    compare(*copy, model);
    StreamGroup::destroy(f.account, copy);
    CHECK(f.account.used() == 0);
  }
}

TEST_CASE("groups of a stream are copied and freed with it, in slices") {
  Fixture f;
  Stream stream(f.environment, {});
  for (int i = 0; i < 30; ++i) {
    const std::string name = "group" + std::to_string(i);
    CHECK(stream.group(name) == nullptr);
    StreamGroup* group = stream.add_group(name, {0, 0}, 0);
    for (int c = 0; c < 5; ++c) {
      StreamConsumer* consumer = group->add_consumer(f.account, "c" + std::to_string(c), 1);
      for (std::uint64_t id = 1; id <= 100; ++id) {
        group->deliver(f.account, {id, static_cast<std::uint64_t>(c)}, *consumer, 1);
      }
    }
  }
  stream.remove_group(stream.group("group7"));
  CHECK(stream.group_count() == 29);
  CHECK(Stream::allocated_bytes(f.environment, stream.object(), 0) == f.account.used());
  Object copy = Stream::clone(f.environment, stream.object());
  CHECK(Stream(f.environment, copy).group("group8")->pending().size() == 500);
  Object object = stream.object();
  int slices = 1;
  while (!Stream::destroy_some(f.environment, object, 100)) ++slices;
  CHECK(slices > 100);
  while (!Stream::destroy_some(f.environment, copy, SIZE_MAX)) {
  }
  CHECK(f.account.used() == 0);
}

TEST_CASE("the way to the front is told while nothing was deleted on it") {
  Fixture f;
  Stream stream(f.environment, {});
  const Bytes words[] = {"a", "1"};
  stream.create();
  CHECK(stream.entries_up_to({9, 9}) == 0);
  for (std::uint64_t i = 1; i <= 5; ++i) stream.append({i, 0}, words);
  CHECK(stream.entries_up_to({0, 5}) == 0);
  CHECK(stream.entries_up_to({1, 0}) == 1);
  CHECK(stream.entries_up_to({3, 0}) == StreamGroup::kUnknown);
  CHECK(stream.entries_up_to({5, 0}) == 5);
  CHECK(stream.entries_up_to({6, 0}) == StreamGroup::kUnknown);
  CHECK(!stream.has_gaps_from({0, 0}));
  stream.erase({3, 0});
  CHECK(stream.has_gaps_from({3, 0}));
  CHECK(!stream.has_gaps_from({4, 0}));
  CHECK(stream.entries_up_to({1, 0}) == StreamGroup::kUnknown);
  stream.trim_to_length(2, false, 0);
  CHECK(!stream.has_gaps_from({0, 0}));
  CHECK(stream.entries_up_to({1, 0}) == 3);
  Object object = stream.object();
  while (!Stream::destroy_some(f.environment, object, 100)) {
  }
}

}  // namespace
}  // namespace miniredis::types
