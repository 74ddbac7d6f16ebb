// Counts of different elements: PFADD, PFCOUNT, PFMERGE.
#include "commands/hyper_log_log.h"

#include <algorithm>

#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"

namespace miniredis::commands {

namespace hll = types::hyper_log_log;
using keyspace::WriteScope;

OpenHyperLogLog::OpenHyperLogLog(Context& context, Bytes key)
    : scope_(context.write()),
      key_(key),
      place_(scope_.find(key)),
      max_sparse_(context.keyspace().environment().limits.hyper_log_log_max_sparse),
      existed_(static_cast<bool>(place_)) {
  if (is_no_hyper_log_log(context, place_ ? place_.entry() : nullptr)) return;
  is_one_ = true;
  char scratch[base::kMaxIntChars];
  const Bytes value = place_ ? place_->text(scratch) : hll::empty_value();
  if (hll::form_of(value) == hll::Form::kDense) {
    dense_ = value;
    return;
  }
  too_long_ = value.size() > hll::kMaxSparseBytes;
  sparse_.emplace(too_long_ ? hll::empty_value() : value);
}

char* OpenHyperLogLog::own_dense() {
  if (made_dense_) return made_dense_->data();
  if (data_ == nullptr) data_ = scope_.edit(place_, key_, hll::kDenseBytes, events::kUntold);
  return data_;
}

bool OpenHyperLogLog::become_dense() {
  if (!sparse_) return true;
  if (too_long_ || !hll::to_dense(sparse_->value(), made_dense_.emplace().data())) {
    made_dense_.reset();
    return false;
  }
  sparse_.reset();
  dense_ = {made_dense_->data(), made_dense_->size()};
  return true;
}

OpenHyperLogLog::Outcome OpenHyperLogLog::raise(const hll::Update& update) {
  if (too_long_) return Outcome::kCorrupt;
  if (sparse_) {
    switch (sparse_->raise(update, max_sparse_)) {
      case hll::Sparse::Outcome::kSame:
        return Outcome::kSame;
      case hll::Sparse::Outcome::kRaised:
        return Outcome::kRaised;
      case hll::Sparse::Outcome::kCorrupt:
        return Outcome::kCorrupt;
      case hll::Sparse::Outcome::kTooLarge:
        if (!become_dense()) return Outcome::kCorrupt;
    }
  }
  if (hll::dense_register(dense_, update.index) >= update.run) return Outcome::kSame;
  char* const data = own_dense();
  hll::set_dense_register(data, update.index, update.run);
  dense_ = {data, hll::kDenseBytes};
  return Outcome::kRaised;
}

void OpenHyperLogLog::store(keyspace::Event event) {
  if (!sparse_ && !made_dense_) {
    hll::forget_count(own_dense());
    scope_.also(event, key_);
    return;
  }
  char* const changed = sparse_ ? sparse_->data() : made_dense_->data();
  const Bytes value = sparse_ ? sparse_->value() : Bytes(changed, hll::kDenseBytes);
  hll::forget_count(changed);
  if (!existed_) {
    scope_.put(place_, key_, value, Entry::kNoExpiry, event);
    return;
  }
  char* const data = scope_.edit(place_, key_, value.size(), event);
  std::copy(value.begin(), value.end(), data);
}

namespace {

// PFADD

struct AddArgs {
  Bytes key;
  Arguments elements;
};
constexpr Arg kAddArgs[] = {key("key", into<&AddArgs::key>),
                            optional(multiple(string("element", into<&AddArgs::elements>)))};

void run_pfadd(Context& context, const AddArgs& args) {
  OpenHyperLogLog open(context, args.key);
  if (!open.is_one()) return;
  bool changed = !open.existed();
  for (const Bytes element : args.elements) {
    const auto outcome = open.raise(hll::update_of(element));
    if (outcome == OpenHyperLogLog::Outcome::kCorrupt) {
      context.fail(wire::kCorruptHyperLogLog);
      return;
    }
    changed = changed || outcome == OpenHyperLogLog::Outcome::kRaised;
  }
  if (changed) open.store(events::kPfAdd);
  context.reply.integer(changed ? 1 : 0);
}
constexpr Command kPfAdd = command<AddArgs, kAddArgs, run_pfadd>(
    "pfadd",
    {"Adds elements to a HyperLogLog key. Creates the key if it doesn't exist.", "2.8.9",
     "O(1) to add every element", Group::kHyperLogLog, "PFADD visitors alice bob", "(integer) 1"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));

// PFCOUNT

// Raises the registers to those of all keys; false, with the error answered, when one is none.
bool merge_all(Context& context, Arguments keys, hll::Registers& registers, bool& any_dense) {
  constexpr std::uint32_t kStepsPerKey = 32;
  context.expect_steps(keys.size() * kStepsPerKey);
  for (const Bytes name : keys) {
    const Entry* entry = context.read().find(name);
    if (is_no_hyper_log_log(context, entry)) return false;
    if (entry == nullptr) continue;
    char scratch[base::kMaxIntChars];
    const Bytes value = entry->text(scratch);
    any_dense = any_dense || hll::form_of(value) == hll::Form::kDense;
    if (!hll::merge(registers, value)) {
      context.fail(wire::kCorruptHyperLogLog);
      return false;
    }
    context.step(kStepsPerKey);
  }
  return true;
}

void run_pfcount_of_one(Context& context, Bytes key) {
  const Entry* entry = context.read().find(key);
  if (is_no_hyper_log_log(context, entry)) return;
  if (entry == nullptr) {
    context.reply.integer(0);
    return;
  }
  char scratch[base::kMaxIntChars];
  const Bytes value = entry->text(scratch);
  auto count = hll::cached_count(value);
  if (!count) {
    count = hll::count(value);
    if (!count) {
      context.fail(wire::kCorruptHyperLogLog);
      return;
    }
    // The count is kept in the value, which is a change like any other.
    WriteScope scope = context.write();
    auto place = scope.find(key);
    hll::cache_count(scope.edit(place, key, value.size(), events::kUntold), *count);
  }
  context.reply.integer(static_cast<std::int64_t>(*count));
}

void run_pfcount(Context& context, const KeysArgs& args) {
  if (args.keys.size() == 1) {
    run_pfcount_of_one(context, args.keys[0]);
    return;
  }
  hll::Registers registers{};
  bool any_dense = false;
  if (!merge_all(context, args.keys, registers, any_dense)) return;
  context.reply.integer(static_cast<std::int64_t>(hll::count(registers)));
}
constexpr Command kPfCount = command<KeysArgs, kKeysArgs, run_pfcount>(
    "pfcount",
    {"Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s).",
     "2.8.9",
     "O(1) with a very small average constant time when called with a single key. O(N) with N "
     "being "
     "the number of keys, and much bigger constant times, when called with multiple keys.",
     Group::kHyperLogLog, "PFCOUNT visitors", "(integer) 2"},
    kReadOnly, use::keys(use::kRewrites));

// PFMERGE

struct MergeArgs {
  Bytes destination;
  Arguments sources;
};
constexpr Arg kMergeArgs[] = {key("destkey", into<&MergeArgs::destination>),
                              optional(multiple(key("sourcekey", into<&MergeArgs::sources>)))};

void run_pfmerge(Context& context, const MergeArgs& args) {
  hll::Registers registers{};
  bool any_dense = false;
  if (!merge_all(context, Arguments(&args.destination, 1), registers, any_dense) ||
      !merge_all(context, args.sources, registers, any_dense)) {
    return;
  }
  OpenHyperLogLog open(context, args.destination);
  if (!open.is_one()) return;
  bool sound = !any_dense || open.become_dense();
  for (std::uint32_t index = 0; sound && index < hll::kRegisters; ++index) {
    if (registers[index] == 0) continue;
    sound = open.raise({index, registers[index]}) != OpenHyperLogLog::Outcome::kCorrupt;
  }
  if (!sound) {
    context.fail(wire::kCorruptHyperLogLog);
    return;
  }
  open.store(events::kPfAdd);
  context.reply.ok();
}
constexpr Command kPfMerge = command<MergeArgs, kMergeArgs, run_pfmerge>(
    "pfmerge",
    {"Merges one or more HyperLogLog values into a single key.", "2.8.9",
     "O(N) to merge N HyperLogLogs, but with high constant times.", Group::kHyperLogLog,
     "PFMERGE all monday tuesday", "OK"},
    kWrite | kDenyOom, use::keys(use::kReadsAndInserts, use::kReads));

}  // namespace

std::span<const Command* const> hyper_log_log_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kPfAdd, &kPfCount, &kPfMerge};
  return kCommands;
}

}  // namespace miniredis::commands
