// Hashes under random changes, with fields that expire, held against a std::map. The limits of the
// packed form come from the input too, so that all forms are met with few fields.
#include <map>
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
    environment_.limits.hash_max_packed_entries = input.byte() % 20;
    environment_.limits.hash_max_packed_value = input.byte() % 80;
  }
  void step() {
    Hash hash(environment_, object_);
    change(hash);
    object_ = hash.object();
    if (input_.byte() % 4 == 0) {
      environment_.now_ms += input_.byte();
      std::erase_if(fields_, [&](const auto& f) { return f.second.expiry <= environment_.now_ms; });
    }
  }
  void finish() {
    check(object_);
    if (object_.data == nullptr) return;
    Object copy = Hash::clone(environment_, object_);
    check(copy);
    destroy(copy);
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  void change(Hash& hash) {
    const std::string field = input_.text();
    const auto found = fields_.find(field);
    const bool there = found != fields_.end();
    switch (input_.byte() % 6) {
      case 0:
        require(hash.erase(field) == there);
        fields_.erase(field);
        break;
      case 1:
        if (!there) break;
        found->second.expiry =
            input_.byte() % 4 == 0 ? Hash::kNever : environment_.now_ms + 1 + input_.byte();
        hash.set_expiry(field, found->second.expiry);
        break;
      case 2:
        hash.expire_some(input_.byte());
        break;
      case 3: {
        const std::int64_t kept = there ? found->second.expiry : Hash::kNever;
        fields_[field] = {input_.text(), kept};
        require(hash.set(field, fields_[field].value, Hash::Lifetime::kKeep) != there);
        break;
      }
      default:
        fields_[field] = {input_.text(), Hash::kNever};
        require(hash.set(field, fields_[field].value) != there);
    }
    const auto value = hash.get(field);
    const auto now = fields_.find(field);
    require(value.has_value() == (now != fields_.end()));
    if (value) require(*value == now->second.value && hash.expiry(field) == now->second.expiry);
  }
  void check(Object object) {
    const Hash hash(environment_, object);
    std::size_t seen = 0;
    hash.each([&](Bytes field, Bytes value) {
      const auto found = fields_.find(std::string(field));
      require(found != fields_.end() && found->second.value == value);
      ++seen;
    });
    require(seen == fields_.size() && hash.live_size() == seen && hash.size() >= seen);
    if (seen > 0) require(fields_.contains(std::string(hash.random().field)));
  }
  void destroy(Object& object) {
    while (!Hash::destroy_some(environment_, object, 3)) {
    }
  }

  Input& input_;
  miniredis::memory::Account account_{nullptr, 0};
  miniredis::base::HashKey key_{};
  miniredis::base::Rng rng_{1};
  Environment environment_{account_, key_, rng_, {}, 1'700'000'000'000};
  Object object_;
  std::map<std::string, Field> fields_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int i = 0; i < 400 && !input.empty(); ++i) model.step();
  model.finish();
  return 0;
}
