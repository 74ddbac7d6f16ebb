// What looks inside of HyperLogLogs: PFDEBUG, PFSELFTEST.
#include <cmath>
#include <string>

#include "base/rng.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/hyper_log_log.h"

namespace miniredis::commands {
namespace {

namespace hll = types::hyper_log_log;

// PFDEBUG

struct DebugArgs {
  Bytes subcommand;
  Bytes key;
};
constexpr Arg kDebugArgs[] = {string("subcommand", into<&DebugArgs::subcommand>),
                              key("key", into<&DebugArgs::key>)};

// Makes it dense; false, with the error answered, when it is corrupt.
bool make_dense(Context& context, Bytes key) {
  OpenHyperLogLog open(context, key);
  if (open.become_dense()) {
    open.store(events::kUntold);
    return true;
  }
  context.fail(wire::kCorruptHyperLogLog);
  return false;
}

Bytes value_under(Context& context, Bytes key) {
  char scratch[base::kMaxIntChars];
  return context.read().peek(key)->text(scratch);  // a HyperLogLog is no integer
}

void reply_registers(Context& context, Bytes key) {
  if (hll::form_of(value_under(context, key)) == hll::Form::kSparse && !make_dense(context, key)) {
    return;
  }
  const Bytes value = value_under(context, key);
  context.reply.array(hll::kRegisters);
  for (std::size_t i = 0; i < hll::kRegisters; ++i) {
    context.reply.integer(hll::dense_register(value, i));
  }
}

void reply_runs(Context& context, Bytes key) {
  const Bytes value = value_under(context, key);
  if (hll::form_of(value) != hll::Form::kSparse) {
    context.fail("ERR HLL encoding is not sparse");
    return;
  }
  std::string text;
  const bool whole =
      hll::visit_runs(value, [&](std::uint32_t run, std::uint32_t length, bool is_long) {
        if (!text.empty()) text += ' ';
        if (run > 0)
          text += "v:" + std::to_string(run) + ',';
        else
          text += is_long ? "Z:" : "z:";
        text += std::to_string(length);
      });
  if (!whole) {
    context.fail(wire::kCorruptHyperLogLog);
    return;
  }
  context.reply.bulk(text);
}

void run_pfdebug(Context& context, const DebugArgs& args) {
  const Entry* entry = context.read().peek(args.key);
  if (entry == nullptr) {
    context.fail("ERR The specified key does not exist");
    return;
  }
  if (is_no_hyper_log_log(context, entry)) return;
  const bool sparse = hll::form_of(value_under(context, args.key)) == hll::Form::kSparse;
  const auto is = [&](const char* name) { return base::equals_ignore_case(args.subcommand, name); };
  if (is("getreg")) {
    reply_registers(context, args.key);
  } else if (is("decode")) {
    reply_runs(context, args.key);
  } else if (is("encoding")) {
    context.reply.status(sparse ? "sparse" : "dense");
  } else if (is("todense")) {
    if (!sparse || make_dense(context, args.key)) context.reply.integer(sparse ? 1 : 0);
  } else {
    context.fail("ERR Unknown PFDEBUG subcommand '" + std::string(args.subcommand) + "'");
  }
}
constexpr Command kPfDebug = command<DebugArgs, kDebugArgs, run_pfdebug>(
    "pfdebug",
    {"Internal commands for debugging HyperLogLog values.", "2.8.9", "N/A", Group::kHyperLogLog,
     "PFDEBUG ENCODING visitors", "sparse"},
    kWrite | kDenyOom | kAdmin | kDangerous, use::keys(use::kRewrites));

// PFSELFTEST

// Registers written at random must read back as they were written.
bool registers_hold(base::Rng& rng) {
  std::string dense(hll::kDenseBytes, '\0');
  hll::Registers expected{};
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    for (std::uint32_t index = 0; index < hll::kRegisters; ++index) {
      expected[index] = static_cast<std::uint8_t>(rng.below(64));
      hll::set_dense_register(dense.data(), index, expected[index]);
    }
    for (std::size_t index = 0; index < hll::kRegisters; ++index) {
      if (hll::dense_register(dense, index) != expected[index]) return false;
    }
  }
  return true;
}

// What went wrong, or nothing. A sparse and a dense value of the same elements must count the same,
// and be right within what the method allows.
std::string counts_hold(Context& context, base::Rng& rng) {
  constexpr std::uint64_t kElements = 100'000;
  constexpr double kErrors = 6;  // of the standard error, which no sound seed comes near
  hll::Registers registers{};
  hll::Sparse sparse(hll::empty_value());
  bool is_sparse = true;
  const std::uint64_t prefix = rng.next();
  for (std::uint64_t n = 1; n <= kElements; ++n) {
    const hll::Update update = hll::update_of(std::to_string(prefix) + ':' + std::to_string(n));
    auto& own = registers[update.index];
    if (own < update.run) own = static_cast<std::uint8_t>(update.run);
    if (is_sparse) {
      const auto outcome =
          sparse.raise(update, context.keyspace().environment().limits.hyper_log_log_max_sparse);
      if (outcome == hll::Sparse::Outcome::kCorrupt) return "a sparse value became corrupt";
      is_sparse = outcome != hll::Sparse::Outcome::kTooLarge;
    }
    if (n % 1000 != 0 && n != 10 && n != 100) continue;
    const std::uint64_t count = hll::count(registers);
    if (is_sparse && hll::count(sparse.value()) != count) {
      return "a sparse and a dense value count differently";
    }
    const double most = kErrors * 1.04 / std::sqrt(double{hll::kRegisters}) * double(n) + 1;
    if (std::abs(double(count) - double(n)) > most) {
      return std::to_string(n) + " elements are counted as " + std::to_string(count);
    }
  }
  return {};
}

void run_pfselftest(Context& context, Arguments) {
  constexpr std::uint64_t kSeed = 2014;
  base::Rng rng(kSeed);
  std::string wrong;
  if (!registers_hold(rng)) wrong = "a register reads back otherwise than it was written";
  if (wrong.empty()) wrong = counts_hold(context, rng);
  if (wrong.empty())
    context.reply.ok();
  else
    context.fail("TESTFAILED " + wrong);
}
constexpr Command kPfSelfTest =
    plain_command("pfselftest",
                  {"An internal command for testing HyperLogLog values.", "2.8.9", "N/A",
                   Group::kHyperLogLog, "PFSELFTEST", "OK"},
                  kAdmin | kDangerous, run_pfselftest);

}  // namespace

std::span<const Command* const> hyper_log_log_debug_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kPfDebug, &kPfSelfTest};
  return kCommands;
}

}  // namespace miniredis::commands
