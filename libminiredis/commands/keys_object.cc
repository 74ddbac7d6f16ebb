// What is known about the inside of a value: OBJECT.
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/help.h"
#include "commands/key_arguments.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

// Answers nil when there is no such key.
const Entry* peek(Context& context, Bytes key) {
  const Entry* entry = context.read().peek(key);
  if (entry == nullptr) context.reply.null();
  return entry;
}

void run_encoding(Context& context, const KeyArgs& args) {
  const Entry* entry = peek(context, args.key);
  if (entry != nullptr) context.reply.bulk(entry->encoding_name());
}
constexpr Command kEncoding = command<KeyArgs, kKeyOnly, run_encoding>(
    "object|encoding",
    {"Returns the internal encoding of the value of a key.", "2.2.3", "O(1)", Group::kGeneric,
     "OBJECT ENCODING greeting", "\"embstr\""},
    kReadOnly, use::keys(use::kLooks));

void run_freq(Context& context, const KeyArgs& args) {
  const Entry* entry = peek(context, args.key);
  if (entry == nullptr) return;
  const auto frequency = context.read().frequency(*entry);
  if (frequency)
    context.reply.integer(*frequency);
  else
    context.fail(wire::kNoPolicyLfu);
}
constexpr Command kFreq = command<KeyArgs, kKeyOnly, run_freq>(
    "object|freq",
    {"Returns the logarithmic access frequency counter of a key.", "4.0.0", "O(1)", Group::kGeneric,
     "OBJECT FREQ greeting", "(integer) 5"},
    kReadOnly, use::keys(use::kLooks));

void run_idletime(Context& context, const KeyArgs& args) {
  const Entry* entry = peek(context, args.key);
  if (entry == nullptr) return;
  if (context.read().frequency(*entry))
    context.fail(wire::kPolicyIsLfu);
  else
    context.reply.integer(context.read().idle_seconds(*entry));
}
constexpr Command kIdleTime = command<KeyArgs, kKeyOnly, run_idletime>(
    "object|idletime",
    {"Returns the time since the last access to a key in seconds.", "2.2.3", "O(1)",
     Group::kGeneric, "OBJECT IDLETIME greeting", "(integer) 0"},
    kReadOnly, use::keys(use::kLooks));

void run_refcount(Context& context, const KeyArgs& args) {
  const Entry* entry = peek(context, args.key);
  if (entry == nullptr) return;
  // Values are never shared; Redis says this number for the small integers that it shares.
  const bool shared_in_redis =
      entry->is_integer() && entry->integer() >= 0 && entry->integer() < 10'000;
  context.reply.integer(shared_in_redis ? 2147483647 : 1);
}
constexpr Command kRefCount = command<KeyArgs, kKeyOnly, run_refcount>(
    "object|refcount",
    {"Returns the reference count of a value of a key.", "2.2.3", "O(1)", Group::kGeneric,
     "OBJECT REFCOUNT greeting", "(integer) 1"},
    kReadOnly, use::keys(use::kLooks));

constexpr const char* kHelpLines[] = {
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
};
constexpr Command kHelp = help_command<kHelpLines>("object|help", Group::kGeneric, "6.2.0");

constexpr const Command* kSubcommands[] = {&kEncoding, &kFreq, &kHelp, &kIdleTime, &kRefCount};
constexpr Command kObject =
    container("object",
              {"A container for object introspection commands.", "2.2.3", "Depends on subcommand.",
               Group::kGeneric, "OBJECT HELP", ""},
              kSubcommands);

}  // namespace

std::span<const Command* const> key_object_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kObject};
  return kCommands;
}

}  // namespace miniredis::commands
