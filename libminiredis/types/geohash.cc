#include "types/geohash.h"

#include <cmath>
#include <numbers>

namespace miniredis::types::geohash {
namespace {

constexpr double kEarthRadius = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;

double radians(double degrees) noexcept {
  return degrees * (std::numbers::pi / 180);
}
double degrees(double radians) noexcept {
  return radians / (std::numbers::pi / 180);
}

// The bits of `number` with a zero before each.
std::uint64_t spread(std::uint64_t number) noexcept {
  number &= 0xffff'ffff;
  number = (number | number << 16) & 0x0000'ffff'0000'ffff;
  number = (number | number << 8) & 0x00ff'00ff'00ff'00ff;
  number = (number | number << 4) & 0x0f0f'0f0f'0f0f'0f0f;
  number = (number | number << 2) & 0x3333'3333'3333'3333;
  return (number | number << 1) & 0x5555'5555'5555'5555;
}

// Every second bit, from the lowest on.
std::uint32_t gather(std::uint64_t bits) noexcept {
  bits &= 0x5555'5555'5555'5555;
  bits = (bits | bits >> 1) & 0x3333'3333'3333'3333;
  bits = (bits | bits >> 2) & 0x0f0f'0f0f'0f0f'0f0f;
  bits = (bits | bits >> 4) & 0x00ff'00ff'00ff'00ff;
  bits = (bits | bits >> 8) & 0x0000'ffff'0000'ffff;
  return static_cast<std::uint32_t>(bits | bits >> 16);
}

struct Axis {
  double least;
  double greatest;

  // Which of the 2^steps parts; at the very end one more, as in Redis.
  std::uint64_t part_of(double value, unsigned steps) const noexcept {
    const double part = (value - least) / (greatest - least);
    return static_cast<std::uint64_t>(part * static_cast<double>(std::uint64_t{1} << steps));
  }
  double start_of(std::uint32_t part, unsigned steps) const noexcept {
    const double parts = static_cast<double>(std::uint64_t{1} << steps);
    return least + (part * 1.0 / parts) * (greatest - least);
  }
};
constexpr Axis kLongitudes{-kMaxLongitude, kMaxLongitude};
constexpr Axis kLatitudes{-kMaxLatitude, kMaxLatitude};

std::uint64_t interleave(std::uint64_t latitude, std::uint64_t longitude) noexcept {
  return spread(latitude) | spread(longitude) << 1;
}

// As the processor does for any score that a sorted set may hold besides: whoever asks gets some
// place, and the same as from Redis.
std::uint64_t bits_of(double score) noexcept {
  constexpr double kHalf = 9223372036854775808.0;
  if (score >= -kHalf && score < kHalf) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
  }
  if (score >= kHalf && score < 2 * kHalf) return static_cast<std::uint64_t>(score);
  return score > 0 ? 0 : std::uint64_t{1} << 63;
}

double latitude_distance(double a, double b) noexcept {
  return kEarthRadius * std::fabs(radians(b) - radians(a));
}

// A box of degrees around a shape.
Area bounds_of(const Shape& shape) noexcept {
  const double height = shape.is_box ? shape.height / 2 : shape.radius;
  const double width = shape.is_box ? shape.width / 2 : shape.radius;
  const double latitude = shape.centre.latitude;
  const double up = degrees(height / kEarthRadius);
  // Circles of latitude are shortest towards the pole: there the box is widest.
  const double edge = latitude < 0 ? latitude - up : latitude + up;
  const double across = degrees(width / kEarthRadius / std::cos(radians(edge)));
  return {{shape.centre.longitude - across, latitude - up},
          {shape.centre.longitude + across, latitude + up}};
}

// How often the map may be halved so that a cell and its neighbours still hold what is within
// `range` of a place.
unsigned steps_for(double range, double latitude) noexcept {
  if (range == 0) return kMaxSteps;
  int steps = 1;
  // NOLINTNEXTLINE(*.FloatLoopCounter): doubling is exact
  for (; range < kMercatorMax; range *= 2) ++steps;
  steps -= 2;
  if (latitude > 66 || latitude < -66) --steps;
  if (latitude > 80 || latitude < -80) --steps;
  if (steps < 1) return 1;
  return steps > static_cast<int>(kMaxSteps) ? kMaxSteps : static_cast<unsigned>(steps);
}

// The part so many parts further; behind the last one the map goes on from the other side. A part
// that stays where it is may be the one behind the last, for a place at the very end.
std::uint64_t moved(std::uint32_t part, int by, unsigned steps) noexcept {
  const std::uint64_t mask = (std::uint64_t{1} << steps) - 1;
  return by == 0 ? part : (part + static_cast<std::uint64_t>(by)) & mask;
}

Cell neighbour(const Cell& cell, int east, int north) noexcept {
  return {interleave(moved(gather(cell.bits), north, cell.steps),
                     moved(gather(cell.bits >> 1), east, cell.steps)),
          cell.steps};
}

bool is_too_small(const Cell& cell, const Area& bounds) noexcept {
  return area_of(neighbour(cell, 0, 1)).greatest.latitude < bounds.greatest.latitude ||
         area_of(neighbour(cell, 0, -1)).least.latitude > bounds.least.latitude ||
         area_of(neighbour(cell, 1, 0)).greatest.longitude < bounds.greatest.longitude ||
         area_of(neighbour(cell, -1, 0)).least.longitude > bounds.least.longitude;
}

ScoreRange scores_in(const Cell& cell) noexcept {
  const unsigned shift = 2 * (kMaxSteps - cell.steps);
  return {static_cast<double>(cell.bits << shift), static_cast<double>((cell.bits + 1) << shift)};
}

}  // namespace

Cell cell_of(const Point& point, unsigned steps) noexcept {
  return {interleave(kLatitudes.part_of(point.latitude, steps),
                     kLongitudes.part_of(point.longitude, steps)),
          steps};
}

Area area_of(const Cell& cell) noexcept {
  const std::uint32_t latitude = gather(cell.bits);
  const std::uint32_t longitude = gather(cell.bits >> 1);
  return {{kLongitudes.start_of(longitude, cell.steps), kLatitudes.start_of(latitude, cell.steps)},
          {kLongitudes.start_of(longitude + 1, cell.steps),
           kLatitudes.start_of(latitude + 1, cell.steps)}};
}

double score_of(const Point& point) noexcept {
  return static_cast<double>(cell_of(point, kMaxSteps).bits);
}

Point point_of(double score) noexcept {
  const Area area = area_of({bits_of(score), kMaxSteps});
  const auto within = [](double value, double limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
  };
  return {within((area.least.longitude + area.greatest.longitude) / 2, kMaxLongitude),
          within((area.least.latitude + area.greatest.latitude) / 2, kMaxLatitude)};
}

std::array<char, 11> text_of(const Point& point) noexcept {
  static constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr Axis kUsualLatitudes{-90, 90};
  const std::uint64_t bits = interleave(kUsualLatitudes.part_of(point.latitude, kMaxSteps),
                                        kLongitudes.part_of(point.longitude, kMaxSteps));
  std::array<char, 11> text{};
  for (unsigned i = 0; i < 10; ++i) text[i] = kAlphabet[bits >> (52 - (i + 1) * 5) & 0x1f];
  text[10] = kAlphabet[0];  // 52 bits make ten characters and two bits, which Redis leaves out
  return text;
}

double distance(const Point& a, const Point& b) noexcept {
  const double east = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (east == 0) return latitude_distance(a.latitude, b.latitude);
  const double from = radians(a.latitude);
  const double to = radians(b.latitude);
  const double north = std::sin((to - from) / 2);
  const double chord = north * north + std::cos(from) * std::cos(to) * east * east;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(chord));
}

std::optional<double> Shape::distance_inside(const Point& point) const noexcept {
  if (is_box) {
    if (latitude_distance(point.latitude, centre.latitude) > height / 2) return std::nullopt;
    const Point beside{centre.longitude, point.latitude};
    if (distance(point, beside) > width / 2) return std::nullopt;
    return distance(centre, point);
  }
  const double away = distance(centre, point);
  if (away > radius) return std::nullopt;
  return away;
}

Cover::Cover(const Shape& shape) noexcept {
  const double range = shape.is_box ? std::sqrt((shape.width / 2) * (shape.width / 2) +
                                                (shape.height / 2) * (shape.height / 2))
                                    : shape.radius;
  const Area bounds = bounds_of(shape);
  unsigned steps = steps_for(range, shape.centre.latitude);
  Cell centre = cell_of(shape.centre, steps);
  if (steps > 1 && is_too_small(centre, bounds)) centre = cell_of(shape.centre, --steps);
  const Area area = area_of(centre);
  // Where the cell itself reaches beyond the shape, its neighbours on that side are of no use.
  const bool narrow = steps >= 2;
  const bool no_south = narrow && area.least.latitude < bounds.least.latitude;
  const bool no_north = narrow && area.greatest.latitude > bounds.greatest.latitude;
  const bool no_west = narrow && area.least.longitude < bounds.least.longitude;
  const bool no_east = narrow && area.greatest.longitude > bounds.greatest.longitude;
  static constexpr struct {
    int east, north;
  } kOrder[] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  Cell last = centre;
  bool beyond_centre = false;
  for (const auto& [east, north] : kOrder) {
    if ((east > 0 && no_east) || (east < 0 && no_west) || (north > 0 && no_north) ||
        (north < 0 && no_south)) {
      continue;
    }
    // On a map of few cells two neighbours side by side here can be the same one.
    const Cell cell = neighbour(centre, east, north);
    if (beyond_centre && cell == last) continue;
    beyond_centre = beyond_centre || east != 0 || north != 0;
    last = cell;
    ranges_[count_++] = scores_in(cell);
  }
}

}  // namespace miniredis::types::geohash
