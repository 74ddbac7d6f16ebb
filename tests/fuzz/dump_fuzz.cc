// Payloads of RESTORE with bytes of the fuzzer's choice: refused, or a value that comes back the
// same from its own dump; and every byte is given back.
#include "fuzz_input.h"
#include "keyspace/read_scope.h"
#include "keyspace/write_scope.h"
#include "persistence/value_payload.h"

namespace {

using namespace miniredis;  // NOLINT(google-build-using-namespace)
using fuzz::require;
using keyspace::Entry;

constexpr std::uint64_t kMostText = 1 << 20;
constexpr keyspace::Event kRestored{keyspace::EventClass::kGeneric, "restore"};

struct Node {
  Node() { keyspace.set_now(1'700'000'000'000); }
  // The dump of what a payload holds; empty when it is refused.
  std::string round_trip(Bytes payload) {
    persistence::LoadedValue value(keyspace);
    if (!persistence::restore_value(value, payload, kMostText)) return {};
    keyspace::WriteScope scope(keyspace, 0);
    auto place = scope.find("k");
    if (value.type() == types::Type::kString)
      scope.put(place, "k", value.text(), Entry::kNoExpiry, kRestored);
    else
      scope.put_object(place, "k", value.type(), value.release(), kRestored);
    const Entry* entry = keyspace::ReadScope(keyspace, 0).peek("k");
    return persistence::dump_value(keyspace.environment(), *entry);
  }

  base::HashKey hash_key{11, 22};
  base::Rng rng{1};
  memory::Account account{nullptr, 0};
  keyspace::Keyspace keyspace{account, hash_key, rng};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string frame(10, '\0');
  const std::string payload = std::string(reinterpret_cast<const char*>(data), size) + frame;
  Node first;
  const std::string dumped = first.round_trip(payload);
  if (!dumped.empty()) {
    require(persistence::has_sound_frame(dumped));
    Node second;
    require(second.round_trip(dumped).size() == dumped.size());
  }
  first.keyspace.flush(0);
  first.keyspace.work([] { return true; });
  require(first.account.used() < 4096);
  return 0;
}
