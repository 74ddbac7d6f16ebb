// Several strings at once: MGET, MSET, MSETNX.
#include "commands/command.h"
#include "commands/events.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

void run_mget(Context& context, const KeysArgs& args) {
  context.reply.array(args.keys.size());
  keyspace::ReadScope scope = context.read();
  for (const Bytes name : args.keys) {
    const Entry* entry = scope.find(name);
    const bool is_string = entry != nullptr && entry->type() == keyspace::Type::kString;
    reply_string(context, is_string ? entry : nullptr);
  }
}
constexpr Command kMGet = command<KeysArgs, kKeysArgs, run_mget>(
    "mget",
    {"Atomically returns the string values of one or more keys.", "1.0.0",
     "O(N) where N is the number of keys to retrieve", Group::kString, "MGET a b",
     "1) \"1\"\n2) (nil)"},
    kReadOnly | kFast);

struct PairsArgs {
  Arguments pairs;  // key, value, key, value, ...
};
constexpr Arg kPair[] = {key("key", nullptr), string("value", nullptr)};
constexpr Arg kPairsArgs[] = {multiple(block("data", kPair, into<&PairsArgs::pairs>))};

void put_all(Context& context, Arguments pairs) {
  WriteScope scope = context.write();
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    auto place = scope.find(pairs[i]);
    scope.put(place, pairs[i], pairs[i + 1], Entry::kNoExpiry, events::kSet);
  }
}

void run_mset(Context& context, const PairsArgs& args) {
  put_all(context, args.pairs);
  context.reply.ok();
}
constexpr Command kMSet = command<PairsArgs, kPairsArgs, run_mset>(
    "mset",
    {"Atomically creates or modifies the string values of one or more keys.", "1.0.1",
     "O(N) where N is the number of keys to set", Group::kString, "MSET a 1 b 2", "OK"},
    kWrite | kDenyOom, use::keys(use::kReplaces));

void run_msetnx(Context& context, const PairsArgs& args) {
  WriteScope scope = context.write();
  for (std::size_t i = 0; i < args.pairs.size(); i += 2) {
    if (scope.find(args.pairs[i])) {
      context.reply.integer(0);
      return;
    }
  }
  put_all(context, args.pairs);
  context.reply.integer(1);
}
constexpr Command kMSetNx = command<PairsArgs, kPairsArgs, run_msetnx>(
    "msetnx",
    {"Atomically modifies the string values of one or more keys only when all keys don't exist.",
     "1.0.1", "O(N) where N is the number of keys to set", Group::kString, "MSETNX a 1 b 2",
     "(integer) 1"},
    kWrite | kDenyOom, use::keys(use::kMakes));

}  // namespace

std::span<const Command* const> string_many_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kMGet, &kMSet, &kMSetNx};
  return kCommands;
}

}  // namespace miniredis::commands
