// Keys of any type: DEL, UNLINK, EXISTS, TOUCH, TYPE, RANDOMKEY.
#include "commands/command.h"
#include "commands/events.h"
#include "commands/groups.h"
#include "commands/key_arguments.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

// DEL and UNLINK are the same work: freeing a string is O(1), and what is big is freed in slices.
void run_del(Context& context, const KeysArgs& args) {
  WriteScope scope = context.write();
  std::int64_t deleted = 0;
  for (const Bytes name : args.keys) {
    auto place = scope.find(name);
    if (!place) continue;
    scope.remove(place, name, events::kDel);
    ++deleted;
  }
  context.reply.integer(deleted);
}
constexpr Command kDel = command<KeysArgs, kKeysArgs, run_del>(
    "del",
    {"Deletes one or more keys.", "1.0.0", "O(N) where N is the number of keys", Group::kGeneric,
     "DEL greeting", "(integer) 1"},
    kWrite, use::keys(use::kRemoves));
constexpr Command kUnlink = command<KeysArgs, kKeysArgs, run_del>(
    "unlink",
    {"Deletes one or more keys; the memory of big values is given back in the background.", "4.0.0",
     "O(N) where N is the number of keys", Group::kGeneric, "UNLINK greeting", "(integer) 1"},
    kWrite | kFast, use::keys(use::kRemoves));

void run_exists(Context& context, const KeysArgs& args) {
  keyspace::ReadScope scope = context.read();
  std::int64_t found = 0;
  for (const Bytes name : args.keys) found += scope.peek_counted(name) != nullptr ? 1 : 0;
  context.reply.integer(found);
}
constexpr Command kExists = command<KeysArgs, kKeysArgs, run_exists>(
    "exists",
    {"Determines whether one or more keys exist; a key named twice counts twice.", "1.0.0",
     "O(N) where N is the number of keys", Group::kGeneric, "EXISTS greeting", "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

void run_touch(Context& context, const KeysArgs& args) {
  keyspace::ReadScope scope = context.read();
  const bool touch = context.keyspace().touch;
  context.keyspace().touch = true;  // the command's very purpose, whatever CLIENT NO-TOUCH says
  std::int64_t found = 0;
  for (const Bytes name : args.keys) found += scope.find(name) != nullptr ? 1 : 0;
  context.keyspace().touch = touch;
  context.reply.integer(found);
}
constexpr Command kTouch = command<KeysArgs, kKeysArgs, run_touch>(
    "touch",
    {"Returns the number of existing keys out of those specified after updating the time they were "
     "last accessed.",
     "3.2.1", "O(N) where N is the number of keys", Group::kGeneric, "TOUCH greeting",
     "(integer) 1"},
    kReadOnly | kFast, use::keys(use::kLooks));

void run_type(Context& context, const KeyArgs& args) {
  const Entry* entry = context.read().peek(args.key);
  context.reply.status(entry == nullptr ? "none" : types::name_of(entry->type()));
}
constexpr Command kType =
    command<KeyArgs, kKeyOnly, run_type>("type",
                                         {"Determines the type of value stored at a key.", "1.0.0",
                                          "O(1)", Group::kGeneric, "TYPE greeting", "string"},
                                         kReadOnly | kFast, use::keys(use::kLooks));

void run_randomkey(Context& context, Arguments) {
  const Entry* entry = context.read().random();
  if (entry == nullptr)
    context.reply.null();
  else
    context.reply.bulk(entry->key());
}
constexpr Command kRandomKey =
    plain_command("randomkey",
                  {"Returns a random key name from the database, each with the same chance.",
                   "1.0.0", "O(1)", Group::kGeneric, "RANDOMKEY", "\"greeting\""},
                  kReadOnly, run_randomkey);

}  // namespace

std::span<const Command* const> key_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kDel,   &kUnlink, &kExists,
                                                 &kTouch, &kType,   &kRandomKey};
  return kCommands;
}

}  // namespace miniredis::commands
