#include "engine/acl_file.h"

#include <algorithm>
#include <vector>

#include "base/file.h"
#include "engine/node.h"

namespace miniredis::engine {
namespace {

Bytes trimmed(Bytes text) noexcept {
  constexpr Bytes kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == Bytes::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<Bytes> split(Bytes line) {
  std::vector<Bytes> words;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

class Reader {
 public:
  Reader(Users& users, Bytes file_name, bool open_channels)
      : users_(users), file_name_(file_name), open_channels_(open_channels) {}

  void read(Bytes text) {
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++number;
      place_ = std::string(file_name_) + ":" + std::to_string(number);
      read_line(trimmed(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  const std::string& errors() const noexcept { return errors_; }
  bool met_default() const noexcept { return met_default_; }

 private:
  void read_line(Bytes line) {
    if (line.empty()) return;
    const std::vector<Bytes> words = split(line);
    if (words.size() < 2 || words[0] != "user") {
      errors_ += place_ + " should start with user keyword followed by the username. ";
      return;
    }
    const Bytes name = words[1];
    if (has_space(name)) {
      errors_ += place_ + ": username '" + std::string(name) + "' contains invalid characters. ";
      return;
    }
    User* const user = make(name);
    if (user != nullptr) read_rules(*user, Arguments(words).subspan(2));
  }

  User* make(Bytes name) {
    const bool is_default = name == kDefaultUser;
    if (is_default ? met_default_ : users_.find(name) != nullptr) {
      errors_ += "WARNING: Duplicate user '" + std::string(name) + "' found on line " +
                 place_.substr(place_.rfind(':') + 1) + ". ";
      return nullptr;
    }
    if (is_default) {
      met_default_ = true;
      (void)apply_rule(users_.default_user(), "reset", open_channels_);
      return &users_.default_user();
    }
    User* const user = users_.make(name, open_channels_);
    if (user == nullptr) errors_ += place_ + ": there are too many users. ";
    return user;
  }

  void read_rules(User& user, Arguments words) {
    std::size_t unmatched = 0;
    const auto rules = join_selectors(words, unmatched);
    if (!rules) {
      errors_ += place_ + ": Unmatched parenthesis in selector definition. ";
      return;
    }
    bool told = false;
    for (const std::string& rule : *rules) {
      const auto fault = apply_rule(user, trimmed(rule), open_channels_);
      if (!fault) continue;
      // A name that is not known is no secret; of other faults, which may quote a password, the
      // first is told without its words.
      if (*fault == RuleFault::kUnknownCommand) {
        errors_ +=
            place_ + ": Error in applying operation '" + rule + "': " + text_of(*fault) + ". ";
      } else if (!told) {
        errors_ += place_ + ": " + text_of(*fault) + ". ";
        told = true;
      }
    }
  }

  Users& users_;
  Bytes file_name_;
  bool open_channels_;
  bool met_default_ = false;
  std::string place_;
  std::string errors_;
};

}  // namespace

std::string users_text(const Users& users) {
  std::string text;
  users.each([&](const User& user) {
    text += "user " + std::string(user.name) + " " + rules_text(user) + "\n";
  });
  return text;
}

std::optional<Users> parse_users(memory::Account& account, Bytes text, Bytes file_name,
                                 bool open_channels, const User& current, std::string& errors) {
  Users users(account);
  Reader reader(users, file_name, open_channels);
  reader.read(text);
  if (!reader.errors().empty()) {
    errors = reader.errors() +
             "WARNING: ACL errors detected, no change to the previously active ACL rules was "
             "performed";
    return std::nullopt;
  }
  if (!reader.met_default()) users.default_user() = current;
  return users;
}

Result<std::optional<std::string>> read_acl_file(const std::string& path) {
  if (path.empty()) return std::optional<std::string>();
  return base::read_file(path, kMostAclFileBytes);
}

Result<void> load_users(NodeRuntime& node, Bytes text) {
  std::string errors;
  auto users = parse_users(node.account, text, node.settings.acl_file,
                           node.settings.acl_open_channels, node.acl.users.default_user(), errors);
  if (!users) return Error{ErrorCode::kInvalidArgument, "acl_file: " + errors};
  node.acl.replace_users(node, std::move(*users), nullptr);
  return {};
}

}  // namespace miniredis::engine
