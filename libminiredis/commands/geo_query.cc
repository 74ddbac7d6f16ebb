#include "commands/geo_query.h"

#include <algorithm>
#include <cstdint>

#include "commands/collection.h"
#include "commands/geo_words.h"
#include "commands/sorted_set_result.h"
#include "memory/containers.h"
#include "types/sorted_set.h"

namespace miniredis::commands {
namespace {

namespace geohash = types::geohash;
using types::SortedSet;

enum class Sorting : std::uint8_t { kNone, kNearestFirst, kFarthestFirst };

struct Query {
  geohash::Shape shape;  // in metres
  double unit = 1;
  Sorting sorting = Sorting::kNone;
  std::int64_t count = 0;  // 0: all
  bool any = false;        // the first `count` that are found will do
  bool with_distance = false;
  bool with_score = false;
  bool with_point = false;
  std::optional<Bytes> destination;
  bool stores_distance = false;
  bool has_centre = false;
  bool has_radius = false;

  std::size_t extras() const noexcept {
    return std::size_t{with_distance} + std::size_t{with_score} + std::size_t{with_point};
  }
};

bool is_search(GeoQuery query) noexcept {
  return query == GeoQuery::kSearch || query == GeoQuery::kSearchStore;
}

// Reads the words as Redis does: each wrong one is reported where it stands.
class QueryReader {
 public:
  QueryReader(Context& context, GeoQuery kind, const SortedSet& set) noexcept
      : context_(context), kind_(kind), set_(set) {}

  // Nothing, with the error answered.
  std::optional<Query> read(Arguments words) {
    words_ = words;
    if (!read_head()) return std::nullopt;
    while (!words_.empty()) {
      if (!read_flag() && !read_option()) {
        if (!context_.failed) context_.fail(wire::kSyntax);
        return std::nullopt;
      }
    }
    if (!is_complete()) return std::nullopt;
    return query_;
  }

 private:
  bool fail(Bytes line) {
    context_.fail(line);
    return false;
  }
  Bytes take() {
    const Bytes word = words_[0];
    words_ = words_.subspan(1);
    return word;
  }

  bool read_head() {
    switch (kind_) {
      case GeoQuery::kSearch:
        take();
        return true;
      case GeoQuery::kSearchStore:
        query_.destination = take();
        take();
        return true;
      case GeoQuery::kRadius:
      case GeoQuery::kRadiusReadOnly: {
        const auto centre = read_point(context_, words_[1], words_[2]);
        if (!centre) return false;
        query_.shape.centre = *centre;
        words_ = words_.subspan(3);
        return read_radius();
      }
      case GeoQuery::kMember:
      case GeoQuery::kMemberReadOnly:
        take();
        // Of a key that is not there only the options are looked at.
        if (set_.empty()) {
          words_ = words_.subspan(3);
          return true;
        }
        return read_member() && read_radius();
    }
    return false;
  }

  bool read_member() {
    const auto score = set_.score(take());
    if (!score) return fail(wire::kGeoNoMember);
    query_.shape.centre = geohash::point_of(*score);
    return true;
  }
  bool read_radius() {
    const auto radius = base::parse_double(take());
    if (!radius) return fail(wire::kGeoRadiusNotNumber);
    if (*radius < 0) return fail(wire::kGeoRadiusNegative);
    const auto unit = read_unit_of_length(context_, take());
    if (!unit) return false;
    query_.unit = *unit;
    query_.shape.radius = *radius * *unit;
    return true;
  }
  bool read_box() {
    const auto width = base::parse_double(take());
    if (!width) return fail(wire::kGeoWidthNotNumber);
    const auto height = base::parse_double(take());
    if (!height) return fail(wire::kGeoHeightNotNumber);
    if (*width < 0 || *height < 0) return fail(wire::kGeoBoxNegative);
    const auto unit = read_unit_of_length(context_, take());
    if (!unit) return false;
    query_.unit = *unit;
    query_.shape.width = *width * *unit;
    query_.shape.height = *height * *unit;
    return true;
  }

  // Words that stand alone.
  bool read_flag() {
    static constexpr struct {
      Bytes name;
      bool Query::*option;
    } kFlags[] = {{"withdist", &Query::with_distance},
                  {"withhash", &Query::with_score},
                  {"withcoord", &Query::with_point},
                  {"any", &Query::any}};
    for (const auto& known : kFlags) {
      if (!is(known.name)) continue;
      query_.*known.option = true;
      take();
      return true;
    }
    if (!is("asc") && !is("desc")) {
      if (kind_ != GeoQuery::kSearchStore || !is("storedist")) return false;
      query_.stores_distance = true;
    } else {
      query_.sorting = is("asc") ? Sorting::kNearestFirst : Sorting::kFarthestFirst;
    }
    take();
    return true;
  }

  bool is(Bytes name, std::size_t values = 0) const noexcept {
    return words_.size() > values && base::equals_ignore_case(words_[0], name);
  }
  // Words with others behind them. False without an error answered when it is none.
  bool read_option() {
    if (is("count", 1)) return read_count();
    const bool stores = kind_ == GeoQuery::kRadius || kind_ == GeoQuery::kMember;
    if (stores && (is("store", 1) || is("storedist", 1))) {
      query_.stores_distance = is("storedist");
      take();
      query_.destination = take();
      return true;
    }
    return is_search(kind_) && read_shape();
  }
  bool read_count() {
    take();
    const auto count = base::parse_int(take());
    if (!count) return fail(wire::kNotInteger);
    if (*count <= 0) return fail(wire::kGeoCount);
    query_.count = *count;
    return true;
  }
  bool read_shape() {
    if (is("frommember", 1) && !from_point_) {
      take();
      from_member_ = true;
      if (set_.empty()) {
        take();
        return true;
      }
      return read_member();
    }
    if (is("fromlonlat", 2) && !from_member_) {
      const auto centre = read_point(context_, words_[1], words_[2]);
      if (!centre) return false;
      words_ = words_.subspan(3);
      query_.shape.centre = *centre;
      return from_point_ = true;
    }
    if (is("byradius", 2) && !by_box_) {
      take();
      query_.shape.is_box = false;
      return by_radius_ = read_radius();
    }
    if (is("bybox", 3) && !by_radius_) {
      take();
      query_.shape.is_box = true;
      return by_box_ = read_box();
    }
    return false;
  }

  bool is_complete() {
    if (query_.destination && query_.extras() > 0) {
      return fail(
          kind_ == GeoQuery::kSearchStore
              ? "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD "
                "options"
              : "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH "
                "and WITHCOORD options");
    }
    const std::string name(context_.called_as);
    if (is_search(kind_) && !from_member_ && !from_point_) {
      return fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
    }
    if (is_search(kind_) && !by_radius_ && !by_box_) {
      return fail("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
    }
    if (query_.any && query_.count == 0) return fail(wire::kGeoAnyNeedsCount);
    return true;
  }

  Context& context_;
  GeoQuery kind_;
  const SortedSet& set_;
  Arguments words_;
  Query query_;
  bool from_member_ = false;
  bool from_point_ = false;
  bool by_radius_ = false;
  bool by_box_ = false;
};

struct Found {
  Bytes member;
  double score;
  geohash::Point point;
  double distance;
};
using AllFound = memory::Vector<Found>;

// Members inside of the shape, in the order of the cells around it.
AllFound find_all(Context& context, const SortedSet& set, const Query& query) {
  AllFound found{memory::AccountedAllocator<Found>(context.keyspace().account())};
  const auto limit = query.any ? static_cast<std::uint64_t>(query.count) : UINT64_MAX;
  const geohash::Cover cover(query.shape);
  constexpr std::size_t kStretch = 256;  // a walk cannot be ended, so it goes by stretches
  for (const geohash::ScoreRange& range : cover.ranges()) {
    const std::size_t behind = set.rank_of_first(types::ScoreBound{range.behind});
    std::size_t rank = set.rank_of_first(types::ScoreBound{range.least});
    while (rank < behind && found.size() < limit) {
      const std::size_t count = std::min(kStretch, behind - rank);
      set.walk(rank, count, false, [&](Bytes member, double score) {
        context.tick();
        const geohash::Point point = geohash::point_of(score);
        const auto distance = query.shape.distance_inside(point);
        if (distance && found.size() < limit) found.push_back({member, score, point, *distance});
      });
      rank += count;
    }
  }
  return found;
}

// Which of what was found come first, and in which order; what is equally far stays in the order
// in which it was found. Places in `found` are sorted in their stead: they are a third as long.
struct Ranked {
  double distance;
  std::uint64_t at;
};
using AllRanked = memory::Vector<Ranked>;

AllRanked rank_found(Context& context, const AllFound& found, std::size_t count, Sorting sorting) {
  AllRanked ranked{memory::AccountedAllocator<Ranked>(context.keyspace().account())};
  ranked.reserve(found.size());
  for (const Found& one : found) {
    context.tick();
    const double distance = sorting == Sorting::kFarthestFirst ? -one.distance : one.distance;
    ranked.push_back({distance, ranked.size()});
  }
  if (sorting == Sorting::kNone) {
    ranked.resize(count);
    return ranked;
  }
  const auto before = [&](const Ranked& a, const Ranked& b) {
    context.tick();
    return a.distance < b.distance || (a.distance == b.distance && a.at < b.at);
  };
  const auto behind = ranked.begin() + static_cast<std::ptrdiff_t>(count);
  if (count < ranked.size()) {
    std::nth_element(ranked.begin(), behind, ranked.end(), before);
    ranked.resize(count);
  }
  std::sort(ranked.begin(), ranked.end(), before);
  return ranked;
}

std::int64_t whole(double score) noexcept {
  constexpr double kLimit = 9223372036854775808.0;
  return score >= -kLimit && score < kLimit ? static_cast<std::int64_t>(score) : INT64_MIN;
}

void reply_found(Context& context, const Query& query, const AllFound& found,
                 const AllRanked& ranked) {
  context.reply.array(ranked.size());
  for (const Ranked& rank : ranked) {
    context.tick();
    const Found& one = found[rank.at];
    if (query.extras() > 0) context.reply.array(query.extras() + 1);
    context.reply.bulk(one.member);
    if (query.with_distance) reply_distance(context, one.distance / query.unit);
    if (query.with_score) context.reply.integer(whole(one.score));
    if (query.with_point) reply_point(context, one.point);
  }
}

void store_found(Context& context, const Query& query, const AllFound& found,
                 const AllRanked& ranked, keyspace::Event event) {
  types::SortedSetBuilder builder(context.keyspace().environment(), ranked.size());
  for (const Ranked& rank : ranked) {
    context.tick();
    const Found& one = found[rank.at];
    const double score = query.stores_distance ? one.distance / query.unit : one.score;
    const auto place = builder.find(one.member);
    if (place.score == nullptr) builder.add(place, one.member, score);
  }
  SortedSetResult result(context, builder.finish());
  result.store_and_reply(*query.destination, event);
}

}  // namespace

void run_geo_query(Context& context, GeoQuery kind, Arguments words) {
  const auto set = look_up<SortedSet>(context, words[kind == GeoQuery::kSearchStore ? 1 : 0]);
  if (!set) return;
  auto query = QueryReader(context, kind, *set).read(words);
  if (!query) return;
  if (query->count > 0 && query->sorting == Sorting::kNone && !query->any) {
    query->sorting = Sorting::kNearestFirst;
  }
  AllFound found{memory::AccountedAllocator<Found>(context.keyspace().account())};
  if (!set->empty()) found = find_all(context, *set, *query);
  std::size_t count = found.size();
  if (query->count > 0) count = std::min<std::uint64_t>(count, query->count);
  const AllRanked ranked = rank_found(context, found, count, query->sorting);
  if (query->destination)
    store_found(context, *query, found, ranked,
                is_search(kind) ? events::kGeoSearchStore : events::kGeoRadiusStore);
  else
    reply_found(context, *query, found, ranked);
}

}  // namespace miniredis::commands
