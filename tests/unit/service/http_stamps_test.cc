#include "http/http_stamps.h"

#include <doctest/doctest.h>

#include <unordered_set>

namespace miniredis::service {

TEST_CASE("the date is that of the second that it is asked for") {
  HttpStamps stamps;
  CHECK(stamps.date(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(stamps.date(784'111'777'999) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(stamps.date(784'111'778'000) == "Sun, 06 Nov 1994 08:49:38 GMT");
  CHECK(stamps.date(784'111'777'500) == "Sun, 06 Nov 1994 08:49:37 GMT");  // a clock set back
}

TEST_CASE("ids of requests are 16 digits, and no two the same") {
  HttpStamps stamps;
  HttpStamps others;
  std::unordered_set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    for (const std::string& id : {stamps.request_id(), others.request_id()}) {
      CHECK(id.size() == 16);
      CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
      CHECK(seen.insert(id).second);
    }
  }
}

}  // namespace miniredis::service
