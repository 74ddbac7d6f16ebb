// A cache that may forget: results of slow work, kept for a while, the least used evicted first.
#include <functional>
#include <string>

#include "example.h"

namespace {

class Cache {
 public:
  Cache(std::uint64_t memory_bytes, std::uint64_t keep_ms)
      : opened_(example::open_node({.name = "cache",
                                    .memory_limit_bytes = memory_bytes,
                                    .eviction_policy = miniredis::EvictionPolicy::kAllKeysLfu})),
        keep_ms_(std::to_string(keep_ms)) {}

  // What is kept under the key; otherwise what `make` returns, which is kept from then on.
  std::string get_or_make(const std::string& key, const std::function<std::string()>& make) {
    const miniredis::Value kept = opened_.node.execute({"GET", key});
    if (!kept.is_nil()) return kept.text();
    std::string made = make();
    opened_.node.execute({"SET", key, made, "PX", keep_ms_});
    return made;
  }

  miniredis::NodeStats stats() const { return opened_.node.stats(); }

 private:
  example::Opened opened_;
  std::string keep_ms_;
};

}  // namespace

int main() {
  constexpr std::uint64_t kMemory = 2 << 20;
  Cache cache(kMemory, 60'000);
  int made = 0;
  for (int number = 0; number < 5000; ++number) {
    const auto slow = [&] {
      ++made;
      return std::string(1000, 'x');
    };
    cache.get_or_make("report:" + std::to_string(number), slow);
    cache.get_or_make("report:popular", slow);
  }
  const miniredis::NodeStats stats = cache.stats();
  std::printf("%d results made, %llu taken from the cache, %llu evicted, %llu of %llu bytes used\n",
              made, static_cast<unsigned long long>(stats.hits),
              static_cast<unsigned long long>(stats.evicted),
              static_cast<unsigned long long>(stats.memory_used_bytes),
              static_cast<unsigned long long>(kMemory));
  example::require(stats.evicted > 0, "what there is no room for is evicted");
  example::require(made <= 5010, "what is asked for often stays");
  // What is evicted is what the next write needs: the last one may stand a little above.
  example::require(stats.memory_used_bytes <= kMemory + 4096, "the limit is kept");
}
