// Commands on bits, counts of different elements and places, with arguments of the fuzzer's choice
// on a few keys: whatever they are, each answers one whole reply, and all memory is given back.
#include <cstring>
#include <vector>

#include "commands/command.h"
#include "commands/groups.h"
#include "fuzz_input.h"

namespace {

using namespace miniredis;  // NOLINT(google-build-using-namespace)
using fuzz::Input;
using fuzz::require;

class PlainContext final : public commands::Context {
 public:
  using Context::Context;
  bool may_read_all_keys() override { return true; }

 private:
  void check_limits() override {}
  void need_slices() override {}
  void pass_turn() override {}
};

std::vector<const commands::Command*> all_commands() {
  std::vector<const commands::Command*> all;
  for (const auto group :
       {commands::bitmap_commands(), commands::bitmap_operation_commands(),
        commands::bitfield_commands(), commands::hyper_log_log_commands(), commands::geo_commands(),
        commands::geo_search_commands(), commands::geo_radius_commands()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

std::string word_of(Input& input) {
  static constexpr const char* kWords[] = {"a",
                                           "b",
                                           "c",
                                           "0",
                                           "1",
                                           "-1",
                                           "7",
                                           "8",
                                           "64",
                                           "100",
                                           "-100",
                                           "1000",
                                           "#1",
                                           "#100",
                                           "u8",
                                           "i5",
                                           "u63",
                                           "i64",
                                           "u64",
                                           "i0",
                                           "GET",
                                           "SET",
                                           "INCRBY",
                                           "OVERFLOW",
                                           "WRAP",
                                           "SAT",
                                           "FAIL",
                                           "AND",
                                           "OR",
                                           "XOR",
                                           "NOT",
                                           "BYTE",
                                           "BIT",
                                           "NX",
                                           "XX",
                                           "CH",
                                           "FROMMEMBER",
                                           "FROMLONLAT",
                                           "BYRADIUS",
                                           "BYBOX",
                                           "ASC",
                                           "DESC",
                                           "COUNT",
                                           "ANY",
                                           "WITHCOORD",
                                           "WITHDIST",
                                           "WITHHASH",
                                           "STORE",
                                           "STOREDIST",
                                           "m",
                                           "km",
                                           "ft",
                                           "mi",
                                           "180",
                                           "-180",
                                           "85.05112878",
                                           "-85.05",
                                           "12.5",
                                           "1e308",
                                           "-1e308",
                                           "inf",
                                           "nan",
                                           "1e-300",
                                           "20037726",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808"};
  const std::uint8_t kind = input.byte();
  if (kind < 200) return kWords[kind % std::size(kWords)];
  if (kind < 240) return std::to_string(static_cast<int>(input.below(4000)) - 500);
  return input.text();
}

// Bytes behind one whole reply that begins here; null when there is none.
const char* behind_reply(const char* at, const char* end) {
  const auto* line_end = static_cast<const char*>(
      at == end ? nullptr : std::memchr(at, '\r', static_cast<std::size_t>(end - at)));
  if (line_end == nullptr || end - line_end < 2) return nullptr;
  const char type = *at;
  const auto number = base::parse_int(Bytes(at + 1, static_cast<std::size_t>(line_end - at - 1)));
  at = line_end + 2;
  if (type == '$') {
    require(number.has_value());
    if (*number < 0) return at;
    return end - at < *number + 2 ? nullptr : at + *number + 2;
  }
  if (type != '*') return at;
  require(number.has_value());
  for (std::int64_t i = 0; i < *number && at != nullptr; ++i) at = behind_reply(at, end);
  return at;
}

void run_one(keyspace::Keyspace& keyspace, Input& input) {
  static const std::vector<const commands::Command*> all = all_commands();
  const commands::Command& command = *input.one_of(all);
  std::vector<std::string> words{command.name};
  const std::size_t count = input.below(12);
  for (std::size_t i = 0; i < count; ++i) words.push_back(word_of(input));
  if (!command.takes(words.size())) return;
  const std::vector<Bytes> views(words.begin(), words.end());
  // A string of half a gigabyte would only cost time.
  for (const Bytes view : views) {
    const auto number = base::parse_int(view.starts_with('#') ? view.substr(1) : view);
    if (number && *number > 1'000'000 && *number < INT64_MAX) return;
  }
  resp::Buffer out;
  resp::Writer writer(out, resp::Protocol::kResp2);
  PlainContext context(keyspace, writer, 0);
  context.command = &command;
  context.called_as = views[0];
  command.run(context, Arguments(views).subspan(1));
  const Bytes reply = out.view();
  require(behind_reply(reply.data(), reply.data() + reply.size()) == reply.data() + reply.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  memory::Account account(nullptr, 0);
  const base::HashKey hash_key{11, 22};
  base::Rng rng(1);
  {
    keyspace::Keyspace keyspace(account, hash_key, rng);
    keyspace.set_now(1'700'000'000'000);
    for (int i = 0; i < 200 && !input.empty(); ++i) run_one(keyspace, input);
  }
  require(account.used() == 0);
  return 0;
}
