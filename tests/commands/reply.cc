#include "commands/reply.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace miniredis::transcripts {
namespace {

constexpr int kMaxDepth = 32;

std::optional<std::int64_t> parse_length(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

Decoded partial() {
  return {Decoded::State::kPartial, {}, 0};
}
Decoded broken() {
  return {Decoded::State::kBroken, {}, 0};
}

Decoded decode_at_depth(std::string_view bytes, int depth);

Decoded decode_bulk(std::string_view bytes, char type, std::size_t begin, std::int64_t length) {
  if (length < 0) return {Decoded::State::kWhole, {type, true, {}, {}}, begin};
  const auto size = static_cast<std::size_t>(length);
  if (bytes.size() < begin + size + 2) return partial();
  if (bytes.substr(begin + size, 2) != "\r\n") return broken();
  return {Decoded::State::kWhole,
          {type, false, std::string(bytes.substr(begin, size)), {}},
          begin + size + 2};
}

Decoded decode_aggregate(std::string_view bytes, char type, std::size_t begin, std::int64_t length,
                         int depth) {
  if (length < 0) return {Decoded::State::kWhole, {type, true, {}, {}}, begin};
  Decoded result{Decoded::State::kWhole, {type, false, {}, {}}, begin};
  const std::int64_t count = type == '%' ? 2 * length : length;
  for (std::int64_t i = 0; i < count; ++i) {
    Decoded item = decode_at_depth(bytes.substr(result.consumed), depth + 1);
    if (item.state != Decoded::State::kWhole) return item;
    result.consumed += item.consumed;
    result.reply.items.push_back(std::move(item.reply));
  }
  return result;
}

Decoded decode_at_depth(std::string_view bytes, int depth) {
  if (bytes.empty()) return partial();
  if (depth > kMaxDepth) return broken();
  const auto line_end = bytes.find("\r\n");
  const char type = bytes[0];
  if (std::string_view("+-:$*_,#(!=%~>").find(type) == std::string_view::npos) return broken();
  if (line_end == std::string_view::npos) return partial();
  const std::string_view line = bytes.substr(1, line_end - 1);
  const std::size_t begin = line_end + 2;
  if (std::string_view("+-:_,#(").find(type) != std::string_view::npos) {
    return {Decoded::State::kWhole, {type, type == '_', std::string(line), {}}, begin};
  }
  const auto length = parse_length(line);
  if (!length || *length < -1) return broken();
  if (type == '$' || type == '=' || type == '!') return decode_bulk(bytes, type, begin, *length);
  return decode_aggregate(bytes, type, begin, *length, depth);
}

}  // namespace

Decoded decode(std::string_view bytes) {
  return decode_at_depth(bytes, 0);
}

std::string in_quotes(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string to_transcript(const Reply& reply, int indent) {
  std::string out(static_cast<std::size_t>(2 * indent), ' ');
  if (reply.is_null) {
    return out + (reply.type == '*' ? "(nil-array)\n" : "(nil)\n");
  }
  switch (reply.type) {
    case '$':
      return out + '$' + in_quotes(reply.text) + '\n';
    case '=':
    case '!':
      return out + reply.type + in_quotes(reply.text) + '\n';
    case '*':
    case '%':
    case '~':
    case '>': {
      const std::size_t count = reply.items.size() / (reply.type == '%' ? 2 : 1);
      out += (reply.type == '>' ? std::string("push ") : std::string(1, reply.type)) +
             std::to_string(count) + '\n';
      for (const Reply& item : reply.items) out += to_transcript(item, indent + 1);
      return out;
    }
    default:
      return out + reply.type + reply.text + '\n';
  }
}

}  // namespace miniredis::transcripts
