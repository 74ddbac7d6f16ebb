// When keys expire: EXPIRE, TTL and their relatives.
#include "commands/command.h"
#include "commands/events.h"
#include "commands/expiry_time.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

struct ExpireArgs {
  Bytes key;
  std::int64_t amount = 0;
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;
};
constexpr Arg kNx = flag("NX", into<&ExpireArgs::nx>, "7.0.0");
constexpr Arg kXx = flag("XX", into<&ExpireArgs::xx>, "7.0.0");
constexpr Arg kGt = flag("GT", into<&ExpireArgs::gt>, "7.0.0");
constexpr Arg kLt = flag("LT", into<&ExpireArgs::lt>, "7.0.0");

constexpr Bytes kNxContradicts =
    "ERR NX and XX, GT or LT options at the same time are not compatible";
constexpr Bytes kGtContradictsLt = "ERR GT and LT options at the same time are not compatible";

template <ExpiryKind Kind>
void run_expire(Context& context, const ExpireArgs& args) {
  if (args.nx && (args.xx || args.gt || args.lt)) {
    context.fail(kNxContradicts);
    return;
  }
  if (args.gt && args.lt) {
    context.fail(kGtContradictsLt);
    return;
  }
  const auto time = expiry_time(context, Kind, args.amount, context.command->name, false);
  if (!time) return;
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  if (!place) {
    context.reply.integer(0);
    return;
  }
  const std::int64_t old = place->expiry();
  const bool has = old != Entry::kNoExpiry;
  // A key that never expires counts as one that expires infinitely late.
  const bool refused = (args.nx && has) || (args.xx && !has) ||
                       (args.gt && (!has || *time <= old)) || (args.lt && has && *time >= old);
  if (refused) {
    context.reply.integer(0);
    return;
  }
  if (*time <= context.now_ms()) {
    scope.remove(place, args.key, events::kDel);
  } else {
    scope.set_expiry(place, args.key, *time, events::kExpire);
  }
  context.reply.integer(1);
}

// Unknown options are named in the error, unlike elsewhere; so the words are read by hand.
template <ExpiryKind Kind>
void run_expire_words(Context& context, Arguments words) {
  ExpireArgs args;
  args.key = words[0];
  for (const Bytes word : words.subspan(2)) {
    if (base::equals_ignore_case(word, "nx"))
      args.nx = true;
    else if (base::equals_ignore_case(word, "xx"))
      args.xx = true;
    else if (base::equals_ignore_case(word, "gt"))
      args.gt = true;
    else if (base::equals_ignore_case(word, "lt"))
      args.lt = true;
    else {
      context.fail("ERR Unsupported option " + std::string(word));
      return;
    }
  }
  const auto amount = base::parse_int(words[1]);
  const bool contradicts = (args.nx && (args.xx || args.gt || args.lt)) || (args.gt && args.lt);
  if (!amount && !contradicts) {
    context.fail(wire::kNotInteger);
    return;
  }
  args.amount = amount.value_or(0);
  run_expire<Kind>(context, args);
}

constexpr Arg kConditions[] = {kNx, kXx, kGt, kLt};
constexpr Arg kExpireArgs[] = {key("key", into<&ExpireArgs::key>),
                               integer("seconds", into<&ExpireArgs::amount>),
                               optional(one_of("condition", kConditions))};
constexpr Arg kPExpireArgs[] = {key("key", into<&ExpireArgs::key>),
                                integer("milliseconds", into<&ExpireArgs::amount>),
                                optional(one_of("condition", kConditions))};
constexpr Arg kExpireAtArgs[] = {key("key", into<&ExpireArgs::key>),
                                 unix_time("unix-time-seconds", into<&ExpireArgs::amount>),
                                 optional(one_of("condition", kConditions))};
constexpr Arg kPExpireAtArgs[] = {key("key", into<&ExpireArgs::key>),
                                  unix_time("unix-time-milliseconds", into<&ExpireArgs::amount>),
                                  optional(one_of("condition", kConditions))};

constexpr Command kExpire = raw_command<kExpireArgs>(
    "expire",
    {"Sets the expiration time of a key in seconds.", "1.0.0", "O(1)", Group::kGeneric,
     "EXPIRE greeting 60", "(integer) 1"},
    kWrite | kFast, run_expire_words<ExpiryKind::kSeconds>, use::keys(use::kChanges));
constexpr Command kPExpire = raw_command<kPExpireArgs>(
    "pexpire",
    {"Sets the expiration time of a key in milliseconds.", "2.6.0", "O(1)", Group::kGeneric,
     "PEXPIRE greeting 60000", "(integer) 1"},
    kWrite | kFast, run_expire_words<ExpiryKind::kMillis>, use::keys(use::kChanges));
constexpr Command kExpireAt = raw_command<kExpireAtArgs>(
    "expireat",
    {"Sets the expiration time of a key to a Unix timestamp.", "1.2.0", "O(1)", Group::kGeneric,
     "EXPIREAT greeting 33177117420", "(integer) 1"},
    kWrite | kFast, run_expire_words<ExpiryKind::kUnixSeconds>, use::keys(use::kChanges));
constexpr Command kPExpireAt = raw_command<kPExpireAtArgs>(
    "pexpireat",
    {"Sets the expiration time of a key to a Unix milliseconds timestamp.", "2.6.0", "O(1)",
     Group::kGeneric, "PEXPIREAT greeting 33177117420000", "(integer) 1"},
    kWrite | kFast, run_expire_words<ExpiryKind::kUnixMillis>, use::keys(use::kChanges));

// -2: no such key; -1: it does not expire; else `as(expiry)`.
template <typename As>
void reply_time(Context& context, Bytes key, As&& as) {
  const Entry* entry = context.read().peek_counted(key);
  if (entry == nullptr)
    context.reply.integer(-2);
  else if (!entry->has_expiry())
    context.reply.integer(-1);
  else
    context.reply.integer(as(entry->expiry()));
}

void run_ttl(Context& context, const KeyArgs& args) {
  reply_time(context, args.key,
             [&](std::int64_t at) { return (at - context.now_ms() + 500) / 1000; });
}
constexpr Command kTtl = command<KeyArgs, kKeyOnly, run_ttl>(
    "ttl",
    {"Returns the expiration time in seconds of a key.", "1.0.0", "O(1)", Group::kGeneric,
     "TTL greeting", "(integer) 60"},
    kReadOnly | kFast);

void run_pttl(Context& context, const KeyArgs& args) {
  reply_time(context, args.key, [&](std::int64_t at) { return at - context.now_ms(); });
}
constexpr Command kPTtl = command<KeyArgs, kKeyOnly, run_pttl>(
    "pttl",
    {"Returns the expiration time in milliseconds of a key.", "2.6.0", "O(1)", Group::kGeneric,
     "PTTL greeting", "(integer) 60000"},
    kReadOnly | kFast);

void run_expiretime(Context& context, const KeyArgs& args) {
  reply_time(context, args.key, [](std::int64_t at) { return (at + 500) / 1000; });
}
constexpr Command kExpireTime = command<KeyArgs, kKeyOnly, run_expiretime>(
    "expiretime",
    {"Returns the expiration time of a key as a Unix timestamp.", "7.0.0", "O(1)", Group::kGeneric,
     "EXPIRETIME greeting", "(integer) 33177117420"},
    kReadOnly | kFast);

void run_pexpiretime(Context& context, const KeyArgs& args) {
  reply_time(context, args.key, [](std::int64_t at) { return at; });
}
constexpr Command kPExpireTime = command<KeyArgs, kKeyOnly, run_pexpiretime>(
    "pexpiretime",
    {"Returns the expiration time of a key as a Unix milliseconds timestamp.", "7.0.0", "O(1)",
     Group::kGeneric, "PEXPIRETIME greeting", "(integer) 33177117420000"},
    kReadOnly | kFast);

void run_persist(Context& context, const KeyArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  const bool had = place && place->has_expiry();
  if (had) scope.set_expiry(place, args.key, Entry::kNoExpiry, events::kPersist);
  context.reply.integer(had ? 1 : 0);
}
constexpr Command kPersist = command<KeyArgs, kKeyOnly, run_persist>(
    "persist",
    {"Removes the expiration time of a key.", "2.2.0", "O(1)", Group::kGeneric, "PERSIST greeting",
     "(integer) 1"},
    kWrite | kFast, use::keys(use::kChanges));

}  // namespace

std::span<const Command* const> expiry_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kExpire,     &kPExpire,     &kExpireAt,
                                                 &kPExpireAt,  &kTtl,         &kPTtl,
                                                 &kExpireTime, &kPExpireTime, &kPersist};
  return kCommands;
}

}  // namespace miniredis::commands
