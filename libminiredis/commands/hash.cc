// Hashes: fields by name, and whole hashes.
#include "types/hash.h"

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"

namespace miniredis::commands {
namespace {

using types::Hash;

struct FieldArgs {
  Bytes key;
  Bytes field;
};
constexpr Arg kFieldArgs[] = {key("key", into<&FieldArgs::key>),
                              string("field", into<&FieldArgs::field>)};

struct FieldsArgs {
  Bytes key;
  Arguments fields;
};
constexpr Arg kFieldsArgs[] = {key("key", into<&FieldsArgs::key>),
                               multiple(string("field", into<&FieldsArgs::fields>))};

// HSET, HMSET, HSETNX

struct PairsArgs {
  Bytes key;
  Arguments pairs;
};
constexpr Arg kPair[] = {string("field", nullptr), string("value", nullptr)};
constexpr Arg kPairsArgs[] = {key("key", into<&PairsArgs::key>),
                              multiple(block("data", kPair, into<&PairsArgs::pairs>))};

// Returns how many fields are new; nothing when the error has been answered.
std::optional<std::int64_t> set_pairs(Context& context, const PairsArgs& args) {
  auto hash = open<Hash>(context, args.key);
  if (!hash) return std::nullopt;
  std::int64_t added = 0;
  for (std::size_t i = 0; i < args.pairs.size(); i += 2) {
    added += hash->set(args.pairs[i], args.pairs[i + 1]) ? 1 : 0;
  }
  hash.changed(events::kHSet);
  return added;
}

void run_hset(Context& context, const PairsArgs& args) {
  if (const auto added = set_pairs(context, args)) context.reply.integer(*added);
}
constexpr Command kHSet = command<PairsArgs, kPairsArgs, run_hset>(
    "hset",
    {"Creates or modifies the value of a field in a hash.", "2.0.0",
     "O(1) for each field/value pair added, so O(N) to add N field/value pairs", Group::kHash,
     "HSET user:1 name Ada", "(integer) 1"},
    kWrite | kDenyOom | kFast, use::keys(use::kChanges));

void run_hmset(Context& context, const PairsArgs& args) {
  if (set_pairs(context, args)) context.reply.ok();
}
constexpr Command kHMSet = command<PairsArgs, kPairsArgs, run_hmset>(
    "hmset",
    {"Sets the values of multiple fields.", "2.0.0",
     "O(N) where N is the number of fields being set", Group::kHash, "HMSET user:1 age 36", "OK"},
    kWrite | kDenyOom | kFast, use::keys(use::kChanges));

struct SetNxArgs {
  Bytes key;
  Bytes field;
  Bytes value;
};
constexpr Arg kSetNxArgs[] = {key("key", into<&SetNxArgs::key>),
                              string("field", into<&SetNxArgs::field>),
                              string("value", into<&SetNxArgs::value>)};

void run_hsetnx(Context& context, const SetNxArgs& args) {
  auto hash = open<Hash>(context, args.key);
  if (!hash) return;
  if (hash->get(args.field)) {
    context.reply.integer(0);
    return;
  }
  hash->set(args.field, args.value);
  hash.changed(events::kHSet);
  context.reply.integer(1);
}
constexpr Command kHSetNx = command<SetNxArgs, kSetNxArgs, run_hsetnx>(
    "hsetnx",
    {"Sets the value of a field in a hash only when the field doesn't exist.", "2.0.0", "O(1)",
     Group::kHash, "HSETNX user:1 name Bob", "(integer) 0"},
    kWrite | kDenyOom | kFast, use::keys(use::kInserts));

// HGET, HMGET, HEXISTS, HSTRLEN, HLEN

void reply_value(Context& context, const std::optional<Bytes>& value) {
  if (value)
    context.reply.bulk(*value);
  else
    context.reply.null();
}

void run_hget(Context& context, const FieldArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (hash) reply_value(context, hash->get(args.field));
}
constexpr Command kHGet =
    command<FieldArgs, kFieldArgs, run_hget>("hget",
                                             {"Returns the value of a field in a hash.", "2.0.0",
                                              "O(1)", Group::kHash, "HGET user:1 name", "\"Ada\""},
                                             kReadOnly | kFast);

void run_hmget(Context& context, const FieldsArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  context.reply.array(args.fields.size());
  for (const Bytes field : args.fields) reply_value(context, hash->get(field));
}
constexpr Command kHMGet = command<FieldsArgs, kFieldsArgs, run_hmget>(
    "hmget",
    {"Returns the values of all given fields of a hash.", "2.0.0",
     "O(N) where N is the number of fields being requested", Group::kHash,
     "HMGET user:1 name missing", "1) \"Ada\"\n2) (nil)"},
    kReadOnly | kFast);

void run_hexists(Context& context, const FieldArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (hash) context.reply.integer(hash->get(args.field) ? 1 : 0);
}
constexpr Command kHExists = command<FieldArgs, kFieldArgs, run_hexists>(
    "hexists",
    {"Determines whether a field exists in a hash.", "2.0.0", "O(1)", Group::kHash,
     "HEXISTS user:1 name", "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

void run_hstrlen(Context& context, const FieldArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  const auto value = hash->get(args.field);
  context.reply.integer(value ? static_cast<std::int64_t>(value->size()) : 0);
}
constexpr Command kHStrlen = command<FieldArgs, kFieldArgs, run_hstrlen>(
    "hstrlen",
    {"Returns the length of the value of a field.", "3.2.0", "O(1)", Group::kHash,
     "HSTRLEN user:1 name", "(integer) 3"},
    kReadOnly | kFast, use::keys(use::kLooks));

void run_hlen(Context& context, const KeyArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (hash) context.reply.integer(static_cast<std::int64_t>(hash->live_size()));
}
constexpr Command kHLen =
    command<KeyArgs, kKeyOnly, run_hlen>("hlen",
                                         {"Returns the number of fields in a hash.", "2.0.0",
                                          "O(1)", Group::kHash, "HLEN user:1", "(integer) 1"},
                                         kReadOnly | kFast, use::keys(use::kLooks));

// HGETALL, HKEYS, HVALS

void run_hgetall(Context& context, const KeyArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  context.reply.map(hash->live_size());
  hash->each([&](Bytes field, Bytes value) {
    context.tick();
    context.reply.bulk(field);
    context.reply.bulk(value);
  });
}
constexpr Command kHGetAll = command<KeyArgs, kKeyOnly, run_hgetall>(
    "hgetall",
    {"Returns all fields and values in a hash.", "2.0.0", "O(N) where N is the size of the hash",
     Group::kHash, "HGETALL user:1", "1) \"name\"\n2) \"Ada\""},
    kReadOnly);

void run_hkeys(Context& context, const KeyArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  context.reply.array(hash->live_size());
  hash->each([&](Bytes field, Bytes) {
    context.tick();
    context.reply.bulk(field);
  });
}
constexpr Command kHKeys = command<KeyArgs, kKeyOnly, run_hkeys>(
    "hkeys",
    {"Returns all fields in a hash.", "2.0.0", "O(N) where N is the size of the hash", Group::kHash,
     "HKEYS user:1", "1) \"name\""},
    kReadOnly);

void run_hvals(Context& context, const KeyArgs& args) {
  const auto hash = look_up<Hash>(context, args.key);
  if (!hash) return;
  context.reply.array(hash->live_size());
  hash->each([&](Bytes, Bytes value) {
    context.tick();
    context.reply.bulk(value);
  });
}
constexpr Command kHVals = command<KeyArgs, kKeyOnly, run_hvals>(
    "hvals",
    {"Returns all values in a hash.", "2.0.0", "O(N) where N is the size of the hash", Group::kHash,
     "HVALS user:1", "1) \"Ada\""},
    kReadOnly);

// HDEL

void run_hdel(Context& context, const FieldsArgs& args) {
  auto hash = open<Hash>(context, args.key);
  if (!hash) return;
  std::int64_t removed = 0;
  for (const Bytes field : args.fields) removed += hash->erase(field) ? 1 : 0;
  if (removed > 0) hash.changed(events::kHDel);
  context.reply.integer(removed);
}
constexpr Command kHDel = command<FieldsArgs, kFieldsArgs, run_hdel>(
    "hdel",
    {"Deletes one or more fields and their values from a hash. Deletes the hash if no fields "
     "remain.",
     "2.0.0", "O(N) where N is the number of fields to be removed", Group::kHash, "HDEL user:1 age",
     "(integer) 1"},
    kWrite | kFast, use::keys(use::kDeletesFrom));

}  // namespace

std::span<const Command* const> hash_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kHSet,    &kHMSet,   &kHSetNx,  &kHGet,
                                                 &kHMGet,   &kHExists, &kHStrlen, &kHLen,
                                                 &kHGetAll, &kHKeys,   &kHVals,   &kHDel};
  return kCommands;
}

}  // namespace miniredis::commands
