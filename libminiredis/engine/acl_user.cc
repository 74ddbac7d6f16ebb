#include "engine/acl_user.h"

#include <algorithm>

namespace miniredis::engine {

Selector::Selector(memory::Account& account)
    : commands(memory::AccountedAllocator<std::uint64_t>(account)),
      first_arguments(memory::AccountedAllocator<FirstArgument>(account)),
      rules(memory::AccountedAllocator<char>(account)),
      keys(memory::AccountedAllocator<KeyPattern>(account)),
      channels(memory::AccountedAllocator<memory::String>(account)) {}

User::User(memory::Account& account, Bytes user_name)
    : name(user_name, memory::AccountedAllocator<char>(account)),
      passwords(memory::AccountedAllocator<base::Sha256Digest>(account)),
      own(account),
      selectors(memory::AccountedAllocator<Selector>(account)) {}

bool User::is_unrestricted() const noexcept {
  return own.is_unrestricted() ||
         std::any_of(selectors.begin(), selectors.end(),
                     [](const Selector& selector) { return selector.is_unrestricted(); });
}

std::size_t User::size() const noexcept {
  std::size_t size = passwords.size() + own.size();
  for (const Selector& selector : selectors) size += 1 + selector.size();
  return size;
}

bool User::accepts(const base::Sha256Digest& digest) const noexcept {
  bool accepted = false;
  for (const base::Sha256Digest& password : passwords) {
    accepted |= base::equal_in_constant_time(digest, password);
  }
  return accepted;
}

std::vector<const char*> flags_of(const User& user) {
  std::vector<const char*> flags;
  flags.push_back(user.is_on ? "on" : "off");
  if (user.no_password) flags.push_back("nopass");
  flags.push_back(user.skips_sanitizing ? "skip-sanitize-payload" : "sanitize-payload");
  return flags;
}

std::string commands_text(const Selector& selector) {
  std::string text = selector.future_commands ? "+@all" : "-@all";
  if (!selector.rules.empty()) text += " " + std::string(selector.rules);
  return text;
}

namespace {

// `exact`: a pattern of all keys that came as one of several is not taken for the rule "~*", behind
// which none may come.
std::string keys_text(const Selector& selector, bool exact) {
  if (selector.all_keys) return "~*";
  std::string text;
  for (const KeyPattern& pattern : selector.keys) {
    if (!text.empty()) text += ' ';
    if (exact && Bytes(pattern.glob) == "*" && pattern.rights == KeyPattern::kBoth) text += "%RW";
    if (pattern.rights == KeyPattern::kRead) text += "%R";
    if (pattern.rights == KeyPattern::kWrite) text += "%W";
    text += '~';
    text += pattern.glob;
  }
  return text;
}

}  // namespace

std::string keys_text(const Selector& selector) {
  return keys_text(selector, false);
}

std::string channels_text(const Selector& selector) {
  if (selector.all_channels) return "&*";
  std::string text;
  for (const memory::String& channel : selector.channels) {
    if (!text.empty()) text += ' ';
    text += '&';
    text += channel;
  }
  return text;
}

namespace {

std::string selector_text(const Selector& selector) {
  std::string text = keys_text(selector, true);
  if (!text.empty()) text += ' ';
  if (!selector.all_channels) text += "resetchannels ";
  const std::string channels = channels_text(selector);
  if (!channels.empty()) text += channels + " ";
  return text + commands_text(selector);
}

}  // namespace

std::string rules_text(const User& user) {
  std::string text;
  for (const char* flag : flags_of(user)) {
    text += flag;
    text += ' ';
  }
  for (const base::Sha256Digest& password : user.passwords)
    text += "#" + base::hex_of(password) + " ";
  text += selector_text(user.own);
  for (const Selector& selector : user.selectors) text += " (" + selector_text(selector) + ")";
  return text;
}

}  // namespace miniredis::engine
