// What handlers of JSON routes share: answers, list requests and the envelope of lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "http/json_request.h"
#include "http/router.h"

namespace miniredis::service {

HttpReply json_answer(const Json& body, int status = 200);

// `limit` and `cursor` of a list request. Cursors are `kind` followed by what the list goes on
// from.
struct ListRequest {
  std::size_t limit = 100;
  std::string after;  // empty: from the start
};
ListRequest parse_list_request(const ApiRequest& request, char kind);
Json list_envelope(Json items, bool more, const std::string& next_cursor);

// A version as a strong entity tag, and the one that If-Match demands: nothing when the header is
// missing or "*". A tag that we never gave is thrown as kPreconditionFailed.
std::string etag_of(std::uint64_t version);
std::optional<std::uint64_t> expected_version(const HttpRequest& request);

// The query parameter; empty when it is not there.
std::string query_value(const ApiRequest& request, const std::string& name);

}  // namespace miniredis::service
