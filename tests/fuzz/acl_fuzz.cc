// Rules of ACL users out of hostile bytes: what is taken can be said back and read again as the
// same, a user stays within his bounds, any command can be held against him, and all memory is
// given back.
#include <string>
#include <vector>

#include "engine/acl_file.h"
#include "engine/acl_rules.h"
#include "fuzz_input.h"

namespace {

using namespace miniredis;          // NOLINT(google-build-using-namespace)
using namespace miniredis::engine;  // NOLINT(google-build-using-namespace)
using fuzz::Input;
using fuzz::require;

std::string rule_of(Input& input) {
  static constexpr const char* kRules[] = {"on",
                                           "off",
                                           "nopass",
                                           "resetpass",
                                           "reset",
                                           "allkeys",
                                           "resetkeys",
                                           "~*",
                                           "&*",
                                           "allchannels",
                                           "nocommands",
                                           "+@all",
                                           "-@all",
                                           "+get",
                                           "-get",
                                           "+config",
                                           "-config",
                                           "+config|get",
                                           "-config|set",
                                           "+select|0",
                                           "+@read",
                                           "-@read",
                                           "+@write",
                                           "(",
                                           ")",
                                           "(+get",
                                           "~a)",
                                           "clearselectors",
                                           "()",
                                           "%R~r*",
                                           "%W~w*",
                                           "resetchannels",
                                           "&news",
                                           "&sport.*",
                                           "sanitize-payload"};
  static constexpr const char* kSigns[] = {"~",  "%R~", "%RW~", "%",     "&",       ">",
                                           "<",  "#",   "!",    "+",     "-",       "+@",
                                           "-@", "(",   "",     "+get|", "+config|"};
  if (input.byte() % 2 == 0) return input.one_of(kRules);
  std::string rule = input.one_of(kSigns);
  for (std::size_t size = input.byte() % 12; size > 0; --size) {
    rule += static_cast<char>(input.byte());
  }
  if (input.byte() % 4 == 0) rule += ')';
  return rule;
}

std::string said_again(memory::Account& account, const User& user) {
  const std::string text = "user " + std::string(user.name) + " " + rules_text(user) + "\n";
  std::string errors;
  const Users none(account);
  const auto read = parse_users(account, text, "f", false, none.default_user(), errors);
  require(read.has_value());
  std::string again;
  read->each([&](const User& other) {
    if (other.name == user.name) again = rules_text(other);
  });
  return again;
}

void check_some(Input& input, const User& user) {
  const auto all = CommandTable::get().all();
  for (int i = 0; i < 8; ++i) {
    const CommandEntry& entry = all[input.below(all.size())];
    std::vector<std::string> words = {"command", "word"};
    while (!entry.command->takes(words.size()) && words.size() < 12) {
      words.push_back(input.byte() % 3 == 0 ? std::to_string(input.byte()) : rule_of(input));
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    if (!entry.command->takes(views.size()) || entry.name_words > views.size()) continue;
    const Verdict verdict = check_rights(user, entry, views);
    if (user.is_unrestricted()) require(verdict.allowed());
    require(verdict.place < views.size());
    (void)may_read_all_keys(user, entry, views);
    require(verdict.allowed() || !denial_text(verdict, user, entry, views, true).empty());
  }
}

void apply_rules(Input& input, memory::Account& account) {
  User user(account, "u");
  while (!input.empty()) {
    std::vector<std::string> words;
    for (int i = input.byte() % 4; i >= 0; --i) words.push_back(rule_of(input));
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::size_t unmatched = 0;
    const auto rules = join_selectors(views, unmatched);
    require(rules || unmatched < views.size());
    if (!rules) continue;
    for (const std::string& rule : *rules) {
      const std::string before = rules_text(user);
      if (apply_rule(user, rule, input.byte() % 16 == 0)) require(rules_text(user) == before);
    }
    require(user.size() <= kMostRules);
    require(said_again(account, user) == rules_text(user));
    check_some(input, user);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  memory::Account account(nullptr, 0);
  if (size > 0 && data[0] % 4 == 0) {
    const Users none(account);
    std::string errors;
    const auto users = parse_users(account, {reinterpret_cast<const char*>(data) + 1, size - 1},
                                   "f", data[0] % 8 == 0, none.default_user(), errors);
    require(users.has_value() == errors.empty());
    if (users) {
      require(parse_users(account, users_text(*users), "f", false, none.default_user(), errors)
                  .has_value());
    }
  } else if (size > 0) {
    Input input(data + 1, size - 1);
    apply_rules(input, account);
  }
  require(account.used() == 0);
  return 0;
}
