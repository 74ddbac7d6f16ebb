#include "node_manager/json_reply.h"

#include <array>
#include <cmath>
#include <set>

#include "common/json.h"
#include "common/secure_bytes.h"
#include "common/utf8.h"

namespace miniredis::service {
namespace {

constexpr std::array<std::string_view, 6> kMarks{"base64",     "double", "error",
                                                 "big_number", "push",   "map"};

Json text_json(const std::string& bytes) {
  if (!is_utf8(bytes)) return {{"base64", to_base64(bytes)}};
  return bytes;
}

Json double_json(double number) {
  if (std::isfinite(number)) return number;
  const char* name = std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  return {{"double", name}};
}

bool fits_object(const Value& map, BulkEncoding encoding) {
  const auto& items = map.items();
  std::set<std::string_view> keys;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const Value& key = items[i];
    const bool textual = key.kind() == Value::Kind::kStatus ||
                         (key.kind() == Value::Kind::kString && encoding == BulkEncoding::kText);
    if (!textual || !is_utf8(key.text()) || !keys.insert(key.text()).second) return false;
  }
  const bool looks_marked =
      keys.size() == 1 && std::find(kMarks.begin(), kMarks.end(), *keys.begin()) != kMarks.end();
  return !looks_marked;
}

Json array_json(const std::vector<Value>& items, BulkEncoding encoding) {
  Json array = Json::array();
  for (const Value& item : items) array.push_back(to_json(item, encoding));
  return array;
}

Json map_json(const Value& map, BulkEncoding encoding) {
  const auto& items = map.items();
  if (fits_object(map, encoding)) {
    Json object = Json::object();
    // Keys are known to be distinct: appending spares ordered_json's search for each.
    auto& members = object.get_ref<Json::object_t&>();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      members.Container::emplace_back(items[i].text(), to_json(items[i + 1], encoding));
    }
    return object;
  }
  Json pairs = Json::array();
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    pairs.push_back(Json::array({to_json(items[i], encoding), to_json(items[i + 1], encoding)}));
  }
  return {{"map", std::move(pairs)}};
}

}  // namespace

Json to_json(const Value& value, BulkEncoding encoding) {
  switch (value.kind()) {
    case Value::Kind::kNil:
      return nullptr;
    case Value::Kind::kBoolean:
      return value.as_integer() != 0;
    case Value::Kind::kInteger:
      return value.as_integer();
    case Value::Kind::kDouble:
      return double_json(value.as_double());
    case Value::Kind::kString:
      if (encoding == BulkEncoding::kBase64) return {{"base64", to_base64(value.text())}};
      return text_json(value.text());
    case Value::Kind::kStatus:
    case Value::Kind::kVerbatim:
      return text_json(value.text());
    case Value::Kind::kError:
      return {{"error", text_json(value.text())}};
    case Value::Kind::kBigNumber:
      return {{"big_number", value.text()}};
    case Value::Kind::kArray:
    case Value::Kind::kSet:
      return array_json(value.items(), encoding);
    case Value::Kind::kPush:
      return {{"push", array_json(value.items(), encoding)}};
    case Value::Kind::kMap:
      return map_json(value, encoding);
  }
  return nullptr;
}

std::string text_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace miniredis::service
