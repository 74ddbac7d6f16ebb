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

Json list_envelope(Json items, bool more, const std::string& next_cursor) {
  return {{"items", std::move(items)}, {"next_cursor", more ? Json(next_cursor) : Json()}};
}

}  // namespace miniredis::service
