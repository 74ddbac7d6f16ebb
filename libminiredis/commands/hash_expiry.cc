// Hashes: when single fields expire. As Redis 7.4 has it.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/field_list.h"
#include "commands/groups.h"
#include "types/hash.h"

namespace miniredis::commands {
namespace {

using types::Hash;

// What these commands answer for a field.
constexpr std::int64_t kNoField = -2;
constexpr std::int64_t kNoExpiry = -1;
constexpr std::int64_t kRefused = 0;
constexpr std::int64_t kDone = 1;
constexpr std::int64_t kDeleted = 2;

constexpr std::int64_t kMillisecond = 1;
constexpr std::int64_t kSecond = 1000;
enum class From : std::uint8_t { kNow, kEpoch };

void reply_to_each(Context& context, Arguments fields, std::int64_t answer) {
  context.reply.array(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) context.reply.integer(answer);
}

// HEXPIRE and its relatives

enum class Condition : std::uint8_t { kNone, kNx, kXx, kGt, kLt };

constexpr Arg kConditions[] = {flag("NX", nullptr), flag("XX", nullptr), flag("GT", nullptr),
                               flag("LT", nullptr)};
constexpr Arg kSecondsArgs[] = {key("key", nullptr), integer("seconds", nullptr),
                                optional(one_of("condition", kConditions)), field_list()};
constexpr Arg kMillisArgs[] = {key("key", nullptr), integer("milliseconds", nullptr),
                               optional(one_of("condition", kConditions)), field_list()};
constexpr Arg kUnixSecondsArgs[] = {key("key", nullptr), unix_time("unix-time-seconds", nullptr),
                                    optional(one_of("condition", kConditions)), field_list()};
constexpr Arg kUnixMillisArgs[] = {key("key", nullptr),
                                   unix_time("unix-time-milliseconds", nullptr),
                                   optional(one_of("condition", kConditions)), field_list()};

Condition condition_in(Bytes word) {
  if (base::equals_ignore_case(word, "nx")) return Condition::kNx;
  if (base::equals_ignore_case(word, "xx")) return Condition::kXx;
  if (base::equals_ignore_case(word, "gt")) return Condition::kGt;
  if (base::equals_ignore_case(word, "lt")) return Condition::kLt;
  return Condition::kNone;
}

// A field that never expires is neither before nor after any time, but LT takes it.
bool holds(Condition condition, std::int64_t old, std::int64_t time) {
  const bool has = old != Hash::kNever;
  switch (condition) {
    case Condition::kNx:
      return !has;
    case Condition::kXx:
      return has;
    case Condition::kGt:
      return has && time > old;
    case Condition::kLt:
      return time < old;
    default:
      return true;
  }
}

std::int64_t expire_field(Hash& hash, Bytes field, Condition condition, std::int64_t time,
                          bool is_past) {
  const auto old = hash.expiry(field);
  if (!old) return kNoField;
  if (!holds(condition, *old, time)) return kRefused;
  if (is_past) {
    hash.erase(field);
    return kDeleted;
  }
  hash.set_expiry(field, time);
  return kDone;
}

template <std::int64_t Unit, From Start>
void run_expire(Context& context, Arguments words) {
  auto hash = open<Hash>(context, words[0]);
  if (!hash) return;
  const auto time =
      read_field_expiry(context, words[1], Unit, Start == From::kNow ? context.now_ms() : 0);
  if (!time) return;
  const Condition condition = condition_in(words[2]);
  const auto fields = read_field_list(context, words.subspan(condition == Condition::kNone ? 2 : 3),
                                      wire::kFieldCountToExpire);
  if (!fields) return;
  if (!hash.existed()) {
    reply_to_each(context, *fields, kNoField);
    return;
  }
  const bool is_past = *time <= context.now_ms();
  bool changed = false;
  context.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const std::int64_t answer = expire_field(*hash, field, condition, *time, is_past);
    changed = changed || answer == kDone || answer == kDeleted;
    context.reply.integer(answer);
  }
  if (changed) hash.changed(is_past ? events::kHDel : events::kHExpire);
}

constexpr Command kHExpire = raw_command<kSecondsArgs>(
    "hexpire",
    {"Sets the expiration time of hash fields in seconds.", "7.4.0",
     "O(N) where N is the number of fields", Group::kHash, "HEXPIRE user:1 60 FIELDS 1 name",
     "1) (integer) 1"},
    kWrite | kDenyOom | kFast, run_expire<kSecond, From::kNow>, use::keys(use::kChanges));
constexpr Command kHPExpire = raw_command<kMillisArgs>(
    "hpexpire",
    {"Sets the expiration time of hash fields in milliseconds.", "7.4.0",
     "O(N) where N is the number of fields", Group::kHash,
     "HPEXPIRE user:1 60000 FIELDS 2 name missing", "1) (integer) 1\n2) (integer) -2"},
    kWrite | kDenyOom | kFast, run_expire<kMillisecond, From::kNow>, use::keys(use::kChanges));
constexpr Command kHExpireAt = raw_command<kUnixSecondsArgs>(
    "hexpireat",
    {"Sets the expiration time of hash fields to a Unix timestamp in seconds.", "7.4.0",
     "O(N) where N is the number of fields", Group::kHash,
     "HEXPIREAT user:1 33177117420 GT FIELDS 1 name", "1) (integer) 1"},
    kWrite | kDenyOom | kFast, run_expire<kSecond, From::kEpoch>, use::keys(use::kChanges));
constexpr Command kHPExpireAt = raw_command<kUnixMillisArgs>(
    "hpexpireat",
    {"Sets the expiration time of hash fields to a Unix timestamp in milliseconds.", "7.4.0",
     "O(N) where N is the number of fields", Group::kHash,
     "HPEXPIREAT user:1 33177117420000 NX FIELDS 1 name", "1) (integer) 0"},
    kWrite | kDenyOom | kFast, run_expire<kMillisecond, From::kEpoch>, use::keys(use::kChanges));

// HTTL and its relatives, HPERSIST

constexpr Arg kFieldTimesArgs[] = {key("key", nullptr), field_list()};

template <std::int64_t Unit, From Start>
void run_ttl(Context& context, Arguments words) {
  const auto hash = look_up<Hash>(context, words[0]);
  if (!hash) return;
  const auto fields = read_field_list(context, words.subspan(1), wire::kFieldCount);
  if (!fields) return;
  const std::int64_t start = Start == From::kNow ? context.now_ms() : 0;
  context.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const auto time = hash->expiry(field);
    if (!time)
      context.reply.integer(kNoField);
    else if (*time == Hash::kNever)
      context.reply.integer(kNoExpiry);
    else
      context.reply.integer((*time - start + Unit - 1) / Unit);
  }
}

constexpr Command kHTtl =
    raw_command<kFieldTimesArgs>("httl",
                                 {"Returns the time to live of hash fields in seconds.", "7.4.0",
                                  "O(N) where N is the number of fields", Group::kHash,
                                  "HTTL user:1 FIELDS 1 missing", "1) (integer) -2"},
                                 kReadOnly | kFast, run_ttl<kSecond, From::kNow>);
constexpr Command kHPTtl =
    raw_command<kFieldTimesArgs>("hpttl",
                                 {"Returns the time to live of hash fields in milliseconds.",
                                  "7.4.0", "O(N) where N is the number of fields", Group::kHash,
                                  "HPTTL user:1 FIELDS 1 missing", "1) (integer) -2"},
                                 kReadOnly | kFast, run_ttl<kMillisecond, From::kNow>);
constexpr Command kHExpireTime =
    raw_command<kFieldTimesArgs>("hexpiretime",
                                 {"Returns when hash fields expire as Unix timestamps in seconds.",
                                  "7.4.0", "O(N) where N is the number of fields", Group::kHash,
                                  "HEXPIRETIME user:1 FIELDS 1 name", "1) (integer) 33177117420"},
                                 kReadOnly | kFast, run_ttl<kSecond, From::kEpoch>);
constexpr Command kHPExpireTime = raw_command<kFieldTimesArgs>(
    "hpexpiretime",
    {"Returns when hash fields expire as Unix timestamps in milliseconds.", "7.4.0",
     "O(N) where N is the number of fields", Group::kHash, "HPEXPIRETIME user:1 FIELDS 1 name",
     "1) (integer) 33177117420000"},
    kReadOnly | kFast, run_ttl<kMillisecond, From::kEpoch>);

void run_hpersist(Context& context, Arguments words) {
  auto hash = open<Hash>(context, words[0]);
  if (!hash) return;
  const auto fields = read_field_list(context, words.subspan(1), wire::kFieldCount);
  if (!fields) return;
  if (!hash.existed()) {
    reply_to_each(context, *fields, kNoField);
    return;
  }
  bool changed = false;
  context.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const auto time = hash->expiry(field);
    if (!time) {
      context.reply.integer(kNoField);
    } else if (*time == Hash::kNever) {
      context.reply.integer(kNoExpiry);
    } else {
      hash->set_expiry(field, Hash::kNever);
      context.reply.integer(kDone);
      changed = true;
    }
  }
  if (changed) hash.changed(events::kHPersist);
}
constexpr Command kHPersist = raw_command<kFieldTimesArgs>(
    "hpersist",
    {"Removes the expiration time of hash fields.", "7.4.0", "O(N) where N is the number of fields",
     Group::kHash, "HPERSIST user:1 FIELDS 1 name", "1) (integer) 1"},
    kWrite | kFast, run_hpersist, use::keys(use::kChanges));

}  // namespace

std::span<const Command* const> hash_expiry_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kHExpire,     &kHPExpire,     &kHExpireAt,
                                                 &kHPExpireAt,  &kHTtl,         &kHPTtl,
                                                 &kHExpireTime, &kHPExpireTime, &kHPersist};
  return kCommands;
}

}  // namespace miniredis::commands
