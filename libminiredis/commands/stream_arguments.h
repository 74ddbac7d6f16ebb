// What the commands of streams read alike: ids, intervals, groups; and how they show entries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands/context.h"
#include "types/stream.h"

namespace miniredis::commands {

using types::StreamId;

// "ms", with this for seq, or "ms-seq".
std::optional<StreamId> parse_stream_id(Bytes text, std::uint64_t missing_seq = 0) noexcept;
// The same; nothing, with the error answered, when the text is none.
std::optional<StreamId> read_stream_id(Context& context, Bytes text);
// All of them, or nothing, with the error answered.
std::optional<std::vector<StreamId>> read_stream_ids(Context& context, Arguments texts);

// The ends of a range: "-", "+", an id, or "(" and an id for one that is left out. Nothing, with
// the error answered, when the text is none, or nothing lies beyond it.
std::optional<StreamId> read_interval_start(Context& context, Bytes text);
std::optional<StreamId> read_interval_end(Context& context, Bytes text);

// Answers that there is no such key or group.
void fail_no_group(Context& context, Bytes key, Bytes group, Bytes suffix = {});
// Answers that a subcommand has words too many or unknown ones.
void fail_subcommand_syntax(Context& context);

void reply_stream_id(resp::Writer& reply, StreamId id);
// Two elements: the id, and names and values.
void reply_stream_entry(resp::Writer& reply, const types::StreamEntry& entry);
// An array of the entries in [from, to], the first `most` of them. While nothing has been changed.
void reply_stream_range(Context& context, const types::Stream& stream, StreamId from, StreamId to,
                        std::uint64_t most,
                        types::StreamWalk::Direction direction = types::StreamWalk::kForward);
// The entry of this id; false, and nothing is written, when there is none.
bool reply_stream_entry_at(resp::Writer& reply, const types::Stream& stream, StreamId id);

}  // namespace miniredis::commands
