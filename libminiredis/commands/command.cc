#include "commands/command.h"

#include <algorithm>

namespace miniredis::commands {

const char* name_of(Group group) noexcept {
  switch (group) {
    case Group::kString:
      return "string";
    case Group::kGeneric:
      return "generic";
    case Group::kConnection:
      return "connection";
    case Group::kServer:
      return "server";
    case Group::kTransactions:
      return "transactions";
    case Group::kPubSub:
      return "pubsub";
    case Group::kList:
      return "list";
    case Group::kSet:
      return "set";
    case Group::kSortedSet:
      return "sorted-set";
    case Group::kHash:
      return "hash";
    case Group::kStream:
      return "stream";
    case Group::kScripting:
      return "scripting";
    case Group::kBitmap:
      return "bitmap";
    case Group::kHyperLogLog:
      return "hyperloglog";
    case Group::kGeo:
      return "geo";
    case Group::kCluster:
      return "cluster";
  }
  return "unknown";
}

std::vector<Bytes> keys_in(const Command& command, Arguments words) {
  std::vector<Bytes> found;
  visit_keys(command, words, [&](std::size_t place, KeyUse what) {
    if ((what & use::kNotKey) == 0) found.push_back(words[place]);
    return true;
  });
  return found;
}

std::size_t detail::counted_words(Arguments words, std::size_t at) noexcept {
  if (at >= words.size()) return 0;
  const auto counted = base::parse_int(words[at]);
  if (!counted || *counted < 0) return 0;
  return std::min(static_cast<std::size_t>(*counted), words.size() - at - 1);
}

namespace {

std::size_t migrate_keys_place(const KeyPositions& keys, Arguments words, Bytes keyword) noexcept {
  const auto first = static_cast<std::size_t>(keys.first);
  for (std::size_t i = kMigrateOptions; i + 1 < words.size(); ++i) {
    if (base::equals_ignore_case(words[i], keyword)) {
      return words[first].empty() ? i : words.size();
    }
    if (base::equals_ignore_case(words[i], "auth")) i += 1;
    if (base::equals_ignore_case(words[i], "auth2")) i += 2;
  }
  return words.size();
}

}  // namespace

std::size_t detail::keyword_place(const KeyPositions& keys, Arguments words,
                                  Bytes keyword) noexcept {
  if (keys.all_behind) return migrate_keys_place(keys, words, keyword);
  const std::size_t last = words.size() < 2 ? 0 : words.size() - 2;
  for (std::size_t n = 1; n <= last; ++n) {
    const std::size_t i = keys.last_keyword ? last + 1 - n : n;
    if (base::equals_ignore_case(words[i], keyword)) return i;
  }
  return words.size();
}

void detail::fail_arguments(Context& context, Bytes error) {
  if (error == wire::kArity)
    context.fail(wire::wrong_arity(context.command->name));
  else
    context.fail(error);
}

}  // namespace miniredis::commands
