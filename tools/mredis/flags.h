// The flags of one form of the command line: said once, in a table, for parsing and for --help.
//
// Flags stand before the first plain word or, where `anywhere` is set, among the words too. Unknown
// flags are refused by name.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace miniredis::mredis {

struct Flag {
  std::string letter;  // "p", or empty
  std::string name;    // "port", or empty: then `letter` is its name
  std::string value;   // what help calls the value; empty: the flag has none
  std::string help;
};

class ParsedFlags {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  std::optional<std::string> text(const std::string& name) const;
  // A whole number from `low` to `high`; UsageError says so otherwise.
  std::optional<std::uint64_t> number(const std::string& name, std::uint64_t low,
                                      std::uint64_t high) const;
  // What is left: the words.
  const std::vector<std::string>& words() const { return words_; }

 private:
  friend class FlagTable;
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

class FlagTable {
 public:
  enum class Words : unsigned char { kLast, kAnywhere };
  explicit FlagTable(Words words) : placement_(words) {}

  FlagTable& add(std::initializer_list<Flag> flags);
  // Throws UsageError. `arguments` is without the program's name.
  ParsedFlags parse(const std::vector<std::string>& arguments) const;
  // One line a flag.
  std::string help() const;

 private:
  const Flag* find(const std::string& argument) const;

  Words placement_;
  std::vector<Flag> flags_;
};

}  // namespace miniredis::mredis
