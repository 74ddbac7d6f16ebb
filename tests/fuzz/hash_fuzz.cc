// Hashes under random changes, with fields that expire while a clock goes on, held against a
// std::map: whatever form one takes, its fields, values and times must be those of the model, and
// in the end every byte must be given back. The limit of the packed forms comes from the input too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "fuzz_input.h"
#include "types/hash.h"

namespace {

using miniredis::Bytes;
using miniredis::fuzz::Input;
using miniredis::fuzz::require;
using miniredis::types::Environment;
using miniredis::types::Hash;
using miniredis::types::Object;

struct Field {
  std::string value;
  std::int64_t expiry;
};

class Model {
 public:
  explicit Model(Input& input) : input_(input) {
    environment_.limits.hash_max_packed_entries = input_.byte() % 40;
    environment_.limits.hash_max_packed_value = input_.byte() % 80;
    environment_.now_ms = 1'700'000'000'000;
  }
  void step() {
    Hash hash(environment_, object_);
    switch (input_.byte() % 10) {
      case 0:
      case 1:
      case 2:
        set(hash, field(), value());
        break;
      case 3: {
        // Many, for tables of several groups.
        const int count = input_.byte();
        const int start = input_.byte();
        const std::string value = this->value().substr(0, 100);
        for (int i = 0; i < count; ++i) set(hash, "f" + std::to_string(start + i), value);
        break;
      }
      case 4: {
        const std::string field = this->field();
        require(hash.erase(field) == (fields_.erase(field) == 1));
        break;
      }
      case 5:
      case 6:
        set_expiry(hash);
        break;
      case 7:
        pass_time();
        break;
      case 8:
        expire(hash);
        break;
      default:
        object_ = hash.object();
        copy();
        return;
    }
    object_ = hash.object();
  }
  void compare() {
    const Hash hash(environment_, object_);
    require(hash.size() >= fields_.size() && hash.live_size() == fields_.size());
    if (!ever_timed_) {
      require(hash.size() == fields_.size());
      require(Hash::allocated_bytes(environment_, object_, 0) == account_.used());
    }
    std::size_t visited = 0;
    std::int64_t earliest = Hash::kNever;
    hash.each([&](Bytes field, Bytes value) {
      const auto at = fields_.find(std::string(field));
      require(at != fields_.end() && at->second.value == value);
      require(hash.expiry(field) == at->second.expiry);
      earliest = std::min(earliest, at->second.expiry);
      ++visited;
    });
    require(visited == fields_.size() && hash.next_expiry() <= earliest);
    std::set<std::string> scanned;
    std::uint64_t cursor = 0;
    do {
      cursor = hash.scan(cursor, [&](Bytes field, Bytes value) {
        require(fields_.at(std::string(field)).value == value);
        scanned.emplace(field);
      });
    } while (cursor != 0);
    require(scanned.size() == fields_.size());
    const std::string other = field();
    const auto at = fields_.find(other);
    require(at == fields_.end() ? !hash.get(other) : hash.get(other) == at->second.value);
    require(hash.expiry(other).has_value() == (at != fields_.end()));
    if (fields_.empty()) return;
    const Hash::Pair pair = hash.random();
    require(fields_.at(std::string(pair.field)).value == pair.value);
  }
  void finish() {
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  std::string field() {
    static constexpr std::size_t kSizes[] = {0, 1, 2, 3, 3, 3, 63, 64, 65, 253, 254, 255, 300};
    const std::uint8_t kind = input_.byte();
    if (kind % 2 == 0) return "f" + std::to_string(input_.byte());
    return input_.text(kSizes);
  }
  std::string value() {
    // Around the limit of the packed form and where a length takes more bytes.
    static constexpr std::size_t kSizes[] = {0,  1,  8,   8,   9,   20,    63,    64,
                                             64, 65, 100, 254, 255, 3'000, 66'000};
    const std::string text = input_.text(kSizes);
    return account_.used() > 300'000 ? text.substr(0, 70) : text;
  }
  void set(Hash& hash, const std::string& field, const std::string& value) {
    const auto at = fields_.find(field);
    const bool is_new = at == fields_.end();
    const bool keeps = input_.byte() % 2 == 0;
    const std::int64_t expiry = is_new || !keeps ? Hash::kNever : at->second.expiry;
    require(hash.set(field, value, keeps ? Hash::Lifetime::kKeep : Hash::Lifetime::kForever) ==
            is_new);
    fields_[field] = {value, expiry};
  }
  void set_expiry(Hash& hash) {
    if (fields_.empty()) return;
    const auto at =
        std::next(fields_.begin(), static_cast<std::ptrdiff_t>(input_.below(fields_.size())));
    static constexpr std::int64_t kAhead[] = {1, 2, 10, 100, 5'000, 1'000'000'000, INT64_MAX / 4};
    const bool never = input_.byte() % 4 == 0;
    at->second.expiry = never ? Hash::kNever : environment_.now_ms + input_.one_of(kAhead);
    hash.set_expiry(at->first, at->second.expiry);
    ever_timed_ = true;
  }
  void pass_time() {
    static constexpr std::int64_t kSteps[] = {1, 5, 50, 10'000, 2'000'000'000};
    environment_.now_ms += input_.one_of(kSteps);
    std::erase_if(fields_,
                  [this](const auto& field) { return field.second.expiry <= environment_.now_ms; });
  }
  void expire(Hash& hash) {
    const std::size_t before = hash.size();
    std::size_t expired = 0;
    const bool until_none = input_.byte() % 2 == 0;
    int calls = 0;
    do {
      expired += hash.expire_some(input_.byte() % 20 + 1);
      require(++calls < 10'000);
    } while (until_none && hash.next_expiry() <= environment_.now_ms);
    require(hash.size() == before - expired);
    if (until_none) require(hash.size() == fields_.size());
  }
  void destroy(Object& object) const {
    if (object.data == nullptr) return;
    while (!Hash::destroy_some(environment_, object, 7)) {
    }
  }
  // Goes on with the copy.
  void copy() {
    if (object_.data == nullptr) return;
    const Object copy = Hash::clone(environment_, object_);
    require(Hash::size_of(copy) == Hash::size_of(object_));
    destroy(object_);
    object_ = copy;
  }

  Input& input_;
  miniredis::base::HashKey hash_key_{1, 2};
  miniredis::base::Rng rng_{1};
  miniredis::memory::Account account_{nullptr, 0};
  Environment environment_{account_, hash_key_, rng_};
  Object object_;
  std::map<std::string, Field> fields_;
  bool ever_timed_ = false;  // an index of times is accounted by estimate
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int steps = 0; !input.empty() && steps < 200; ++steps) {
    model.step();
    model.compare();
  }
  model.finish();
  return 0;
}
