// DEBUG's commands about values: OBJECT, digests, figures of tables, RELOAD.
#include <array>
#include <string>
#include <vector>

#include "commands/collection.h"
#include "engine/call.h"
#include "engine/data_digest.h"
#include "persistence/rdb_save.h"
#include "persistence/value_payload.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr Bytes kNoKey = "ERR no such key";

struct ValueArgs {
  Bytes key;
  bool full = false;
};
constexpr Arg kOneValue[] = {key("key", into<&ValueArgs::key>)};
constexpr Arg kValueAndFull[] = {key("key", into<&ValueArgs::key>),
                                 optional(flag("FULL", into<&ValueArgs::full>))};

// Answers the error when there is no such key.
const Entry* peek(Call& call, Bytes key) {
  const Entry* entry = call.read().peek(key);
  if (entry == nullptr) call.fail(kNoKey);
  return entry;
}

// OBJECT

void run_object(Call& call, const ValueArgs& args) {
  keyspace::ReadScope scope = call.read();
  const Entry* entry = scope.peek(args.key);
  if (entry != nullptr && entry->type() == Type::kHash) entry = scope.expire_fields(entry);
  if (entry == nullptr) {
    call.fail(kNoKey);
    return;
  }
  persistence::RdbWriter value;
  {
    const TicksAlong ticks(call);
    persistence::save_value(value, call.keyspace().environment(), *entry);
  }
  const std::size_t type_byte = 1;
  // Where values lie in the process is nothing that a tenant should know.
  call.reply.status("Value at:0x0 refcount:1 encoding:" + std::string(entry->encoding_name()) +
                    " serializedlength:" + std::to_string(value.bytes().size() - type_byte) +
                    " lru:" + std::to_string(entry->access()) +
                    " lru_seconds_idle:" + std::to_string(scope.idle_seconds(*entry)));
}

// DIGEST, DIGEST-VALUE

void run_digest(Call& call) {
  const TicksAlong ticks(call);
  call.reply.status(base::hex_of(digest_of_data(call)));
}

struct ValuesArgs {
  Arguments keys;
};
constexpr Arg kManyValues[] = {optional(multiple(key("key", into<&ValuesArgs::keys>)))};

void run_digest_value(Call& call, const ValuesArgs& args) {
  const TicksAlong ticks(call);
  call.reply.array(args.keys.size());
  for (const Bytes name : args.keys) {
    const Entry* entry = call.read().peek(name);
    call.reply.status(base::hex_of(digest_of_value(call.keyspace().environment(), entry)));
  }
}

// LISTPACK, HTSTATS, HTSTATS-KEY

std::string figures(std::uint64_t elements, std::uint64_t bytes) {
  return " number of elements: " + std::to_string(elements) + "\n bytes: " + std::to_string(bytes) +
         "\n";
}

void run_listpack(Call& call, const ValueArgs& args) {
  const Entry* entry = peek(call, args.key);
  if (entry == nullptr) return;
  if (Bytes(entry->encoding_name()) != "listpack") {
    call.fail("ERR Not a listpack encoded object.");
    return;
  }
  call.reply.verbatim("txt",
                      "[Listpack]\n" + figures(types::size_of(entry->type(), entry->object()),
                                               call.keyspace().allocated_bytes(*entry, 0)));
}

struct DatabaseArgs {
  std::int64_t database = 0;
  bool full = false;
};
constexpr Arg kDatabaseArgs[] = {integer("database", into<&DatabaseArgs::database>),
                                 optional(flag("FULL", into<&DatabaseArgs::full>))};

void run_htstats(Call& call, const DatabaseArgs& args) {
  if (args.database < 0 || args.database >= std::int64_t{keyspace::kDatabases}) {
    call.fail("ERR Out of range database");
    return;
  }
  const auto index = static_cast<unsigned>(args.database);
  const keyspace::Keyspace& keyspace = call.keyspace();
  const std::uint64_t timed = keyspace.with_expiry(index);
  call.reply.verbatim(
      "txt", "[Dictionary HT]\n" + figures(keyspace.size(index), keyspace.table_bytes(index)) +
                 "[Expires HT]\n" + figures(timed, timed * sizeof(keyspace::ExpiryRecord)));
}

void run_htstats_key(Call& call, const ValueArgs& args) {
  const Entry* entry = peek(call, args.key);
  if (entry == nullptr) return;
  const Bytes encoding = entry->encoding_name();
  if (encoding != "hashtable" && encoding != "skiplist") {
    call.fail("ERR The value stored at the specified key is not represented using an hash table");
    return;
  }
  constexpr std::size_t kSamples = 5;
  call.reply.verbatim("txt",
                      "[Value HT]\n" + figures(types::size_of(entry->type(), entry->object()),
                                               call.keyspace().allocated_bytes(*entry, kSamples)));
}

// RELOAD

struct WordsArgs {
  Arguments words;
};
constexpr Arg kReloadArgs[] = {optional(multiple(string("option", into<&WordsArgs::words>)))};

// Puts what its dump makes in the place of a value. False: the dump could not be read.
bool reload(Call& call, unsigned database, Bytes name) {
  keyspace::WriteScope scope = call.write(database);
  keyspace::WriteScope::Place place = scope.find(name);
  if (place && place->type() == Type::kHash) scope.expire_fields(place);
  if (!place) return true;
  const types::Environment& environment = call.keyspace().environment();
  const std::string dump = persistence::dump_value(environment, *place.entry());
  const std::int64_t expiry = place->expiry();
  persistence::LoadedValue value(call.keyspace());
  if (!persistence::has_sound_frame(dump) ||
      !persistence::restore_value(value, dump, Entry::kMaxString)) {
    return false;
  }
  if (value.type() == Type::kString) {
    scope.put(place, name, value.text(), expiry, events::kUntold);
    return true;
  }
  scope.put_object(place, name, value.type(), value.release(), events::kUntold);
  if (expiry != Entry::kNoExpiry) {
    place = scope.find(name);
    scope.set_expiry(place, name, expiry, events::kUntold);
  }
  return true;
}

// Value by value: never more than one of them is there twice.
void run_reload(Call& call, const WordsArgs& args) {
  for (const Bytes word : args.words) {
    const bool known = base::equals_ignore_case(word, "merge") ||
                       base::equals_ignore_case(word, "noflush") ||
                       base::equals_ignore_case(word, "nosave");
    call.fail(known ? "ERR DEBUG RELOAD takes no options here: they are about a file, and a node "
                      "reloads its data in memory"
                    : "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    return;
  }
  call.expect_steps(SIZE_MAX);
  const StepsAlong steps(call);
  std::vector<std::string> names;
  for (unsigned database = 0; database < keyspace::kDatabases; ++database) {
    std::uint64_t cursor = 0;
    do {
      names.clear();
      cursor = keyspace::ReadScope(call.keyspace(), database).scan(cursor, [&](const Entry& entry) {
        names.emplace_back(entry.key());
      });
      for (const std::string& name : names) {
        call.step();
        if (reload(call, database, name)) continue;
        call.fail("ERR Error trying to load the RDB dump, check server logs.");
        return;
      }
    } while (cursor != 0);
  }
  call.reply.ok();
}

}  // namespace

extern const Command kDebugObject;
constexpr Command kDebugObject = engine_command<ValueArgs, kOneValue, run_object>(
    "debug|object",
    {"Returns what is known about the inside of a value.", "1.0.0",
     "O(N) where N is the size of the value", Group::kServer, "DEBUG OBJECT greeting",
     "Value at:0x0 refcount:1 encoding:embstr ..."},
    kAdministration, use::keys(use::kLooks));

extern const Command kDebugDigest;
constexpr Command kDebugDigest = engine_plain_command<run_digest>(
    "debug|digest",
    {"Returns a digest of all data of the node: the same where the same is held.", "2.0.0",
     "O(N) where N is the size of the data; in slices, so that other nodes go on", Group::kServer,
     "DEBUG DIGEST", "fc7ca6b90b7ef2a8..."},
    kAdministration);

extern const Command kDebugDigestValue;
constexpr Command kDebugDigestValue = engine_command<ValuesArgs, kManyValues, run_digest_value>(
    "debug|digest-value",
    {"Returns a digest of each value, zeros where there is none.", "4.0.0",
     "O(N) where N is the size of the values", Group::kServer, "DEBUG DIGEST-VALUE greeting",
     "1) 1de7ca1ff7b9e7cf..."},
    kAdministration, use::keys(use::kReads));

extern const Command kDebugListpack;
constexpr Command kDebugListpack = engine_command<ValueArgs, kOneValue, run_listpack>(
    "debug|listpack",
    {"Returns figures of a value in a packed form.", "7.0.0",
     "O(N) where N is the number of elements", Group::kServer, "DEBUG LISTPACK small",
     "\"[Listpack] ...\""},
    kAdministration, use::keys(use::kLooks));

extern const Command kDebugHtStats;
constexpr Command kDebugHtStats = engine_command<DatabaseArgs, kDatabaseArgs, run_htstats>(
    "debug|htstats",
    {"Returns figures of a database's table.", "3.2.0", "O(1)", Group::kServer, "DEBUG HTSTATS 0",
     "\"[Dictionary HT] ...\""},
    kAdministration);

extern const Command kDebugHtStatsKey;
constexpr Command kDebugHtStatsKey = engine_command<ValueArgs, kValueAndFull, run_htstats_key>(
    "debug|htstats-key",
    {"Returns figures of the table of a value.", "5.0.0", "O(1)", Group::kServer,
     "DEBUG HTSTATS-KEY large", "\"[Value HT] ...\""},
    kAdministration, use::keys(use::kLooks));

extern const Command kDebugReload;
constexpr Command kDebugReload = engine_command<WordsArgs, kReloadArgs, run_reload>(
    "debug|reload",
    {"Writes each value as RDB has it, and puts in its place what is read from that.", "1.0.0",
     "O(N) where N is the size of the data; in slices, so that other nodes go on", Group::kServer,
     "DEBUG RELOAD", "OK"},
    kAdministration);

}  // namespace miniredis::engine
