// Streams as RDB has them: a listpack for each node, then what the stream and its groups know.
//
// A listpack begins with what its entries share: their count, how many of them are deleted, the
// count of names, the names, 0. An entry is: flags, ms and seq counted from the node's id, then
// values, or a count and names with values; and how many elements it is, to be walked backwards.
#include "persistence/listpack.h"
#include "persistence/rdb_save.h"
#include "persistence/stream_format.h"
#include "types/stream.h"

namespace miniredis::persistence {
namespace {

using types::Environment;
using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;
using types::StreamNode;

void save_id(RdbWriter& out, StreamId id) {
  out.length(id.ms);
  out.length(id.seq);
}
void save_raw_id(RdbWriter& out, StreamId id) {
  out.big(id.ms, 8);
  out.big(id.seq, 8);
}

// How far `number` is from `base`; what is lost above 63 bits comes back when it is added.
std::int64_t distance(std::uint64_t number, std::uint64_t base) {
  return static_cast<std::int64_t>(number - base);
}

std::string pack(const StreamNode& node, const Environment& environment) {
  ListpackWriter block;
  block.append(static_cast<std::int64_t>(node.entries));
  block.append(std::int64_t{0});  // none is deleted: they are taken out
  block.append(static_cast<std::int64_t>(node.names));
  const char* name = node.data();
  for (std::uint32_t i = 0; i < node.names; ++i) block.append(types::Packed::next(name));
  block.append(std::int64_t{0});
  for (std::uint32_t offset = node.begin; offset != node.end;) {
    environment.step();
    const StreamEntry entry = node.next(offset);
    const bool same_names = entry.names != nullptr;
    block.append(same_names ? stream_format::kSameNames : std::int64_t{0});
    block.append(distance(entry.id.ms, node.base.ms));
    block.append(distance(entry.id.seq, node.base.seq));
    std::int64_t elements = 3;
    if (!same_names) block.append(static_cast<std::int64_t>(entry.pairs));
    entry.each_pair([&](Bytes field, Bytes value) {
      if (!same_names) block.append(field);
      block.append(value);
    });
    elements += same_names ? entry.pairs : 1 + 2 * std::int64_t{entry.pairs};
    block.append(elements);
  }
  return block.finish();
}

void save_consumer(RdbWriter& out, const Environment& environment, const StreamConsumer& consumer) {
  out.string(consumer.name());
  out.little(static_cast<std::uint64_t>(consumer.seen_ms), 8);
  out.little(static_cast<std::uint64_t>(consumer.active_ms), 8);
  out.length(consumer.pending.size());
  for (auto at = consumer.pending.first(); at; at.step_forward()) {
    environment.step();
    save_raw_id(out, at.key());
  }
}

void save_group(RdbWriter& out, const Environment& environment, const StreamGroup& group) {
  out.string(group.name());
  save_id(out, group.last_id);
  out.length(static_cast<std::uint64_t>(group.entries_read));
  out.length(group.pending().size());
  for (auto at = group.pending().first(); at; at.step_forward()) {
    environment.step();
    save_raw_id(out, at.key());
    out.little(static_cast<std::uint64_t>(at.value().delivered_ms), 8);
    out.length(at.value().deliveries);
  }
  out.length(group.consumers().size());
  for (auto at = group.consumers().first(); at; at.step_forward()) {
    save_consumer(out, environment, *at.value());
  }
}

}  // namespace

void save_stream(RdbWriter& out, const Environment& environment, types::Object object) {
  const Stream stream(environment, object);
  out.type(RdbType::kStream3);
  std::uint64_t nodes = 0;
  for (auto at = stream.nodes().first(); at; at.step_forward()) ++nodes;
  out.length(nodes);
  for (auto at = stream.nodes().first(); at; at.step_forward()) {
    RdbWriter id;
    save_raw_id(id, at.value()->base);
    out.string(id.bytes());
    out.string(pack(*at.value(), environment));
  }
  out.length(stream.size());
  save_id(out, stream.last_id());
  save_id(out, stream.first_entry_id());
  save_id(out, stream.max_deleted_id());
  out.length(stream.entries_added());
  std::uint64_t groups = 0;
  for (auto at = stream.first_group(); at; at.step_forward()) ++groups;
  out.length(groups);
  for (auto at = stream.first_group(); at; at.step_forward()) {
    save_group(out, environment, *at.value());
  }
}

}  // namespace miniredis::persistence
