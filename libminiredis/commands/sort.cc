// SORT and SORT_RO: the elements of a list, set or sorted set in order.
#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"

namespace miniredis::commands {
namespace {

using types::Hash;
using types::List;
using types::Set;
using types::SortedSet;

// The options

struct Options {
  std::optional<Bytes> by;
  std::vector<Bytes> get;
  std::int64_t offset = 0;
  std::int64_t count = -1;  // negative: all
  bool descending = false;
  bool alpha = false;
  bool sorts = true;  // false: BY has no asterisk, the elements stay in their own order
  std::optional<Bytes> destination;
};

bool read_limit(Context& context, Bytes offset, Bytes count, Options& options) {
  const auto from = base::parse_int(offset);
  const auto most = base::parse_int(count);
  if (!from || !most) {
    context.fail(wire::kNotInteger);
    return false;
  }
  options.offset = *from;
  options.count = *most;
  return true;
}

// Nothing, with the error answered.
std::optional<Options> read_options(Context& context, Arguments words, bool may_store) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t more = words.size() - i - 1;
    const auto is = [&](const char* name, std::size_t values) {
      return more >= values && base::equals_ignore_case(words[i], name);
    };
    if (is("asc", 0)) {
      options.descending = false;
    } else if (is("desc", 0)) {
      options.descending = true;
    } else if (is("alpha", 0)) {
      options.alpha = true;
    } else if (is("limit", 2)) {
      if (!read_limit(context, words[i + 1], words[i + 2], options)) return std::nullopt;
      i += 2;
    } else if (may_store && is("store", 1)) {
      options.destination = words[++i];
    } else if (is("by", 1)) {
      options.by = words[++i];
      if (options.by->find('*') == Bytes::npos) {
        options.sorts = false;
      } else if (!context.may_read_all_keys()) {
        context.fail(wire::kSortByDenied);
        return std::nullopt;
      }
    } else if (is("get", 1)) {
      options.get.push_back(words[++i]);
      if (!context.may_read_all_keys()) {
        context.fail(wire::kSortGetDenied);
        return std::nullopt;
      }
    } else {
      context.fail(wire::kSyntax);
      return std::nullopt;
    }
  }
  return options;
}

// Patterns: "prefix*suffix", "prefix*suffix->field", "#"

// Texts that stand nowhere else, kept for the time of the command.
class Texts {
 public:
  explicit Texts(memory::Account& account)
      : texts_(memory::AccountedAllocator<memory::String>(account)), account_(account) {}
  Bytes keep(Bytes text) {
    texts_.emplace_back(text, memory::AccountedAllocator<char>(account_));
    return texts_.back();
  }

 private:
  std::deque<memory::String, memory::AccountedAllocator<memory::String>> texts_;
  memory::Account& account_;
};

class Pattern {
 public:
  explicit Pattern(Bytes text) : is_element_(text == "#") {
    const std::size_t star = text.find('*');
    if (star == Bytes::npos) return;
    has_star_ = true;
    prefix_ = text.substr(0, star);
    suffix_ = text.substr(star + 1);
    const std::size_t arrow = suffix_.find("->");
    if (arrow == Bytes::npos || arrow + 2 == suffix_.size()) return;
    field_ = suffix_.substr(arrow + 2);
    suffix_ = suffix_.substr(0, arrow);
  }

  // Visits the text that the pattern names for an element, if there is one.
  template <typename Visit>  // visit(Bytes)
  void look_up(Context& context, Bytes element, Visit&& visit) const {
    if (is_element_) {
      visit(element);
      return;
    }
    if (!has_star_) return;
    std::string name(prefix_);
    name.append(element).append(suffix_);
    keyspace::ReadScope scope = context.read();
    const Entry* entry = scope.find(name);
    if (entry == nullptr) return;
    if (!field_.empty()) {
      if (entry->type() != Type::kHash) return;
      entry = scope.expire_fields(entry);
      if (const auto value = scope.open<Hash>(entry).get(field_)) visit(*value);
    } else if (entry->type() == Type::kString) {
      char scratch[base::kMaxIntChars];
      visit(entry->text(scratch));
    }
  }

 private:
  bool is_element_;
  bool has_star_ = false;
  Bytes prefix_;
  Bytes suffix_;
  Bytes field_;
};

// The elements

struct Item {
  Bytes element;
  Bytes text;       // of ALPHA: what it is sorted by
  double weight;    // else
  bool has_weight;  // BY found something
  std::size_t index;
};
using Items = memory::Vector<Item>;

// The part that is answered, in elements.
struct Window {
  std::size_t first = 0;
  std::size_t count = 0;
};

Window window_of(const Options& options, std::size_t size) {
  const auto from = static_cast<std::size_t>(std::max<std::int64_t>(options.offset, 0));
  if (from >= size) return {size, 0};
  const std::size_t rest = size - from;
  if (options.count < 0) return {from, rest};
  return {from, std::min(rest, static_cast<std::size_t>(options.count))};
}

class Sorting {
 public:
  Sorting(Context& context, const Options& options)
      : context_(context),
        options_(options),
        texts_(context.keyspace().account()),
        items_(memory::AccountedAllocator<Item>(context.keyspace().account())) {}

  // False, with the error answered, when the key holds something else.
  bool load(Bytes key);
  // False, with the error answered, when a weight is no number.
  bool sort();
  void answer();
  void store(Bytes destination);

 private:
  void take(Bytes element) {
    context_.tick();
    items_.push_back({element, {}, 0, true, items_.size()});
  }
  void load_list(const List& list);
  void load_set(const Set& set);
  void load_sorted_set(const SortedSet& set);
  bool weigh(Item& item, const std::optional<Pattern>& by);
  bool is_before(const Item& a, const Item& b) const;
  int compare(const Item& a, const Item& b) const;
  // Visits what each answered element gives: texts, or nothing where there is none.
  template <typename Visit>
  void each_result(Visit&& visit);

  Context& context_;
  const Options& options_;
  Texts texts_;
  Items items_;
  Window window_;
};

// What is not sorted is loaded only as far as it is answered.
void Sorting::load_list(const List& list) {
  const std::size_t size = list.size();
  window_ = window_of(options_, size);
  if (options_.sorts) {
    items_.reserve(size);
    list.each(0, size, [&](Bytes element) { take(element); });
    return;
  }
  const bool backwards = options_.descending;
  const std::size_t first = backwards ? size - 1 - window_.first : window_.first;
  list.each(
      first, window_.count, [&](Bytes element) { take(element); },
      backwards ? List::End::kFront : List::End::kBack);
  window_.first = 0;
}

void Sorting::load_set(const Set& set) {
  window_ = window_of(options_, set.size());
  items_.reserve(set.size());
  set.walk([&](types::Member member) {
    char digits[base::kMaxIntChars];
    take(member.is_integer() ? texts_.keep(member.text(digits)) : member.text());
  });
}

void Sorting::load_sorted_set(const SortedSet& set) {
  const std::size_t size = set.size();
  window_ = window_of(options_, size);
  if (options_.sorts) {
    items_.reserve(size);
    set.walk_all([&](Bytes member, double) { take(member); });
    return;
  }
  if (window_.count == 0) return;
  const bool downwards = options_.descending;
  const std::size_t first = downwards ? size - 1 - window_.first : window_.first;
  set.walk(first, window_.count, downwards, [&](Bytes member, double) { take(member); });
  window_.first = 0;
}

bool Sorting::load(Bytes key) {
  keyspace::ReadScope scope = context_.read();
  const Entry* entry = scope.find(key);
  if (entry == nullptr) return true;
  switch (entry->type()) {
    case Type::kList:
      load_list(scope.open<List>(entry));
      return true;
    case Type::kSet:
      load_set(scope.open<Set>(entry));
      return true;
    case Type::kSortedSet:
      load_sorted_set(scope.open<SortedSet>(entry));
      return true;
    default:
      context_.fail(wire::kWrongType);
      return false;
  }
}

// As strtod reads it, nothing at all being 0; what is too large or too small to hold is no number.
std::optional<double> number_in(Bytes text) {
  const auto number = base::parse_double_as_strtod(text);
  if (!number) return std::nullopt;
  if (std::isinf(*number) && text.find_first_of("iI") == Bytes::npos) return std::nullopt;
  if (*number == 0 && text.find_first_of("123456789") < text.find_first_of("eE")) {
    return std::nullopt;
  }
  return number;
}

bool Sorting::weigh(Item& item, const std::optional<Pattern>& by) {
  bool is_number = true;
  const auto use = [&](Bytes text) {
    item.has_weight = true;
    if (options_.alpha) {
      // What is answered is compared as C strings are, up to a zero byte; what is stored, whole.
      if (!options_.destination) text = text.substr(0, text.find('\0'));
      item.text = by ? texts_.keep(text) : text;
    } else if (const auto number = number_in(text)) {
      item.weight = *number;
    } else {
      is_number = false;
    }
  };
  item.has_weight = false;
  if (by)
    by->look_up(context_, item.element, use);
  else
    use(item.element);
  return is_number;
}

int Sorting::compare(const Item& a, const Item& b) const {
  if (options_.alpha) {
    if (a.has_weight && b.has_weight) return a.text.compare(b.text);
    return int{a.has_weight} - int{b.has_weight};
  }
  if (a.weight != b.weight) return a.weight < b.weight ? -1 : 1;
  return a.element.compare(b.element);
}

bool Sorting::is_before(const Item& a, const Item& b) const {
  context_.tick();
  const int order = compare(a, b);
  if (order != 0) return options_.descending ? order > 0 : order < 0;
  return a.index < b.index;  // equal ones stay as they stood
}

bool Sorting::sort() {
  if (!options_.sorts) return true;
  const auto by = options_.by ? std::optional<Pattern>(*options_.by) : std::nullopt;
  bool are_numbers = true;
  for (Item& item : items_) {
    context_.tick();
    are_numbers = weigh(item, by) && are_numbers;
  }
  if (!are_numbers) {
    context_.fail(wire::kSortNotNumber);
    return false;
  }
  const auto before = [this](const Item& a, const Item& b) { return is_before(a, b); };
  const auto last = items_.begin() + static_cast<std::ptrdiff_t>(window_.first + window_.count);
  // Few out of many need not bring all of them in order.
  if (static_cast<std::size_t>(last - items_.begin()) < items_.size() / 8)
    std::partial_sort(items_.begin(), last, items_.end(), before);
  else
    std::sort(items_.begin(), items_.end(), before);
  return true;
}

template <typename Visit>
void Sorting::each_result(Visit&& visit) {
  std::vector<Pattern> patterns(options_.get.begin(), options_.get.end());
  for (std::size_t i = 0; i < window_.count; ++i) {
    context_.tick();
    const Bytes element = items_[window_.first + i].element;
    if (patterns.empty()) visit(std::optional<Bytes>(element));
    for (const Pattern& pattern : patterns) {
      bool found = false;
      pattern.look_up(context_, element, [&](Bytes text) {
        found = true;
        visit(std::optional<Bytes>(text));
      });
      if (!found) visit(std::optional<Bytes>());
    }
  }
}

void Sorting::answer() {
  context_.reply.array(window_.count * std::max<std::size_t>(options_.get.size(), 1));
  each_result([&](std::optional<Bytes> text) {
    if (text)
      context_.reply.bulk(*text);
    else
      context_.reply.null();
  });
}

void Sorting::store(Bytes destination) {
  Scratch<List> list(context_);
  each_result(
      [&](std::optional<Bytes> text) { list->push(List::End::kBack, text.value_or(Bytes{})); });
  const std::size_t size = list->size();
  list.store(destination, events::kSortStore);
  context_.reply.integer(static_cast<std::int64_t>(size));
}

void sort(Context& context, Arguments words, bool may_store) {
  auto options = read_options(context, words.subspan(1), may_store);
  if (!options) return;
  if (!options->sorts && options->destination) {
    // What is stored of a set has an order that does not depend on chance.
    const Entry* entry = context.read().peek(words[0]);
    if (entry != nullptr && entry->type() == Type::kSet) {
      options->sorts = options->alpha = true;
      options->by.reset();
    }
  }
  Sorting sorting(context, *options);
  if (!sorting.load(words[0]) || !sorting.sort()) return;
  if (options->destination)
    sorting.store(*options->destination);
  else
    sorting.answer();
}

constexpr Arg kLimitParts[] = {integer("offset", nullptr), integer("count", nullptr)};
constexpr Arg kLimit{"offset_count", ArgKind::kBlock, nullptr, "LIMIT", kLimitParts, true};
constexpr Arg kOrders[] = {flag("ASC", nullptr), flag("DESC", nullptr)};
constexpr Arg kSortRoArgs[] = {
    key("key", nullptr),
    optional(pattern("by-pattern", nullptr, "BY")),
    kLimit,
    optional(multiple(pattern("get-pattern", nullptr, "GET"))),
    optional(one_of("order", kOrders)),
    optional(flag("ALPHA", nullptr)),
};
constexpr Arg kSortArgs[] = {
    kSortRoArgs[0],
    kSortRoArgs[1],
    kSortRoArgs[2],
    kSortRoArgs[3],
    kSortRoArgs[4],
    kSortRoArgs[5],
    optional(string("destination", nullptr, "STORE")),
};
constexpr const char* kComplexity =
    "O(N+M*log(M)) where N is the number of elements of the collection and M of those that are "
    "returned; O(N) when they are not sorted.";

void run_sort(Context& context, Arguments words) {
  sort(context, words, true);
}
constexpr KeyPositions kSortKeys = {
    .first = 1, .last = 1, .step = 1, .keyword = "STORE", .last_keyword = true, .any_keys = true};
constexpr KeyPositions kSortRoKeys = {.first = 1, .last = 1, .step = 1, .any_keys = true};
constexpr Command kSort = raw_command<kSortArgs>(
    "sort",
    {"Sorts the elements in a list, a set, or a sorted set, optionally storing the result.",
     "1.0.0", kComplexity, Group::kGeneric, "SORT numbers DESC LIMIT 0 2", "(empty array)"},
    kWrite | kDenyOom | kDangerous | kOfCollections, run_sort, kSortKeys,
    use::keys(use::kReads, use::kReplaces));

void run_sort_ro(Context& context, Arguments words) {
  sort(context, words, false);
}
constexpr Command kSortRo = raw_command<kSortRoArgs>(
    "sort_ro",
    {"Returns the sorted elements of a list, a set, or a sorted set.", "7.0.0", kComplexity,
     Group::kGeneric, "SORT_RO numbers ALPHA", "(empty array)"},
    kReadOnly | kDangerous | kOfCollections, run_sort_ro, kSortRoKeys);

}  // namespace

std::span<const Command* const> sort_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kSort, &kSortRo};
  return kCommands;
}

}  // namespace miniredis::commands
