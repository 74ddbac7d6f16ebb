#include "engine/acl_categories.h"

namespace miniredis::engine {

using namespace commands;  // NOLINT(google-build-using-namespace)

std::vector<std::string> acl_categories(const Command& command) {
  std::vector<std::string> out;
  switch (command.doc.group) {
    case Group::kString:
      out.emplace_back("@string");
      break;
    case Group::kGeneric:
      if (!command.has(kOfCollections)) out.emplace_back("@keyspace");
      break;
    case Group::kConnection:
      out.emplace_back("@connection");
      break;
    case Group::kTransactions:
      out.emplace_back("@transaction");
      break;
    case Group::kServer:
      if (command.has(kWrite | kReadOnly)) out.emplace_back("@keyspace");
      break;
    case Group::kPubSub:
      break;
    case Group::kList:
      out.emplace_back("@list");
      break;
    case Group::kSet:
      out.emplace_back("@set");
      break;
    case Group::kSortedSet:
      out.emplace_back("@sortedset");
      break;
    case Group::kHash:
      out.emplace_back("@hash");
      break;
    case Group::kStream:
      out.emplace_back("@stream");
      break;
    case Group::kScripting:
      out.emplace_back("@scripting");
      break;
    case Group::kBitmap:
      out.emplace_back("@bitmap");
      break;
    case Group::kHyperLogLog:
      out.emplace_back("@hyperloglog");
      break;
    case Group::kGeo:
      out.emplace_back("@geo");
      break;
  }
  if (command.has(kOfCollections)) {
    for (const char* name : {"@set", "@sortedset", "@list"}) out.emplace_back(name);
  }
  if (command.has(kWrite)) out.emplace_back("@write");
  if (command.has(kReadOnly) && command.doc.group != Group::kServer) out.emplace_back("@read");
  if (command.has(kAdmin)) out.emplace_back("@admin");
  if (command.has(Flag::kPubSub)) out.emplace_back("@pubsub");
  if (command.has(kBlocking)) out.emplace_back("@blocking");
  out.emplace_back(command.has(kFast) ? "@fast" : "@slow");
  if (command.has(kDangerous)) out.emplace_back("@dangerous");
  return out;
}

std::vector<std::string> flag_names(const Command& command) {
  static constexpr struct {
    std::uint32_t flag;
    const char* name;
  } kNames[] = {
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
  for (const auto& [flag, name] : kNames) {
    if (command.has(flag)) out.emplace_back(name);
  }
  if (command.keys.movable()) out.emplace_back("movablekeys");
  return out;
}

}  // namespace miniredis::engine
