// The arguments of a command, said once: a constexpr tree of Arg, bound to the members of a struct.
//
//   struct Args { Bytes key; std::int64_t seconds; bool nx; };
//   constexpr Arg kArgs[] = {key("key", into<&Args::key>), integer("seconds",
//   into<&Args::seconds>),
//                            optional(flag("NX", into<&Args::nx>))};
//
// From it come arity, key positions, the parser, COMMAND DOCS and every usage text. Required
// arguments stand in order; optional ones with a token may come in any order where they stand. An
// alternative may be repeated; two alternatives of one choice contradict, which is a syntax error.
// A number that can't be read is reported, as in Redis, when its option comes (COUNT), or for a
// choice of options (EX, PX) and for required arguments only where nothing is wrong with the
// syntax.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "miniredis/engine.h"

namespace miniredis::commands {

enum class ArgKind : std::uint8_t {
  kKey,
  kString,
  kPattern,
  kInteger,
  kLateInteger,  // kept as text: the handler reads it, after it has looked at the key, as Redis
                 // does
  kDouble,
  kLateDouble,
  kUnixTime,
  kFlag,   // a token alone
  kOneOf,  // one of `parts`
  kBlock,  // all of `parts`
};

struct Parsed {
  Bytes text;
  std::int64_t integer = 0;
  double real = 0;
  Arguments rest;  // of an argument that may be repeated: all its words
};

using Store = void (*)(void* args, const Parsed& parsed);

struct Arg {
  const char* name;
  ArgKind kind;
  Store store = nullptr;
  const char* token = nullptr;
  std::span<const Arg> parts = {};
  bool is_optional = false;
  bool is_multiple = false;
  const char* since = nullptr;
};

namespace detail {
template <typename T>
struct MemberOf;
template <typename C, typename M>
struct MemberOf<M C::*> {
  using Class = C;
  using Type = M;
};
}  // namespace detail

// The class stands among the parameters for the linker's sake: gcc gives a template weak external
// linkage when only a pointer to member says that it is of one source file, and two files' structs
// of one name would share it.
namespace detail {
template <typename Class, auto Member, auto Value>
void store_into(void* args, const Parsed& parsed) {
  using Stored = typename MemberOf<decltype(Member)>::Type;
  auto& member = static_cast<Class*>(args)->*Member;
  if constexpr (std::is_same_v<Stored, Bytes> || std::is_same_v<Stored, std::optional<Bytes>>) {
    member = parsed.text;
  } else if constexpr (std::is_same_v<Stored, std::int64_t> ||
                       std::is_same_v<Stored, std::optional<std::int64_t>>) {
    member = parsed.integer;
  } else if constexpr (std::is_same_v<Stored, double>) {
    member = parsed.real;
  } else if constexpr (std::is_same_v<Stored, Arguments>) {
    member = parsed.rest;
  } else {
    member = Value;
  }
}
template <typename Class, auto Member, auto Which, auto Value>
void store_choice(void* args, const Parsed& parsed) {
  store_into<Class, Member, true>(args, parsed);
  store_into<Class, Which, Value>(args, parsed);
}
template <auto Member>
using ClassOf = typename MemberOf<decltype(Member)>::Class;
}  // namespace detail

// Stores what was read into a member: text, number, repeated words, or for a flag `value`.
template <auto Member, auto Value = true>
inline constexpr Store into = &detail::store_into<detail::ClassOf<Member>, Member, Value>;
// Stores a number and, in another member, which alternative it came from.
template <auto Member, auto Which, auto Value>
inline constexpr Store into_choice =
    &detail::store_choice<detail::ClassOf<Member>, Member, Which, Value>;

constexpr Arg key(const char* name, Store store) {
  return {name, ArgKind::kKey, store};
}
constexpr Arg string(const char* name, Store store, const char* token = nullptr) {
  return {name, ArgKind::kString, store, token};
}
constexpr Arg pattern(const char* name, Store store, const char* token = nullptr) {
  return {name, ArgKind::kPattern, store, token};
}
constexpr Arg integer(const char* name, Store store, const char* token = nullptr) {
  return {name, ArgKind::kInteger, store, token};
}
constexpr Arg late_integer(const char* name, Store store) {
  return {name, ArgKind::kLateInteger, store};
}
constexpr Arg late_real(const char* name, Store store) {
  return {name, ArgKind::kLateDouble, store};
}
constexpr Arg real(const char* name, Store store) {
  return {name, ArgKind::kDouble, store};
}
constexpr Arg unix_time(const char* name, Store store, const char* token = nullptr) {
  return {name, ArgKind::kUnixTime, store, token};
}
constexpr Arg flag(const char* token, Store store, const char* since = nullptr) {
  return {token, ArgKind::kFlag, store, token, {}, false, false, since};
}
constexpr Arg one_of(const char* name, std::span<const Arg> parts) {
  return {name, ArgKind::kOneOf, nullptr, nullptr, parts};
}
// All of `parts` in order, repeated as a whole with multiple(): the words arrive unread, as `rest`.
constexpr Arg block(const char* name, std::span<const Arg> parts, Store store) {
  return {name, ArgKind::kBlock, store, nullptr, parts};
}
constexpr Arg optional(Arg arg) {
  arg.is_optional = true;
  return arg;
}
// One or more of it up to the end of the command.
constexpr Arg multiple(Arg arg) {
  arg.is_multiple = true;
  return arg;
}

// Words that an argument takes at least.
constexpr int words_of(const Arg& arg) {
  int words = arg.token != nullptr ? 1 : 0;
  switch (arg.kind) {
    case ArgKind::kFlag:
      break;
    case ArgKind::kOneOf: {
      int least = 1 << 20;
      for (const Arg& part : arg.parts) least = words_of(part) < least ? words_of(part) : least;
      words += least;
      break;
    }
    case ArgKind::kBlock:
      for (const Arg& part : arg.parts) words += part.is_optional ? 0 : words_of(part);
      break;
    default:
      ++words;
  }
  return words;
}

// Whether the argument may take more words than words_of() says.
constexpr bool is_open(const Arg& arg) {
  if (arg.is_optional || arg.is_multiple) return true;
  if (arg.kind != ArgKind::kBlock && arg.kind != ArgKind::kOneOf) return false;
  for (const Arg& part : arg.parts) {
    if (is_open(part)) return true;
    if (arg.kind == ArgKind::kOneOf && words_of(part) != words_of(arg.parts[0])) return true;
  }
  return false;
}

// As COMMAND gives it: the count of words with the command's own, negative when it is a minimum.
constexpr int arity_of(std::span<const Arg> args, int name_words) {
  int words = name_words;
  bool open = false;
  for (const Arg& arg : args) {
    if (!arg.is_optional) words += words_of(arg);
    open = open || is_open(arg);
  }
  return open ? -words : words;
}

// How many plain words a call without any option has; 0 when such a call has other words too.
constexpr std::size_t plain_words(std::span<const Arg> args) {
  std::size_t words = 0;
  for (const Arg& arg : args) {
    if (arg.is_optional) continue;
    const bool plain = !arg.is_multiple && arg.token == nullptr &&
                       (arg.kind == ArgKind::kKey || arg.kind == ArgKind::kString ||
                        arg.kind == ArgKind::kPattern);
    if (!plain || &arg != &args[words]) return 0;
    ++words;
  }
  return words;
}

// Where the options of MIGRATE begin; AUTH and AUTH2 among them are followed by words that mean
// something else, whatever they look like.
inline constexpr std::size_t kMigrateOptions = 6;

struct KeyPositions {
  int first = 0;  // 1 is the word behind the name; 0: no keys
  int last = 0;   // negative: counted from the end
  int step = 0;
  int count_at = 0;                     // word that says how many keys follow it; 0: none does
  const char* keyword = nullptr;        // word behind which more keys stand
  const char* other_keyword = nullptr;  // another such word, looked for by itself
  int keyword_from = 1;                 // where a keyword may stand first, for COMMAND INFO
  bool half_behind = false;             // half of all words behind it are keys; else the next one
  bool all_behind = false;              // MIGRATE: all of them are, and then no other word is
  bool last_keyword = false;            // of several keywords the last one counts; else the first
  bool any_keys = false;                // reads keys whose names it makes out of what it reads

  constexpr bool any() const noexcept { return first > 0 || movable(); }
  constexpr bool movable() const noexcept { return count_at > 0 || keyword != nullptr; }
};
// Keys behind a word that counts them; `first` is a key that stands elsewhere.
constexpr KeyPositions counted_keys(int count_at, int first = 0) {
  return {first, first, first > 0 ? 1 : 0, count_at};
}
// XREAD ... STREAMS key [key ...] id [id ...]
constexpr KeyPositions half_behind(const char* keyword, int from) {
  return {.keyword = keyword, .keyword_from = from, .half_behind = true};
}

constexpr KeyPositions keys_of(std::span<const Arg> args, int name_words) {
  KeyPositions keys;
  int position = name_words;
  int behind = 0;
  for (const Arg& arg : args) {
    const bool block_of_keys =
        arg.kind == ArgKind::kBlock && arg.is_multiple && arg.parts[0].kind == ArgKind::kKey;
    if (arg.kind == ArgKind::kKey || block_of_keys) {
      if (keys.first == 0) keys.first = position;
      keys.step = block_of_keys ? words_of(arg) : 1;
      keys.last = arg.is_multiple ? -1 : position;
    } else if (keys.last < 0 && !arg.is_optional) {
      behind += words_of(arg);
    }
    position += words_of(arg);
  }
  if (keys.last < 0) keys.last -= behind;
  return keys;
}

// Reads the words behind a command's name into `args`, a struct that the stores of `grammar` know.
// Returns the error line, or an empty view. `grammar` has been checked for arity already.
Bytes parse_arguments(std::span<const Arg> grammar, Arguments words, void* args);

// "key value [NX | XX] [GET] [EX seconds | PX milliseconds]"
std::string syntax_of(std::span<const Arg> grammar);

}  // namespace miniredis::commands
