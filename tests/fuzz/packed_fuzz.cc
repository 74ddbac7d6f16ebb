// The packed block under random splices, held against a vector of strings: what is read from the
// front must be the model's items, the account must know the block's size, and in the end every
// byte must be given back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "types/packed.h"

namespace {

using miniredis::Bytes;
using miniredis::fuzz::Input;
using miniredis::fuzz::require;
using miniredis::types::Packed;

class Model {
 public:
  explicit Model(Input& input) : input_(input) {}
  void step() {
    const std::size_t from = input_.below(items_.size() + 1);
    const std::size_t count = std::min<std::size_t>(input_.below(6), items_.size() - from);
    switch (input_.byte() % 6) {
      case 0:
      case 1:
        splice(from, count);
        break;
      case 2: {
        const std::vector<std::string> fresh = {item(), item()};
        packed_.append(account_, {fresh[0], fresh[1]});
        items_.insert(items_.end(), fresh.begin(), fresh.end());
        break;
      }
      case 3:
        if (count > 0) erase(from, count);
        break;
      case 4:
        packed_.reserve(account_, input_.below(60'000));
        break;
      default: {
        Packed copy = packed_.clone(account_);
        packed_.destroy(account_);
        packed_ = Packed(copy.block());
      }
    }
  }
  void compare() {
    require(packed_.count() == items_.size() && packed_.empty() == items_.empty());
    require(packed_.allocated_bytes() == account_.used());
    std::size_t bytes = 0;
    const char* at = packed_.begin();
    for (const std::string& item : items_) {
      require(at != packed_.end() && Packed::next(at) == item);
      bytes += Packed::item_bytes(item.size());
    }
    require(at == packed_.end() && packed_.used() == bytes);
    require(packed_.at(items_.size()) == packed_.end());
    if (items_.empty()) return;
    const std::size_t index = input_.below(items_.size());
    at = packed_.at(index);
    require(Packed::next(at) == items_[index]);
    require(at == packed_.at(index + 1));
  }
  void finish() {
    packed_.destroy(account_);
    require(account_.used() == 0);
  }

 private:
  std::string item() {
    // Where a length takes more bytes, and in between.
    static constexpr std::size_t kSizes[] = {0,   1,   2,   8,      20,     64,    252,
                                             253, 254, 255, 65'535, 65'536, 1'000, 4};
    // Few large ones, lest all time goes into comparing them.
    const std::string text = input_.text(kSizes);
    return packed_.used() > 200'000 ? text.substr(0, 8) : text;
  }
  auto position(std::size_t index) { return items_.begin() + static_cast<std::ptrdiff_t>(index); }
  void splice(std::size_t from, std::size_t count) {
    const char* const begin = packed_.at(from);
    const char* const end = packed_.at(from + count);
    const std::vector<std::string> fresh = {item(), item(), item()};
    const std::size_t how_many = input_.byte() % 4;
    const char* at = nullptr;
    switch (how_many) {
      case 0:
        // Taking the last item out is erase()'s: splice() keeps the block.
        if (count == items_.size()) return;
        at = packed_.splice(account_, begin, end, count, {});
        break;
      case 1:
        at = packed_.splice(account_, begin, end, count, {fresh[0]});
        break;
      case 2:
        at = packed_.splice(account_, begin, end, count, {fresh[0], fresh[1]});
        break;
      default:
        at = packed_.splice(account_, begin, end, count, {fresh[0], fresh[1], fresh[2]});
    }
    items_.erase(position(from), position(from + count));
    items_.insert(position(from), fresh.begin(),
                  fresh.begin() + static_cast<std::ptrdiff_t>(how_many));
    require(at == packed_.at(from));
  }
  void erase(std::size_t from, std::size_t count) {
    const char* const at =
        packed_.erase(account_, packed_.at(from), packed_.at(from + count), count);
    items_.erase(position(from), position(from + count));
    require(at == packed_.at(from));
    require(!items_.empty() || packed_.block() == nullptr);
  }

  Input& input_;
  miniredis::memory::Account account_{nullptr, 0};
  Packed packed_;
  std::vector<std::string> items_;
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
