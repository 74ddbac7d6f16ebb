#include "persistence/rdb_save.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "persistence/listpack.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"

namespace miniredis::persistence {
namespace {

using types::Environment;
using types::Hash;
using types::List;
using types::Set;
using types::SortedSet;

// What an element takes in a listpack beyond its bytes, at most.
constexpr std::size_t kMostOverhead = 11;

// How large a node of a list may become: Redis takes the same limits from the same setting.
struct NodeLimits {
  std::size_t bytes = 8192;
  std::size_t elements = SIZE_MAX;
};
NodeLimits node_limits(std::int64_t setting) {
  constexpr std::size_t kBytes[] = {4096, 8192, 16384, 32768, 65536};
  if (setting >= 0) return {8192, std::max<std::size_t>(1, static_cast<std::size_t>(setting))};
  return {kBytes[std::min<std::int64_t>(-setting, 5) - 1], SIZE_MAX};
}

void save_list(RdbWriter& out, const Environment& environment, types::Object object) {
  constexpr std::uint64_t kPackedNode = 2;
  const NodeLimits limits = node_limits(environment.limits.list_max_packed_size);
  const List list(environment, object);
  RdbWriter nodes;
  std::uint64_t count = 0;
  ListpackWriter node;
  const auto close = [&] {
    nodes.length(kPackedNode);
    nodes.string(node.finish());
    ++count;
  };
  list.each(0, list.size(), [&](Bytes element) {
    environment.step();
    const bool full = node.size() + element.size() + kMostOverhead > limits.bytes ||
                      node.count() >= limits.elements;
    if (node.count() > 0 && full) close();
    node.append(element);
  });
  close();
  out.type(RdbType::kListpackChain);
  out.length(count);
  out.append(nodes.bytes());
}

void save_integers(RdbWriter& out, const Set& set) {
  std::vector<std::int64_t> integers;
  set.walk([&](types::Member member) { integers.push_back(member.integer()); });
  const auto fits = [&](auto narrow) {
    using Narrow = decltype(narrow);
    return integers.front() == static_cast<Narrow>(integers.front()) &&
           integers.back() == static_cast<Narrow>(integers.back());
  };
  const unsigned width = fits(std::int16_t{}) ? 2 : fits(std::int32_t{}) ? 4 : 8;
  RdbWriter block;
  block.little(width, 4);
  block.little(integers.size(), 4);
  for (const std::int64_t integer : integers) {
    block.little(static_cast<std::uint64_t>(integer), width);
  }
  out.type(RdbType::kIntegerSet);
  out.string(block.bytes());
}

void save_set(RdbWriter& out, const Environment& environment, types::Object object) {
  const Set set(environment, object);
  const Bytes form = Set::encoding_of(object);
  if (form == "intset") {
    save_integers(out, set);
    return;
  }
  if (set.is_table()) {
    out.type(RdbType::kSet);
    out.length(set.size());
    set.each([&](Bytes member) {
      environment.step();
      out.string(member);
    });
    return;
  }
  ListpackWriter block;
  set.each([&](Bytes member) { block.append(member); });
  out.type(RdbType::kListpackSet);
  out.string(block.finish());
}

// A score in a listpack: a number where it is whole and a double has it exactly.
void append_score(ListpackWriter& block, double score) {
  constexpr double kExact = 4503599627370496;  // 2^52
  if (score > -kExact && score < kExact && std::trunc(score) == score) {
    block.append(static_cast<std::int64_t>(score));
  } else {
    block.append(base::format_double(score));
  }
}

void save_sorted_set(RdbWriter& out, const Environment& environment, types::Object object) {
  const SortedSet set(environment, object);
  if (Bytes(SortedSet::encoding_of(object)) == "listpack") {
    ListpackWriter block;
    set.walk_all([&](Bytes member, double score) {
      block.append(member);
      append_score(block, score);
    });
    out.type(RdbType::kListpackScores);
    out.string(block.finish());
    return;
  }
  out.type(RdbType::kScores);
  out.length(set.size());
  // From the highest score down, as Redis does, so that whoever loads it inserts at the front.
  set.walk(set.size() - 1, set.size(), true, [&](Bytes member, double score) {
    environment.step();
    out.string(member);
    out.real(score);
  });
}

void save_timed_hash(RdbWriter& out, const Environment& environment, const Hash& hash) {
  std::int64_t earliest = Hash::kNever;
  hash.each([&](Bytes field, Bytes) {
    environment.step();
    earliest = std::min(earliest, *hash.expiry(field));
  });
  out.type(RdbType::kTimedHash);
  out.little(static_cast<std::uint64_t>(earliest), 8);
  out.length(hash.live_size());
  hash.each([&](Bytes field, Bytes value) {
    environment.step();
    const std::int64_t expiry = *hash.expiry(field);
    // 0 is for a field that stays.
    out.length(expiry == Hash::kNever ? 0 : static_cast<std::uint64_t>(expiry - earliest + 1));
    out.string(field);
    out.string(value);
  });
}

std::uint16_t save_hash(RdbWriter& out, const Environment& environment, types::Object object) {
  const Hash hash(environment, object);
  if (hash.next_expiry() != Hash::kNever) {
    save_timed_hash(out, environment, hash);
    return kRdbVersionOfTimedHashes;
  }
  if (Bytes(Hash::encoding_of(object)) != "hashtable") {
    ListpackWriter block;
    hash.each([&](Bytes field, Bytes value) {
      block.append(field);
      block.append(value);
    });
    out.type(RdbType::kListpackHash);
    out.string(block.finish());
    return kRdbVersion;
  }
  out.type(RdbType::kHash);
  out.length(hash.size());
  hash.each([&](Bytes field, Bytes value) {
    environment.step();
    out.string(field);
    out.string(value);
  });
  return kRdbVersion;
}

}  // namespace

std::uint16_t save_value(RdbWriter& out, const Environment& environment,
                         const keyspace::Entry& entry) {
  switch (entry.type()) {
    case types::Type::kString: {
      char scratch[base::kMaxIntChars];
      out.type(RdbType::kString);
      out.string(entry.text(scratch));
      break;
    }
    case types::Type::kList:
      save_list(out, environment, entry.object());
      break;
    case types::Type::kSet:
      save_set(out, environment, entry.object());
      break;
    case types::Type::kSortedSet:
      save_sorted_set(out, environment, entry.object());
      break;
    case types::Type::kHash:
      return save_hash(out, environment, entry.object());
    case types::Type::kStream:
      save_stream(out, environment, entry.object());
      break;
  }
  return kRdbVersion;
}

}  // namespace miniredis::persistence
