// Streams and their groups under random changes, held against a std::map: whatever lies in which
// node, entries, ranges and pending entries must be those of the model, and in the end every byte
// must be given back. The limits of a node come from the input too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "types/stream.h"

namespace {

using miniredis::Bytes;
using miniredis::types::Environment;
using miniredis::types::Object;
using miniredis::types::Stream;
using miniredis::types::StreamConsumer;
using miniredis::types::StreamEntry;
using miniredis::types::StreamGroup;
using miniredis::types::StreamId;
using miniredis::types::StreamWalk;

// Takes decisions from the fuzzer's bytes; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }
  std::string text() {
    // Around the sizes where a length takes more bytes, of a string and of an entry.
    static constexpr std::size_t kSizes[] = {0, 1, 2, 5, 8, 120, 240, 250, 253, 254, 300, 65530};
    const std::size_t size = kSizes[byte() % std::size(kSizes)];
    return std::string(size, static_cast<char>(byte()));
  }
  // How far the next id is from the one before.
  std::uint64_t distance() {
    static constexpr std::uint64_t kDistances[] = {
        0, 1, 2, 127, 128, 16'383, 16'384, std::uint64_t{1} << 35, std::uint64_t{1} << 56};
    return kDistances[byte() % std::size(kDistances)];
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

void require(bool held) {
  if (!held) std::abort();
}

using Words = std::vector<std::string>;

class Model {
 public:
  explicit Model(Input& input) : input_(input) {
    environment_.limits.stream_node_max_entries = input.byte() % 12;
    environment_.limits.stream_node_max_bytes = input.byte() % 8 * std::uint64_t{100};
  }

  void step() {
    Stream stream(environment_, object_);
    switch (input_.byte() % 8) {
      case 0:
      case 1:
      case 2:
        append(stream);
        break;
      case 3: {
        const StreamId id = some_id();
        const bool there = entries_.erase(id) == 1;
        require(stream.contains(id) == there);
        require(stream.erase(id) == there);
        break;
      }
      case 4:
        trim(stream);
        break;
      default:
        use_group(stream);
    }
    object_ = stream.object();
  }

  void check() {
    const Stream stream(environment_, object_);
    require(stream.size() == entries_.size());
    compare(stream, StreamId::least(), StreamId::greatest());
    compare(stream, some_id(), some_id());
    if (object_.data == nullptr) return;
    require(Stream::allocated_bytes(environment_, object_, 0) == account_.used());
    const StreamGroup* group = stream.group("g");
    if (group == nullptr) return;
    require(group->pending().size() == owners_.size());
    auto at = group->pending().first();
    for (const auto& [id, owner] : owners_) {
      require(at.key() == id && at.value().consumer->name() == owner);
      require(static_cast<bool>(at.value().consumer->pending.find(id)));
      at.step_forward();
    }
  }

  void finish() {
    if (object_.data != nullptr) {
      Object copy = Stream::clone(environment_, object_);
      const auto before = account_.used();
      while (!Stream::destroy_some(environment_, object_, 3)) {
      }
      require(account_.used() < before);
      object_ = copy;
      check();
      while (!Stream::destroy_some(environment_, object_, 100)) {
      }
    }
    require(account_.used() == 0);
  }

 private:
  StreamId some_id() {
    if (entries_.empty()) return {input_.byte(), input_.byte()};
    auto at = entries_.begin();
    std::advance(at, input_.byte() % entries_.size());
    const StreamId id = at->first;
    switch (input_.byte() % 4) {
      case 0:
        return id.next().value_or(id);
      case 1:
        return id.previous().value_or(id);
      default:
        return id;
    }
  }

  void append(Stream& stream) {
    StreamId id = last_;
    const std::uint64_t ms = input_.distance();
    if (ms == 0)
      id.seq += 1 + input_.distance();
    else
      id = {id.ms + ms, input_.distance()};
    if (id <= last_) return;  // wrapped around
    Words words;
    const int pairs = 1 + input_.byte() % 3;
    for (int i = 0; i < pairs; ++i) {
      words.push_back(input_.byte() % 2 == 0 ? "name" : input_.text());
      words.push_back(input_.text());
    }
    stream.append(id, std::vector<Bytes>(words.begin(), words.end()));
    entries_.emplace(id, words);
    last_ = id;
  }

  void trim(Stream& stream) {
    if (!stream.exists()) return;
    const bool whole = input_.byte() % 2 == 0;
    std::uint64_t gone = 0;
    std::size_t least_left = 0;
    if (input_.byte() % 2 == 0) {
      least_left = input_.byte() % (entries_.size() + 1);
      gone = stream.trim_to_length(least_left, whole, whole ? input_.byte() % 20 : 0);
    } else {
      const StreamId id = some_id();
      gone = stream.trim_before(id, whole, whole ? input_.byte() % 20 : 0);
      for (auto at = entries_.lower_bound(id); at != entries_.end(); ++at) ++least_left;
    }
    const std::size_t left = entries_.size() - gone;
    require(whole ? left >= least_left : left == least_left);
    for (std::uint64_t i = 0; i < gone; ++i) entries_.erase(entries_.begin());
  }

  void use_group(Stream& stream) {
    StreamGroup* group = stream.group("g");
    if (group == nullptr) group = stream.add_group("g", {}, 0);
    const std::string name(1, static_cast<char>('a' + input_.byte() % 4));
    StreamConsumer* consumer = group->consumer(name);
    if (consumer == nullptr) consumer = group->add_consumer(account_, name, 1);
    const StreamId id = some_id();
    switch (input_.byte() % 5) {
      case 0:
        require(group->acknowledge(account_, id) == (owners_.erase(id) == 1));
        break;
      case 1:
        if (input_.byte() % 8 != 0) break;
        group->remove_consumer(account_, consumer);
        std::erase_if(owners_, [&](const auto& item) { return item.second == name; });
        break;
      default:
        group->deliver(account_, id, *consumer, 1);
        owners_[id] = name;
    }
  }

  void compare(const Stream& stream, StreamId from, StreamId to) {
    std::vector<StreamId> expected;
    for (auto at = entries_.lower_bound(from); at != entries_.end() && at->first <= to; ++at) {
      expected.push_back(at->first);
    }
    require(stream.count(from, to, UINT64_MAX) == expected.size());
    std::size_t index = 0;
    StreamEntry entry;
    for (StreamWalk walk(stream, from, to, StreamWalk::kForward); walk.next(entry); ++index) {
      require(index < expected.size() && entry.id == expected[index]);
      const Words& words = entries_.at(entry.id);
      std::size_t word = 0;
      entry.each_pair([&](Bytes name, Bytes value) {
        require(word + 1 < words.size() && name == words[word] && value == words[word + 1]);
        word += 2;
      });
      require(word == words.size());
    }
    require(index == expected.size());
    for (StreamWalk walk(stream, from, to, StreamWalk::kBackward); walk.next(entry);) {
      require(index > 0 && entry.id == expected[--index]);
    }
    require(index == 0);
  }

  Input& input_;
  miniredis::memory::Account account_{nullptr, 0};
  miniredis::base::HashKey key_{};
  miniredis::base::Rng rng_{1};
  Environment environment_{account_, key_, rng_};
  Object object_;
  std::map<StreamId, Words> entries_;
  std::map<StreamId, std::string> owners_;
  StreamId last_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int steps = 0; !input.empty() && steps < 400; ++steps) {
    model.step();
    model.check();
  }
  model.finish();
  return 0;
}
