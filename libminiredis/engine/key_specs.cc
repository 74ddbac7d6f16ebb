#include "engine/key_specs.h"

#include <bit>

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace)

struct UseName {
  KeyUse bit;
  const char* name;
};
constexpr UseName kUseNames[] = {{use::kReadOnly, "RO"},    {use::kReadWrite, "RW"},
                                 {use::kOverwrite, "OW"},   {use::kRemove, "RM"},
                                 {use::kAccess, "access"},  {use::kUpdate, "update"},
                                 {use::kInsert, "insert"},  {use::kDelete, "delete"},
                                 {use::kNotKey, "not_key"}, {use::kVariable, "variable_flags"}};

void reply_use(resp::Writer& reply, KeyUse use) {
  reply.bulk("flags");
  reply_key_use(reply, use);
}

// One specification of keys: what is done with them, where they begin, and how they are found.
class KeySpec {
 public:
  KeySpec(resp::Writer& reply, KeyUse use) : reply_(reply) {
    reply_.map(3);
    reply_use(reply_, use);
  }
  void begin_at(int place) {
    part("begin_search", "index", 1);
    pair("index", place);
  }
  void begin_behind(Bytes keyword, int from) {
    part("begin_search", "keyword", 2);
    reply_.bulk("keyword");
    reply_.bulk(keyword);
    pair("startfrom", from);
  }
  void range(int last, int step, int limit = 0) {
    part("find_keys", "range", 3);
    pair("lastkey", last);
    pair("keystep", step);
    pair("limit", limit);
  }
  void counted() {
    part("find_keys", "keynum", 3);
    pair("keynumidx", 0);
    pair("firstkey", 1);
    pair("keystep", 1);
  }
  void unknown() {
    part("begin_search", "unknown", 0);
    part("find_keys", "unknown", 0);
  }

 private:
  void part(Bytes name, Bytes type, std::size_t values) {
    reply_.bulk(name);
    reply_.map(2);
    reply_.bulk("type");
    reply_.bulk(type);
    reply_.bulk("spec");
    reply_.map(values);
  }
  void pair(Bytes name, std::int64_t n) {
    reply_.bulk(name);
    reply_.integer(n);
  }
  resp::Writer& reply_;
};

void reply_fixed_keys(resp::Writer& reply, const Command& command, bool apart) {
  const KeyPositions& keys = command.keys;
  const int last = keys.last < 0 ? keys.last : keys.last - keys.first;
  KeySpec first(reply, command.uses.first);
  first.begin_at(keys.first);
  first.range(apart ? 0 : last, keys.step);
  if (!apart) return;
  KeySpec others(reply, command.uses.others);
  others.begin_at(keys.first + keys.step);
  others.range(last < 0 ? last : last - keys.step, keys.step);
}

}  // namespace

void reply_key_use(resp::Writer& reply, commands::KeyUse use) {
  reply.set(static_cast<std::size_t>(std::popcount(use)));
  for (const auto& [bit, name] : kUseNames) {
    if ((use & bit) != 0) reply.status(name);
  }
}

void reply_key_specs(resp::Writer& reply, const Command& command) {
  const KeyPositions& keys = command.keys;
  const Uses& uses = command.uses;
  const bool apart = keys.first > 0 && keys.last != keys.first && uses.first != uses.others;
  const auto count = [](bool there) { return there ? 1U : 0U; };
  reply.set(count(keys.first > 0) + count(apart) + count(keys.any_keys) + count(keys.count_at > 0) +
            count(keys.keyword != nullptr) + count(keys.other_keyword != nullptr));
  if (keys.first > 0) reply_fixed_keys(reply, command, apart);
  if (keys.any_keys) KeySpec(reply, use::kReads).unknown();
  if (keys.count_at > 0) {
    KeySpec spec(reply, uses.others);
    spec.begin_at(keys.count_at);
    spec.counted();
  }
  for (const char* const keyword : {keys.keyword, keys.other_keyword}) {
    if (keyword == nullptr) continue;
    KeySpec spec(reply, uses.others);
    if (keys.any_keys) {
      spec.unknown();  // it may stand anywhere among the options
      continue;
    }
    spec.begin_behind(keyword, keys.keyword_from);
    if (keys.half_behind)
      spec.range(-1, 1, 2);
    else if (keys.all_behind)
      spec.range(-1, 1);
    else
      spec.range(0, 1);
  }
}

}  // namespace miniredis::engine
