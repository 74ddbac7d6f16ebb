// Entries of the key space under random changes, held against plain strings: whatever form an entry
// takes, key, value and expiry must be what was stored, and in the end every byte must be given
// back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>

#include "base/numbers.h"
#include "keyspace/entry.h"
#include "memory/account.h"

namespace {

using miniredis::Bytes;
using miniredis::keyspace::Entry;
using miniredis::memory::Account;

// Takes decisions from the fuzzer's bytes; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }

  std::string text() {
    // Around the sizes where the form changes: embedded, integer, a block of its own.
    static constexpr std::size_t kSizes[] = {0,   1,   3,   19,  20,  44,  45,
                                             200, 511, 512, 513, 700, 5000};
    const std::size_t size = kSizes[byte() % std::size(kSizes)];
    const std::uint8_t kind = byte();
    if (kind % 4 == 0) {
      std::uint64_t number = 0;
      for (int i = 0; i < 8; ++i) number = number << 8 | byte();
      return std::to_string(static_cast<std::int64_t>(number));
    }
    return std::string(size, static_cast<char>(kind));
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

struct Model {
  std::string key;
  std::string value;
  std::int64_t expiry = Entry::kNoExpiry;
};

void require(bool held) {
  if (!held) std::abort();
}

void compare(const Entry& entry, const Model& model) {
  char scratch[miniredis::base::kMaxIntChars];
  require(entry.key() == model.key);
  require(entry.text(scratch) == model.value);
  require(entry.text_size() == model.value.size());
  require(entry.expiry() == model.expiry);
}

Entry* fresh(Account& account, const Model& model) {
  return Entry::create(account, model.key, model.value, model.expiry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Account account(nullptr, 0);
  const auto before = account.used();
  Model model{input.text(), input.text(), Entry::kNoExpiry};
  Entry* entry = fresh(account, model);
  while (!input.empty()) {
    switch (input.byte() % 6) {
      case 0: {
        const std::string value = input.text();
        model.value = value;
        if (!entry->assign(value)) {
          Entry::destroy(account, entry);
          entry = fresh(account, model);
        }
        break;
      }
      case 1: {
        const std::string more = input.text();
        const std::size_t old_size = model.value.size();
        const auto editable = entry->edit(account, old_size + more.size());
        entry = editable.entry;
        std::memcpy(editable.data + old_size, more.data(), more.size());
        model.value += more;
        break;
      }
      case 2:
        model.expiry =
            model.expiry == Entry::kNoExpiry ? 1'700'000'000'000 + input.byte() : Entry::kNoExpiry;
        entry = entry->rebuild(account, model.key, model.expiry);
        break;
      case 3:
        model.key = input.text();
        entry = entry->rebuild(account, model.key, model.expiry);
        break;
      case 4: {
        Entry* copy = entry->clone(account, "copy", Entry::kNoExpiry);
        compare(*copy, {"copy", model.value, Entry::kNoExpiry});
        Entry::destroy(account, copy);
        break;
      }
      default:
        entry->set_access(input.byte());
    }
    if (model.value.size() > 100'000) break;
    compare(*entry, model);
  }
  Entry::destroy(account, entry);
  require(account.used() == before);
  return 0;
}
