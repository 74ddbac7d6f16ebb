// Sets under random changes, held against a std::set: whatever form one takes, its members must be
// those of the model, and in the end every byte must be given back. The limits of the small forms
// come from the input too, so that all forms and the changes between them are met with few members.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string>

#include "types/set.h"

namespace {

using miniredis::Bytes;
using miniredis::types::Environment;
using miniredis::types::Member;
using miniredis::types::MemberBatch;
using miniredis::types::Object;
using miniredis::types::Set;

// Takes decisions from the fuzzer's bytes; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }

  std::string member() {
    static constexpr std::int64_t kSteps[] = {1, -1, 300, 70'000, 5'000'000'000, INT64_MAX / 255};
    // Around the limit of the packed form and where a length takes more bytes.
    static constexpr std::size_t kSizes[] = {0, 1, 2, 3, 20, 63, 64, 65, 253, 254, 300, 66'000};
    const std::uint8_t kind = byte();
    if (kind % 2 == 0) return std::to_string(kSteps[kind / 2 % std::size(kSteps)] * byte());
    // Digits with a zero in front read like integers and are none.
    return std::string(kSizes[kind / 2 % std::size(kSizes)], static_cast<char>(byte()));
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

void require(bool held) {
  if (!held) std::abort();
}

std::string text_of(Member member) {
  char digits[miniredis::base::kMaxIntChars];
  return std::string(member.text(digits));
}

class Model {
 public:
  explicit Model(Input& input) : input_(input) {
    environment_.limits.set_max_integers = input.byte() % 40;
    environment_.limits.set_max_packed_entries = input.byte() % 40;
  }
  void step() {
    Set set(environment_, object_);
    switch (input_.byte() % 8) {
      case 0:
      case 1:
      case 2:
        add(set, input_.member());
        break;
      case 3: {
        const int count = input_.byte();
        const int start = input_.byte();
        const std::string prefix = input_.byte() % 2 == 0 ? "" : "m";
        if (count > 0) set.expect(static_cast<std::size_t>(count), prefix + std::to_string(start));
        for (int i = 0; i < count; ++i) add(set, prefix + std::to_string(start + i));
        break;
      }
      case 4:
      case 5: {
        const std::string member = input_.member();
        require(set.erase(member) == (members_.erase(member) == 1));
        break;
      }
      case 6:
        for (int count = input_.byte() % 32; count > 0 && !set.empty(); --count) {
          set.pop([&](Member member) { require(members_.erase(text_of(member)) == 1); });
        }
        break;
      default:
        object_ = set.object();
        copy();
        return;
    }
    object_ = set.object();
  }
  void compare() {
    const Set set(environment_, object_);
    require(set.size() == members_.size() && set.empty() == members_.empty());
    require(Set::allocated_bytes(environment_, object_, 0) == account_.used());
    std::size_t visited = 0;
    MemberBatch batch;
    const auto check_batch = [&] {
      MemberBatch others = batch;
      set.keep_common(batch);
      set.keep_different(others);
      batch.each([&](Member) { ++visited; });
      require(others.empty());
      batch.clear();
    };
    set.walk([&](Member member) {
      require(members_.contains(text_of(member)));
      if (batch.full()) check_batch();
      batch.add(member);
    });
    check_batch();
    require(visited == members_.size());
    const std::string other = input_.member();
    require(set.contains(other) == members_.contains(other));
    if (!set.empty()) require(members_.contains(text_of(set.random())));
  }
  void finish() {
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  void add(Set& set, const std::string& member) {
    require(set.add(member) == members_.insert(member).second);
  }
  void destroy(Object& object) const {
    while (!Set::destroy_some(environment_, object, 7)) {
    }
  }
  // Goes on with the copy.
  void copy() {
    const Object copy = Set::clone(environment_, object_);
    destroy(object_);
    object_ = copy;
  }

  Input& input_;
  miniredis::base::HashKey hash_key_{1, 2};
  miniredis::base::Rng rng_{1};
  miniredis::memory::Account account_{nullptr, 0};
  Environment environment_{account_, hash_key_, rng_};
  Object object_;
  std::set<std::string> members_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int steps = 0; !input.empty() && steps < 300; ++steps) {
    model.step();
    model.compare();
  }
  model.finish();
  return 0;
}
