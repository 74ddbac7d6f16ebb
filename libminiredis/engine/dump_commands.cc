// Values on their way out of a node and into one: DUMP, RESTORE.
#include <optional>

#include "commands/collection.h"
#include "engine/call.h"
#include "engine/groups.h"
#include "persistence/value_payload.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
using keyspace::WriteScope;

struct DumpArgs {
  Bytes key;
};
constexpr Arg kDumpArgs[] = {key("key", into<&DumpArgs::key>)};

void run_dump(Call& call, const DumpArgs& args) {
  keyspace::ReadScope scope = call.read();
  const Entry* entry = scope.find(args.key);
  if (entry != nullptr && entry->type() == Type::kHash) entry = scope.expire_fields(entry);
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  const TicksAlong ticks(call);
  call.reply.bulk(persistence::dump_value(call.keyspace().environment(), *entry));
}
constexpr Command kDump = engine_command<DumpArgs, kDumpArgs, run_dump>(
    "dump",
    {"Returns a serialized representation of the value stored at a key.", "2.6.0",
     "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of "
     "elements and M their average size",
     Group::kGeneric, "DUMP greeting", "\"\\x00\\x05hello\\x0b\\x00...\""},
    kReadOnly);

struct RestoreArgs {
  Bytes key;
  Bytes ttl;
  Bytes payload;
  bool replace = false;
  bool is_unix_time = false;
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::int64_t> frequency;
};
constexpr Arg kRestoreArgs[] = {
    key("key", into<&RestoreArgs::key>),
    late_integer("ttl", into<&RestoreArgs::ttl>),
    string("serialized-value", into<&RestoreArgs::payload>),
    optional(flag("REPLACE", into<&RestoreArgs::replace>, "3.0.0")),
    optional(flag("ABSTTL", into<&RestoreArgs::is_unix_time>, "5.0.0")),
    optional(integer("seconds", into<&RestoreArgs::idle_seconds>, "IDLETIME")),
    optional(integer("frequency", into<&RestoreArgs::frequency>, "FREQ")),
};

// What is wrong with the options that can be told without a look at the key.
Bytes options_error(const RestoreArgs& args) {
  if (args.idle_seconds && args.frequency) return wire::kSyntax;
  if (args.idle_seconds.value_or(0) < 0) return wire::kIdleTimeNegative;
  const std::int64_t frequency = args.frequency.value_or(0);
  if (frequency < 0 || frequency > 255) return wire::kFrequencyOutOfRange;
  return {};
}

// The time at which the key expires, in Unix ms or none; nothing, with the error answered.
std::optional<std::int64_t> expiry_of(Call& call, const RestoreArgs& args) {
  const auto ttl = base::parse_int(args.ttl);
  if (!ttl) {
    call.fail(wire::kNotInteger);
    return std::nullopt;
  }
  if (*ttl < 0) {
    call.fail(wire::kTtlNegative);
    return std::nullopt;
  }
  if (*ttl == 0) return Entry::kNoExpiry;
  if (args.is_unix_time) return *ttl;
  // A time that no clock will show is as good as the last one that it can.
  return base::checked_add(call.now_ms(), *ttl).value_or(INT64_MAX);
}

void put(Call& call, const RestoreArgs& args, persistence::LoadedValue& value,
         std::int64_t expiry) {
  WriteScope scope = call.write();
  WriteScope::Place place = scope.find(args.key);
  if (value.type() == Type::kString) {
    scope.put(place, args.key, value.text(), expiry, events::kRestore);
  } else {
    scope.put_object(place, args.key, value.type(), value.release(), events::kRestore);
    if (expiry != Entry::kNoExpiry) {
      place = scope.find(args.key);
      scope.set_expiry(place, args.key, expiry, events::kUntold);
    }
  }
  place = scope.find(args.key);
  if (args.idle_seconds) scope.set_idle(place, *args.idle_seconds);
  if (args.frequency) scope.set_frequency(place, static_cast<std::uint8_t>(*args.frequency));
}

void run_restore(Call& call, const RestoreArgs& args) {
  if (const Bytes error = options_error(args); !error.empty()) {
    call.fail(error);
    return;
  }
  if (!args.replace && call.write().find(args.key)) {
    call.fail(wire::kBusyKey);
    return;
  }
  const auto expiry = expiry_of(call, args);
  if (!expiry) return;
  if (!persistence::has_sound_frame(args.payload)) {
    call.fail(wire::kPayloadFrame);
    return;
  }
  {
    WriteScope scope = call.write();
    WriteScope::Place place = scope.find(args.key);
    scope.expect_room(place, args.key, args.payload.size());
  }
  persistence::LoadedValue value(call.keyspace());
  {
    const TicksAlong ticks(call);
    const std::uint64_t limit = call.keyspace().account().limit();
    const std::uint64_t most_text =
        limit == 0 ? Entry::kMaxString : std::min<std::uint64_t>(limit, Entry::kMaxString);
    if (!persistence::restore_value(value, args.payload, most_text)) {
      call.fail(wire::kPayloadData);
      return;
    }
  }
  if (*expiry != Entry::kNoExpiry && *expiry <= call.now_ms()) {
    WriteScope scope = call.write();
    WriteScope::Place place = scope.find(args.key);
    if (place) scope.remove(place, args.key, events::kDel);
  } else {
    put(call, args, value, *expiry);
  }
  call.reply.ok();
}
constexpr Doc kRestoreDoc = {
    "Creates a key from the serialized representation of a value.",
    "2.6.0",
    "O(1) to create the new key and additional O(N*M) to reconstruct the value, where N is the "
    "number of elements and M their average size; O(N*M*log(N)) for sorted sets",
    Group::kGeneric,
    "RESTORE salute 0 \"\\x00\\x05hello\\x0b\\x00...\"",
    "OK"};
constexpr Command kRestore = engine_command<RestoreArgs, kRestoreArgs, run_restore>(
    "restore", kRestoreDoc, kWrite | kDenyOom | kDangerous, use::keys(use::kReplaces));
constexpr Command kRestoreAsking = engine_command<RestoreArgs, kRestoreArgs, run_restore>(
    "restore-asking",
    {"An internal command for migrating keys in a cluster: RESTORE, as a node is no cluster.",
     "3.0.0", kRestoreDoc.complexity, Group::kServer, kRestoreDoc.example, "OK"},
    kWrite | kDenyOom | kDangerous, use::keys(use::kReplaces));

}  // namespace

CommandGroup dump_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kDump, &kRestore, &kRestoreAsking};
  return kCommands;
}

}  // namespace miniredis::engine
