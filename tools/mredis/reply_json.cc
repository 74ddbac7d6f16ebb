#include "reply_json.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace miniredis::mredis {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Value::Kind;

bool is_utf8(const std::string& bytes) {
  try {
    static_cast<void>(Json(bytes).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string to_base64(const std::string& bytes) {
  // EVP_EncodeBlock writes a zero behind the text.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return text;
  // It decodes the padding too, as zeros.
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

Value list_from_json(Kind kind, const Json& array) {
  std::vector<Value> items;
  for (const Json& item : array) items.push_back(value_from_json(item));
  return Value::aggregate(kind, std::move(items));
}

// An object with one member may be a mark for what JSON has no form for.
bool marked_from_json(const Json& object, Value& out) {
  if (object.size() != 1) return false;
  const std::string mark = object.begin().key();
  const Json& content = object.begin().value();
  if (content.is_string()) {
    const std::string text = content.get<std::string>();
    if (mark == "error") {
      out = Value::text_of(Kind::kError, text);
    } else if (mark == "base64") {
      out = Value::text_of(Kind::kString, from_base64(text));
    } else if (mark == "double") {
      out = Value::real(std::strtod(text.c_str(), nullptr));
    } else if (mark == "big_number") {
      out = Value::text_of(Kind::kBigNumber, text);
    } else {
      return false;
    }
    return true;
  }
  if (!content.is_array()) return false;
  if (mark == "push") {
    out = list_from_json(Kind::kPush, content);
    return true;
  }
  if (mark == "map") {
    std::vector<Value> items;
    for (const Json& pair : content) {
      for (const Json& half : pair) items.push_back(value_from_json(half));
    }
    out = Value::aggregate(Kind::kMap, std::move(items));
    return true;
  }
  return false;
}

}  // namespace

nlohmann::ordered_json argument_to_json(const std::string& bytes) {
  if (is_utf8(bytes)) return bytes;
  Json object = Json::object();
  object["base64"] = to_base64(bytes);
  return object;
}

Value value_from_json(const nlohmann::ordered_json& json) {
  if (json.is_boolean()) return Value::boolean(json.get<bool>());
  if (json.is_number_integer()) return Value::integer(json.get<std::int64_t>());
  if (json.is_number()) return Value::real(json.get<double>());
  if (json.is_string()) return Value::text_of(Kind::kString, json.get<std::string>());
  if (json.is_array()) return list_from_json(Kind::kArray, json);
  if (!json.is_object()) return {};
  Value marked;
  if (marked_from_json(json, marked)) return marked;
  std::vector<Value> items;
  for (const auto& [name, value] : json.items()) {
    items.push_back(Value::text_of(Kind::kString, name));
    items.push_back(value_from_json(value));
  }
  return Value::aggregate(Kind::kMap, std::move(items));
}

}  // namespace miniredis::mredis
