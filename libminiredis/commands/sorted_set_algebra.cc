// Several sorted sets at once: ZUNION, ZINTER, ZDIFF, the same with STORE, ZINTERCARD.
#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "commands/command.h"
#include "commands/groups.h"
#include "commands/sorted_set_reply.h"
#include "commands/sorted_set_result.h"
#include "memory/containers.h"
#include "types/set.h"

namespace miniredis::commands {
namespace {

using types::Set;
using types::SortedSet;
using types::SortedSetBuilder;

// One of the inputs.
class Source {
 public:
  explicit Source(SortedSet set) noexcept : set_(set) {}
  explicit Source(Set set) noexcept : set_(set) {}
  std::size_t size() const noexcept {
    return std::visit([](const auto& set) { return set.size(); }, set_);
  }
  std::optional<double> score(Bytes member) const noexcept {
    if (const auto* sorted = std::get_if<SortedSet>(&set_)) return sorted->score(member);
    if (!std::get<Set>(set_).contains(member)) return std::nullopt;
    return kPlainScore;
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    if (const auto* sorted = std::get_if<SortedSet>(&set_))
      sorted->walk_all(std::forward<Visit>(visit));
    else
      std::get<Set>(set_).each([&](Bytes member) { visit(member, kPlainScore); });
  }

  // Whether the members it gives stay where they are until something changes: those of a set of
  // integers stand nowhere as text.
  bool lends_members() const noexcept {
    const auto* set = std::get_if<Set>(&set_);
    return set == nullptr || set->is_table();
  }

  double weight = 1;

 private:
  static constexpr double kPlainScore = 1;  // of the members of a set
  std::variant<SortedSet, Set> set_;
};

// The one place where it is said what may be an input. Nothing, with the error answered, when the
// key holds something else; a key that is not there is an empty set.
std::optional<Source> open_source(Context& context, Bytes key) {
  keyspace::ReadScope scope = context.read();
  const Entry* entry = scope.find(key);
  if (entry != nullptr && entry->type() == Type::kSet) return Source(scope.open<Set>(entry));
  if (wrong_type(context, entry, Type::kSortedSet)) return std::nullopt;
  return Source(scope.open<SortedSet>(entry));
}

enum class Operation : std::uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : std::uint8_t { kSum, kMin, kMax };

// What a call asks for.
struct Call {
  std::vector<Source> sources;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::size_t limit = 0;  // of ZINTERCARD; 0: none
};
struct Allowed {
  bool weights = false;  // and AGGREGATE
  bool scores = false;
  bool limit = false;
};

double weighted(const Source& source, double score) noexcept {
  const double value = source.weight * score;
  return std::isnan(value) ? 0 : value;
}

double combined(Aggregate aggregate, double a, double b) noexcept {
  switch (aggregate) {
    case Aggregate::kMin:
      return b < a ? b : a;
    case Aggregate::kMax:
      return b > a ? b : a;
    default:
      // Infinity minus infinity
      return std::isnan(a + b) ? 0 : a + b;
  }
}

// --- Reading the words

std::optional<Aggregate> parse_aggregate(Bytes word) {
  if (base::equals_ignore_case(word, "sum")) return Aggregate::kSum;
  if (base::equals_ignore_case(word, "min")) return Aggregate::kMin;
  if (base::equals_ignore_case(word, "max")) return Aggregate::kMax;
  return std::nullopt;
}

Bytes read_options(Arguments words, const Allowed& allowed, Call& call) {
  const std::size_t inputs = call.sources.size();
  while (!words.empty()) {
    std::size_t taken = 0;
    if (allowed.weights && words.size() > inputs && base::equals_ignore_case(words[0], "weights")) {
      for (std::size_t i = 0; i < inputs; ++i) {
        const auto weight = base::parse_double(words[1 + i]);
        if (!weight) return wire::kWeightNotFloat;
        call.sources[i].weight = *weight;
      }
      taken = 1 + inputs;
    } else if (allowed.weights && words.size() > 1 &&
               base::equals_ignore_case(words[0], "aggregate")) {
      const auto aggregate = parse_aggregate(words[1]);
      if (!aggregate) return wire::kSyntax;
      call.aggregate = *aggregate;
      taken = 2;
    } else if (allowed.scores && base::equals_ignore_case(words[0], "withscores")) {
      call.with_scores = true;
      taken = 1;
    } else if (allowed.limit && words.size() > 1 && base::equals_ignore_case(words[0], "limit")) {
      const auto limit = base::parse_int(words[1]);
      if (!limit || *limit < 0) return wire::kLimitNegative;
      call.limit = static_cast<std::size_t>(*limit);
      taken = 2;
    } else {
      return wire::kSyntax;
    }
    words = words.subspan(taken);
  }
  return {};
}

// `words`: numkeys, keys, options. By hand: the keys are counted, and looked at before the options.
std::optional<Call> read_call(Context& context, Arguments words, const Allowed& allowed) {
  const auto number = base::parse_int(words[0]);
  if (!number) {
    context.fail(wire::kNotInteger);
    return std::nullopt;
  }
  if (*number < 1) {
    context.fail(wire::no_input_key(context.command->name));
    return std::nullopt;
  }
  const auto inputs = static_cast<std::uint64_t>(*number);
  if (inputs > words.size() - 1) {
    context.fail(wire::kSyntax);
    return std::nullopt;
  }
  Call call;
  call.sources.reserve(inputs);
  for (const Bytes key : words.subspan(1, inputs)) {
    const auto source = open_source(context, key);
    if (!source) return std::nullopt;
    call.sources.push_back(*source);
  }
  const Bytes error = read_options(words.subspan(1 + inputs), allowed, call);
  if (error.empty()) return call;
  context.fail(error);
  return std::nullopt;
}

// --- Working

// In the order of Redis, which decides how sums are rounded.
void put_smallest_first(std::vector<Source>& sources) {
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.size() < b.size(); });
}

void gather_union(Context& context, const Call& call, SortedSetBuilder& result) {
  for (const Source& source : call.sources) {
    source.each([&](Bytes member, double score) {
      context.tick();
      const double value = weighted(source, score);
      const auto found = result.find(member);
      if (found.score == nullptr)
        result.add(found, member, value);
      else
        *found.score = combined(call.aggregate, *found.score, value);
    });
  }
}

// Gives each member of all sources to `take`, with its score, until that returns false.
template <typename Take>
void intersect(Context& context, const Call& call, Take&& take) {
  const Source& smallest = call.sources.front();
  bool done = false;
  smallest.each([&](Bytes member, double score) {
    context.tick();
    if (done) return;
    double value = weighted(smallest, score);
    for (std::size_t i = 1; i < call.sources.size(); ++i) {
      const auto other = call.sources[i].score(member);
      if (!other) return;
      value = combined(call.aggregate, value, *other * call.sources[i].weight);
    }
    done = !take(member, value);
  });
}

template <typename Take>
void subtract(Context& context, const Call& call, Take&& take) {
  call.sources.front().each([&](Bytes member, double score) {
    context.tick();
    for (std::size_t i = 1; i < call.sources.size(); ++i) {
      if (call.sources[i].score(member)) return;
    }
    take(member, score);
  });
}

// An intersection or a difference: its members come once each and are those of the first source.
template <Operation What, typename Take>
void select(Context& context, const Call& call, Take&& take) {
  if constexpr (What == Operation::kDifference) {
    subtract(context, call, take);
  } else {
    intersect(context, call, [&](Bytes member, double score) {
      take(member, score);
      return true;
    });
  }
}

// What has been selected, as views of the members.
class Selection {
 public:
  explicit Selection(Context& context)
      : context_(context),
        members_(memory::AccountedAllocator<Selected>(context.keyspace().account())) {}
  void add(Bytes member, double score) { members_.push_back({score, member}); }
  // Calls visit(member, score) in order. Called once.
  template <typename Visit>
  void each_in_order(Visit&& visit) {
    std::sort(members_.begin(), members_.end(), [this](const Selected& a, const Selected& b) {
      context_.tick();
      return a.score < b.score || (a.score == b.score && a.member < b.member);
    });
    for (const Selected& selected : members_) visit(selected.member, selected.score);
  }
  std::size_t size() const noexcept { return members_.size(); }

 private:
  struct Selected {
    double score;
    Bytes member;
  };
  Context& context_;
  memory::Vector<Selected> members_;
};

// --- Commands

template <Operation What>
void order_sources(Call& call) {
  if (What != Operation::kDifference) put_smallest_first(call.sources);
}

// Whether the members that are selected need not be copied to be put in order.
template <Operation What>
bool selects_views(const Call& call) {
  return What != Operation::kUnion && call.sources.front().lends_members();
}

template <Operation What>
void gather(Context& context, const Call& call, SortedSetBuilder& result) {
  if constexpr (What == Operation::kUnion) {
    gather_union(context, call, result);
  } else {
    select<What>(context, call, [&](Bytes member, double score) { result.add(member, score); });
  }
}

template <Operation What>
std::size_t expected_members(const Call& call) {
  return What == Operation::kUnion ? call.sources.back().size() : 0;
}

template <Operation What>
void run_reply(Context& context, Arguments words) {
  const Allowed allowed{What != Operation::kDifference, true, false};
  auto call = read_call(context, words, allowed);
  if (!call) return;
  order_sources<What>(*call);
  const StepsAlong steps(context);
  const Scores scores = with_scores(context, call->with_scores);
  const auto reply = [&](Bytes member, double score) {
    context.tick();
    reply_member(context, member, score, scores);
  };
  if constexpr (What != Operation::kUnion) {
    if (selects_views<What>(*call)) {
      Selection found(context);
      select<What>(context, *call, [&](Bytes member, double score) { found.add(member, score); });
      reply_member_head(context, found.size(), scores);
      found.each_in_order(reply);
      return;
    }
  }
  SortedSetBuilder found(context.keyspace().environment(), expected_members<What>(*call));
  gather<What>(context, *call, found);
  reply_member_head(context, found.size(), scores);
  for (const auto& [score, element] : found.in_order()) reply(element->member(), score);
}

template <Operation What>
void store_result(Context& context, Arguments words, keyspace::Event event) {
  const Allowed allowed{What != Operation::kDifference, false, false};
  auto call = read_call(context, words.subspan(1), allowed);
  if (!call) return;
  order_sources<What>(*call);
  const StepsAlong steps(context);
  if constexpr (What != Operation::kUnion) {
    if (selects_views<What>(*call)) {
      Selection found(context);
      select<What>(context, *call, [&](Bytes member, double score) { found.add(member, score); });
      SortedSetResult result(context);
      result->expect(found.size());
      found.each_in_order([&](Bytes member, double score) { result->append(member, score); });
      result.store_and_reply(words[0], event);
      return;
    }
  }
  SortedSetBuilder found(context.keyspace().environment(), expected_members<What>(*call));
  gather<What>(context, *call, found);
  SortedSetResult result(context, found.finish());
  result.store_and_reply(words[0], event);
}

constexpr Arg kWeights = {"weight", ArgKind::kDouble, nullptr, "WEIGHTS", {}, true, true};
constexpr Arg kAggregates[] = {flag("SUM", nullptr), flag("MIN", nullptr), flag("MAX", nullptr)};
constexpr Arg kAggregate = {"aggregate", ArgKind::kOneOf, nullptr, "AGGREGATE", kAggregates, true};
constexpr Arg kCombineArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                                kWeights, kAggregate, optional(flag("WITHSCORES", nullptr))};
constexpr Arg kDiffArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                             optional(flag("WITHSCORES", nullptr))};
constexpr Arg kCombineStoreArgs[] = {key("destination", nullptr), integer("numkeys", nullptr),
                                     multiple(key("key", nullptr)), kWeights, kAggregate};
constexpr Arg kDiffStoreArgs[] = {key("destination", nullptr), integer("numkeys", nullptr),
                                  multiple(key("key", nullptr))};

constexpr const char* kUnionCost =
    "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the "
    "number of elements in the resulting sorted set.";
constexpr const char* kInterCost =
    "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number "
    "of input sorted sets and M being the number of elements in the resulting sorted set.";
constexpr const char* kDiffCost =
    "O(N*K)+O(M*log(M)) worst case with N being the size of the first sorted set, K being the "
    "number of input sorted sets and M being the number of elements in the resulting sorted set.";

constexpr Command kZUnion = raw_command<kCombineArgs>(
    "zunion",
    {"Returns the union of multiple sorted sets.", "6.2.0", kUnionCost, Group::kSortedSet,
     "ZUNION 2 race final WITHSCORES", "1) \"Ada\"\n2) \"19.8\""},
    kReadOnly, run_reply<Operation::kUnion>, counted_keys(1));
constexpr Command kZInter =
    raw_command<kCombineArgs>("zinter",
                              {"Returns the intersect of multiple sorted sets.", "6.2.0",
                               kInterCost, Group::kSortedSet, "ZINTER 2 race final", "1) \"Ada\""},
                              kReadOnly, run_reply<Operation::kIntersection>, counted_keys(1));
constexpr Command kZDiff =
    raw_command<kDiffArgs>("zdiff",
                           {"Returns the difference between multiple sorted sets.", "6.2.0",
                            kDiffCost, Group::kSortedSet, "ZDIFF 2 race final", "1) \"Bob\""},
                           kReadOnly, run_reply<Operation::kDifference>, counted_keys(1));

void run_zunionstore(Context& context, Arguments words) {
  store_result<Operation::kUnion>(context, words, events::kZUnionStore);
}
constexpr Command kZUnionStore = raw_command<kCombineStoreArgs>(
    "zunionstore",
    {"Stores the union of multiple sorted sets in a key.", "2.0.0", kUnionCost, Group::kSortedSet,
     "ZUNIONSTORE total 2 race final WEIGHTS 1 2", "(integer) 3"},
    kWrite | kDenyOom, run_zunionstore, counted_keys(2, 1), use::keys(use::kReplaces, use::kReads));
void run_zinterstore(Context& context, Arguments words) {
  store_result<Operation::kIntersection>(context, words, events::kZInterStore);
}
constexpr Command kZInterStore = raw_command<kCombineStoreArgs>(
    "zinterstore",
    {"Stores the intersect of multiple sorted sets in a key.", "2.0.0", kInterCost,
     Group::kSortedSet, "ZINTERSTORE best 2 race final AGGREGATE MIN", "(integer) 1"},
    kWrite | kDenyOom, run_zinterstore, counted_keys(2, 1), use::keys(use::kReplaces, use::kReads));
void run_zdiffstore(Context& context, Arguments words) {
  store_result<Operation::kDifference>(context, words, events::kZDiffStore);
}
constexpr Command kZDiffStore = raw_command<kDiffStoreArgs>(
    "zdiffstore",
    {"Stores the difference of multiple sorted sets in a key.", "6.2.0", kDiffCost,
     Group::kSortedSet, "ZDIFFSTORE lost 2 race final", "(integer) 1"},
    kWrite | kDenyOom, run_zdiffstore, counted_keys(2, 1), use::keys(use::kReplaces, use::kReads));

// ZINTERCARD

void run_zintercard(Context& context, Arguments words) {
  auto call = read_call(context, words, {false, false, true});
  if (!call) return;
  put_smallest_first(call->sources);
  std::size_t count = 0;
  intersect(context, *call, [&](Bytes, double) { return ++count != call->limit; });
  context.reply.integer(static_cast<std::int64_t>(count));
}
constexpr Arg kZInterCardArgs[] = {integer("numkeys", nullptr), multiple(key("key", nullptr)),
                                   optional(integer("limit", nullptr, "LIMIT"))};
constexpr Command kZInterCard = raw_command<kZInterCardArgs>(
    "zintercard",
    {"Returns the number of members of the intersect of multiple sorted sets.", "7.0.0",
     "O(N*K) worst case with N being the smallest input sorted set, K being the number of input "
     "sorted sets.",
     Group::kSortedSet, "ZINTERCARD 2 race final LIMIT 10", "(integer) 1"},
    kReadOnly, run_zintercard, counted_keys(1));

}  // namespace

std::span<const Command* const> sorted_set_algebra_commands() noexcept {
  static constexpr const Command* kCommands[] = {
      &kZUnion, &kZInter, &kZDiff, &kZUnionStore, &kZInterStore, &kZDiffStore, &kZInterCard};
  return kCommands;
}

}  // namespace miniredis::commands
