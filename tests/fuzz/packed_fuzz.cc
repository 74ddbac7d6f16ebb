// The packed encoding under random splices, held against a std::vector.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "types/packed.h"

namespace {

using miniredis::Bytes;
using miniredis::fuzz::Input;
using miniredis::fuzz::require;
using miniredis::types::Packed;

void check(const Packed& packed, const std::vector<std::string>& model) {
  require(packed.count() == model.size());
  std::size_t bytes = 0;
  const char* at = packed.begin();
  for (const std::string& item : model) {
    require(at != packed.end());
    require(Packed::next(at) == item);
    bytes += Packed::item_bytes(item.size());
  }
  require(at == packed.end());
  require(packed.used() == bytes);
}

void step(Input& input, miniredis::memory::Account& account, Packed& packed,
          std::vector<std::string>& model) {
  const std::size_t from = model.empty() ? 0 : input.byte() % (model.size() + 1);
  const std::size_t count = std::min<std::size_t>(input.byte() % 4, model.size() - from);
  const char* const first = packed.at(from);
  const char* last = first;
  for (std::size_t i = 0; i < count; ++i) Packed::skip(last);
  const auto begin = model.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  if (input.byte() % 3 == 0) {
    if (count == 0) return;
    packed.erase(account, first, last, count);
    model.erase(begin, end);
    return;
  }
  const std::string one = input.text();
  const std::string two = input.text();
  const char* const put = packed.splice(account, first, last, count, {one, two});
  const char* at = put;
  require(Packed::next(at) == one);
  model.insert(model.erase(begin, end), {one, two});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  miniredis::memory::Account account(nullptr, 0);
  Packed packed;
  std::vector<std::string> model;
  for (int i = 0; i < 300 && !input.empty(); ++i) step(input, account, packed, model);
  check(packed, model);
  Packed copy = packed.clone(account);
  check(copy, model);
  copy.destroy(account);
  packed.destroy(account);
  require(account.used() == 0);
  return 0;
}
