// Strings as numbers: INCR and its relatives.
#include <cmath>
#include <limits>

#include "commands/command.h"
#include "commands/events.h"
#include "commands/groups.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

struct StepArgs {
  Bytes key;
  std::int64_t step = 0;
};
constexpr Arg kStepKey[] = {key("key", into<&StepArgs::key>)};
constexpr Arg kIncrementArgs[] = {key("key", into<&StepArgs::key>),
                                  integer("increment", into<&StepArgs::step>)};
constexpr Arg kDecrementArgs[] = {key("key", into<&StepArgs::key>),
                                  integer("decrement", into<&StepArgs::step>)};

void add(Context& context, Bytes key, std::int64_t step, events::Event event) {
  WriteScope scope = context.write();
  auto place = scope.find(key);
  std::int64_t value = 0;
  std::int64_t expiry = Entry::kNoExpiry;
  if (place) {
    if (wrong_type(context, place.entry())) return;
    expiry = place->expiry();
    if (place->is_integer()) {
      value = place->integer();
    } else {
      char scratch[base::kMaxIntChars];
      const auto number = base::parse_int(place->text(scratch));
      if (!number) {
        context.fail(wire::kNotInteger);
        return;
      }
      value = *number;
    }
  }
  const auto sum = base::checked_add(value, step);
  if (!sum) {
    context.fail(wire::kOverflow);
    return;
  }
  scope.put_integer(place, key, *sum, expiry, event);
  context.reply.integer(*sum);
}

void run_incr(Context& context, const StepArgs& args) {
  add(context, args.key, 1, events::kIncrBy);
}
constexpr Command kIncr = command<StepArgs, kStepKey, run_incr>(
    "incr",
    {"Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't "
     "exist.",
     "1.0.0", "O(1)", Group::kString, "INCR visits", "(integer) 1"},
    kWrite | kDenyOom | kFast);

void run_decr(Context& context, const StepArgs& args) {
  add(context, args.key, -1, events::kIncrBy);
}
constexpr Command kDecr = command<StepArgs, kStepKey, run_decr>(
    "decr",
    {"Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't "
     "exist.",
     "1.0.0", "O(1)", Group::kString, "DECR stock", "(integer) -1"},
    kWrite | kDenyOom | kFast);

void run_incrby(Context& context, const StepArgs& args) {
  add(context, args.key, args.step, events::kIncrBy);
}
constexpr Command kIncrBy = command<StepArgs, kIncrementArgs, run_incrby>(
    "incrby",
    {"Increments the integer value of a key by a number. Uses 0 as initial value if the key "
     "doesn't "
     "exist.",
     "1.0.0", "O(1)", Group::kString, "INCRBY visits 10", "(integer) 11"},
    kWrite | kDenyOom | kFast);

void run_decrby(Context& context, const StepArgs& args) {
  if (args.step == std::numeric_limits<std::int64_t>::min()) {
    context.fail(wire::kDecrOverflow);
    return;
  }
  add(context, args.key, -args.step, events::kIncrBy);
}
constexpr Command kDecrBy = command<StepArgs, kDecrementArgs, run_decrby>(
    "decrby",
    {"Decrements a number from the integer value of a key. Uses 0 as initial value if the key "
     "doesn't exist.",
     "1.0.0", "O(1)", Group::kString, "DECRBY stock 5", "(integer) -6"},
    kWrite | kDenyOom | kFast);

// INCRBYFLOAT computes in long double, as Redis does, so that both round alike.

struct FloatArgs {
  Bytes key;
  Bytes increment;
};
constexpr Arg kFloatArgs[] = {
    key("key", into<&FloatArgs::key>),
    {"increment", ArgKind::kString, into<&FloatArgs::increment>},
};

void run_incrbyfloat(Context& context, const FloatArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  long double value = 0;
  if (place) {
    if (wrong_type(context, place.entry())) return;
    char scratch[base::kMaxIntChars];
    const auto number = base::parse_long_double(place->text(scratch));
    if (!number) {
      context.fail(wire::kNotFloat);
      return;
    }
    value = *number;
  }
  const auto increment = base::parse_long_double(args.increment);
  if (!increment) {
    context.fail(wire::kNotFloat);
    return;
  }
  const long double sum = value + *increment;
  if (std::isnan(sum) || std::isinf(sum)) {
    context.fail(wire::kNanOrInfinity);
    return;
  }
  const std::string text = base::format_long_double(sum);
  scope.put(place, args.key, text, place ? place->expiry() : Entry::kNoExpiry,
            events::kIncrByFloat);
  context.reply.bulk(text);
}
constexpr Command kIncrByFloat = command<FloatArgs, kFloatArgs, run_incrbyfloat>(
    "incrbyfloat",
    {"Increments the floating point value of a key by a number. Uses 0 as initial value if the key "
     "doesn't exist.",
     "2.6.0", "O(1)", Group::kString, "INCRBYFLOAT price 0.1", "\"0.1\""},
    kWrite | kDenyOom | kFast);

}  // namespace

std::span<const Command* const> string_number_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kIncr, &kDecr, &kIncrBy, &kDecrBy, &kIncrByFloat};
  return kCommands;
}

}  // namespace miniredis::commands
