#include "persistence/rdb_load.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "persistence/old_blocks.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/sorted_set.h"

namespace miniredis::persistence {
namespace {

using types::Hash;
using types::List;
using types::Set;
using types::SortedSet;

// Room that is made for what a count promises; more is grown into, for counts are cheap to write.
constexpr std::size_t kMostExpected = std::size_t{1} << 16;
std::size_t expected(std::uint64_t count) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(count, kMostExpected));
}

// Calls visit(Bytes) for each element of a block.
template <typename Reader, typename Visit>
void each_element(Bytes block, Visit&& visit) {
  Reader reader(block);
  char scratch[base::kMaxIntChars];
  while (const auto item = reader.next()) visit(item->text(scratch));
}

// Calls visit(first, second) for the elements of a block, two by two.
template <typename Reader, typename Visit>
void each_pair(Bytes block, Visit&& visit) {
  Reader reader(block);
  while (const auto first = reader.next()) {
    const auto second = reader.next();
    require(second.has_value());
    visit(*first, *second);
  }
}

// A score as text, whose length tells when it is none.
double text_score(RdbReader& in) {
  switch (const std::uint8_t length = in.byte()) {
    case 253:
      throw Malformed{};
    case 254:
      return std::numeric_limits<double>::infinity();
    case 255:
      return -std::numeric_limits<double>::infinity();
    default: {
      const auto score = base::parse_double(in.take(length));
      require(score.has_value());
      return *score;
    }
  }
}

class ListLoader {
 public:
  ListLoader(List& list, const types::Environment& environment)
      : list_(list), environment_(environment) {}

  void push(Bytes element) {
    environment_.step();
    list_.push(List::End::kBack, element);
  }
  template <typename Reader>
  void push_all(Bytes block) {
    each_element<Reader>(block, [this](Bytes element) { push(element); });
  }
  void push_chain(RdbReader& in) {
    constexpr std::uint64_t kPlain = 1;
    constexpr std::uint64_t kPacked = 2;
    for (std::uint64_t left = in.count(2); left > 0; --left) {
      const std::uint64_t container = in.length();
      require(container == kPlain || container == kPacked);
      const RdbString node = in.string();
      if (container == kPlain)
        push(node.bytes());
      else
        push_all<ListpackReader>(node.bytes());
    }
  }

 private:
  List& list_;
  const types::Environment& environment_;
};

}  // namespace

void LoadedValue::load_list(RdbReader& in, RdbType type) {
  build<List>([&](List& list) {
    ListLoader loader(list, environment());
    if (type == RdbType::kList) {
      for (std::uint64_t left = in.count(1); left > 0; --left) loader.push(in.string().bytes());
    } else if (type == RdbType::kZiplistList) {
      loader.push_all<ZiplistReader>(in.string().bytes());
    } else if (type == RdbType::kZiplistChain) {
      for (std::uint64_t left = in.count(1); left > 0; --left) {
        loader.push_all<ZiplistReader>(in.string().bytes());
      }
    } else {
      loader.push_chain(in);
    }
    require(!list.empty());
  });
}

void LoadedValue::load_set(RdbReader& in, RdbType type) {
  build<Set>([&](Set& set) {
    const auto add = [&](Bytes member) {
      environment().step();
      require(set.add(member));
    };
    if (type == RdbType::kSet) {
      const std::uint64_t count = in.count(1);
      bool first = true;
      for (std::uint64_t left = count; left > 0; --left) {
        const RdbString member = in.string();
        if (std::exchange(first, false)) {
          set.expect(expected(count), member.bytes());
        }
        add(member.bytes());
      }
    } else if (type == RdbType::kListpackSet) {
      each_element<ListpackReader>(in.string().bytes(), add);
    } else {
      const RdbString block = in.string();
      IntegerBlockReader integers(block.bytes());
      while (const auto integer = integers.next()) {
        environment().step();
        require(set.add(types::Member(*integer)));
      }
    }
    require(!set.empty());
  });
}

void LoadedValue::load_sorted_set(RdbReader& in, RdbType type) {
  build<SortedSet>([&](SortedSet& set) {
    const auto put = [&](Bytes member, double score) {
      environment().step();
      require(!std::isnan(score));
      const SortedSet::Place place = set.find(member);
      require(!place.found);
      set.put(place, member, score);
    };
    const auto put_items = [&](const PackedItem& member, const PackedItem& score) {
      char scratch[base::kMaxIntChars];
      put(member.text(scratch), score.real());
    };
    if (type == RdbType::kListpackScores) {
      each_pair<ListpackReader>(in.string().bytes(), put_items);
    } else if (type == RdbType::kZiplistScores) {
      each_pair<ZiplistReader>(in.string().bytes(), put_items);
    } else {
      const std::uint64_t count = in.count(2);
      set.expect(expected(count));
      for (std::uint64_t left = count; left > 0; --left) {
        const RdbString member = in.string();
        const double score = type == RdbType::kScores ? in.real() : text_score(in);
        put(member.bytes(), score);
      }
    }
    require(!set.empty());
  });
}

void LoadedValue::load_hash(RdbReader& in, RdbType type) {
  build<Hash>([&](Hash& hash) {
    const auto set = [&](Bytes field, Bytes value) {
      environment().step();
      require(hash.set(field, value));
    };
    const auto set_items = [&](const PackedItem& field, const PackedItem& value) {
      char field_scratch[base::kMaxIntChars];
      char value_scratch[base::kMaxIntChars];
      set(field.text(field_scratch), value.text(value_scratch));
    };
    if (type == RdbType::kListpackHash) {
      each_pair<ListpackReader>(in.string().bytes(), set_items);
    } else if (type == RdbType::kZiplistHash) {
      each_pair<ZiplistReader>(in.string().bytes(), set_items);
    } else if (type == RdbType::kZipmapHash) {
      const RdbString block = in.string();
      ZipmapReader pairs(block.bytes());
      while (const auto pair = pairs.next()) set(pair->field, pair->value);
    } else {
      for (std::uint64_t left = in.count(2); left > 0; --left) {
        const RdbString field = in.string();
        const RdbString value = in.string();
        set(field.bytes(), value.bytes());
      }
    }
    require(!hash.empty());
  });
}

void LoadedValue::load_timed_hash(RdbReader& in, RdbType type) {
  build<Hash>([&](Hash& hash) {
    const auto earliest = static_cast<std::int64_t>(in.little(8));
    require(earliest > 0);
    // A field whose time has come meanwhile is left out, as if it had gone here.
    const auto set = [&](Bytes field, Bytes value, std::int64_t expiry) {
      environment().step();
      if (expiry <= environment().now_ms) return;
      require(hash.set(field, value));
      if (expiry != Hash::kNever) hash.set_expiry(field, expiry);
    };
    const auto checked = [](std::int64_t expiry) {
      require(expiry > 0 && expiry < Hash::kNever);
      return expiry;
    };
    if (type == RdbType::kListpackTimedHash) {
      const RdbString block = in.string();
      ListpackReader items(block.bytes());
      while (const auto field = items.next()) {
        char field_scratch[base::kMaxIntChars];
        char value_scratch[base::kMaxIntChars];
        const PackedItem value = items.expect();
        const std::int64_t expiry = items.expect().integer();
        set(field->text(field_scratch), value.text(value_scratch),
            expiry == 0 ? Hash::kNever : checked(expiry));
      }
    } else {
      for (std::uint64_t left = in.count(3); left > 0; --left) {
        const std::uint64_t behind = in.length();
        const RdbString field = in.string();
        const RdbString value = in.string();
        require(behind <= static_cast<std::uint64_t>(Hash::kNever - earliest));
        const std::int64_t expiry = earliest + static_cast<std::int64_t>(behind) - 1;
        set(field.bytes(), value.bytes(), behind == 0 ? Hash::kNever : checked(expiry));
      }
    }
    require(!hash.empty());
  });
}

void LoadedValue::load(RdbReader& in, std::uint8_t type) {
  const auto known = static_cast<RdbType>(type);
  switch (known) {
    case RdbType::kString:
      text_ = in.string();
      return;
    case RdbType::kList:
    case RdbType::kZiplistList:
    case RdbType::kZiplistChain:
    case RdbType::kListpackChain:
      return load_list(in, known);
    case RdbType::kSet:
    case RdbType::kIntegerSet:
    case RdbType::kListpackSet:
      return load_set(in, known);
    case RdbType::kTextScores:
    case RdbType::kScores:
    case RdbType::kZiplistScores:
    case RdbType::kListpackScores:
      return load_sorted_set(in, known);
    case RdbType::kHash:
    case RdbType::kZipmapHash:
    case RdbType::kZiplistHash:
    case RdbType::kListpackHash:
      return load_hash(in, known);
    case RdbType::kTimedHash:
    case RdbType::kListpackTimedHash:
      return load_timed_hash(in, known);
    case RdbType::kStream1:
    case RdbType::kStream2:
    case RdbType::kStream3:
      return load_stream(in, known);
  }
  throw Malformed{};
}

}  // namespace miniredis::persistence
