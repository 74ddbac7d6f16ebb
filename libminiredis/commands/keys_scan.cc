// Walks over all keys: KEYS and SCAN.
#include <string>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/scan.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

// KEYS

struct PatternArgs {
  Bytes pattern;
};
constexpr Arg kPatternArgs[] = {pattern("pattern", into<&PatternArgs::pattern>)};

// Walks the table in slices and gathers the reply's body. No command of the node runs in between,
// so the table stays as it is, and the answer is that of one moment.
class KeysTask final : public LongTask {
 public:
  explicit KeysTask(Bytes pattern)
      : pattern_(pattern), all_(pattern == "*"), literal_(base::glob_is_literal(pattern)) {
    body_.leave_gap(kHeaderRoom);
  }

  bool step(Context& context, const Budget& budget) override {
    keyspace::ReadScope scope = context.read();
    if (literal_) {
      const Entry* entry = scope.peek(pattern_);
      context.reply.array(entry == nullptr ? 0 : 1);
      if (entry != nullptr) context.reply.bulk(entry->key());
      return true;
    }
    resp::Writer writer(body_, context.reply.protocol());
    int windows = 0;
    do {
      cursor_ = scope.scan(cursor_, [&](const Entry& entry) {
        if (!all_ && !base::glob_match(pattern_, entry.key())) return;
        writer.bulk(entry.key());
        ++count_;
      });
      if (cursor_ != 0 && ++windows % 32 == 0 && budget.spent()) return false;
    } while (cursor_ != 0);
    resp::Buffer header;
    resp::Writer(header, context.reply.protocol()).array(count_);
    body_.prepend(header.view());
    // A long reply is handed over whole: copying it would take longer than a slice.
    resp::Buffer& out = context.reply.buffer();
    if (out.empty() && body_.size() > kHandOver)
      out = std::move(body_);
    else
      out.append(body_.view());
    return true;
  }

 private:
  static constexpr std::size_t kHeaderRoom = 32;
  static constexpr std::size_t kHandOver = 64 << 10;

  std::string pattern_;
  bool all_;
  bool literal_;
  std::uint64_t cursor_ = 0;
  std::size_t count_ = 0;
  resp::Buffer body_;
};

void run_keys(Context& context, const PatternArgs& args) {
  context.continue_with(std::make_unique<KeysTask>(args.pattern));
}
constexpr Command kKeys = command<PatternArgs, kPatternArgs, run_keys>(
    "keys",
    {"Returns all key names that match a pattern.", "1.0.0",
     "O(N) with N being the number of keys in the database; in slices, so that other nodes go on",
     Group::kGeneric, "KEYS gree*", "1) \"greeting\""},
    kReadOnly | kDangerous);

// SCAN

struct ScanArgs {
  Bytes cursor;
  std::optional<Bytes> match;
  std::int64_t count = 10;
  std::optional<Bytes> type;
};
constexpr Arg kScanArgs[] = {
    string("cursor", into<&ScanArgs::cursor>),
    optional(pattern("pattern", into<&ScanArgs::match>, "MATCH")),
    optional(integer("count", into<&ScanArgs::count>, "COUNT")),
    optional(string("type", into<&ScanArgs::type>, "TYPE")),
};

void run_scan(Context& context, const ScanArgs& args) {
  auto cursor = parse_cursor(args.cursor);
  if (!cursor) {
    context.fail(wire::kInvalidCursor);
    return;
  }
  if (args.count < 1) {
    context.fail(wire::kSyntax);
    return;
  }
  const bool all = !args.match || *args.match == "*";
  std::vector<Bytes> names;  // views into entries: nothing is changed before the reply is written
  keyspace::ReadScope scope = context.read();
  std::int64_t visited = 0;
  // At most ten windows for each key asked for, as Redis does, lest a sparse table take long.
  const std::int64_t most_windows = base::checked_multiply(args.count, 10).value_or(args.count);
  std::int64_t windows = 0;
  do {
    cursor = scope.scan(*cursor, [&](const Entry& entry) {
      ++visited;
      if (args.type && !base::equals_ignore_case(*args.type, types::name_of(entry.type()))) {
        return;
      }
      if (all || base::glob_match(*args.match, entry.key())) names.push_back(entry.key());
    });
  } while (*cursor != 0 && visited < args.count && ++windows < most_windows);

  reply_cursor(context, *cursor);
  context.reply.array(names.size());
  for (const Bytes name : names) context.reply.bulk(name);
}
constexpr Command kScan = command<ScanArgs, kScanArgs, run_scan>(
    "scan",
    {"Iterates over the key names in the database.", "2.8.0",
     "O(1) for every call, O(N) for a complete iteration", Group::kGeneric,
     "SCAN 0 MATCH gree* COUNT 100", "1) \"0\"\n2) 1) \"greeting\""},
    kReadOnly);

}  // namespace

std::span<const Command* const> key_scan_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kKeys, &kScan};
  return kCommands;
}

}  // namespace miniredis::commands
