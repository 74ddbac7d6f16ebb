#include "engine/acl_categories.h"

namespace miniredis::engine {

using namespace commands;  // NOLINT(google-build-using-namespace)

namespace {

enum Category : std::uint32_t {
  kOfKeyspace = 1 << 0,
  kOfRead = 1 << 1,
  kOfWrite = 1 << 2,
  kOfSet = 1 << 3,
  kOfSortedSet = 1 << 4,
  kOfList = 1 << 5,
  kOfHash = 1 << 6,
  kOfString = 1 << 7,
  kOfBitmap = 1 << 8,
  kOfHyperLogLog = 1 << 9,
  kOfGeo = 1 << 10,
  kOfStream = 1 << 11,
  kOfPubSub = 1 << 12,
  kOfAdmin = 1 << 13,
  kOfFast = 1 << 14,
  kOfSlow = 1 << 15,
  kOfBlocking = 1 << 16,
  kOfDangerous = 1 << 17,
  kOfConnection = 1 << 18,
  kOfTransaction = 1 << 19,
  kOfScripting = 1 << 20,
};

// By bit, in the order in which COMMAND and ACL CAT name them.
constexpr Bytes kNames[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

std::uint32_t of_group(const Command& command) noexcept {
  switch (command.doc.group) {
    case Group::kString:
      return kOfString;
    case Group::kGeneric:
      return command.has(kOfCollections | kAboutConnection) ? 0U : std::uint32_t{kOfKeyspace};
    case Group::kConnection:
      return kOfConnection;
    case Group::kTransactions:
      return kOfTransaction;
    case Group::kServer:
      // Those that write, and those that look at all keys at once.
      if (command.has(kWrite)) return kOfKeyspace;
      return command.has(kReadOnly) && !command.has(kAboutNode) && !command.keys.any()
                 ? std::uint32_t{kOfKeyspace}
                 : 0U;
    case Group::kPubSub:
    case Group::kCluster:
      return 0;
    case Group::kList:
      return kOfList;
    case Group::kSet:
      return kOfSet;
    case Group::kSortedSet:
      return kOfSortedSet;
    case Group::kHash:
      return kOfHash;
    case Group::kStream:
      return kOfStream;
    case Group::kScripting:
      return kOfScripting;
    case Group::kBitmap:
      return kOfBitmap;
    case Group::kHyperLogLog:
      return kOfHyperLogLog;
    case Group::kGeo:
      return kOfGeo;
  }
  return 0;
}

}  // namespace

std::span<const Bytes> category_names() noexcept {
  return kNames;
}

std::uint32_t category_bits(const Command& command) noexcept {
  if (command.run == nullptr) return kOfSlow;
  std::uint32_t bits = of_group(command);
  if (command.has(kAboutConnection)) bits |= kOfConnection;
  if (command.has(kOfCollections)) bits |= kOfSet | kOfSortedSet | kOfList;
  if (command.has(kWrite)) bits |= kOfWrite;
  if (command.has(kReadOnly) && command.doc.group != Group::kScripting) bits |= kOfRead;
  if (command.has(kAdmin | kOfOperators)) bits |= kOfAdmin;
  if (command.has(Flag::kPubSub)) bits |= kOfPubSub;
  if (command.has(kBlocking)) bits |= kOfBlocking;
  bits |= command.has(kFast) ? kOfFast : kOfSlow;
  if (command.has(kDangerous)) bits |= kOfDangerous;
  return bits;
}

std::uint32_t category_bit(Bytes name) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (base::equals_ignore_case(kNames[i], name)) return 1U << i;
  }
  return 0;
}

std::vector<std::string> acl_categories(const Command& command) {
  std::vector<std::string> out;
  const std::uint32_t bits = category_bits(command);
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if ((bits >> i & 1U) != 0) out.push_back("@" + std::string(kNames[i]));
  }
  return out;
}

std::vector<std::string> flag_names(const Command& command) {
  static constexpr struct {
    std::uint32_t flag;
    const char* name;
  } kFlagNames[] = {
      {kWrite, "write"},
      {kReadOnly, "readonly"},
      {kDenyOom, "denyoom"},
      {kAdmin, "admin"},
      {Flag::kPubSub, "pubsub"},
      {kNoScript, "noscript"},
      {kBlocking, "blocking"},
      {kLoading, "loading"},
      {kStale, "stale"},
      {kSkipMonitor, "skip_monitor"},
      {kSkipSlowLog, "skip_slowlog"},
      {kFast, "fast"},
      {kNoAuth, "no_auth"},
      {kNoMulti, "no_multi"},
      {kAllowBusy, "allow_busy"},
      {kNoMandatoryKeys, "no_mandatory_keys"},
      {kMayReplicate, "may_replicate"},
  };
  std::vector<std::string> out;
  for (const auto& [flag, name] : kFlagNames) {
    if (command.has(flag)) out.emplace_back(name);
  }
  if (command.keys.movable() || command.keys.any_keys) out.emplace_back("movablekeys");
  return out;
}

}  // namespace miniredis::engine
