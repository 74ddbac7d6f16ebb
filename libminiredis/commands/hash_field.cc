// Hashes: fields read or written together with their expiry. As Redis 8.0 has it.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/field_list.h"
#include "commands/groups.h"
#include "types/hash.h"

namespace miniredis::commands {
namespace {

using types::Hash;

void reply_values(Context& context, const Hash& hash, Arguments fields) {
  context.reply.array(fields.size());
  for (const Bytes field : fields) {
    if (const auto value = hash.get(field))
      context.reply.bulk(*value);
    else
      context.reply.null();
  }
}

// HGETDEL

constexpr Arg kGetDelArgs[] = {key("key", nullptr), field_list()};

void run_hgetdel(Context& context, Arguments words) {
  auto hash = open<Hash>(context, words[0]);
  if (!hash) return;
  const auto fields = read_field_list(context, words.subspan(1), wire::kFieldCount);
  if (!fields) return;
  bool changed = false;
  context.reply.array(fields->size());
  for (const Bytes field : *fields) {
    if (const auto value = hash->get(field)) {
      context.reply.bulk(*value);
      hash->erase(field);
      changed = true;
    } else {
      context.reply.null();
    }
  }
  if (changed) hash.changed(events::kHDel);
}
constexpr Command kHGetDel = raw_command<kGetDelArgs>(
    "hgetdel",
    {"Returns the values of hash fields and deletes them. Deletes the hash if no fields remain.",
     "8.0.0", "O(N) where N is the number of fields", Group::kHash,
     "HGETDEL user:1 FIELDS 1 missing", "1) (nil)"},
    kWrite | kFast, run_hgetdel, use::keys(use::kTakes));

// The options of HGETEX and HSETEX

constexpr Arg kTimes[] = {integer("seconds", nullptr, "EX"), integer("milliseconds", nullptr, "PX"),
                          unix_time("unix-time-seconds", nullptr, "EXAT"),
                          unix_time("unix-time-milliseconds", nullptr, "PXAT")};

struct Options {
  bool has_expiry = false;             // any of the words that say what becomes of it
  bool keeps = false;                  // KEEPTTL
  std::optional<std::int64_t> expiry;  // Unix ms; kNever: PERSIST
  enum class Condition : std::uint8_t { kNone, kNew, kExisting } condition = Condition::kNone;
  Arguments rest;  // from FIELDS on
};

// EX, PX, EXAT or PXAT with a number.
struct TimeOption {
  const char* word;
  std::int64_t unit_ms;
  bool relative;
};
constexpr TimeOption kTimeOptions[] = {
    {"ex", 1000, true}, {"px", 1, true}, {"exat", 1000, false}, {"pxat", 1, false}};

const TimeOption* time_option(Bytes word) {
  for (const TimeOption& option : kTimeOptions) {
    if (base::equals_ignore_case(word, option.word)) return &option;
  }
  return nullptr;
}

// The options before FIELDS; nothing, with the error answered.
std::optional<Options> read_options(Context& context, Arguments words, bool writes) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  const Bytes twice = writes ? wire::kTwoFieldExpiriesOfWrite : wire::kTwoFieldExpiriesOfRead;
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Bytes word = words[i];
    if (base::equals_ignore_case(word, "fields")) {
      options.rest = words.subspan(i);
      return options;
    }
    const TimeOption* time = time_option(word);
    const bool other = base::equals_ignore_case(word, writes ? "keepttl" : "persist");
    if ((time != nullptr || other) && std::exchange(options.has_expiry, true)) return fail(twice);
    if (time != nullptr) {
      if (++i == words.size()) return fail(wire::kFieldExpiryMissing);
      options.expiry = read_field_expiry(context, words[i], time->unit_ms,
                                         time->relative ? context.now_ms() : 0);
      if (!options.expiry) return std::nullopt;
    } else if (other) {
      options.keeps = writes;
      if (!writes) options.expiry = Hash::kNever;
    } else if (writes &&
               (base::equals_ignore_case(word, "fnx") || base::equals_ignore_case(word, "fxx"))) {
      if (options.condition != Options::Condition::kNone) return fail(wire::kTwoFieldConditions);
      options.condition = base::equals_ignore_case(word, "fnx") ? Options::Condition::kNew
                                                                : Options::Condition::kExisting;
    } else {
      context.fail("ERR unknown argument: " + std::string(word));
      return std::nullopt;
    }
  }
  return fail(wire::kFieldsMissing);
}

// HGETEX

constexpr Arg kGetExpiry[] = {kTimes[0], kTimes[1], kTimes[2], kTimes[3], flag("PERSIST", nullptr)};
constexpr Arg kGetExArgs[] = {key("key", nullptr), optional(one_of("expiration", kGetExpiry)),
                              field_list()};

// Returns whether anything has changed.
bool change_expiry(Hash& hash, Bytes field, std::int64_t time, bool is_past) {
  const auto old = hash.expiry(field);
  if (!old || *old == time) return false;
  if (is_past)
    hash.erase(field);
  else
    hash.set_expiry(field, time);
  return true;
}

void run_hgetex(Context& context, Arguments words) {
  auto hash = open<Hash>(context, words[0]);
  if (!hash) return;
  const auto options = read_options(context, words.subspan(1), false);
  if (!options) return;
  const auto fields = read_field_list(context, options->rest, wire::kFieldCount);
  if (!fields) return;
  reply_values(context, *hash, *fields);
  if (!options->expiry) return;
  const bool is_past = *options->expiry <= context.now_ms();
  bool changed = false;
  for (const Bytes field : *fields) {
    changed |= change_expiry(*hash, field, *options->expiry, is_past);
  }
  if (!changed) return;
  hash.changed(is_past                            ? events::kHDel
               : *options->expiry == Hash::kNever ? events::kHPersist
                                                  : events::kHExpire);
}
constexpr Command kHGetEx = raw_command<kGetExArgs>(
    "hgetex",
    {"Returns the values of hash fields and sets or removes their expiration time.", "8.0.0",
     "O(N) where N is the number of fields", Group::kHash, "HGETEX user:1 EX 60 FIELDS 1 missing",
     "1) (nil)"},
    kWrite | kFast, run_hgetex);

// HSETEX

constexpr Arg kSetConditions[] = {flag("FNX", nullptr), flag("FXX", nullptr)};
constexpr Arg kSetExpiry[] = {kTimes[0], kTimes[1], kTimes[2], kTimes[3], flag("KEEPTTL", nullptr)};
constexpr Arg kFieldPair[] = {string("field", nullptr), string("value", nullptr)};
constexpr Arg kPairListParts[] = {integer("numfields", nullptr),
                                  multiple(block("data", kFieldPair, nullptr))};
constexpr Arg pair_list() {
  Arg arg = block("fields", kPairListParts, nullptr);
  arg.token = "FIELDS";
  return arg;
}
constexpr Arg kSetExArgs[] = {key("key", nullptr), optional(one_of("condition", kSetConditions)),
                              optional(one_of("expiration", kSetExpiry)), pair_list()};

// The pairs; nothing, with the error answered.
std::optional<Arguments> read_pairs(Context& context, Arguments words) {
  const auto fail = [&](Bytes line) {
    detail::fail_arguments(context, line);
    return std::nullopt;
  };
  if (words.size() < 4) return fail(wire::kArity);
  const auto count = base::parse_int(words[1]);
  if (!count || *count <= 0 || *count > INT32_MAX) return fail(wire::kFieldCountToSet);
  const Arguments pairs = words.subspan(2);
  if (pairs.size() % 2 != 0 || static_cast<std::uint64_t>(*count) != pairs.size() / 2) {
    return fail(wire::kArity);
  }
  return pairs;
}

bool holds(const Hash& hash, Arguments pairs, Options::Condition condition) {
  if (condition == Options::Condition::kNone) return true;
  const bool wanted = condition == Options::Condition::kExisting;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.get(pairs[i]).has_value() != wanted) return false;
  }
  return true;
}

void run_hsetex(Context& context, Arguments words) {
  const auto options = read_options(context, words.subspan(1), true);
  if (!options) return;
  const auto pairs = read_pairs(context, options->rest);
  if (!pairs) return;
  auto hash = open<Hash>(context, words[0]);
  if (!hash) return;
  if (!holds(*hash, *pairs, options->condition)) {
    context.reply.integer(0);
    return;
  }
  const bool is_past = options->expiry && *options->expiry <= context.now_ms();
  const auto lifetime = options->keeps ? Hash::Lifetime::kKeep : Hash::Lifetime::kForever;
  for (std::size_t i = 0; i < pairs->size(); i += 2) {
    const Bytes field = (*pairs)[i];
    hash->set(field, (*pairs)[i + 1], lifetime);
    if (options->expiry && !is_past) hash->set_expiry(field, *options->expiry);
  }
  if (!options->expiry) {
    hash.changed(events::kHSet);
  } else {
    for (std::size_t i = 0; is_past && i < pairs->size(); i += 2) hash->erase((*pairs)[i]);
    context.write().also(events::kHSet, words[0]);
    hash.changed(is_past ? events::kHDel : events::kHExpire);
  }
  context.reply.integer(1);
}
constexpr Command kHSetEx = raw_command<kSetExArgs>(
    "hsetex",
    {"Sets the values of hash fields and, if asked for, their expiration time.", "8.0.0",
     "O(N) where N is the number of fields", Group::kHash,
     "HSETEX user:1 FXX EX 60 FIELDS 1 missing 1", "(integer) 0"},
    kWrite | kDenyOom | kFast, run_hsetex, use::keys(use::kChanges));

}  // namespace

std::span<const Command* const> hash_field_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kHGetDel, &kHGetEx, &kHSetEx};
  return kCommands;
}

}  // namespace miniredis::commands
