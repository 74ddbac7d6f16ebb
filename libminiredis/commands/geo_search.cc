// Places around a place: GEOSEARCH, GEOSEARCHSTORE.
#include "commands/geo_query.h"
#include "commands/groups.h"

namespace miniredis::commands {
namespace {

constexpr Arg kSearchUnits[] = {flag("M", nullptr), flag("KM", nullptr), flag("FT", nullptr),
                                flag("MI", nullptr)};
constexpr Arg kPoint[] = {real("longitude", nullptr), real("latitude", nullptr)};
constexpr Arg kFrom[] = {string("member", nullptr, "FROMMEMBER"),
                         {"fromlonlat", ArgKind::kBlock, nullptr, "FROMLONLAT", kPoint}};
constexpr Arg kRadius[] = {real("radius", nullptr), one_of("unit", kSearchUnits)};
constexpr Arg kBox[] = {real("width", nullptr), real("height", nullptr),
                        one_of("unit", kSearchUnits)};
constexpr Arg kBy[] = {{"circle", ArgKind::kBlock, nullptr, "BYRADIUS", kRadius},
                       {"box", ArgKind::kBlock, nullptr, "BYBOX", kBox}};
constexpr Arg kSearchOrders[] = {flag("ASC", nullptr), flag("DESC", nullptr)};
constexpr Arg kSearchCount[] = {integer("count", nullptr, "COUNT"), optional(flag("ANY", nullptr))};
constexpr const char* kSearchComplexity =
    "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around "
    "the shape provided as the filter and M is the number of items inside the shape; in slices";

constexpr Arg kSearchArgs[] = {
    key("key", nullptr),
    one_of("from", kFrom),
    one_of("by", kBy),
    optional(one_of("order", kSearchOrders)),
    optional(block("count-block", kSearchCount, nullptr)),
    optional(flag("WITHCOORD", nullptr)),
    optional(flag("WITHDIST", nullptr)),
    optional(flag("WITHHASH", nullptr)),
};
void run_geosearch(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kSearch, words);
}
constexpr Command kGeoSearch = raw_command<kSearchArgs>(
    "geosearch",
    {"Queries a geospatial index for members inside an area of a box or a circle.", "6.2.0",
     kSearchComplexity, Group::kGeo, "GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC",
     "1) \"Catania\"\n2) \"Palermo\""},
    kReadOnly, run_geosearch);

constexpr Arg kSearchStoreArgs[] = {
    key("destination", nullptr),
    key("source", nullptr),
    one_of("from", kFrom),
    one_of("by", kBy),
    optional(one_of("order", kSearchOrders)),
    optional(block("count-block", kSearchCount, nullptr)),
    optional(flag("STOREDIST", nullptr)),
};
void run_geosearchstore(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kSearchStore, words);
}
constexpr Command kGeoSearchStore = raw_command<kSearchStoreArgs>(
    "geosearchstore",
    {"Queries a geospatial index for members inside an area of a box or a circle, and stores the "
     "result.",
     "6.2.0", kSearchComplexity, Group::kGeo,
     "GEOSEARCHSTORE near Sicily FROMLONLAT 15 37 BYRADIUS 200 km", "(integer) 2"},
    kWrite | kDenyOom, run_geosearchstore, use::keys(use::kReplaces, use::kReads));

}  // namespace

std::span<const Command* const> geo_search_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kGeoSearch, &kGeoSearchStore};
  return kCommands;
}

}  // namespace miniredis::commands
