// Sorted sets under random changes, held against a std::set: whatever form one takes, order, ranks
// and ranges must be those of the model, and in the end every byte must be given back. The limits
// of the packed form come from the input too, so that both forms and the change between them are
// met with few members.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "types/sorted_set.h"

namespace {

using miniredis::Bytes;
using miniredis::types::Environment;
using miniredis::types::Object;
using miniredis::types::ScoreBound;
using miniredis::types::SortedSet;
using miniredis::types::SortedSetBuilder;

// Takes decisions from the fuzzer's bytes; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return empty() ? 0 : data_[at_++]; }

  double score() {
    static constexpr double kScores[] = {0,      -0.0,     1,         -1,     0.1, 1e308,
                                         -1e308, INFINITY, -INFINITY, 5e-324, 2,   3};
    return kScores[byte() % std::size(kScores)];
  }
  std::string member() {
    // Around the limit of the packed form and where a length takes more bytes.
    static constexpr std::size_t kSizes[] = {0, 1, 2, 3, 3, 3, 63, 64, 65, 253, 254, 300};
    const std::size_t size = kSizes[byte() % std::size(kSizes)];
    return std::string(size, static_cast<char>(byte()));
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

void require(bool held) {
  if (!held) std::abort();
}

class Model {
 public:
  explicit Model(Input& input) : input_(input) {
    environment_.limits.sorted_set_max_packed_entries = input.byte() % 40;
  }
  void step() {
    SortedSet set(environment_, object_);
    switch (input_.byte() % 8) {
      case 0:
      case 1:
      case 2:
        put(set, input_.member(), input_.score());
        break;
      case 3: {
        // Many in order, for trees of several nodes.
        const int count = input_.byte();
        const std::uint8_t start = input_.byte();
        const double score = input_.score();
        for (int i = 0; i < count; ++i) put(set, std::to_string(start * 100 + i), score + i % 3);
        break;
      }
      case 4: {
        const std::string member = input_.member();
        const auto at = scores_.find(member);
        require(set.erase(member) == (at != scores_.end()));
        if (at != scores_.end()) {
          order_.erase({at->second, member});
          scores_.erase(at);
        }
        break;
      }
      case 5:
        erase_range(set);
        break;
      case 6:
        object_ = set.object();
        copy();
        return;
      default:
        rebuild(set);
    }
    object_ = set.object();
  }
  void compare() const {
    const SortedSet set(environment_, object_);
    require(set.size() == order_.size());
    auto at = order_.begin();
    set.walk_all([&](Bytes member, double score) {
      require(at != order_.end() && member == at->second && score == at->first);
      ++at;
    });
    require(at == order_.end());
    if (order_.empty()) return;
    auto back = order_.rbegin();
    set.walk(order_.size() - 1, order_.size(), true, [&](Bytes member, double) {
      require(member == back->second);
      ++back;
    });
    const std::size_t rank = order_.size() / 2;
    const auto& [score, member] = *std::next(order_.begin(), static_cast<std::ptrdiff_t>(rank));
    require(set.rank(member) == rank);
    const auto below = static_cast<std::size_t>(
        std::distance(order_.begin(), order_.lower_bound({score, std::string()})));
    require(set.rank_of_first(ScoreBound{score, false}) == below);
    require(set.rank_behind(ScoreBound{score, true}) == below);
    require(set.rank_behind(ScoreBound{score, false}) > rank);
  }
  void destroy(Object& object) const {
    while (!SortedSet::destroy_some(environment_, object, 7)) {
    }
  }
  void finish() {
    destroy(object_);
    require(account_.used() == 0);
  }

 private:
  void put(SortedSet& set, const std::string& member, double score) {
    set.put(member, score);
    const auto [at, is_new] = scores_.try_emplace(member, score);
    if (!is_new && at->second != score) {
      order_.erase({at->second, member});
      at->second = score;
    }
    order_.emplace(at->second, member);
  }
  void erase_range(SortedSet& set) {
    if (order_.empty()) return;
    const std::size_t rank = input_.byte() % order_.size();
    std::size_t count = input_.byte() % (order_.size() - rank + 1);
    set.erase_range(rank, count);
    auto at = std::next(order_.begin(), static_cast<std::ptrdiff_t>(rank));
    for (; count > 0; --count) {
      scores_.erase(at->second);
      at = order_.erase(at);
    }
  }
  // Goes on with the copy.
  void copy() {
    const Object copy = SortedSet::clone(environment_, object_);
    destroy(object_);
    object_ = copy;
  }
  // Goes on with what a builder makes of it.
  void rebuild(SortedSet& set) {
    SortedSetBuilder builder(environment_);
    set.walk_all([&](Bytes member, double score) { builder.add(member, score); });
    Object old = set.object();
    const Object fresh = builder.finish();
    destroy(old);
    set = SortedSet(environment_, fresh);
  }

  Input& input_;
  miniredis::base::HashKey hash_key_{1, 2};
  miniredis::base::Rng rng_{1};
  miniredis::memory::Account account_{nullptr, 0};
  Environment environment_{account_, hash_key_, rng_};
  Object object_;
  std::map<std::string, double> scores_;
  std::set<std::pair<double, std::string>> order_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Model model(input);
  for (int steps = 0; !input.empty() && steps < 400; ++steps) {
    model.step();
    model.compare();
  }
  model.finish();
  return 0;
}
