// HyperLogLogs made of the fuzzer's bytes: all that reads one must agree whether it is corrupt and
// what it holds, and a sound one must stay sound whatever is added.
#include <cstring>
#include <memory>

#include "fuzz_input.h"
#include "types/hyper_log_log.h"

namespace {

using miniredis::fuzz::Input;
using miniredis::fuzz::require;
using namespace miniredis::types::hyper_log_log;  // NOLINT(google-build-using-namespace)

// What a value holds, if it is sound. All ways of reading it agree.
std::unique_ptr<Registers> read(const std::string& value) {
  auto registers = std::make_unique<Registers>();
  registers->fill(0);
  const bool sound = merge(*registers, value);
  const auto counted = count(value);
  require(sound == counted.has_value());
  if (form_of(value) == Form::kSparse) {
    std::string dense(kDenseBytes, '\0');
    require(to_dense(value, dense.data()) == sound);
    if (sound) require(form_of(dense) == Form::kDense && count(dense) == counted);
  }
  if (!sound) return nullptr;
  require(count(*registers) == *counted);
  return registers;
}

void add_to_sparse(Input& input, std::string value) {
  if (value.size() > kMaxSparseBytes) return;
  auto registers = read(value);
  auto sparse = std::make_unique<Sparse>(value);
  while (!input.empty()) {
    const Update update{static_cast<std::uint32_t>(input.below(kRegisters)),
                        static_cast<std::uint32_t>(1 + input.below(51))};
    const std::string before(sparse->value());
    const auto outcome = sparse->raise(update, input.byte() < 250 ? 3000 : 40);
    require(sparse->value().size() <= kMaxSparseBytes);
    if (outcome != Sparse::Outcome::kRaised) require(sparse->value() == before);
    if (registers == nullptr) continue;
    require(outcome != Sparse::Outcome::kCorrupt);
    auto& own = (*registers)[update.index];
    if (outcome == Sparse::Outcome::kSame) require(own >= update.run);
    if (outcome != Sparse::Outcome::kRaised) continue;
    require(own < update.run);
    own = static_cast<std::uint8_t>(update.run);
    const auto now = read(std::string(sparse->value()));
    require(now != nullptr && *now == *registers);
  }
}

void add_to_dense(Input& input, std::string value) {
  const auto registers = read(value);
  require(registers != nullptr);
  for (int i = 0; i < 64 && !input.empty(); ++i) {
    const std::size_t index = input.below(kRegisters);
    require(dense_register(value, index) == (*registers)[index]);
    (*registers)[index] = static_cast<std::uint8_t>(input.byte() & 0x3f);
    set_dense_register(value.data(), index, (*registers)[index]);
  }
  require(*read(value) == *registers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::string value = "HYLL";
  value += static_cast<char>(input.byte() % 3);
  value += std::string(11, static_cast<char>(input.byte()));
  const std::size_t runs = input.below(512);
  const std::uint8_t kind = input.byte();
  if (value[4] == 0) value.resize(kDenseBytes, static_cast<char>(kind));
  // One run of all registers is a good beginning.
  if (value[4] != 0 && kind % 2 == 0) value += "\x7f\xff";
  for (std::size_t i = 0; i < runs && value[4] != 0 && kind % 4 != 0; ++i) {
    value += static_cast<char>(input.byte());
  }
  if (kind == 7) value.resize(input.below(64));
  const Form form = form_of(value);
  if (form == Form::kNone) return 0;
  const auto cached = cached_count(value);
  require(!cached || *cached >> 63 == 0);
  if (form == Form::kDense)
    add_to_dense(input, value);
  else
    add_to_sparse(input, value);
  return 0;
}
