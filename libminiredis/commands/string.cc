// Strings as a whole: GET, SET and their relatives.
#include <algorithm>
#include <optional>

#include "commands/command.h"
#include "commands/events.h"
#include "commands/expiry_time.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

// GET

void run_get(Context& context, const KeyArgs& args) {
  const Entry* entry = context.read().find(args.key);
  if (wrong_type(context, entry)) return;
  reply_string(context, entry);
}
constexpr Command kGet =
    command<KeyArgs, kKeyOnly, run_get>("get",
                                        {"Returns the string value of a key.", "1.0.0", "O(1)",
                                         Group::kString, "GET greeting", "\"hello\""},
                                        kReadOnly | kFast);

// STRLEN

void run_strlen(Context& context, const KeyArgs& args) {
  const Entry* entry = context.read().find(args.key);
  if (wrong_type(context, entry)) return;
  context.reply.integer(entry == nullptr ? 0 : static_cast<std::int64_t>(entry->text_size()));
}
constexpr Command kStrlen = command<KeyArgs, kKeyOnly, run_strlen>(
    "strlen",
    {"Returns the length of a string value.", "2.2.0", "O(1)", Group::kString, "STRLEN greeting",
     "(integer) 5"},
    kReadOnly | kFast, use::keys(use::kLooks));

// GETDEL

void run_getdel(Context& context, const KeyArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find_counted(args.key);
  const Entry* entry = place ? place.entry() : nullptr;
  if (wrong_type(context, entry)) return;
  reply_string(context, entry);
  if (place) scope.remove(place, args.key, events::kDel);
}
constexpr Command kGetDel = command<KeyArgs, kKeyOnly, run_getdel>(
    "getdel",
    {"Returns the string value of a key after deleting the key.", "6.2.0", "O(1)", Group::kString,
     "GETDEL greeting", "\"hello\""},
    kWrite | kFast, use::keys(use::kTakes));

// SET

enum class Condition : std::uint8_t { kAlways, kIfAbsent, kIfPresent };

struct SetArgs {
  Bytes key;
  Bytes value;
  Condition condition = Condition::kAlways;
  bool get = false;
  ExpiryKind expiry_kind = ExpiryKind::kNone;
  std::int64_t expiry = 0;
};
constexpr Arg kSetConditions[] = {
    flag("NX", into<&SetArgs::condition, Condition::kIfAbsent>),
    flag("XX", into<&SetArgs::condition, Condition::kIfPresent>),
};
template <ExpiryKind Kind>
constexpr Store kSetExpiry = into_choice<&SetArgs::expiry, &SetArgs::expiry_kind, Kind>;
constexpr Arg kSetExpiries[] = {
    integer("seconds", kSetExpiry<ExpiryKind::kSeconds>, "EX"),
    integer("milliseconds", kSetExpiry<ExpiryKind::kMillis>, "PX"),
    unix_time("unix-time-seconds", kSetExpiry<ExpiryKind::kUnixSeconds>, "EXAT"),
    unix_time("unix-time-milliseconds", kSetExpiry<ExpiryKind::kUnixMillis>, "PXAT"),
    flag("KEEPTTL", into<&SetArgs::expiry_kind, ExpiryKind::kKeep>, "6.0.0"),
};
constexpr Arg kSetArgs[] = {
    key("key", into<&SetArgs::key>),
    string("value", into<&SetArgs::value>),
    optional(one_of("condition", kSetConditions)),
    optional(flag("GET", into<&SetArgs::get>, "6.2.0")),
    optional(one_of("expiration", kSetExpiries)),
};

void store(Context& context, const SetArgs& args) {
  std::int64_t expiry = Entry::kNoExpiry;
  const bool timed = args.expiry_kind != ExpiryKind::kNone && args.expiry_kind != ExpiryKind::kKeep;
  if (timed) {
    const auto time =
        expiry_time(context, args.expiry_kind, args.expiry, context.command->name, true);
    if (!time) return;
    expiry = *time;
  }
  WriteScope scope = context.write();
  auto place = args.get ? scope.find_counted(args.key) : scope.find(args.key);
  if (args.get) {
    const Entry* entry = place ? place.entry() : nullptr;
    if (wrong_type(context, entry)) return;
    reply_string(context, entry);
  }
  const bool wanted = args.condition == Condition::kAlways ||
                      (args.condition == Condition::kIfPresent) == static_cast<bool>(place);
  if (!wanted) {
    if (!args.get) context.reply.null();
    return;
  }
  if (args.expiry_kind == ExpiryKind::kKeep && place) expiry = place->expiry();
  scope.put(place, args.key, args.value, expiry, events::kSet);
  if (timed) scope.also(events::kExpire, args.key);
  if (!args.get) context.reply.ok();
}

// Without GET the value that was there stays unread.
KeyUse set_use(Arguments words) noexcept {
  for (const Bytes word : words.subspan(std::min<std::size_t>(words.size(), 3))) {
    if (base::equals_ignore_case(word, "get")) return use::kReadsAndChanges;
  }
  return use::kReplaces;
}
constexpr Command kSet = command<SetArgs, kSetArgs, store>(
    "set",
    {"Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
     "1.0.0", "O(1)", Group::kString, "SET greeting hello", "OK"},
    kWrite | kDenyOom, use::keys(use::kMayChange, set_use));

// SETNX

constexpr Arg kKeyValue[] = {key("key", into<&SetArgs::key>),
                             string("value", into<&SetArgs::value>)};

void run_setnx(Context& context, const SetArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find(args.key);
  context.reply.integer(place ? 0 : 1);
  if (!place) scope.put(place, args.key, args.value, Entry::kNoExpiry, events::kSet);
}
constexpr Command kSetNx = command<SetArgs, kKeyValue, run_setnx>(
    "setnx",
    {"Sets the string value of a key only when the key doesn't exist.", "1.0.0", "O(1)",
     Group::kString, "SETNX greeting hi", "(integer) 0"},
    kWrite | kDenyOom | kFast, use::keys(use::kMakes));

// SETEX, PSETEX

constexpr Arg kSetExArgs[] = {key("key", into<&SetArgs::key>),
                              integer("seconds", kSetExpiry<ExpiryKind::kSeconds>),
                              string("value", into<&SetArgs::value>)};
constexpr Command kSetEx = command<SetArgs, kSetExArgs, store>(
    "setex",
    {"Sets the string value and expiration time of a key. Creates the key if it doesn't exist.",
     "2.0.0", "O(1)", Group::kString, "SETEX session 60 token", "OK"},
    kWrite | kDenyOom, use::keys(use::kReplaces));

constexpr Arg kPSetExArgs[] = {key("key", into<&SetArgs::key>),
                               integer("milliseconds", kSetExpiry<ExpiryKind::kMillis>),
                               string("value", into<&SetArgs::value>)};
constexpr Command kPSetEx = command<SetArgs, kPSetExArgs, store>(
    "psetex",
    {"Sets both string value and expiration time in milliseconds of a key. The key is created if "
     "it "
     "doesn't exist.",
     "2.6.0", "O(1)", Group::kString, "PSETEX session 60000 token", "OK"},
    kWrite | kDenyOom, use::keys(use::kReplaces));

// GETSET

void run_getset(Context& context, const SetArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find_counted(args.key);
  const Entry* entry = place ? place.entry() : nullptr;
  if (wrong_type(context, entry)) return;
  reply_string(context, entry);
  scope.put(place, args.key, args.value, Entry::kNoExpiry, events::kSet);
}
constexpr Command kGetSet = command<SetArgs, kKeyValue, run_getset>(
    "getset",
    {"Returns the previous string value of a key after setting it to a new value.", "1.0.0", "O(1)",
     Group::kString, "GETSET greeting hi", "\"hello\""},
    kWrite | kDenyOom | kFast);

// GETEX

struct GetExArgs {
  Bytes key;
  ExpiryKind kind = ExpiryKind::kNone;
  std::int64_t amount = 0;
};
template <ExpiryKind Kind>
constexpr Store kGetExExpiry = into_choice<&GetExArgs::amount, &GetExArgs::kind, Kind>;
constexpr Arg kGetExExpiries[] = {
    integer("seconds", kGetExExpiry<ExpiryKind::kSeconds>, "EX"),
    integer("milliseconds", kGetExExpiry<ExpiryKind::kMillis>, "PX"),
    unix_time("unix-time-seconds", kGetExExpiry<ExpiryKind::kUnixSeconds>, "EXAT"),
    unix_time("unix-time-milliseconds", kGetExExpiry<ExpiryKind::kUnixMillis>, "PXAT"),
    flag("PERSIST", into<&GetExArgs::kind, ExpiryKind::kPersist>),
};
constexpr Arg kGetExArgs[] = {key("key", into<&GetExArgs::key>),
                              optional(one_of("expiration", kGetExExpiries))};

void run_getex(Context& context, const GetExArgs& args) {
  WriteScope scope = context.write();
  auto place = scope.find_counted(args.key);
  const Entry* entry = place ? place.entry() : nullptr;
  if (wrong_type(context, entry)) return;
  if (!place) {
    context.reply.null();
    return;
  }
  const bool timed = args.kind != ExpiryKind::kNone && args.kind != ExpiryKind::kPersist;
  std::optional<std::int64_t> time;
  if (timed) {
    time = expiry_time(context, args.kind, args.amount, "getex", true);
    if (!time) return;
  }
  reply_string(context, entry);
  if (timed && *time <= context.now_ms()) {
    scope.remove(place, args.key, events::kDel);
  } else if (timed) {
    scope.set_expiry(place, args.key, *time, events::kExpire);
  } else if (args.kind == ExpiryKind::kPersist && entry->has_expiry()) {
    scope.set_expiry(place, args.key, Entry::kNoExpiry, events::kPersist);
  }
}
constexpr Command kGetEx = command<GetExArgs, kGetExArgs, run_getex>(
    "getex",
    {"Returns the string value of a key after setting its expiration time.", "6.2.0", "O(1)",
     Group::kString, "GETEX greeting EX 60", "\"hello\""},
    kWrite | kFast);

}  // namespace

std::span<const Command* const> string_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kGet,   &kStrlen, &kGetDel, &kSet,  &kSetNx,
                                                 &kSetEx, &kPSetEx, &kGetSet, &kGetEx};
  return kCommands;
}

}  // namespace miniredis::commands
