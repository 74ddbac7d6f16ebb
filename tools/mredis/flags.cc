#include "flags.h"

#include <algorithm>
#include <charconv>

// Its regular expressions take long to compile, and GCC 12's sanitizer builds warn about <regex>.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

#include "failure.h"

namespace miniredis::mredis {
namespace {

const std::string& key_of(const Flag& flag) {
  return flag.name.empty() ? flag.letter : flag.name;
}

std::string spelled(const Flag& flag) {
  return flag.name.empty() ? "-" + flag.letter : "--" + flag.name;
}

}  // namespace

std::optional<std::string> ParsedFlags::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> ParsedFlags::number(const std::string& name, std::uint64_t low,
                                                 std::uint64_t high) const {
  const std::optional<std::string> given = text(name);
  if (!given) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error != std::errc{} || end != given->data() + given->size() || value < low || value > high) {
    throw UsageError((name.size() == 1 ? "-" : "--") + name + ": '" + *given +
                     "' is not a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  return value;
}

FlagTable& FlagTable::add(std::initializer_list<Flag> flags) {
  flags_.insert(flags_.end(), flags);
  return *this;
}

const Flag* FlagTable::find(const std::string& argument) const {
  const std::string name = argument.substr(0, argument.find('='));
  const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) {
    return (!flag.name.empty() && name == "--" + flag.name) ||
           (!flag.letter.empty() && argument.compare(0, 2, "-" + flag.letter) == 0);
  });
  return found == flags_.end() ? nullptr : &*found;
}

ParsedFlags FlagTable::parse(const std::vector<std::string>& arguments) const {
  ParsedFlags parsed;
  // cxxopts takes flags among the words, but a word of a Redis command may look like a flag. So the
  // words are cut off, or taken out, first.
  std::vector<const char*> flags = {"mredis"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool is_flag = argument.size() > 1 && argument[0] == '-' && argument != "--";
    if (!is_flag) {
      const bool rest = placement_ == Words::kLast || argument == "--";
      if (argument != "--") parsed.words_.push_back(argument);
      if (!rest) continue;
      parsed.words_.insert(parsed.words_.end(), arguments.begin() + static_cast<long>(i) + 1,
                           arguments.end());
      break;
    }
    flags.push_back(argument.c_str());
    const Flag* flag = find(argument);
    if (flag == nullptr) throw UsageError("unknown flag " + argument.substr(0, argument.find('=')));
    if (flag->value.empty() && argument.find('=') != std::string::npos) {
      throw UsageError(spelled(*flag) + " takes no value");
    }
    const bool value_apart = !flag->value.empty() && argument.find('=') == std::string::npos &&
                             (argument.starts_with("--") || argument.size() == 2);
    if (!value_apart) continue;
    if (++i == arguments.size()) throw UsageError(spelled(*flag) + " needs a value");
    flags.push_back(arguments[i].c_str());
  }

  cxxopts::Options options("mredis");
  auto add = options.add_options();
  for (const Flag& flag : flags_) {
    const std::string both = flag.letter.empty() || flag.name.empty()
                                 ? flag.letter + flag.name
                                 : flag.letter + "," + flag.name;
    if (flag.value.empty()) {
      add(both, flag.help);
    } else {
      add(both, flag.help, cxxopts::value<std::string>());
    }
  }
  try {
    const auto result = options.parse(static_cast<int>(flags.size()), flags.data());
    for (const Flag& flag : flags_) {
      const std::string& key = key_of(flag);
      if (result.count(key) == 0) continue;
      parsed.values_[key] = flag.value.empty() ? "" : result[key].as<std::string>();
    }
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
  return parsed;
}

std::string FlagTable::help() const {
  std::vector<std::string> left;
  std::size_t width = 0;
  for (const Flag& flag : flags_) {
    std::string text = flag.letter.empty() ? "    " : "-" + flag.letter;
    if (!flag.letter.empty() && !flag.name.empty()) text += ", ";
    if (!flag.name.empty()) text += "--" + flag.name;
    if (!flag.value.empty()) text += " " + flag.value;
    width = std::max(width, text.size());
    left.push_back(std::move(text));
  }
  std::string help;
  for (std::size_t i = 0; i < flags_.size(); ++i) {
    help.append("  ").append(left[i]).append(width - left[i].size() + 2, ' ');
    help.append(flags_[i].help).append("\n");
  }
  return help;
}

}  // namespace miniredis::mredis
