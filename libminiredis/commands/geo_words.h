// Places, units and distances as clients write and read them.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "commands/context.h"
#include "types/geohash.h"

namespace miniredis::commands {

// Metres in a unit: "m", "km", "ft", "mi". Nothing, with the error answered, for another.
inline std::optional<double> read_unit_of_length(Context& context, Bytes word) {
  static constexpr struct {
    Bytes name;
    double metres;
  } kUnits[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
  for (const auto& unit : kUnits) {
    if (base::equals_ignore_case(word, unit.name)) return unit.metres;
  }
  context.fail(wire::kGeoUnit);
  return std::nullopt;
}

// Nothing, with the error answered, when these are no numbers or lie beside the map.
inline std::optional<types::geohash::Point> read_point(Context& context, Bytes longitude,
                                                       Bytes latitude) {
  const auto x = base::parse_double(longitude);
  const auto y = x ? base::parse_double(latitude) : std::nullopt;
  if (!y) {
    context.fail(wire::kNotFloat);
    return std::nullopt;
  }
  const types::geohash::Point point{*x, *y};
  if (types::geohash::is_on_map(point)) return point;
  // Two of the largest doubles there are, with their digits.
  char line[700];
  const int size =
      std::snprintf(line, sizeof line, "ERR invalid longitude,latitude pair %f,%f", *x, *y);
  context.fail({line, static_cast<std::size_t>(size)});
  return std::nullopt;
}

inline void reply_distance(Context& context, double distance) {
  constexpr unsigned kDigits = 4;
  context.reply.bulk(base::format_fixed(distance, kDigits));
}

inline void reply_point(Context& context, const types::geohash::Point& point) {
  context.reply.array(2);
  context.reply.real_text(base::format_human(point.longitude));
  context.reply.real_text(base::format_human(point.latitude));
}

}  // namespace miniredis::commands
