#include "commands/grammar.h"

#include <algorithm>

#include "base/numbers.h"
#include "commands/wire_errors.h"

namespace miniredis::commands {
namespace {

class Reader {
 public:
  Reader(Arguments words, void* args) : words_(words), args_(args) {}

  Bytes read(std::span<const Arg> grammar);

 private:
  bool at_end() const noexcept { return at_ == words_.size(); }
  bool at_token(const Arg& arg) const noexcept {
    return !at_end() && base::equals_ignore_case(words_[at_], arg.token);
  }
  bool at_any_token(std::span<const Arg> options) const noexcept;
  bool read_value(const Arg& arg);
  bool fail_arity() noexcept {
    arity_error_ = true;
    return false;
  }
  bool read_one(const Arg& arg);
  bool read_token_option(std::span<const Arg> options, std::uint64_t& chosen);

  Arguments words_;
  void* args_;
  std::size_t at_ = 0;
  Bytes number_error_;
  bool arity_error_ = false;
  bool stands_wrong_ = false;  // the number of an option that is no choice could not be read
};

// Reads the words of one argument behind its token, if any. False: a syntax error.
bool Reader::read_value(const Arg& arg) {
  Parsed parsed;
  if (arg.is_multiple) {
    parsed.rest = words_.subspan(at_);
    const auto of_each = static_cast<std::size_t>(std::max(1, words_of(arg)));
    if (parsed.rest.size() % of_each != 0) return fail_arity();
    at_ = words_.size();
    arg.store(args_, parsed);
    return true;
  }
  if (arg.kind != ArgKind::kFlag) {
    if (at_end()) return false;
    parsed.text = words_[at_++];
  }
  if (arg.kind == ArgKind::kInteger || arg.kind == ArgKind::kUnixTime) {
    const auto number = base::parse_int(parsed.text);
    if (!number && number_error_.empty()) number_error_ = wire::kNotInteger;
    parsed.integer = number.value_or(0);
  } else if (arg.kind == ArgKind::kDouble) {
    const auto number = base::parse_double(parsed.text);
    if (!number && number_error_.empty()) number_error_ = wire::kNotFloat;
    parsed.real = number.value_or(0);
  }
  arg.store(args_, parsed);
  return true;
}

bool Reader::read_one(const Arg& arg) {
  if (arg.kind == ArgKind::kOneOf) {
    for (const Arg& part : arg.parts) {
      if (part.token == nullptr || at_token(part)) return read_one(part);
    }
    return false;
  }
  if (arg.token != nullptr) {
    if (!at_token(arg)) return false;
    ++at_;
  }
  return read_value(arg);
}

// Tries each option at the word under way. `chosen`: 8 bits an option, the alternative taken, 0
// none.
bool Reader::read_token_option(std::span<const Arg> options, std::uint64_t& chosen) {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Arg& option = options[i];
    const std::span<const Arg> parts =
        option.kind == ArgKind::kOneOf ? option.parts : std::span<const Arg>(&option, 1);
    for (std::size_t part = 0; part < parts.size(); ++part) {
      if (!at_token(parts[part])) continue;
      const std::uint64_t before = chosen >> (8 * i) & 0xff;
      if (before != 0 && before != part + 1) return false;
      chosen |= static_cast<std::uint64_t>(part + 1) << (8 * i);
      ++at_;
      const bool sound = number_error_.empty();
      if (!read_value(parts[part])) return false;
      // An option that stands alone is read as it comes: its error goes before what follows it.
      stands_wrong_ = option.kind != ArgKind::kOneOf && sound && !number_error_.empty();
      return !stands_wrong_;
    }
  }
  return false;
}

// Words behind the options end them.
bool Reader::at_any_token(std::span<const Arg> options) const noexcept {
  for (const Arg& option : options) {
    if (option.kind != ArgKind::kOneOf) {
      if (at_token(option)) return true;
      continue;
    }
    for (const Arg& part : option.parts) {
      if (at_token(part)) return true;
    }
  }
  return false;
}

bool has_token(const Arg& arg) {
  return arg.token != nullptr || (arg.kind == ArgKind::kOneOf && arg.parts[0].token != nullptr);
}

Bytes Reader::read(std::span<const Arg> grammar) {
  for (std::size_t i = 0; i < grammar.size(); ++i) {
    const Arg& arg = grammar[i];
    if (!arg.is_optional) {
      if (!read_one(arg)) return arity_error_ ? wire::kArity : wire::kSyntax;
      continue;
    }
    if (!has_token(arg)) {
      if (!at_end() && !read_one(arg)) return wire::kSyntax;
      continue;
    }
    std::size_t end = i;
    while (end < grammar.size() && grammar[end].is_optional && has_token(grammar[end])) ++end;
    std::uint64_t chosen = 0;
    const auto options = grammar.subspan(i, end - i);
    while (!at_end() && (end == grammar.size() || at_any_token(options))) {
      if (!read_token_option(options, chosen)) {
        return stands_wrong_ ? number_error_ : wire::kSyntax;
      }
    }
    i = end - 1;
  }
  if (!at_end()) return wire::kSyntax;
  return number_error_;
}

void add_syntax(std::string& out, const Arg& arg) {
  if (arg.is_optional) out += '[';
  std::string one;
  if (arg.token != nullptr) one = arg.token;
  if (arg.kind == ArgKind::kOneOf || arg.kind == ArgKind::kBlock) {
    if (arg.kind == ArgKind::kOneOf && !arg.is_optional) one += '<';
    for (const Arg& part : arg.parts) {
      if (&part != arg.parts.data()) one += arg.kind == ArgKind::kOneOf ? " | " : " ";
      add_syntax(one, part);
    }
    if (arg.kind == ArgKind::kOneOf && !arg.is_optional) one += '>';
  } else if (arg.kind != ArgKind::kFlag) {
    if (!one.empty()) one += ' ';
    one += arg.name;
  }
  out += one;
  if (arg.is_multiple) out += " [" + one + " ...]";
  if (arg.is_optional) out += ']';
}

}  // namespace

Bytes parse_arguments(std::span<const Arg> grammar, Arguments words, void* args) {
  return Reader(words, args).read(grammar);
}

std::string syntax_of(std::span<const Arg> grammar) {
  std::string out;
  for (const Arg& arg : grammar) {
    if (!out.empty()) out += ' ';
    add_syntax(out, arg);
  }
  return out;
}

}  // namespace miniredis::commands
