// Lists under random changes, held against a std::deque. The limit of a chunk comes from the input
// too, so that one chunk and chains are met with few elements.
#include <algorithm>
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
    environment_.limits.list_max_packed_size =
        input.byte() % 2 == 0 ? 1 + input.byte() % 20 : -1 - input.byte() % 5;
  }
  void step() {
    List list(environment_, object_);
    change(list);
    object_ = list.object();
  }
  void finish() {
    check(object_);
    if (object_.data == nullptr) return;
    Object copy = List::clone(environment_, object_);
    check(copy);
    destroy(copy);
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  std::size_t index() { return elements_.empty() ? 0 : input_.byte() % elements_.size(); }
  auto at(std::size_t index) { return elements_.begin() + static_cast<std::ptrdiff_t>(index); }

  void change(List& list) {
    const std::size_t i = index();
    switch (input_.byte() % 9) {
      case 0:
      case 1:
        elements_.push_back(input_.text());
        list.push(End::kBack, elements_.back());
        break;
      case 2:
        elements_.push_front(input_.text());
        list.push(End::kFront, elements_.front());
        break;
      case 3:
        if (elements_.empty()) break;
        require(list.peek(End::kFront) == elements_.front());
        list.pop(End::kFront);
        elements_.pop_front();
        break;
      case 4:
        if (elements_.empty()) break;
        require(list.peek(End::kBack) == elements_.back());
        list.pop(End::kBack);
        elements_.pop_back();
        break;
      case 5:
        if (elements_.empty()) break;
        *at(i) = input_.text();
        list.replace(list.at(i), *at(i));
        break;
      case 6: {
        if (elements_.empty()) break;
        const std::string text = input_.text();
        const bool behind = input_.byte() % 2 == 0;
        if (behind)
          list.insert_behind(list.at(i), text);
        else
          list.insert_before(list.at(i), text);
        elements_.insert(at(i + (behind ? 1 : 0)), text);
        break;
      }
      case 7:
        if (elements_.empty()) break;
        list.erase(list.at(i));
        elements_.erase(at(i));
        break;
      default: {
        const std::size_t count = std::min<std::size_t>(input_.byte(), elements_.size() - i);
        list.erase_range(i, count);
        elements_.erase(at(i), at(i + count));
      }
    }
    require(list.size() == elements_.size());
    if (elements_.empty()) return;
    const std::size_t seen = index();
    require(List::read(list.at(seen)) == elements_[seen]);
  }
  void check(Object object) {
    const List list(environment_, object);
    require(list.size() == elements_.size());
    auto expected = elements_.begin();
    list.each(0, elements_.size(), [&](Bytes element) { require(element == *expected++); });
    if (elements_.empty()) return;
    auto from_back = elements_.rbegin();
    list.each(
        elements_.size() - 1, elements_.size(),
        [&](Bytes element) { require(element == *from_back++); }, End::kFront);
  }
  void destroy(Object& object) {
    while (!List::destroy_some(environment_, object, 3)) {
    }
  }

  Input& input_;
  miniredis::memory::Account account_{nullptr, 0};
  miniredis::base::HashKey key_{};
  miniredis::base::Rng rng_{1};
  Environment environment_{account_, key_, rng_};
  Object object_;
  std::deque<std::string> elements_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int i = 0; i < 400 && !input.empty(); ++i) model.step();
  model.finish();
  return 0;
}
