#include <algorithm>
#include <vector>

#include "persistence/listpack.h"
#include "persistence/rdb_load.h"
#include "persistence/stream_format.h"
#include "types/stream.h"

namespace miniredis::persistence {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamId;

constexpr std::size_t kRawIdBytes = 16;

StreamId raw_id(ByteReader& in) {
  const std::uint64_t ms = in.big(8);
  return {ms, in.big(8)};
}
StreamId length_id(RdbReader& in) {
  const std::uint64_t ms = in.length();
  return {ms, in.length()};
}

// The entries of a node, one after the other.
class NodeLoader {
 public:
  NodeLoader(Stream& stream, const types::Environment& environment, StreamId base, Bytes block)
      : stream_(stream), environment_(environment), base_(base), items_(block) {}

  void load() {
    const std::int64_t live = items_.expect().integer();
    const std::int64_t deleted = items_.expect().integer();
    require(live >= 0 && deleted >= 0);
    for (std::int64_t left = pairs(); left > 0; --left) names_.push_back(items_.expect());
    require(items_.expect().integer() == 0);
    std::int64_t seen_live = 0;
    std::int64_t seen_deleted = 0;
    while (const auto flags = items_.next()) {
      const bool is_deleted = load_entry(flags->integer());
      ++(is_deleted ? seen_deleted : seen_live);
    }
    require(seen_live == live && seen_deleted == deleted);
  }

 private:
  std::int64_t pairs() {
    const std::int64_t count = items_.expect().integer();
    require(count > 0 && count <= INT32_MAX);
    return count;
  }

  // Returns whether it is deleted.
  bool load_entry(std::int64_t flags) {
    environment_.step();
    const bool same_names = (flags & stream_format::kSameNames) != 0;
    const StreamId id = {base_.ms + static_cast<std::uint64_t>(items_.expect().integer()),
                         base_.seq + static_cast<std::uint64_t>(items_.expect().integer())};
    const auto count = same_names ? static_cast<std::int64_t>(names_.size()) : pairs();
    words_.clear();
    for (std::int64_t i = 0; i < count; ++i) {
      words_.push_back(same_names ? names_[static_cast<std::size_t>(i)] : items_.expect());
      words_.push_back(items_.expect());
    }
    const std::int64_t elements = same_names ? 3 + count : 4 + 2 * count;
    require(items_.expect().integer() == elements);
    if ((flags & stream_format::kDeleted) != 0) return true;
    require(!stream_.exists() || id > stream_.last_id());
    require(!id.is_zero());
    append(id);
    return false;
  }

  void append(StreamId id) {
    // Numbers have to become text, which lies here until the entry is made.
    scratch_.resize(words_.size() * base::kMaxIntChars);
    std::vector<Bytes> texts;
    texts.reserve(words_.size());
    for (std::size_t i = 0; i < words_.size(); ++i) {
      texts.push_back(words_[i].text(scratch_.data() + i * base::kMaxIntChars));
    }
    require(Stream::entry_bytes(texts) <= Stream::kMostEntryBytes);
    stream_.append(id, texts);
  }

  Stream& stream_;
  const types::Environment& environment_;
  StreamId base_;
  ListpackReader items_;
  std::vector<PackedItem> names_;
  std::vector<PackedItem> words_;
  std::vector<char> scratch_;
};

class GroupLoader {
 public:
  GroupLoader(Stream& stream, const types::Environment& environment, RdbReader& in, RdbType type)
      : stream_(stream), environment_(environment), in_(in), type_(type) {}

  void load() {
    const RdbString name = in_.string();
    const StreamId last_id = length_id(in_);
    const std::int64_t read = type_ == RdbType::kStream1 ? stream_.entries_up_to(last_id)
                                                         : static_cast<std::int64_t>(in_.length());
    require(read >= StreamGroup::kUnknown);
    require(stream_.group(name.bytes()) == nullptr);
    group_ = stream_.add_group(name.bytes(), last_id, read);
    load_pending();
    for (std::uint64_t left = in_.count(1 + 8 + 1); left > 0; --left) load_consumer();
    require(owned_ == pending_.size());
  }

 private:
  struct Pending {
    StreamId id;
    std::int64_t delivered_ms;
    std::uint64_t deliveries;
    bool is_owned = false;
  };

  void load_pending() {
    const std::uint64_t count = in_.count(kRawIdBytes + 8 + 1);
    pending_.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t left = count; left > 0; --left) {
      environment_.step();
      const StreamId id = raw_id(in_);
      require(pending_.empty() || id > pending_.back().id);
      const auto delivered_ms = static_cast<std::int64_t>(in_.little(8));
      pending_.push_back({id, delivered_ms, in_.length()});
    }
  }

  void load_consumer() {
    const RdbString name = in_.string();
    const auto seen_ms = static_cast<std::int64_t>(in_.little(8));
    const std::int64_t active_ms =
        type_ == RdbType::kStream3 ? static_cast<std::int64_t>(in_.little(8)) : seen_ms;
    require(group_->consumer(name.bytes()) == nullptr);
    StreamConsumer* consumer = group_->add_consumer(stream_.account(), name.bytes(), seen_ms);
    consumer->active_ms = active_ms;
    for (std::uint64_t left = in_.count(kRawIdBytes); left > 0; --left) {
      environment_.step();
      give(raw_id(in_), *consumer);
    }
  }

  void give(StreamId id, StreamConsumer& consumer) {
    const auto at =
        std::lower_bound(pending_.begin(), pending_.end(), id,
                         [](const Pending& one, StreamId other) { return one.id < other; });
    require(at != pending_.end() && at->id == id && !at->is_owned);
    at->is_owned = true;
    ++owned_;
    group_->deliver(stream_.account(), id, consumer, at->delivered_ms);
    group_->find_pending(id)->deliveries = at->deliveries;
  }

  Stream& stream_;
  const types::Environment& environment_;
  RdbReader& in_;
  RdbType type_;
  StreamGroup* group_ = nullptr;
  std::vector<Pending> pending_;
  std::size_t owned_ = 0;
};

}  // namespace

void LoadedValue::load_stream(RdbReader& in, RdbType type) {
  build<Stream>([&](Stream& stream) {
    stream.create();
    for (std::uint64_t left = in.count(2); left > 0; --left) {
      const RdbString key = in.string();
      require(key.bytes().size() == kRawIdBytes);
      ByteReader id(key.bytes());
      const RdbString block = in.string();
      NodeLoader(stream, environment(), raw_id(id), block.bytes()).load();
    }
    require(in.length() == stream.size());
    const StreamId last_id = length_id(in);
    require(last_id >= stream.last_id());
    stream.set_last_id(last_id);
    if (type == RdbType::kStream1) {
      stream.set_entries_added(stream.size());
    } else {
      length_id(in);  // the first entry's, which is known
      stream.set_max_deleted_id(length_id(in));
      const std::uint64_t added = in.length();
      require(added >= stream.size());
      stream.set_entries_added(added);
    }
    for (std::uint64_t left = in.count(1); left > 0; --left) {
      GroupLoader(stream, environment(), in, type).load();
    }
  });
}

}  // namespace miniredis::persistence
