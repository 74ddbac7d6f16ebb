// A keyspace on a clock that the test owns.
#pragma once

#include <optional>
#include <string>

#include "keyspace/read_scope.h"
#include "keyspace/write_scope.h"

namespace miniredis::keyspace {

struct Fixture {
  static constexpr Event kSet{EventClass::kString, "set"};
  static constexpr Event kDel{EventClass::kGeneric, "del"};
  static constexpr Event kExpire{EventClass::kGeneric, "expire"};

  explicit Fixture(std::uint64_t seed = 1) : rng(seed) { keyspace.set_now(now); }

  void advance(std::int64_t ms) {
    now += ms;
    keyspace.set_now(now);
  }
  void set(const std::string& key, const std::string& value, std::int64_t expiry = Entry::kNoExpiry,
           unsigned database = 0) {
    WriteScope scope(keyspace, database);
    auto place = scope.find(key);
    scope.put(place, key, value, expiry, kSet);
  }
  std::optional<std::string> get(const std::string& key, unsigned database = 0) {
    const Entry* entry = ReadScope(keyspace, database).find(key);
    if (entry == nullptr) return std::nullopt;
    char scratch[base::kMaxIntChars];
    return std::string(entry->text(scratch));
  }
  bool remove(const std::string& key, unsigned database = 0) {
    WriteScope scope(keyspace, database);
    auto place = scope.find(key);
    if (!place) return false;
    scope.remove(place, key, kDel);
    return true;
  }
  void work() {
    keyspace.work([] { return true; });
  }

  std::int64_t now = 1'700'000'000'000;
  base::HashKey hash_key{11, 22};
  base::Rng rng;
  memory::Account account{nullptr, 0};
  Keyspace keyspace{account, hash_key, rng};
};

}  // namespace miniredis::keyspace
