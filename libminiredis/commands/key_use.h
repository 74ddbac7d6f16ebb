// What a command does with the keys and channels among its words: part of its declaration.
//
// COMMAND INFO shows it as the flags of key specifications, and the rights of users are held
// against it: who reads a key's value needs to be let read it, who inserts, changes or deletes
// needs to be let write it, and who only asks what is no secret (EXISTS, STRLEN) needs either.
#pragma once

#include <cstdint>

#include "miniredis/engine.h"

namespace miniredis::commands {

// Bits: what becomes of the key as a whole (one of the first four), then of its value.
using KeyUse = std::uint16_t;

namespace use {

inline constexpr KeyUse kReadOnly = 1 << 0;   // RO
inline constexpr KeyUse kReadWrite = 1 << 1;  // RW
inline constexpr KeyUse kOverwrite = 1 << 2;  // OW
inline constexpr KeyUse kRemove = 1 << 3;     // RM
inline constexpr KeyUse kAccess = 1 << 4;
inline constexpr KeyUse kInsert = 1 << 5;
inline constexpr KeyUse kUpdate = 1 << 6;
inline constexpr KeyUse kDelete = 1 << 7;
inline constexpr KeyUse kNotKey = 1 << 8;    // only routed as if it were one
inline constexpr KeyUse kVariable = 1 << 9;  // less than that, as the words may be

inline constexpr KeyUse kUnsaid = 0;
inline constexpr KeyUse kLooks = kReadOnly;
inline constexpr KeyUse kReads = kReadOnly | kAccess;
inline constexpr KeyUse kReadsAndChanges = kReadWrite | kAccess | kUpdate;
inline constexpr KeyUse kMayChange = kReadsAndChanges | kVariable;
inline constexpr KeyUse kChanges = kReadWrite | kUpdate;
inline constexpr KeyUse kInserts = kReadWrite | kInsert;
inline constexpr KeyUse kReadsAndInserts = kReadWrite | kAccess | kInsert;
inline constexpr KeyUse kDeletesFrom = kReadWrite | kDelete;
inline constexpr KeyUse kTakes = kReadWrite | kAccess | kDelete;
inline constexpr KeyUse kReplaces = kOverwrite | kUpdate;
inline constexpr KeyUse kMakes = kOverwrite | kInsert;
inline constexpr KeyUse kRemoves = kRemove | kDelete;
inline constexpr KeyUse kRewrites = kReadWrite | kAccess;  // its form may change, not its value

inline constexpr KeyUse kAnyWrite = kInsert | kUpdate | kDelete;

}  // namespace use

enum class ChannelUse : std::uint8_t {
  kNone,
  kPublishes,       // the first word names a channel
  kSubscribes,      // all words do
  kSubscribesLike,  // all words are patterns of channels
};

struct Uses {
  KeyUse first = use::kUnsaid;   // of the first key that has a place of its own
  KeyUse others = use::kUnsaid;  // of all others: as the first if unsaid
  // What a call does with its first key, when that depends on its words.
  KeyUse (*of_call)(Arguments words) = nullptr;
  ChannelUse channels = ChannelUse::kNone;
};

namespace use {

constexpr Uses keys(KeyUse all) {
  return {all, all};
}
constexpr Uses keys(KeyUse first, KeyUse others) {
  return {first, others};
}
constexpr Uses keys(KeyUse first, KeyUse (*of_call)(Arguments words)) {
  return {first, kUnsaid, of_call};
}
constexpr Uses channels(ChannelUse use) {
  return {.channels = use};
}
// Words that clusters route by, as if they were keys.
constexpr Uses shard_channels(ChannelUse use) {
  return {kNotKey, kNotKey, nullptr, use};
}

}  // namespace use
}  // namespace miniredis::commands
