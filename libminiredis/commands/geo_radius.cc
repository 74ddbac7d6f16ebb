// Places around a place by older names: GEORADIUS, GEORADIUS_RO, GEORADIUSBYMEMBER,
// GEORADIUSBYMEMBER_RO.
#include "commands/geo_query.h"
#include "commands/groups.h"

namespace miniredis::commands {
namespace {

constexpr Arg kUnits[] = {flag("M", nullptr), flag("KM", nullptr), flag("FT", nullptr),
                          flag("MI", nullptr)};
constexpr Arg kOrders[] = {flag("ASC", nullptr), flag("DESC", nullptr)};
constexpr Arg kCount[] = {integer("count", nullptr, "COUNT"),
                          optional(flag("ANY", nullptr, "6.2.0"))};
constexpr Arg kWithCoord = optional(flag("WITHCOORD", nullptr));
constexpr Arg kWithDist = optional(flag("WITHDIST", nullptr));
constexpr Arg kWithHash = optional(flag("WITHHASH", nullptr));
constexpr Arg kCountBlock = optional(block("count-block", kCount, nullptr));
constexpr Arg kOrder = optional(one_of("order", kOrders));
constexpr Arg kStores[] = {string("key", nullptr, "STORE"), string("key", nullptr, "STOREDIST")};
constexpr Arg kStore = optional(one_of("store", kStores));
constexpr KeyPositions stores_from(int place) {
  return {.first = 1,
          .last = 1,
          .step = 1,
          .keyword = "STORE",
          .other_keyword = "STOREDIST",
          .keyword_from = place,
          .last_keyword = true};
}
constexpr const char* kComplexity =
    "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area "
    "delimited by center and radius and M is the number of items inside the index; in slices";

constexpr Arg kRadiusArgs[] = {key("key", nullptr),
                               real("longitude", nullptr),
                               real("latitude", nullptr),
                               real("radius", nullptr),
                               one_of("unit", kUnits),
                               kWithCoord,
                               kWithDist,
                               kWithHash,
                               kCountBlock,
                               kOrder,
                               kStore};
void run_georadius(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kRadius, words);
}
constexpr Command kGeoRadius = raw_command<kRadiusArgs>(
    "georadius",
    {"Queries a geospatial index for members within a distance from a coordinate, optionally "
     "stores the result.",
     "3.2.0", kComplexity, Group::kGeo, "GEORADIUS Sicily 15 37 200 km ASC",
     "1) \"Catania\"\n2) \"Palermo\""},
    kWrite | kDenyOom, run_georadius, stores_from(6), use::keys(use::kReads, use::kReplaces));

constexpr std::span<const Arg> kRadiusRoArgs = std::span<const Arg>(kRadiusArgs).first<10>();
void run_georadius_ro(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kRadiusReadOnly, words);
}
constexpr Command kGeoRadiusRo = raw_command<kRadiusRoArgs>(
    "georadius_ro",
    {"Returns members from a geospatial index that are within a distance from a coordinate.",
     "3.2.10", kComplexity, Group::kGeo, "GEORADIUS_RO Sicily 15 37 200 km ASC",
     "1) \"Catania\"\n2) \"Palermo\""},
    kReadOnly, run_georadius_ro);

constexpr Arg kMemberArgs[] = {key("key", nullptr),
                               string("member", nullptr),
                               real("radius", nullptr),
                               one_of("unit", kUnits),
                               kWithCoord,
                               kWithDist,
                               kWithHash,
                               kCountBlock,
                               kOrder,
                               kStore};
void run_georadiusbymember(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kMember, words);
}
constexpr Command kGeoRadiusByMember = raw_command<kMemberArgs>(
    "georadiusbymember",
    {"Queries a geospatial index for members within a distance from a member, optionally stores "
     "the result.",
     "3.2.0", kComplexity, Group::kGeo, "GEORADIUSBYMEMBER Sicily Palermo 200 km",
     "1) \"Palermo\"\n2) \"Catania\""},
    kWrite | kDenyOom, run_georadiusbymember, stores_from(5),
    use::keys(use::kReads, use::kReplaces));

constexpr std::span<const Arg> kMemberRoArgs = std::span<const Arg>(kMemberArgs).first<9>();
void run_georadiusbymember_ro(Context& context, Arguments words) {
  run_geo_query(context, GeoQuery::kMemberReadOnly, words);
}
constexpr Command kGeoRadiusByMemberRo = raw_command<kMemberRoArgs>(
    "georadiusbymember_ro",
    {"Returns members from a geospatial index that are within a distance from a member.", "3.2.10",
     kComplexity, Group::kGeo, "GEORADIUSBYMEMBER_RO Sicily Palermo 200 km",
     "1) \"Palermo\"\n2) \"Catania\""},
    kReadOnly, run_georadiusbymember_ro);

}  // namespace

std::span<const Command* const> geo_radius_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kGeoRadius, &kGeoRadiusRo, &kGeoRadiusByMember,
                                                 &kGeoRadiusByMemberRo};
  return kCommands;
}

}  // namespace miniredis::commands
