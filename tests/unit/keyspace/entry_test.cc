#include "keyspace/entry.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/rng.h"

namespace miniredis::keyspace {
namespace {

std::string text_of(const Entry& entry) {
  char scratch[base::kMaxIntChars];
  return std::string(entry.text(scratch));
}

std::vector<std::string> sample_texts() {
  return {"",
          "0",
          "-1",
          "9223372036854775807",
          "-9223372036854775808",
          "9223372036854775808",
          "007",
          "hello",
          std::string("nul\0inside", 10),
          std::string(44, 'e'),
          std::string(45, 'r'),
          std::string(Entry::kMaxEmbedded, 'm'),
          std::string(Entry::kMaxEmbedded + 1, 'b'),
          std::string(100'000, 'L')};
}
std::vector<std::string> sample_keys() {
  return {"",
          "k",
          std::string(16, 'k'),
          std::string(65'534, 'k'),
          std::string(65'535, 'k'),
          std::string(65'536, 'k'),
          std::string(200'000, 'k')};
}

TEST_CASE("every form of key, value and expiry is read back as it was written") {
  memory::Account account(nullptr, 0);
  for (const std::string& key : sample_keys()) {
    for (const std::string& text : sample_texts()) {
      for (const std::int64_t expiry : {Entry::kNoExpiry, std::int64_t{1}, std::int64_t{1} << 47}) {
        Entry* entry = Entry::create(account, key, text, expiry);
        CHECK(entry->key() == key);
        CHECK(text_of(*entry) == text);
        CHECK(entry->text_size() == text.size());
        CHECK(entry->expiry() == expiry);
        entry->set_access(0xabcdef);
        CHECK(entry->access() == 0xabcdef);
        CHECK(entry->key() == key);
        CHECK(account.used() == entry->allocated_bytes());
        Entry* copy = entry->clone(account, "copy", Entry::kNoExpiry);
        CHECK(text_of(*copy) == text);
        CHECK(copy->access() == 0xabcdef);
        Entry::destroy(account, copy);
        entry =
            entry->rebuild(account, "renamed", expiry == Entry::kNoExpiry ? 5 : Entry::kNoExpiry);
        CHECK(entry->key() == "renamed");
        CHECK(text_of(*entry) == text);
        CHECK(entry->has_expiry() == (expiry == Entry::kNoExpiry));
        Entry::destroy(account, entry);
        CHECK(account.used() == 0);
      }
    }
  }
}

TEST_CASE("encodings have Redis' names") {
  memory::Account account(nullptr, 0);
  const auto name = [&](const std::string& text) {
    Entry* entry = Entry::create(account, "k", text, Entry::kNoExpiry);
    const std::string result = entry->encoding_name();
    Entry::destroy(account, entry);
    return result;
  };
  CHECK(name("12") == "int");
  CHECK(name("012") == "embstr");
  CHECK(name(std::string(44, 'x')) == "embstr");
  CHECK(name(std::string(45, 'x')) == "raw");
  CHECK(name(std::string(5000, 'x')) == "raw");
}

TEST_CASE("assigning in place either does it whole or leaves all as it was") {
  memory::Account account(nullptr, 0);
  for (const std::string& key : sample_keys()) {
    for (const std::string& before : sample_texts()) {
      for (const std::string& after : sample_texts()) {
        Entry* entry = Entry::create(account, key, before, 77);
        const std::uint64_t used = account.used();
        const bool done = entry->assign(after);
        CHECK(text_of(*entry) == (done ? after : before));
        CHECK(entry->key() == key);
        CHECK(entry->expiry() == 77);
        CHECK(account.used() == used);
        Entry::destroy(account, entry);
        CHECK(account.used() == 0);
      }
    }
  }
}

TEST_CASE("editing grows and cuts like a plain string") {
  memory::Account account(nullptr, 0);
  base::Rng rng(4);
  for (int round = 0; round < 200; ++round) {
    std::string model = sample_texts()[rng.below(sample_texts().size())];
    Entry* entry = Entry::create(account, "key", model, round % 2 == 0 ? 9 : Entry::kNoExpiry);
    for (int step = 0; step < 20; ++step) {
      const std::size_t size = rng.below(3) == 0 ? rng.below(5'000) : rng.below(700);
      const Entry::Editable editable = entry->edit(account, size);
      entry = editable.entry;
      model.resize(size, '\0');
      if (size > 0) {
        const std::size_t at = rng.below(size);
        editable.data[at] = 'w';
        model[at] = 'w';
      }
      REQUIRE(text_of(*entry) == model);
      REQUIRE(account.used() == entry->allocated_bytes());
      REQUIRE(std::string(entry->encoding_name()) == "raw");
    }
    CHECK(entry->key() == "key");
    CHECK(entry->has_expiry() == (round % 2 == 0));
    Entry::destroy(account, entry);
    CHECK(account.used() == 0);
  }
}

}  // namespace
}  // namespace miniredis::keyspace
