// Places on earth as numbers of 52 bits whose order keeps what is near together: the scores of a
// sorted set that holds places.
//
// The bits of longitude and latitude, halved 26 times each, take turns, the longitude's first
// (G. M. Morton, 1966; G. Niemeyer's geohash). As in Redis, latitudes reach only as far as the
// Mercator projection is square, and every number and operation here is in the order of Redis', for
// scores and distances must come out the same. Degrees and metres throughout.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace miniredis::types::geohash {

inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;
inline constexpr unsigned kMaxSteps = 26;

struct Point {
  double longitude = 0;
  double latitude = 0;
};

constexpr bool is_on_map(const Point& point) noexcept {
  return point.longitude >= -kMaxLongitude && point.longitude <= kMaxLongitude &&
         point.latitude >= -kMaxLatitude && point.latitude <= kMaxLatitude;
}

// A square of the map, halved `steps` times in both directions.
struct Cell {
  std::uint64_t bits = 0;
  unsigned steps = 0;
  bool operator==(const Cell&) const = default;
};
struct Area {
  Point least;
  Point greatest;
};

// `point` is on the map.
Cell cell_of(const Point& point, unsigned steps) noexcept;
Area area_of(const Cell& cell) noexcept;

// The score of a place, and the middle of the smallest cell that a score names. Any score names
// one.
double score_of(const Point& point) noexcept;
Point point_of(double score) noexcept;

// The eleven characters by which a place is known to other programs (http://geohash.org): of the
// usual map, whose latitudes go from -90 to 90.
std::array<char, 11> text_of(const Point& point) noexcept;

// Along the surface (the haversine formula).
double distance(const Point& a, const Point& b) noexcept;

// What is searched: a circle around a place, or a box that is as wide and as high everywhere.
struct Shape {
  Point centre;
  bool is_box = false;
  double radius = 0;
  double width = 0;
  double height = 0;

  // How far the point is from the centre if it is inside.
  std::optional<double> distance_inside(const Point& point) const noexcept;
};

// Scores [least, behind).
struct ScoreRange {
  double least = 0;
  double behind = 0;
};
// The ranges that hold every place inside a shape, in the order in which Redis looks at them: the
// cell around the centre and those of its eight neighbours that the shape may touch.
class Cover {
 public:
  explicit Cover(const Shape& shape) noexcept;
  std::span<const ScoreRange> ranges() const noexcept { return {ranges_.data(), count_}; }

 private:
  std::array<ScoreRange, 9> ranges_;
  std::size_t count_ = 0;
};

}  // namespace miniredis::types::geohash
