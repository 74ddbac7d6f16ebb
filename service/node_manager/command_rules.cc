#include "node_manager/command_rules.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "miniredis/commands.h"

namespace miniredis::service {
namespace {

// What readers may run besides commands with the flag readonly: nothing of it changes data.
constexpr std::array<std::string_view, 18> kHarmless{
    "PING",      "ECHO",        "TIME",       "SELECT",       "MULTI",    "EXEC",
    "DISCARD",   "WATCH",       "UNWATCH",    "INFO",         "COMMAND",  "LOLWUT",
    "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "LASTSAVE", "HELLO"};

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return result;
}

std::unordered_set<std::string> names_with(std::string_view flag) {
  std::unordered_set<std::string> names;
  for (const CommandInfo& info : command_infos()) {
    if (std::ranges::find(info.flags, flag) != info.flags.end()) names.insert(info.name);
  }
  return names;
}

bool stands_in(const std::unordered_set<std::string>& names, const CommandWords& words) {
  const std::string name = upper(words[0]);
  if (names.contains(name)) return true;
  return words.size() > 1 && names.contains(name + " " + upper(words[1]));
}

}  // namespace

bool is_for_readers(const CommandWords& words) {
  static const std::unordered_set<std::string> readonly = names_with("readonly");
  const std::string name = upper(words[0]);
  return std::ranges::find(kHarmless, name) != kHarmless.end() || stands_in(readonly, words);
}

Value not_for_readers(const CommandWords& words) {
  std::string name;
  for (const char c : words[0].substr(0, 64)) name += c >= ' ' && c < 127 ? c : '?';
  return Value::text_of(Value::Kind::kError,
                        "NOPERM '" + name + "' may change data, and these credentials only read");
}

bool may_wait(const CommandWords& words) {
  static const std::unordered_set<std::string> blocking = names_with("blocking");
  return stands_in(blocking, words);
}

Value run(PatientSession& session, const CommandWords& words) {
  return may_wait(words) ? session.execute_without_waiting(words) : session.execute(words);
}

}  // namespace miniredis::service
