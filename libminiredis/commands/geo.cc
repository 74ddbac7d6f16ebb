// Places in a sorted set, one by one: GEOADD, GEOPOS, GEODIST, GEOHASH.
#include "commands/collection.h"
#include "commands/command.h"
#include "commands/geo_words.h"
#include "commands/groups.h"
#include "types/sorted_set.h"

namespace miniredis::commands {
namespace {

namespace geohash = types::geohash;
using types::SortedSet;

// GEOADD. By hand: the options stand before words of any content.

struct AddOptions {
  bool nx = false;
  bool xx = false;
  bool changed = false;
};

// Reads options off the front of `words`.
AddOptions take_options(Arguments& words) {
  AddOptions options;
  for (; !words.empty(); words = words.subspan(1)) {
    if (base::equals_ignore_case(words[0], "nx"))
      options.nx = true;
    else if (base::equals_ignore_case(words[0], "xx"))
      options.xx = true;
    else if (base::equals_ignore_case(words[0], "ch"))
      options.changed = true;
    else
      break;
  }
  return options;
}

void run_geoadd(Context& context, Arguments words) {
  const Bytes name = words[0];
  Arguments places = words.subspan(1);
  const AddOptions options = take_options(places);
  if (places.empty() || places.size() % 3 != 0 || (options.nx && options.xx)) {
    context.fail(wire::kSyntax);
    return;
  }
  // All are read before anything is changed, and read again later: most calls have one place.
  for (std::size_t i = 0; i < places.size(); i += 3) {
    if (!read_point(context, places[i], places[i + 1])) return;
  }
  auto set = open<SortedSet>(context, name);
  if (!set) return;
  std::int64_t added = 0;
  std::int64_t updated = 0;
  for (std::size_t i = 0; i < places.size(); i += 3) {
    const auto point = read_point(context, places[i], places[i + 1]);
    const double score = geohash::score_of(*point);
    const auto place = set->find(places[i + 2]);
    if (place.found ? options.nx || place.score == score : options.xx) continue;
    ++(place.found ? updated : added);
    set->put(place, places[i + 2], score);
  }
  context.reply.integer(options.changed ? added + updated : added);
  if (added + updated > 0) set.changed(events::kZAdd);
}
constexpr Arg kExistence[] = {flag("NX", nullptr), flag("XX", nullptr)};
constexpr Arg kPlace[] = {real("longitude", nullptr), real("latitude", nullptr),
                          string("member", nullptr)};
constexpr Arg kGeoAddArgs[] = {key("key", nullptr), optional(one_of("condition", kExistence)),
                               optional(flag("CH", nullptr, "6.2.0")),
                               multiple(block("data", kPlace, nullptr))};
constexpr Command kGeoAdd = raw_command<kGeoAddArgs>(
    "geoadd",
    {"Adds one or more members to a geospatial index. The key is created if it doesn't exist.",
     "3.2.0", "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
     Group::kGeo, "GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
     "(integer) 2"},
    kWrite | kDenyOom, run_geoadd, use::keys(use::kChanges));

// GEOPOS, GEOHASH

struct MembersArgs {
  Bytes key;
  Arguments members;
};
constexpr Arg kMembersArgs[] = {key("key", into<&MembersArgs::key>),
                                optional(multiple(string("member", into<&MembersArgs::members>)))};

// Answers each member by reply(its point), or by missing().
template <typename Reply, typename Missing>
void reply_points(Context& context, const MembersArgs& args, Reply&& reply, Missing&& missing) {
  const auto set = look_up<SortedSet>(context, args.key);
  if (!set) return;
  context.reply.array(args.members.size());
  for (const Bytes member : args.members) {
    context.tick();
    const auto score = set->score(member);
    if (score)
      reply(geohash::point_of(*score));
    else
      missing();
  }
}

void run_geopos(Context& context, const MembersArgs& args) {
  reply_points(
      context, args, [&](const geohash::Point& point) { reply_point(context, point); },
      [&] { context.reply.null_array(); });
}
constexpr Command kGeoPos = command<MembersArgs, kMembersArgs, run_geopos>(
    "geopos",
    {"Returns the longitude and latitude of members from a geospatial index.", "3.2.0",
     "O(1) for each member requested.", Group::kGeo, "GEOPOS Sicily Palermo",
     "1) 1) \"13.36138933897018433\"\n   2) \"38.11555639549629859\""},
    kReadOnly);

void run_geohash(Context& context, const MembersArgs& args) {
  reply_points(
      context, args,
      [&](const geohash::Point& point) {
        const auto text = geohash::text_of(point);
        context.reply.bulk({text.data(), text.size()});
      },
      [&] { context.reply.null(); });
}
constexpr Command kGeoHash = command<MembersArgs, kMembersArgs, run_geohash>(
    "geohash",
    {"Returns members from a geospatial index as geohash strings.", "3.2.0",
     "O(1) for each member requested.", Group::kGeo, "GEOHASH Sicily Palermo",
     "1) \"sqc8b49rny0\""},
    kReadOnly);

// GEODIST. By hand: the unit is read before the key is looked for, and has an error of its own.

void run_geodist(Context& context, Arguments words) {
  if (words.size() > 4) {
    context.fail(wire::kSyntax);
    return;
  }
  const auto unit = words.size() == 4 ? read_unit_of_length(context, words[3]) : 1.0;
  if (!unit) return;
  const auto set = look_up<SortedSet>(context, words[0]);
  if (!set) return;
  const auto from = set->score(words[1]);
  const auto to = set->score(words[2]);
  if (from && to)
    reply_distance(context,
                   geohash::distance(geohash::point_of(*from), geohash::point_of(*to)) / *unit);
  else
    context.reply.null();
}
constexpr Arg kUnits[] = {flag("M", nullptr), flag("KM", nullptr), flag("FT", nullptr),
                          flag("MI", nullptr)};
constexpr Arg kGeoDistArgs[] = {key("key", nullptr), string("member1", nullptr),
                                string("member2", nullptr), optional(one_of("unit", kUnits))};
constexpr Command kGeoDist = raw_command<kGeoDistArgs>(
    "geodist",
    {"Returns the distance between two members of a geospatial index.", "3.2.0", "O(1)",
     Group::kGeo, "GEODIST Sicily Palermo Catania km", "\"166.2742\""},
    kReadOnly, run_geodist);

}  // namespace

std::span<const Command* const> geo_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kGeoAdd, &kGeoPos, &kGeoDist, &kGeoHash};
  return kCommands;
}

}  // namespace miniredis::commands
