// Lists under random changes, held against a std::deque: whatever chunks one is cut into, its
// elements must be those of the model from both ends and at each index, and in the end every byte
// must be given back. The size of chunks comes from the input too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "fuzz_input.h"
#include "types/list.h"

namespace {

using miniredis::Bytes;
using miniredis::fuzz::Input;
using miniredis::fuzz::require;
using miniredis::types::Environment;
using miniredis::types::List;
using miniredis::types::Object;
using End = List::End;

class Model {
 public:
  explicit Model(Input& input) : input_(input) {
    static constexpr std::int64_t kLimits[] = {-1, -2, -3, -5, 0, 1, 2, 3, 4, 16, 128};
    environment_.limits.list_max_packed_size = input_.one_of(kLimits);
  }
  void step() {
    List list(environment_, object_);
    switch (input_.byte() % 12) {
      case 0:
      case 1:
        push(list, end(), element());
        break;
      case 2: {
        // Many, for lists of several chunks.
        const End at = end();
        const std::string element = this->element().substr(0, 100);
        for (int count = input_.byte(); count > 0; --count) push(list, at, element);
        break;
      }
      case 3:
      case 4: {
        const End from = end();
        const int most = input_.byte() % 64;
        for (int i = 0; i <= most && !elements_.empty(); ++i) pop(list, from);
        break;
      }
      case 5:
        erase_range(list);
        break;
      case 6:
        object_ = list.object();
        copy();
        return;
      default:
        if (!elements_.empty()) change_middle(list);
    }
    object_ = list.object();
  }
  void compare() {
    const List list(environment_, object_);
    require(list.size() == elements_.size() && list.empty() == elements_.empty());
    if (elements_.empty()) {
      require(object_.data == nullptr && account_.used() == 0);
      return;
    }
    require(List::size_of(object_) == elements_.size());
    require(List::allocated_bytes(environment_, object_, 0) == account_.used());
    auto at = elements_.begin();
    list.each(0, elements_.size(), [&](Bytes element) { require(element == *at++); });
    auto back = elements_.rbegin();
    list.each(
        elements_.size() - 1, elements_.size(), [&](Bytes element) { require(element == *back++); },
        End::kFront);
    require(list.peek(End::kFront) == elements_.front());
    require(list.peek(End::kBack) == elements_.back());
    require(List::read(list.first(End::kFront)) == elements_.front());
    require(List::read(list.first(End::kBack)) == elements_.back());
    const std::size_t index = input_.below(elements_.size());
    require(List::read(list.at(index)) == elements_[index]);
  }
  void finish() {
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  End end() { return input_.byte() % 2 == 0 ? End::kFront : End::kBack; }
  std::string element() {
    // Where a length takes more bytes, and around the sizes of chunks.
    static constexpr std::size_t kSizes[] = {
        0,     1,     2,     7,     20,    100,   252,   253,   254,   300,    1'000,  2'000,
        3'900, 4'050, 4'061, 4'062, 4'063, 8'154, 8'155, 8'160, 9'000, 33'000, 65'536, 3};
    const std::string text = input_.text(kSizes);
    // Few large ones, lest all time goes into comparing them.
    return account_.used() > 300'000 ? text.substr(0, 30) : text;
  }
  auto position(std::size_t index) {
    return elements_.begin() + static_cast<std::ptrdiff_t>(index);
  }
  void push(List& list, End end, const std::string& element) {
    if (elements_.size() > 3000) return;
    list.push(end, element);
    end == End::kBack ? elements_.push_back(element) : elements_.push_front(element);
  }
  void pop(List& list, End end) {
    list.pop(end);
    end == End::kBack ? elements_.pop_back() : elements_.pop_front();
  }
  void change_middle(List& list) {
    const std::size_t index = input_.below(elements_.size());
    switch (input_.byte() % 4) {
      case 0: {
        const std::string element = this->element();
        list.replace(list.at(index), element);
        elements_[index] = element;
        break;
      }
      case 1: {
        const std::string element = this->element();
        list.insert_before(list.at(index), element);
        elements_.insert(position(index), element);
        break;
      }
      case 2: {
        const std::string element = this->element();
        list.insert_behind(list.at(index), element);
        elements_.insert(position(index + 1), element);
        break;
      }
      default: {
        // As LREM does: some of those that follow, each second one.
        List::Position at = list.at(index);
        std::size_t where = index;
        for (int count = input_.byte() % 16; count >= 0 && at; --count) {
          at = list.erase(at);
          elements_.erase(position(where));
          require(static_cast<bool>(at) == (where < elements_.size()));
          if (!at) break;
          require(List::read(at) == elements_[where]);
          List::step(at, End::kBack);
          ++where;
        }
      }
    }
  }
  void erase_range(List& list) {
    const std::size_t index = input_.below(elements_.size() + 2);
    const std::size_t count = input_.below(elements_.size() + 2);
    list.erase_range(index, count);
    if (index >= elements_.size()) return;
    elements_.erase(position(index), position(index + std::min(count, elements_.size() - index)));
  }
  void destroy(Object& object) const {
    if (object.data == nullptr) return;
    while (!List::destroy_some(environment_, object, 7)) {
    }
  }
  // Goes on with the copy.
  void copy() {
    if (object_.data == nullptr) return;
    const Object copy = List::clone(environment_, object_);
    require(std::string(List::encoding_of(copy)) == List::encoding_of(object_));
    destroy(object_);
    object_ = copy;
  }

  Input& input_;
  miniredis::base::HashKey hash_key_{1, 2};
  miniredis::base::Rng rng_{1};
  miniredis::memory::Account account_{nullptr, 0};
  Environment environment_{account_, hash_key_, rng_};
  Object object_;
  std::deque<std::string> elements_;
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
