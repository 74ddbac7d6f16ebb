#include "types/geohash.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/rng.h"

namespace miniredis::types::geohash {
namespace {

Point random_point(base::Rng& rng) {
  return {(rng.unit() * 2 - 1) * kMaxLongitude, (rng.unit() * 2 - 1) * kMaxLatitude};
}

bool covers(const Cover& cover, double score) {
  for (const ScoreRange& range : cover.ranges()) {
    if (score >= range.least && score < range.behind) return true;
  }
  return false;
}

TEST_CASE("a score names the place that it was made of") {
  base::Rng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    const Point point = random_point(rng);
    const Point back = point_of(score_of(point));
    // Half of the smallest cell, in degrees.
    REQUIRE(std::fabs(back.longitude - point.longitude) <= 360.0 / (1 << 27) * 1.001);
    REQUIRE(std::fabs(back.latitude - point.latitude) <= 2 * kMaxLatitude / (1 << 27) * 1.001);
    REQUIRE(score_of(back) == score_of(point));
  }
}

TEST_CASE("known places have the scores and the texts that they have elsewhere") {
  const Point palermo{13.361389, 38.115556};
  CHECK(score_of(palermo) == 3479099956230698.0);
  const auto text = text_of(point_of(score_of(palermo)));
  CHECK(std::string(text.data(), text.size()) == "sqc8b49rny0");
  CHECK(score_of({-kMaxLongitude, -kMaxLatitude}) == 0);
}

TEST_CASE("any score names a place on the map") {
  for (const double score :
       {-1.0, -1e300, 1e300, 4503599627370496.0, 9223372036854775808.0, 1.5, -9223372036854775808.0,
        18446744073709551616.0, double{INFINITY}, -double{INFINITY}}) {
    CHECK(is_on_map(point_of(score)));
  }
}

TEST_CASE("distances are those of a sphere") {
  CHECK(distance({0, 0}, {0, 0}) == 0);
  CHECK(distance({0, 0}, {180, 0}) == doctest::Approx(6372797.560856 * M_PI));
  CHECK(distance({0, 0}, {0, 90}) == doctest::Approx(6372797.560856 * M_PI / 2));
  CHECK(distance({10, 20}, {30, 40}) == distance({30, 40}, {10, 20}));
}

TEST_CASE("a cover holds every place inside of its circle or box") {
  base::Rng rng(2);
  // Near the poles, where the map ends, and very far, Redis' cells may miss some; and so do these.
  for (int round = 0; round < 3000; ++round) {
    Shape shape;
    shape.centre = {(rng.unit() * 2 - 1) * 170, (rng.unit() * 2 - 1) * 60};
    const double size = std::pow(10, rng.unit() * 5);
    shape.is_box = round % 2 == 1;
    shape.radius = size;
    shape.width = size * (0.2 + rng.unit());
    shape.height = size * (0.2 + rng.unit());
    const Cover cover(shape);
    REQUIRE(!cover.ranges().empty());
    REQUIRE(cover.ranges().size() <= 9);
    for (int i = 0; i < 20; ++i) {
      const double degrees = size / 111'000;
      const double stretch = std::cos(shape.centre.latitude * M_PI / 180);
      const Point wanted{shape.centre.longitude + (rng.unit() * 2 - 1) * degrees / stretch,
                         shape.centre.latitude + (rng.unit() * 2 - 1) * degrees};
      const double score = score_of(wanted);
      if (shape.distance_inside(point_of(score))) REQUIRE(covers(cover, score));
    }
  }
}

}  // namespace
}  // namespace miniredis::types::geohash
