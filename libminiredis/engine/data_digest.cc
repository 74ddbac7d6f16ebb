#include "engine/data_digest.h"

#include <array>
#include <string>

#include "base/numbers.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"
#include "types/stream.h"

namespace miniredis::engine {
namespace {

using types::Type;

class Digest {
 public:
  // In any order.
  void add(Bytes bytes) noexcept {
    const base::Sha1Digest other = base::sha1(bytes);
    for (std::size_t i = 0; i < digest_.size(); ++i) digest_[i] ^= other[i];
  }
  void add(const Digest& other) noexcept { add(other.bytes()); }
  // Behind what was mixed in before.
  void mix(Bytes bytes) noexcept {
    add(bytes);
    digest_ = base::sha1(this->bytes());
  }
  void mix(std::uint32_t number) noexcept {
    std::array<char, 4> big_endian{};
    for (unsigned i = 0; i < 4; ++i) big_endian[i] = static_cast<char>(number >> (24 - 8 * i));
    mix(Bytes(big_endian.data(), big_endian.size()));
  }
  const base::Sha1Digest& value() const noexcept { return digest_; }

 private:
  Bytes bytes() const noexcept {
    return {reinterpret_cast<const char*>(digest_.data()), digest_.size()};
  }

  base::Sha1Digest digest_{};
};

// Redis' numbers of types.
std::uint32_t number_of(Type type) noexcept {
  constexpr std::uint32_t kRedisStream = 6;
  return type == Type::kStream ? kRedisStream : static_cast<std::uint32_t>(type);
}

void mix_stream(Digest& digest, const types::Environment& environment, types::Object object) {
  const types::Stream stream(environment, object);
  types::StreamWalk walk(stream, {}, types::StreamId::greatest(), types::StreamWalk::kForward);
  types::StreamEntry entry;
  while (walk.next(entry)) {
    environment.step();
    digest.mix(std::to_string(entry.id.ms) + "." + std::to_string(entry.id.seq));
    entry.each_pair([&](Bytes name, Bytes value) {
      digest.mix(name);
      digest.mix(value);
    });
  }
}

void mix_value(Digest& digest, const types::Environment& environment,
               const keyspace::Entry& entry) {
  digest.mix(number_of(entry.type()));
  switch (entry.type()) {
    case Type::kString: {
      char scratch[base::kMaxIntChars];
      digest.mix(entry.text(scratch));
      break;
    }
    case Type::kList: {
      const types::List list(environment, entry.object());
      list.each(0, list.size(), [&](Bytes element) {
        environment.step();
        digest.mix(element);
      });
      break;
    }
    case Type::kSet:
      types::Set(environment, entry.object()).each([&](Bytes member) {
        environment.step();
        digest.add(member);
      });
      break;
    case Type::kSortedSet:
      types::SortedSet(environment, entry.object()).walk_all([&](Bytes member, double score) {
        environment.step();
        Digest element;
        element.mix(member);
        element.mix(base::format_double(score));
        digest.add(element);
      });
      break;
    case Type::kHash:
      types::Hash(environment, entry.object()).each([&](Bytes field, Bytes value) {
        environment.step();
        Digest element;
        element.mix(field);
        element.mix(value);
        digest.add(element);
      });
      break;
    case Type::kStream:
      mix_stream(digest, environment, entry.object());
      break;
  }
  if (entry.has_expiry()) digest.add(Bytes("!!expire!!"));
}

}  // namespace

base::Sha1Digest digest_of_value(const types::Environment& environment,
                                 const keyspace::Entry* entry) {
  Digest digest;
  if (entry != nullptr) mix_value(digest, environment, *entry);
  return digest.value();
}

base::Sha1Digest digest_of_data(commands::Context& context) {
  const types::Environment& environment = context.keyspace().environment();
  Digest all;
  for (unsigned database = 0; database < keyspace::kDatabases; ++database) {
    keyspace::ReadScope scope(context.keyspace(), database);
    bool is_empty = true;
    std::uint64_t cursor = 0;
    do {
      cursor = scope.scan(cursor, [&](const keyspace::Entry& entry) {
        environment.step();
        if (is_empty) all.mix(database);
        is_empty = false;
        Digest key;
        key.mix(entry.key());
        mix_value(key, environment, entry);
        all.add(key);
      });
    } while (cursor != 0);
  }
  return all.value();
}

}  // namespace miniredis::engine
