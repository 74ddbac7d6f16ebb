// What a command is: one constexpr declaration that stands beside the code that does its work.
//
// Everything else that is said about a command anywhere follows from its declaration: dispatch,
// COMMAND and COMMAND DOCS, ACL categories, completion and hints, reference pages. See grammar.h
// for the arguments. A declaration that contradicts itself does not compile.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "commands/context.h"
#include "commands/grammar.h"
#include "commands/key_use.h"

namespace miniredis::commands {

enum Flag : std::uint32_t {
  kWrite = 1 << 0,
  kReadOnly = 1 << 1,
  kDenyOom = 1 << 2,  // refused when the node is full and nothing can be evicted
  kAdmin = 1 << 3,
  kPubSub = 1 << 4,
  kNoScript = 1 << 5,
  kLoading = 1 << 6,
  kStale = 1 << 7,
  kFast = 1 << 8,    // O(1) or O(log n)
  kNoAuth = 1 << 9,  // allowed before AUTH
  kBlocking = 1 << 10,
  kNoMulti = 1 << 11,
  kSkipMonitor = 1 << 12,
  kSkipSlowLog = 1 << 13,
  kDangerous = 1 << 14,
  kSubscribed = 1 << 15,       // allowed to a RESP2 client that has subscriptions
  kUnqueued = 1 << 16,         // runs at once inside MULTI
  kNeedsClient = 1 << 17,      // makes no sense without a connection
  kOfCollections = 1 << 18,    // belongs to lists, sets and sorted sets, whatever its group
  kAllowBusy = 1 << 19,        // allowed while a script runs for too long
  kNoMandatoryKeys = 1 << 20,  // may be called without a key
  kMayReplicate = 1 << 21,     // may write, as it happens
  kAboutConnection = 1 << 22,  // belongs to connections, whatever its group
  kAboutNode = 1 << 23,        // reads nothing of the node's keys, though it counts as a reader
  kOfOperators = 1 << 24,      // belongs to administrators, though it is no kAdmin
};

// Flags that go together: of what a connection may ask at any time, and of what looks after a node.
constexpr std::uint32_t kAnyTime = kNoScript | kLoading | kStale;
constexpr std::uint32_t kAdministration = kAnyTime | kAdmin | kDangerous;

enum class Group : std::uint8_t {
  kString,
  kGeneric,
  kConnection,
  kServer,
  kTransactions,
  kPubSub,
  kList,
  kSet,
  kSortedSet,
  kHash,
  kStream,
  kScripting,
  kBitmap,
  kHyperLogLog,
  kGeo,
  kCluster,
};
const char* name_of(Group group) noexcept;

// Where COMMAND DOCS, the CLI and the reference take their words from.
struct Doc {
  const char* summary;
  const char* since;
  const char* complexity;
  Group group;
  const char* example;        // "SET greeting hello"
  const char* example_reply;  // "OK"
};

using Run = void (*)(Context& context, Arguments words);

struct Command {
  const char* name;  // lower case; "config|get" for a subcommand
  Doc doc;
  std::uint32_t flags;
  std::span<const Arg> arguments;
  Run run;                                      // null for a container
  std::span<const Command* const> subcommands;  // of a container
  int arity;
  KeyPositions keys;
  Uses uses;

  bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
  bool is_container() const noexcept { return !subcommands.empty(); }
  // Arguments with the name and, of a subcommand, its container's.
  bool takes(std::size_t words) const noexcept {
    return arity >= 0 ? words == static_cast<std::size_t>(arity)
                      : words >= static_cast<std::size_t>(-arity);
  }
};

// Calls take(place in `words`, KeyUse) for each key of a call, the command's name first, until it
// answers false. Of a call that is wrong what can be found.
template <typename Take>
void visit_keys(const Command& command, Arguments words, Take&& take);

// The keys themselves.
std::vector<Bytes> keys_in(const Command& command, Arguments words);

namespace detail {

// How many words behind the one at `at`, which counts them, are keys.
std::size_t counted_words(Arguments words, std::size_t at) noexcept;
// Where the keyword stands; words.size() when it does not.
std::size_t keyword_place(const KeyPositions& keys, Arguments words, Bytes keyword) noexcept;

constexpr bool is_empty(const char* text) {
  return text == nullptr || *text == 0;
}

consteval int name_words(const char* name) {
  for (const char* c = name; *c != 0; ++c) {
    if (*c == '|') return 2;
  }
  return 1;
}

// Not constexpr: reaching it while a declaration is checked is the compile error.
void contradiction(const char* why);

// What is done with a key of which the declaration says nothing: whatever the command might do.
consteval Uses complete(Uses uses, std::uint32_t flags) {
  const KeyUse assumed = (flags & kWrite) != 0 ? use::kReadsAndChanges : use::kReads;
  if (uses.first == use::kUnsaid) uses.first = assumed;
  if (uses.others == use::kUnsaid) uses.others = uses.first;
  return uses;
}

consteval void check(const char* name, const Doc& doc, std::uint32_t flags) {
  for (const char* c = name; *c != 0; ++c) {
    if (*c >= 'A' && *c <= 'Z') contradiction("the name is lower case");
  }
  if (is_empty(doc.summary)) contradiction("a command has a summary");
  if (is_empty(doc.since)) contradiction("a command says since when it is there");
  if (is_empty(doc.complexity)) contradiction("a command says what it costs");
  if (is_empty(doc.example) || doc.example_reply == nullptr) {
    contradiction("a command has an example and its reply");
  }
  if ((flags & kWrite) != 0 && (flags & kReadOnly) != 0) {
    contradiction("a command reads or writes");
  }
  if ((flags & kDenyOom) != 0 && (flags & kWrite) == 0) {
    contradiction("only a write can be refused for memory");
  }
}

// Answers what parse_arguments said.
void fail_arguments(Context& context, Bytes error);

// Stores the words of the first arguments, which are plain texts, without a walk of the grammar.
template <const auto& Grammar, typename Args, std::size_t... I>
void store_plain(Args& args, Arguments words, std::index_sequence<I...>) {
  (Grammar[I].store(&args, Parsed{.text = words[I]}), ...);
}

template <typename Args, const auto& Grammar, auto Handler>
void run_parsed(Context& context, Arguments words) {
  Args args{};
  constexpr std::size_t kPlain = plain_words(Grammar);
  // Calls with nothing but plain words are the commonest: a walk would cost them some 15 ns.
  if constexpr (kPlain > 0) {
    if (words.size() == kPlain) {
      store_plain<Grammar>(args, words, std::make_index_sequence<kPlain>());
      Handler(context, args);
      return;
    }
  }
  const Bytes error = parse_arguments(Grammar, words, &args);
  if (!error.empty()) [[unlikely]] {
    fail_arguments(context, error);
    return;
  }
  Handler(context, args);
}

}  // namespace detail

template <typename Take>
void visit_keys(const Command& command, Arguments words, Take&& take) {
  const KeyPositions& keys = command.keys;
  const Uses& uses = command.uses;
  const auto count = static_cast<int>(words.size());
  const bool keyword_alone =
      keys.all_behind && detail::keyword_place(keys, words, keys.keyword) != words.size();
  if (keys.first > 0 && !keyword_alone) {
    KeyUse use = uses.of_call != nullptr ? uses.of_call(words) : uses.first;
    const int last = keys.last < 0 ? count + keys.last : keys.last;
    for (int i = keys.first; i <= last && i < count; i += keys.step) {
      if (!take(static_cast<std::size_t>(i), use)) return;
      use = uses.others;
    }
  }
  if (keys.count_at > 0) {
    const auto at = static_cast<std::size_t>(keys.count_at);
    const std::size_t counted = detail::counted_words(words, at);
    for (std::size_t i = 1; i <= counted; ++i) {
      if (!take(at + i, uses.others)) return;
    }
  }
  for (const char* const keyword : {keys.keyword, keys.other_keyword}) {
    if (keyword == nullptr) continue;
    const std::size_t at = detail::keyword_place(keys, words, keyword);
    if (at == words.size()) continue;
    const std::size_t behind = words.size() - at - 1;
    const std::size_t taken = keys.half_behind ? behind / 2 : keys.all_behind ? behind : 1;
    for (std::size_t i = 1; i <= taken; ++i) {
      if (!take(at + i, uses.others)) return;
    }
  }
}

// A command whose words are read by its grammar into an Args before Handler(context, args) is
// called.
template <typename Args, const auto& Grammar, auto Handler>
consteval Command command(const char* name, Doc doc, std::uint32_t flags, Uses uses = {}) {
  detail::check(name, doc, flags);
  const int words = detail::name_words(name);
  return {name,
          doc,
          flags,
          Grammar,
          &detail::run_parsed<Args, Grammar, Handler>,
          {},
          arity_of(Grammar, words),
          keys_of(Grammar, words),
          detail::complete(uses, flags)};
}

// A command that reads its words itself, as (context, words behind the name): where Redis' errors
// are not those of a grammar. The grammar still says what the words are.
template <const auto& Grammar>
consteval Command raw_command(const char* name, Doc doc, std::uint32_t flags, Run run,
                              Uses uses = {}) {
  detail::check(name, doc, flags);
  const int words = detail::name_words(name);
  return {name,
          doc,
          flags,
          Grammar,
          run,
          {},
          arity_of(Grammar, words),
          keys_of(Grammar, words),
          detail::complete(uses, flags)};
}

// The same where the keys do not stand where the grammar alone could tell.
template <const auto& Grammar>
consteval Command raw_command(const char* name, Doc doc, std::uint32_t flags, Run run,
                              KeyPositions keys, Uses uses = {}) {
  Command made = raw_command<Grammar>(name, doc, flags, run, uses);
  made.keys = keys;
  return made;
}

// A command without arguments.
consteval Command plain_command(const char* name, Doc doc, std::uint32_t flags, Run run) {
  detail::check(name, doc, flags);
  return {name, doc, flags, {}, run, {}, detail::name_words(name), {}, {}};
}

// A name that only groups subcommands.
consteval Command container(const char* name, Doc doc,
                            std::span<const Command* const> subcommands) {
  detail::check(name, doc, 0);
  return {name, doc, 0, {}, nullptr, subcommands, -2, {}, {}};
}

}  // namespace miniredis::commands
