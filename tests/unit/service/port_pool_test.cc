#include "node_manager/port_pool.h"

#include <doctest/doctest.h>

namespace miniredis::service {

TEST_CASE("the lowest free port is given, and a freed one again") {
  PortPool pool(7001, 7003);
  CHECK(pool.available() == 3);
  CHECK(pool.take_next() == 7001);
  CHECK(pool.take_next() == 7002);
  CHECK(pool.take_next() == 7003);
  CHECK_FALSE(pool.take_next().has_value());
  CHECK(pool.used() == 3);
  pool.give_back(7002);
  CHECK(pool.available() == 1);
  CHECK(pool.take_next() == 7002);
}

TEST_CASE("a port is taken once, and only one of the range") {
  PortPool pool(7001, 7003);
  CHECK(pool.take(7003));
  CHECK_FALSE(pool.take(7003));
  CHECK_FALSE(pool.take(7004));
  CHECK_FALSE(pool.take(7000));
  CHECK(pool.take_next(7002) == 7002);
  CHECK_FALSE(pool.take_next(7002).has_value());
  pool.give_back(9000);
  CHECK(pool.available() + pool.used() == 3);
  pool.give_back(7003);
  pool.give_back(7003);
  CHECK(pool.available() == 2);
}

TEST_CASE("a range may reach the last port there is") {
  PortPool pool(65534, 65535);
  CHECK(pool.available() == 2);
  CHECK(pool.contains(65535));
  CHECK_FALSE(pool.contains(65536));
}

}  // namespace miniredis::service
