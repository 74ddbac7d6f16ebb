#include "http/json_request.h"

#include <algorithm>
#include <set>

#include "common/units.h"

namespace miniredis::service {
namespace {

constexpr int kMostLevels = 32;
constexpr std::size_t kMostShown = 80;

// Watches the parser for what JSON allows and we do not.
class ParseGuard {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMostLevels) {
      throw Problem{problem_kinds::kMalformedJson,
                    "more than " + std::to_string(kMostLevels) + " levels of nesting", ""};
    }
    if (event == Json::parse_event_t::object_start) {
      members_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      members_.pop_back();
    } else if (event == Json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!members_.back().insert(name).second) {
        throw Problem{problem_kinds::kMalformedJson, "a member stands twice", name};
      }
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> members_;
};

}  // namespace

Json parse_body(const HttpRequest& request) {
  ParseGuard guard;
  Json document;
  try {
    document =
        Json::parse(request.body, [&guard](int depth, Json::parse_event_t event, Json& parsed) {
          return guard(depth, event, parsed);
        });
  } catch (const Json::parse_error& failure) {
    throw Problem{problem_kinds::kMalformedJson,
                  "not JSON, at byte " + std::to_string(failure.byte), ""};
  } catch (const Json::exception&) {
    throw Problem{problem_kinds::kMalformedJson, "a number is beyond what can be held", ""};
  }
  if (!document.is_object()) {
    throw Problem{problem_kinds::kMalformedJson, "the body must be one JSON object", ""};
  }
  return document;
}

Problem invalid_value(const std::string& field, const std::string& given,
                      const std::string& allowed) {
  return {problem_kinds::kInvalidValue, field + ": given " + given + "; allowed: " + allowed,
          field};
}

std::string shown(const Json& value) {
  if (value.is_structured()) return value.is_array() ? "an array" : "an object";
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "...";
  return text;
}

bool Fields::has(const char* name) {
  return find(name) != nullptr;
}

const Json* Fields::find(const char* name) {
  known_.emplace_back(name);
  const auto member = object_.find(name);
  return member == object_.end() ? nullptr : &*member;
}

std::optional<std::string> Fields::text(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) throw invalid_value(name, shown(*value), "a string");
  return value->get<std::string>();
}

std::string Fields::required_text(const char* name) {
  auto value = text(name);
  if (!value) throw invalid_value(name, "nothing", "a string; the field is required");
  return std::move(*value);
}

std::optional<std::int64_t> Fields::integer(const char* name, std::int64_t min, std::int64_t max) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool too_big =
      value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(max);
  if (!value->is_number_integer() || too_big || value->get<std::int64_t>() < min ||
      value->get<std::int64_t>() > max) {
    throw invalid_value(name, shown(*value),
                        "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return value->get<std::int64_t>();
}

std::optional<std::int64_t> Fields::bytes(const char* name, std::int64_t min, std::int64_t max) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->is_string()) {
    number = parse_bytes(value->get_ref<const std::string&>());
  } else if (value->is_number_integer() &&
             (!value->is_number_unsigned() ||
              value->get<std::uint64_t>() <= static_cast<std::uint64_t>(max))) {
    number = value->get<std::int64_t>();
  }
  if (!number || *number < min || *number > max) {
    throw invalid_value(name, shown(*value),
                        "bytes, as a number or a text such as \"40mb\", from " +
                            std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

std::optional<std::int64_t> Fields::memory_limit(std::int64_t min, std::int64_t max) {
  const auto short_form = bytes("memory", min, max);
  const auto long_form = bytes("memory_limit_bytes", min, max);
  if (short_form && long_form) {
    throw invalid_value("memory", "together with memory_limit_bytes", "one of the two");
  }
  return short_form ? short_form : long_form;
}

std::optional<bool> Fields::boolean(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) throw invalid_value(name, shown(*value), "true or false");
  return value->get<bool>();
}

void Fields::finish() const {
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto nearest = nearest_of(name, known_);
    throw Problem{problem_kinds::kUnknownField,
                  "unknown field" + (nearest ? "; did you mean " + *nearest + "?" : std::string()),
                  name};
  }
}

}  // namespace miniredis::service
