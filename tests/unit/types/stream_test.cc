#include "types/stream.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace miniredis::types {
namespace {

using Words = std::vector<std::string>;
using Model = std::map<StreamId, Words>;

struct Fixture {
  memory::Account account{nullptr, 0};
  base::HashKey key{};
  base::Rng rng{7};
  Environment environment{account, key, rng};
};

std::vector<Bytes> views(const Words& words) {
  return {words.begin(), words.end()};
}

Words words_of(const StreamEntry& entry) {
  Words words;
  entry.each_pair([&](Bytes name, Bytes value) {
    words.emplace_back(name);
    words.emplace_back(value);
  });
  return words;
}

std::string random_text(base::Rng& rng) {
  const std::uint64_t kind = rng.below(60);
  const std::size_t length = kind == 0  ? rng.below(9'000)
                             : kind < 4 ? 240 + rng.below(30)
                                        : rng.below(12);
  return std::string(length, static_cast<char>('a' + rng.below(26)));
}

// Mostly the same names, as real streams have them.
Words random_words(base::Rng& rng) {
  if (rng.below(5) > 0) return {"sensor", random_text(rng), "value", random_text(rng)};
  Words words;
  const std::uint64_t pairs = 1 + rng.below(rng.below(20) == 0 ? 40 : 3);
  for (std::uint64_t i = 0; i < pairs; ++i) {
    words.push_back("name" + std::to_string(rng.below(3)));
    words.push_back(random_text(rng));
  }
  return words;
}

StreamId random_next(base::Rng& rng, StreamId last) {
  switch (rng.below(6)) {
    case 0:
      return {last.ms + 1 + rng.below(100'000), rng.below(2)};
    case 1:
      return {last.ms + 1, 0};
    case 2:
      return {last.ms, last.seq + 1 + rng.below(1000)};
    case 3:
      return {last.ms + (rng.below(50) == 0 ? std::uint64_t{1} << 40 : 1), rng.below(1 << 20)};
    default:
      return {last.ms, last.seq + 1};
  }
}

// An id that is there, or near one that is.
StreamId random_id(base::Rng& rng, const Model& model) {
  if (model.empty()) return {rng.below(10), rng.below(10)};
  auto at = model.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(rng.below(model.size())));
  const StreamId id = at->first;
  switch (rng.below(6)) {
    case 0:
      return id.next().value_or(id);
    case 1:
      return id.previous().value_or(id);
    default:
      return id;
  }
}

void compare_range(const Stream& stream, const Model& model, StreamId from, StreamId to) {
  std::vector<StreamId> expected;
  for (auto at = model.lower_bound(from); at != model.end() && at->first <= to; ++at) {
    expected.push_back(at->first);
  }
  std::vector<StreamId> found;
  StreamEntry entry;
  for (StreamWalk walk(stream, from, to, StreamWalk::kForward); walk.next(entry);) {
    REQUIRE(words_of(entry) == model.at(entry.id));
    found.push_back(entry.id);
  }
  REQUIRE(found == expected);
  found.clear();
  for (StreamWalk walk(stream, from, to, StreamWalk::kBackward); walk.next(entry);) {
    found.insert(found.begin(), entry.id);
  }
  REQUIRE(found == expected);
  REQUIRE(stream.count(from, to, UINT64_MAX) == expected.size());
  REQUIRE(stream.count(from, to, 3) == std::min<std::size_t>(expected.size(), 3));
}

void trim(base::Rng& rng, Stream& stream, Model& model) {
  const bool whole = rng.below(2) == 0;
  const std::size_t before = model.size();
  std::uint64_t gone = 0;
  std::size_t least_left = 0;
  if (rng.below(2) == 0) {
    const std::uint64_t length = rng.below(4) == 0 ? rng.below(before + 1) : before - before / 8;
    gone = stream.trim_to_length(length, whole, whole ? rng.below(300) : 0);
    least_left = length;
  } else {
    const StreamId id = random_id(rng, model);
    gone = stream.trim_before(id, whole, whole ? rng.below(300) : 0);
    for (auto at = model.lower_bound(id); at != model.end(); ++at) ++least_left;
  }
  if (whole)
    REQUIRE(before - gone >= least_left);
  else
    REQUIRE(before - gone == least_left);
  for (std::uint64_t i = 0; i < gone; ++i) model.erase(model.begin());
}

void change(Fixture& f, Object& object, Model& model, StreamId& last) {
  Stream stream(f.environment, object);
  const std::uint64_t what = f.rng.below(100);
  if (what < 70 || model.empty()) {
    last = random_next(f.rng, last);
    const Words words = random_words(f.rng);
    stream.append(last, views(words));
    model.emplace(last, words);
  } else if (what < 96) {
    const StreamId id = f.rng.below(8) == 0 ? model.begin()->first : random_id(f.rng, model);
    const bool there = model.erase(id) == 1;
    REQUIRE(stream.contains(id) == there);
    REQUIRE(stream.erase(id) == there);
    REQUIRE(!stream.contains(id));
  } else if (f.rng.below(8) == 0) {
    trim(f.rng, stream, model);
  }
  REQUIRE(stream.size() == model.size());
  REQUIRE(stream.last_id() == last);
  if (!model.empty()) {
    REQUIRE(stream.first_entry_id() == model.begin()->first);
    REQUIRE(stream.last_entry_id() == model.rbegin()->first);
  }
  object = stream.object();
}

void free_all(Fixture& f, Object object, std::size_t most) {
  while (!Stream::destroy_some(f.environment, object, most)) {
  }
}

void play(std::uint64_t most_bytes, std::uint64_t most_entries, std::uint64_t seed, int steps) {
  Fixture f;
  f.rng = base::Rng(seed);
  f.environment.limits.stream_node_max_bytes = most_bytes;
  f.environment.limits.stream_node_max_entries = most_entries;
  Object object;
  Model model;
  StreamId last{1'700'000'000'000, 0};
  for (int step = 0; step < steps; ++step) {
    change(f, object, model, last);
    if (step % 100 != 0) continue;
    const Stream stream(f.environment, object);
    compare_range(stream, model, StreamId::least(), StreamId::greatest());
    for (int i = 0; i < 5; ++i) {
      compare_range(stream, model, random_id(f.rng, model), random_id(f.rng, model));
    }
    CHECK(Stream::allocated_bytes(f.environment, object, 0) == f.account.used());
    const Object copy = Stream::clone(f.environment, object);
    compare_range(Stream(f.environment, copy), model, StreamId::least(), StreamId::greatest());
    free_all(f, copy, 5);
  }
  free_all(f, object, 100);
  CHECK(f.account.used() == 0);
}

TEST_CASE("random changes agree with a map, whatever the size of nodes, and leave no byte") {
  const std::pair<std::uint64_t, std::uint64_t> limits[] = {{4096, 100}, {0, 100}, {4096, 0},
                                                            {0, 0},      {100, 7}, {1, 1}};
  for (const auto& [bytes, entries] : limits) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) play(bytes, entries, seed, 2500);
  }
}

TEST_CASE("a million entries of two short fields cost little more than their bytes") {
  Fixture f;
  Stream stream(f.environment, {});
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const std::string sensor = "s" + std::to_string(1000 + i % 1000);
    const std::string value = "20." + std::to_string(i % 10'000);
    const Bytes words[] = {"sensor", sensor, "value", value};
    stream.append({1'700'000'000'000 + i / 3, i % 3}, words);
  }
  CHECK(static_cast<double>(f.account.used()) / kCount < 25);
  free_all(f, stream.object(), 1000);
  CHECK(f.account.used() == 0);
}

TEST_CASE("a stream lives when it is empty") {
  Fixture f;
  Stream stream(f.environment, {});
  CHECK(!stream.exists());
  CHECK(stream.object().data == nullptr);
  const Bytes words[] = {"a", "1"};
  stream.append({5, 0}, words);
  CHECK(stream.trim_to_length(0, false, 0) == 1);
  CHECK(stream.exists());
  CHECK(stream.empty());
  CHECK(stream.last_id() == StreamId{5, 0});
  CHECK(stream.max_deleted_id().is_zero());
  CHECK(stream.entries_added() == 1);
  free_all(f, stream.object(), 10);
  CHECK(f.account.used() == 0);
}

TEST_CASE("a stream that is trimmed as it grows does not grow") {
  Fixture f;
  Stream stream(f.environment, {});
  const Bytes words[] = {"sensor", "s1234", "value", "20.5"};
  for (std::uint64_t i = 1; i <= 50'000; ++i) {
    stream.append({i, 0}, words);
    stream.trim_to_length(10, false, 0);
  }
  CHECK(stream.size() == 10);
  CHECK(f.account.used() < 8192);
  free_all(f, stream.object(), 10);
}

TEST_CASE("ids at the end of the range") {
  Fixture f;
  Stream stream(f.environment, {});
  const Bytes words[] = {"a", "1"};
  Model model;
  for (const StreamId id : {StreamId{0, 1}, StreamId{0, UINT64_MAX}, StreamId{1, 0},
                            StreamId{UINT64_MAX, 0}, StreamId{UINT64_MAX, UINT64_MAX}}) {
    stream.append(id, words);
    model.emplace(id, Words{"a", "1"});
  }
  compare_range(stream, model, StreamId::least(), StreamId::greatest());
  compare_range(stream, model, {0, UINT64_MAX}, {UINT64_MAX, 0});
  CHECK(stream.erase(StreamId::greatest()));
  CHECK(!stream.contains(StreamId::greatest()));
  free_all(f, stream.object(), 1);
  CHECK(f.account.used() == 0);
}

}  // namespace
}  // namespace miniredis::types
