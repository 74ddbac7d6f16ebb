// LCS: the longest common subsequence of two strings, by dynamic programming, row by row in slices.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/command.h"
#include "commands/groups.h"
#include "commands/string_value.h"
#include "memory/containers.h"

namespace miniredis::commands {
namespace {

struct LcsArgs {
  Bytes key1;
  Bytes key2;
  bool len = false;
  bool idx = false;
  std::int64_t min_match_len = 0;
  bool with_match_len = false;
};
constexpr Arg kLcsArgs[] = {
    key("key1", into<&LcsArgs::key1>),
    key("key2", into<&LcsArgs::key2>),
    optional(flag("LEN", into<&LcsArgs::len>)),
    optional(flag("IDX", into<&LcsArgs::idx>)),
    optional(integer("min-match-len", into<&LcsArgs::min_match_len>, "MINMATCHLEN")),
    optional(flag("WITHMATCHLEN", into<&LcsArgs::with_match_len>)),
};

struct Match {
  std::size_t a_start, a_end, b_start, b_end;
  std::size_t length() const noexcept { return a_end - a_start + 1; }
};

class LcsTask final : public LongTask {
 public:
  LcsTask(memory::Account& account, std::string a, std::string b, const LcsArgs& args)
      : a_(std::move(a)),
        b_(std::move(b)),
        len_only_(args.len),
        idx_(args.idx),
        min_match_len_(static_cast<std::size_t>(std::max<std::int64_t>(0, args.min_match_len))),
        with_match_len_(args.with_match_len),
        // Only the length needs two rows; a trace needs all.
        table_((len_only_ ? 2 : a_.size() + 1) * (b_.size() + 1), 0,
               memory::AccountedAllocator<std::uint32_t>(account)) {}

  bool step(Context& context, const Budget& budget) override {
    for (; row_ <= a_.size(); ++row_) {
      if (row_ % kRowsPerLook == 0 && budget.spent()) {
        ++row_;
        fill(row_ - 1);
        return false;
      }
      fill(row_);
    }
    reply(context.reply);
    return true;
  }

 private:
  static constexpr std::size_t kRowsPerLook = 16;

  std::uint32_t& cell(std::size_t i, std::size_t j) noexcept {
    return table_[(len_only_ ? i & 1 : i) * (b_.size() + 1) + j];
  }
  void fill(std::size_t i) {
    for (std::size_t j = 1; j <= b_.size(); ++j) {
      cell(i, j) = a_[i - 1] == b_[j - 1] ? cell(i - 1, j - 1) + 1
                                          : std::max(cell(i - 1, j), cell(i, j - 1));
    }
  }

  void reply(resp::Writer& writer) {
    const std::uint32_t length = cell(a_.size(), b_.size());
    if (len_only_) {
      writer.integer(length);
      return;
    }
    std::string common(length, '\0');
    std::vector<Match> matches;
    trace(common, matches);
    if (!idx_) {
      writer.bulk(common);
      return;
    }
    writer.map(2);
    writer.bulk("matches");
    writer.array(matches.size());
    for (const Match& match : matches) {
      writer.array(with_match_len_ ? 3 : 2);
      const auto range = [&](std::size_t start, std::size_t end) {
        writer.array(2);
        writer.integer(static_cast<std::int64_t>(start));
        writer.integer(static_cast<std::int64_t>(end));
      };
      range(match.a_start, match.a_end);
      range(match.b_start, match.b_end);
      if (with_match_len_) writer.integer(static_cast<std::int64_t>(match.length()));
    }
    writer.bulk("len");
    writer.integer(length);
  }

  // Walks back through the table; matches come out from the end of the strings to the start.
  void trace(std::string& common, std::vector<Match>& matches) {
    std::size_t left = common.size();
    std::size_t i = a_.size();
    std::size_t j = b_.size();
    bool open = false;
    Match match{};
    const auto close = [&] {
      if (open && match.length() >= min_match_len_) matches.push_back(match);
      open = false;
    };
    while (i > 0 && j > 0 && left > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        common[--left] = a_[i - 1];
        if (open && match.a_start == i && match.b_start == j) {
          match.a_start = i - 1;
          match.b_start = j - 1;
        } else {
          close();
          match = {i - 1, i - 1, j - 1, j - 1};
          open = true;
        }
        --i;
        --j;
      } else {
        if (cell(i - 1, j) > cell(i, j - 1))
          --i;
        else
          --j;
        close();
      }
    }
    close();
  }

  std::string a_;
  std::string b_;
  bool len_only_;
  bool idx_;
  std::size_t min_match_len_;
  bool with_match_len_;
  std::size_t row_ = 1;
  memory::Vector<std::uint32_t> table_;
};

void run_lcs(Context& context, const LcsArgs& args) {
  keyspace::ReadScope scope = context.read();
  std::string values[2];
  const Bytes keys[2] = {args.key1, args.key2};
  for (int i = 0; i < 2; ++i) {
    const Entry* entry = scope.find(keys[i]);
    if (entry == nullptr) continue;
    if (entry->type() != keyspace::Type::kString) {
      context.fail("ERR The specified keys must contain string values");
      return;
    }
    char scratch[base::kMaxIntChars];
    values[i] = entry->text(scratch);
  }
  if (args.len && args.idx) {
    context.fail("ERR If you want both the length and indexes, please just use IDX.");
    return;
  }
  const std::size_t rows = args.len ? 2 : values[0].size() + 1;
  const std::size_t columns = values[1].size() + 1;
  if (columns > Entry::kMaxString / sizeof(std::uint32_t) / rows) {
    context.fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return;
  }
  memory::Account& account = context.keyspace().account();
  if (account.excess(rows * columns * sizeof(std::uint32_t)) > 0) throw memory::OutOfMemory{};
  context.continue_with(
      std::make_unique<LcsTask>(account, std::move(values[0]), std::move(values[1]), args));
}
constexpr Command kLcs = command<LcsArgs, kLcsArgs, run_lcs>(
    "lcs",
    {"Finds the longest common substring.", "7.0.0",
     "O(N*M) where N and M are the lengths of s1 and s2, respectively; in slices", Group::kString,
     "LCS first second LEN", "(integer) 4"},
    kReadOnly);

}  // namespace

std::span<const Command* const> string_lcs_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kLcs};
  return kCommands;
}

}  // namespace miniredis::commands
