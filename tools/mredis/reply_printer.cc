#include "reply_printer.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace miniredis::mredis {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Value::Kind;

std::string double_text(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d).ptr;
  return std::string(buffer, end);
}

std::string scalar_text(const Value& value) {
  switch (value.kind()) {
    case Kind::kNil:
      return "";
    case Kind::kBoolean:
      return value.as_integer() != 0 ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(value.as_integer());
    case Kind::kDouble:
      return double_text(value.as_double());
    default:
      return value.text();
  }
}

void append_raw(std::string& out, const Value& value) {
  if (!value.is_aggregate()) {
    out.append(scalar_text(value));
    return;
  }
  const bool map = value.kind() == Kind::kMap;
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    if (i > 0) out.push_back(map && i % 2 == 1 ? ' ' : '\n');
    append_raw(out, value.items()[i]);
  }
}

void append_csv(std::string& out, const Value& value) {
  if (value.is_aggregate()) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (i > 0) out.push_back(',');
      append_csv(out, value.items()[i]);
    }
    return;
  }
  if (value.is_nil() || value.kind() == Kind::kInteger || value.kind() == Kind::kDouble ||
      value.kind() == Kind::kBoolean) {
    out.append(scalar_text(value));
    return;
  }
  out.push_back('"');
  for (const char c : value.text()) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

// The text with what is not UTF-8 made UTF-8, one character a byte.
std::string json_text(const std::string& bytes) {
  try {
    static_cast<void>(Json(bytes).dump());
    return bytes;
  } catch (const Json::type_error&) {
    std::string text;
    for (const char c : bytes) {
      const auto octet = static_cast<unsigned char>(c);
      if (octet < 0x80) {
        text.push_back(c);
      } else {
        text.push_back(static_cast<char>(0xc0 | octet >> 6));
        text.push_back(static_cast<char>(0x80 | (octet & 0x3f)));
      }
    }
    return text;
  }
}

Json map_to_json(const Value& value) {
  Json object = Json::object();
  Json pairs = Json::array();
  bool distinct = true;
  for (std::size_t i = 0; i + 1 < value.items().size(); i += 2) {
    const Value& key = value.items()[i];
    const Json member = to_json(value.items()[i + 1]);
    const std::string name = json_text(key.is_aggregate() ? to_string(key) : scalar_text(key));
    distinct = distinct && !object.contains(name);
    object[name] = member;
    pairs.push_back(Json::array({to_json(key), member}));
  }
  return distinct ? object : pairs;
}

}  // namespace

nlohmann::ordered_json to_json(const Value& value) {
  switch (value.kind()) {
    case Kind::kNil:
      return nullptr;
    case Kind::kBoolean:
      return value.as_integer() != 0;
    case Kind::kInteger:
      return value.as_integer();
    case Kind::kDouble:
      if (std::isfinite(value.as_double())) return value.as_double();
      return double_text(value.as_double());
    case Kind::kError: {
      Json error = Json::object();
      error["error"] = json_text(value.text());
      return error;
    }
    case Kind::kMap:
      return map_to_json(value);
    case Kind::kArray:
    case Kind::kSet:
    case Kind::kPush: {
      Json array = Json::array();
      for (const Value& item : value.items()) array.push_back(to_json(item));
      return array;
    }
    default:
      return json_text(value.text());
  }
}

std::string print_reply(const Value& value, ReplyFormat format) {
  std::string out;
  switch (format) {
    case ReplyFormat::kDrawn:
      out = to_string(value);
      // Texts for people, such as INFO's, end with a line end of their own.
      if (value.kind() == Kind::kVerbatim && !out.empty() && out.back() == '\n') return out;
      break;
    case ReplyFormat::kRaw:
      append_raw(out, value);
      break;
    case ReplyFormat::kJson:
      out = to_json(value).dump();
      break;
    case ReplyFormat::kCsv:
      append_csv(out, value);
      break;
  }
  out.push_back('\n');
  return out;
}

}  // namespace miniredis::mredis
