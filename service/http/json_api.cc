#include "http/json_api.h"

#include <charconv>

namespace miniredis::service {

HttpReply json_answer(const Json& body, int status) {
  HttpReply reply;
  reply.status = status;
  reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return reply;
}

std::string query_value(const ApiRequest& request, const std::string& name) {
  const auto entry = request.query.find(name);
  return entry == request.query.end() ? "" : entry->second;
}

ListRequest parse_list_request(const ApiRequest& request, char kind) {
  ListRequest list;
  if (const auto entry = request.query.find("limit"); entry != request.query.end()) {
    const std::string& text = entry->second;
    const auto [rest, failure] =
        std::from_chars(text.data(), text.data() + text.size(), list.limit);
    if (failure != std::errc() || rest != text.data() + text.size() || list.limit < 1 ||
        list.limit > 1000) {
      throw invalid_value("limit", "'" + text + "'", "an integer from 1 to 1000");
    }
  }
  if (const auto entry = request.query.find("cursor"); entry != request.query.end()) {
    if (entry->second.size() < 2 || entry->second.front() != kind) {
      throw invalid_value("cursor", "'" + entry->second + "'",
                          "the next_cursor of an earlier answer of this list");
    }
    list.after = entry->second.substr(1);
  }
  return list;
}

std::string etag_of(std::uint64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

std::optional<std::uint64_t> expected_version(const HttpRequest& request) {
  const std::string_view tag = request.header("If-Match");
  if (tag.empty() || tag == "*") return std::nullopt;
  std::uint64_t version = 0;
  if (tag.size() > 2 && tag.front() == '"' && tag.back() == '"') {
    const char* end = tag.data() + tag.size() - 1;
    const auto [rest, failure] = std::from_chars(tag.data() + 1, end, version);
    if (failure == std::errc() && rest == end) return version;
  }
  throw Problem{problem_kinds::kPreconditionFailed,
                "If-Match: given " + std::string(tag.substr(0, 64)) +
                    "; allowed: the ETag of an earlier answer, or *",
                "If-Match"};
}

Json list_envelope(Json items, bool more, const std::string& next_cursor) {
  return {{"items", std::move(items)}, {"next_cursor", more ? Json(next_cursor) : Json()}};
}

}  // namespace miniredis::service
