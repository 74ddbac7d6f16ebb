#include "commands/pattern.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace miniredis::transcripts {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::invalid_argument(what);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  fail("\\x wants two lower-case hex digits");
}

std::int64_t parse_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail("not a number: " + std::string(text));
  }
  return n;
}

char unescape(std::string_view line, std::size_t& at) {
  if (at >= line.size()) fail("a lone \\ at the end");
  switch (const char c = line[at++]) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
      return c;
    case 'x': {
      if (at + 2 > line.size()) fail("\\x wants two hex digits");
      const int byte = hex_digit(line[at]) * 16 + hex_digit(line[at + 1]);
      at += 2;
      return static_cast<char>(byte);
    }
    default:
      fail(std::string("unknown escape \\") + c);
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    out += c == '\\' ? unescape(text, at) : c;
  }
  return out;
}

std::string parse_quoted(std::string_view line, std::size_t& at) {
  std::string out;
  ++at;
  while (true) {
    if (at >= line.size()) fail("a string without its closing quote");
    const char c = line[at++];
    if (c == '"') break;
    out += c == '\\' ? unescape(line, at) : c;
  }
  if (at < line.size() && line[at] == '*') {
    std::size_t end = at + 1;
    while (end < line.size() && line[end] != ' ') ++end;
    const std::int64_t count = parse_number(line.substr(at + 1, end - at - 1));
    std::string repeated;
    for (std::int64_t i = 0; i < count; ++i) repeated += out;
    at = end;
    return repeated;
  }
  return out;
}

std::size_t indent_of(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string::npos ? 0 : first / 2;
}

Pattern parse_placeholder(std::string_view body) {
  Pattern pattern;
  pattern.type = 'P';
  if (body.size() < 2 || body.back() != '>') fail("a placeholder ends with >");
  body = body.substr(1, body.size() - 2);
  const auto colon = body.find(':');
  pattern.text = std::string(body.substr(0, colon));
  if (pattern.text == "int" && colon != std::string_view::npos) {
    const std::string_view range = body.substr(colon + 1);
    const auto dots = range.find("..");
    if (dots == std::string_view::npos) fail("<int:low..high>");
    pattern.minimum = parse_number(range.substr(0, dots));
    pattern.maximum = parse_number(range.substr(dots + 2));
  } else if (pattern.text == "text" && colon != std::string_view::npos) {
    pattern.regex = std::regex(std::string(body.substr(colon + 1)));
  } else if (pattern.text == "glob" && colon != std::string_view::npos) {
    pattern.glob = unescaped(body.substr(colon + 1));
  } else if (pattern.text == "error" && colon != std::string_view::npos) {
    pattern.regex = std::regex(std::string(body.substr(colon + 1)));
  } else if (colon != std::string_view::npos ||
             (pattern.text != "int" && pattern.text != "text" && pattern.text != "any" &&
              pattern.text != "error" && pattern.text != "array")) {
    fail("unknown placeholder <" + std::string(body) + ">");
  }
  return pattern;
}

// The head of an aggregate: "2", "2 any order", "", " any order", "2 pairs", "2 pairs any order".
std::optional<std::int64_t> parse_aggregate_head(std::string_view head, Pattern& pattern) {
  constexpr std::string_view kAnyOrder = "any order";
  if (head.ends_with(kAnyOrder)) {
    pattern.any_order = true;
    head.remove_suffix(kAnyOrder.size());
  }
  while (!head.empty() && head.back() == ' ') head.remove_suffix(1);
  constexpr std::string_view kPairs = "pairs";
  if (head.ends_with(kPairs)) {
    pattern.pairs = true;
    head.remove_suffix(kPairs.size());
  }
  while (!head.empty() && head.front() == ' ') head.remove_prefix(1);
  while (!head.empty() && head.back() == ' ') head.remove_suffix(1);
  if (head.empty()) return std::nullopt;
  return parse_number(head);
}

void parse_items(Pattern& pattern, std::string_view head, const std::vector<std::string>& lines,
                 std::size_t& next, std::size_t indent) {
  const auto count = parse_aggregate_head(head, pattern);
  while (next < lines.size() && indent_of(lines[next]) == indent + 1) {
    if (lines[next].substr(2 * (indent + 1)) == "...") {
      pattern.open_ended = true;
      ++next;
      break;
    }
    pattern.items.push_back(parse_pattern(lines, next));
  }
  const auto found = static_cast<std::int64_t>(pattern.items.size());
  if (count && !pattern.open_ended && found != (pattern.type == '%' ? 2 * *count : *count)) {
    fail("an aggregate of " + std::to_string(*count) + " with " + std::to_string(found) +
         " lines below it");
  }
  if (pattern.type == '%' && found % 2 != 0) fail("a map wants a value for every key");
  for (const Pattern& item : pattern.items) {
    if (pattern.pairs && item.items.size() != 2) fail("pairs are arrays of two");
  }
}

// ------------------------------------------------------------------------------------ matching

std::optional<std::string> differs(const Pattern& pattern, const Reply& reply) {
  std::string wanted(1, pattern.type);
  if (pattern.type == 'N') wanted = "(nil)";
  if (pattern.type == 'A') wanted = "(nil-array)";
  if (pattern.type == 'P') wanted = "<" + pattern.text + ">";
  if (pattern.type == '$') wanted += in_quotes(pattern.text);
  if (std::string_view("+-:,#(").find(pattern.type) != std::string_view::npos) {
    wanted += pattern.text;
  }
  if (!pattern.items.empty() || std::string_view("*%~>").find(pattern.type) != std::string::npos) {
    wanted += std::to_string(pattern.items.size());
  }
  std::string got = to_transcript(reply);
  while (!got.empty() && got.back() == '\n') got.pop_back();
  std::replace(got.begin(), got.end(), '\n', '|');
  return "expected " + wanted + " got " + got;
}

// The bytes of a reply; of a verbatim string without the "txt:" that RESP3 alone shows.
std::string_view without_format(const Reply& reply) {
  const std::string_view text = reply.text;
  return reply.type == '=' && text.size() >= 4 && text[3] == ':' ? text.substr(4) : text;
}

// * is any bytes, # is one or more digits. Iterative: std::regex recurses for every byte, too deep
// for a reply as long as INFO's.
bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size() || g < glob.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
      continue;
    }
    if (g < glob.size() && t < text.size() && glob[g] == '#' && is_digit(text[t])) {
      while (t < text.size() && is_digit(text[t])) ++t;
      ++g;
      continue;
    }
    if (g < glob.size() && t < text.size() && glob[g] == text[t]) {
      ++g;
      ++t;
      continue;
    }
    if (star == std::string_view::npos || resume >= text.size()) return false;
    g = star + 1;
    t = ++resume;
  }
  return true;
}

bool placeholder_matches(const Pattern& pattern, const Reply& reply) {
  if (pattern.text == "any") return true;
  if (pattern.text == "array") {
    return std::string_view("*%~>").find(reply.type) != std::string_view::npos && !reply.is_null;
  }
  if (pattern.text == "error") {
    return reply.type == '-' && (!pattern.regex || std::regex_match(reply.text, *pattern.regex));
  }
  if (reply.is_null) return false;
  if (pattern.text == "int") {
    if (reply.type != ':') return false;
    const std::int64_t n = parse_number(reply.text);
    return n >= pattern.minimum && n <= pattern.maximum;
  }
  if (std::string_view("+$=,").find(reply.type) == std::string_view::npos) return false;
  if (pattern.text == "glob") return glob_matches(pattern.glob, without_format(reply));
  const std::string text(without_format(reply));
  return !pattern.regex || std::regex_match(text, *pattern.regex);
}

// The type byte that `type` has in `protocol`.
char shown_as(char type, Protocol protocol) {
  if (protocol != Protocol::kResp2) return type;
  switch (type) {
    case '%':
    case '~':
    case '>':
      return '*';
    case ',':
    case '(':
    case '=':
      return '$';
    case '#':
      return ':';
    case '!':
      return '-';
    default:
      return type;
  }
}

std::string text_in(const Pattern& pattern, Protocol protocol) {
  if (protocol == Protocol::kResp2 && pattern.type == '#') return pattern.text == "t" ? "1" : "0";
  if (pattern.type == '=') {
    // "txt:" is part of the bytes only where the type exists.
    return protocol == Protocol::kResp3 ? pattern.text : pattern.text.substr(4);
  }
  return pattern.text;
}

// Pairs as RESP2 shows them.
Pattern flat(const Pattern& pattern) {
  Pattern out = pattern;
  out.items.clear();
  for (const Pattern& pair : pattern.items) {
    out.items.insert(out.items.end(), pair.items.begin(), pair.items.end());
  }
  return out;
}

std::optional<std::string> items_mismatch(const Pattern& given, const Reply& reply,
                                          Protocol protocol) {
  const bool flattened = given.pairs && protocol == Protocol::kResp2;
  const Pattern pattern = flattened ? flat(given) : given;
  const std::size_t wanted = pattern.items.size();
  if (reply.items.size() < wanted || (reply.items.size() > wanted && !pattern.open_ended)) {
    return differs(pattern, reply);
  }
  if (!pattern.any_order) {
    for (std::size_t i = 0; i < wanted; ++i) {
      if (auto what = mismatch(pattern.items[i], reply.items[i], protocol)) {
        return "item " + std::to_string(i) + ": " + *what;
      }
    }
    return std::nullopt;
  }
  // Greedy is enough: items of unordered replies are exact values, seldom placeholders.
  const std::size_t step = pattern.type == '%' || flattened ? 2 : 1;
  std::vector<bool> used(reply.items.size(), false);
  for (std::size_t i = 0; i < wanted; i += step) {
    bool found = false;
    for (std::size_t j = 0; j + step <= reply.items.size() && !found; j += step) {
      if (used[j]) continue;
      found = true;
      for (std::size_t k = 0; k < step && found; ++k) {
        found = !mismatch(pattern.items[i + k], reply.items[j + k], protocol);
      }
      if (found) used[j] = true;
    }
    if (!found) return "no item like number " + std::to_string(i) + ": " + *differs(pattern, reply);
  }
  return std::nullopt;
}

}  // namespace

std::string parse_token(std::string_view line, std::size_t& at) {
  if (line[at] == '"') return parse_quoted(line, at);
  const std::size_t begin = at;
  while (at < line.size() && line[at] != ' ') ++at;
  return std::string(line.substr(begin, at - begin));
}

Pattern parse_pattern(const std::vector<std::string>& lines, std::size_t& next) {
  const std::string& line = lines[next];
  const std::size_t indent = indent_of(line);
  const std::string_view body = std::string_view(line).substr(2 * indent);
  ++next;
  if (body.empty()) fail("an empty line inside a reply");
  Pattern pattern;
  pattern.type = body[0];
  if (body == "(nil)" || body == "(nil-array)") {
    pattern.type = body == "(nil)" ? 'N' : 'A';
    return pattern;
  }
  if (body.starts_with("push")) {
    pattern.type = '>';
    parse_items(pattern, body.substr(4), lines, next, indent);
    return pattern;
  }
  switch (body[0]) {
    case '<':
      return parse_placeholder(body);
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
      pattern.text = std::string(body.substr(1));
      return pattern;
    case '$':
    case '=': {
      std::size_t at = 1;
      if (body.size() < 3 || body[1] != '"') fail("a bulk string is written $\"...\"");
      pattern.text = parse_token(body, at);
      if (at != body.size()) fail("something follows the string");
      return pattern;
    }
    case '*':
    case '%':
    case '~':
      parse_items(pattern, body.substr(1), lines, next, indent);
      return pattern;
    default:
      fail("no reply begins like this: " + std::string(body));
  }
}

std::optional<std::string> mismatch(const Pattern& pattern, const Reply& reply, Protocol protocol) {
  if (pattern.type == 'P') {
    return placeholder_matches(pattern, reply) ? std::nullopt : differs(pattern, reply);
  }
  if (pattern.type == 'N' || pattern.type == 'A') {
    const char null_type = pattern.type == 'A' ? '*' : '$';
    const bool same = reply.is_null &&
                      (protocol == Protocol::kResp2 ? reply.type == null_type : reply.type == '_');
    return same ? std::nullopt : differs(pattern, reply);
  }
  if (reply.is_null || reply.type != shown_as(pattern.type, protocol)) {
    return differs(pattern, reply);
  }
  if (std::string_view("*%~>").find(pattern.type) != std::string_view::npos) {
    return items_mismatch(pattern, reply, protocol);
  }
  if (reply.text == text_in(pattern, protocol)) return std::nullopt;
  // In process a double arrives as a number, of which there are several texts.
  const bool same_number =
      pattern.type == ',' && reply.type == ',' &&
      std::strtod(reply.text.c_str(), nullptr) == std::strtod(pattern.text.c_str(), nullptr);
  return same_number ? std::nullopt : differs(pattern, reply);
}

}  // namespace miniredis::transcripts
