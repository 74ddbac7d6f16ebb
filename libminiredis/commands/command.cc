#include "commands/command.h"

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
  }
  return "unknown";
}

std::vector<Bytes> keys_in(const Command& command, Arguments words) {
  std::vector<Bytes> found;
  const KeyPositions& keys = command.keys;
  const auto count = static_cast<int>(words.size());
  if (keys.first > 0) {
    const int last = keys.last < 0 ? count + keys.last : keys.last;
    for (int i = keys.first; i <= last && i < count; i += keys.step) {
      found.push_back(words[static_cast<std::size_t>(i)]);
    }
  }
  if (keys.count_at > 0 && keys.count_at < count) {
    const auto counted = base::parse_int(words[static_cast<std::size_t>(keys.count_at)]);
    const int room = count - keys.count_at - 1;
    for (int i = 1; counted && i <= *counted && i <= room; ++i) {
      found.push_back(words[static_cast<std::size_t>(keys.count_at + i)]);
    }
  }
  for (const char* const keyword : {keys.keyword, keys.other_keyword}) {
    if (keyword == nullptr) continue;
    const std::size_t last = words.size() < 2 ? 0 : words.size() - 2;
    for (std::size_t n = 1; n <= last; ++n) {
      const std::size_t i = keys.last_keyword ? last + 1 - n : n;
      if (!base::equals_ignore_case(words[i], keyword)) continue;
      const std::size_t behind = words.size() - i - 1;
      const std::size_t taken = keys.half_behind ? behind / 2 : 1;
      for (std::size_t k = 1; k <= taken; ++k) found.push_back(words[i + k]);
      break;
    }
  }
  return found;
}

void detail::fail_arguments(Context& context, Bytes error) {
  if (error == wire::kArity)
    context.fail(wire::wrong_arity(context.command->name));
  else
    context.fail(error);
}

}  // namespace miniredis::commands
