#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "../keyspace/fixture.h"
#include "keyspace/open_collection.h"
#include "persistence/value_payload.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"
#include "types/stream.h"

namespace miniredis::persistence {
namespace {

using keyspace::Entry;
using keyspace::Event;
using keyspace::EventClass;
using keyspace::OpenCollection;
using keyspace::ReadScope;
using keyspace::WriteScope;
using types::Hash;
using types::List;
using types::Set;
using types::SortedSet;
using types::Stream;
using types::StreamId;

constexpr Event kMade{EventClass::kGeneric, "made"};
constexpr std::uint64_t kMostText = 1 << 20;

struct Node : keyspace::Fixture {
  using Fixture::Fixture;

  template <typename T, typename Fill>
  void make(const std::string& key, Fill&& fill) {
    WriteScope scope(keyspace, 0);
    OpenCollection<T> collection(scope, scope.find(key), key);
    fill(*collection);
    collection.changed(kMade);
  }
  std::string dump(const std::string& key) {
    return dump_value(keyspace.environment(), *ReadScope(keyspace, 0).peek(key));
  }
  // Puts the value of a payload under a key; false when it is refused.
  bool restore(const std::string& key, Bytes payload) {
    LoadedValue value(keyspace);
    if (!restore_value(value, payload, kMostText)) return false;
    WriteScope scope(keyspace, 0);
    auto place = scope.find(key);
    if (value.type() == types::Type::kString)
      scope.put(place, key, value.text(), Entry::kNoExpiry, kMade);
    else
      scope.put_object(place, key, value.type(), value.release(), kMade);
    return true;
  }
};

std::string text_of(std::uint64_t number) {
  return number % 3 == 0 ? std::to_string(number * 977) : "member:" + std::to_string(number);
}

void fill_stream(Stream& stream, int entries) {
  for (int i = 0; i < entries; ++i) {
    const std::string value = std::to_string(i);
    const Bytes usual[] = {"name", value, "other", "text of some length"};
    const Bytes odd[] = {"one", "thing"};
    const StreamId id{1000 + static_cast<std::uint64_t>(i) / 3,
                      static_cast<std::uint64_t>(i) % 3 + 1};
    if (i % 7 == 3)
      stream.append(id, odd);
    else
      stream.append(id, usual);
  }
  auto* group = stream.add_group("group", {1000, 2}, 2);
  auto* first = group->add_consumer(stream.account(), "first", 5000);
  auto* second = group->add_consumer(stream.account(), "second", 6000);
  second->active_ms = 5500;
  group->deliver(stream.account(), {1000, 1}, *first, 4000);
  group->deliver(stream.account(), {1000, 2}, *second, 4500);
  group->find_pending({1000, 2})->deliveries = 9;
  stream.add_group("idle", {0, 0}, types::StreamGroup::kUnknown);
}

// Every type, in each of its forms.
void make_all(Node& node) {
  node.set("text", "hello");
  node.set("number", "-12345");
  node.set("large number", "9223372036854775807");
  node.set("empty", "");
  std::string long_text(5000, 'z');
  long_text += "end";
  node.set("long", long_text);
  std::string noise;
  for (int i = 0; i < 3000; ++i) noise += static_cast<char>(node.rng.below(256));
  node.set("noise", noise);
  for (const std::size_t size : {3UL, 3000UL}) {
    const std::string suffix = std::to_string(size);
    node.make<List>("list " + suffix, [&](List& list) {
      for (std::size_t i = 0; i < size; ++i) list.push(List::End::kBack, text_of(i));
      list.push(List::End::kBack, std::string(9000, 'l'));
    });
    node.make<Set>("set " + suffix, [&](Set& set) {
      for (std::size_t i = 0; i < size; ++i) set.add(Bytes(text_of(i)));
    });
    node.make<Set>("integers " + suffix, [&](Set& set) {
      for (std::size_t i = 0; i < std::min<std::size_t>(size, 500); ++i) {
        set.add(types::Member(static_cast<std::int64_t>(i * i * i) - 1000));
      }
    });
    node.make<SortedSet>("scores " + suffix, [&](SortedSet& set) {
      for (std::size_t i = 0; i < size; ++i) set.put(text_of(i), static_cast<double>(i) / 3 - 7);
      set.put("inf", std::numeric_limits<double>::infinity());
      set.put("whole", 1e15);
      set.put("large", 1e300);
    });
    node.make<Hash>("hash " + suffix, [&](Hash& hash) {
      for (std::size_t i = 0; i < size; ++i) hash.set(text_of(i), text_of(i * 31));
    });
    node.make<Hash>("timed " + suffix, [&](Hash& hash) {
      for (std::size_t i = 0; i < size; ++i) {
        hash.set(text_of(i), text_of(i * 31));
        if (i % 2 == 0) hash.set_expiry(text_of(i), node.now + 1000 + static_cast<std::int64_t>(i));
      }
    });
    node.make<Stream>("stream " + suffix,
                      [&](Stream& stream) { fill_stream(stream, static_cast<int>(size)); });
  }
  node.make<Stream>("stream emptied", [&](Stream& stream) {
    fill_stream(stream, 3);
    for (const std::uint64_t seq : {1, 2, 3}) stream.erase({1000, seq});
    stream.set_max_deleted_id({1000, 3});
  });
}

std::vector<std::string> keys_of(Node& node) {
  std::vector<std::string> keys;
  std::uint64_t cursor = 0;
  do {
    cursor = ReadScope(node.keyspace, 0).scan(cursor, [&](const Entry& entry) {
      keys.emplace_back(entry.key());
    });
  } while (cursor != 0);
  return keys;
}

}  // namespace

TEST_CASE("every value comes back as it was") {
  Node from;
  make_all(from);
  Node to(7);
  const auto keys = keys_of(from);
  CHECK(keys.size() == 21);
  for (const std::string& key : keys) {
    INFO(key);
    const std::string payload = from.dump(key);
    CHECK(has_sound_frame(payload));
    REQUIRE(to.restore(key, payload));
    const Entry* entry = ReadScope(to.keyspace, 0).peek(key);
    CHECK(entry->type() == ReadScope(from.keyspace, 0).peek(key)->type());
    // Walks of tables have an order of their own: what came back once comes back again.
    Node again(9);
    REQUIRE(again.restore(key, to.dump(key)));
    CHECK(again.dump(key).size() == payload.size());
  }
}

TEST_CASE("a stream keeps its ids, its counters, its groups and what is pending") {
  Node from;
  from.make<Stream>("s", [](Stream& stream) {
    fill_stream(stream, 500);
    stream.erase({1000, 3});
    stream.set_max_deleted_id({1000, 3});
  });
  Node to;
  REQUIRE(to.restore("s", from.dump("s")));
  const Stream stream(to.keyspace.environment(), ReadScope(to.keyspace, 0).peek("s")->object());
  CHECK(stream.size() == 499);
  CHECK(stream.entries_added() == 500);
  CHECK(stream.max_deleted_id() == StreamId{1000, 3});
  const auto* group = stream.group("group");
  REQUIRE(group != nullptr);
  CHECK(group->entries_read == 2);
  CHECK(group->find_pending({1000, 2})->deliveries == 9);
  CHECK(group->find_pending({1000, 2})->delivered_ms == 4500);
  CHECK(group->find_pending({1000, 2})->consumer->name() == "second");
  CHECK(group->consumer("second")->active_ms == 5500);
  CHECK(group->consumer("first")->active_ms == types::StreamConsumer::kNever);
  CHECK(stream.group("idle")->entries_read == types::StreamGroup::kUnknown);
}

TEST_CASE("fields keep their times, and those whose time has come stay away") {
  Node from;
  from.make<Hash>("h", [&](Hash& hash) {
    for (const char* field : {"soon", "later", "stays"}) hash.set(field, "v");
    hash.set_expiry("soon", from.now + 100);
    hash.set_expiry("later", from.now + 5000);
  });
  const std::string payload = from.dump("h");
  Node to;
  to.advance(200);
  REQUIRE(to.restore("h", payload));
  const Hash hash(to.keyspace.environment(), ReadScope(to.keyspace, 0).peek("h")->object());
  CHECK(!hash.get("soon"));
  CHECK(hash.expiry("later") == from.now + 5000);
  CHECK(hash.expiry("stays") == Hash::kNever);
  to.advance(10'000);
  CHECK(to.restore("other", payload));  // what stays is still there
}

TEST_CASE("a payload that was cut or changed anywhere leaves nothing behind") {
  Node from;
  make_all(from);
  for (const std::string& key : keys_of(from)) {
    INFO(key);
    std::string payload = from.dump(key);
    const std::size_t frame = payload.size() - 10;
    const std::size_t stride = std::max<std::size_t>(1, frame / 400);
    Node to;
    for (std::size_t at = 0; at < frame; at += stride) {
      const std::string cut = payload.substr(0, at) + payload.substr(frame);
      CHECK(!to.restore("k", cut));
      for (const int bit : {0, 3, 7}) {
        std::string broken = payload;
        broken[at] = static_cast<char>(broken[at] ^ 1 << bit);
        CHECK(!has_sound_frame(broken));
        if (to.restore("k", broken)) to.remove("k");
        to.work();
      }
    }
    to.keyspace.flush(0);
    to.work();
    CHECK(to.account.used() < 2048);
  }
}

TEST_CASE("what a text would grow to is bounded") {
  Node from;
  from.set("long", std::string(kMostText + 1, 'a'));
  std::string payload = from.dump("long");  // above what is compressed
  CHECK(payload.size() > kMostText);
  CHECK(from.restore("k", payload));
  from.set("long", std::string(kMostText, 'a'));
  payload = from.dump("long");
  CHECK(payload.size() < kMostText / 50);
  LoadedValue value(from.keyspace);
  CHECK(restore_value(value, payload, kMostText));
  LoadedValue refused(from.keyspace);
  CHECK(!restore_value(refused, payload, kMostText - 1));
}

TEST_CASE("frames of later versions and of wrong sums are refused") {
  Node node;
  node.set("k", "v");
  std::string payload = node.dump("k");
  CHECK(has_sound_frame(payload));
  CHECK(!has_sound_frame(Bytes(payload).substr(0, 9)));
  CHECK(!has_sound_frame(""));
  std::string later = payload;
  later[later.size() - 10] = 99;
  CHECK(!has_sound_frame(later));
}

}  // namespace miniredis::persistence
