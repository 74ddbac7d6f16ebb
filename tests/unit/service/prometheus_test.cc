#include "node_manager/prometheus.h"

#include <doctest/doctest.h>

#include <cmath>

namespace miniredis::service {

TEST_CASE("families and samples are written as the format has them") {
  PrometheusText text;
  text.family("miniredis_nodes", "gauge", "Nodes.\nAll \\ \"of\" them.");
  text.sample(std::uint64_t{18446744073709551615U});
  text.family("x_total", "counter", "X.");
  text.sample({{"node", "a\"b\\c\nd"}, {"tenant", "t"}}, 0.25);
  text.sample({{"node", "e"}}, INFINITY);
  text.sample({}, NAN);
  text.sample({}, 1e300);
  CHECK(text.take() ==
        "# HELP miniredis_nodes Nodes.\\nAll \\\\ \"of\" them.\n"
        "# TYPE miniredis_nodes gauge\n"
        "miniredis_nodes 18446744073709551615\n"
        "# HELP x_total X.\n"
        "# TYPE x_total counter\n"
        "x_total{node=\"a\\\"b\\\\c\\nd\",tenant=\"t\"} 0.25\n"
        "x_total{node=\"e\"} +Inf\n"
        "x_total NaN\n"
        "x_total 1e+300\n");
}

}  // namespace miniredis::service
