// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/key_arguments.h"
#include "engine/acl.h"
#include "engine/call.h"
#include "engine/command_table.h"
#include "engine/dispatch.h"
#include "engine/groups.h"
#include "engine/monitor.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kTransactionFlags =
    kFast | kNoScript | kLoading | kStale | kNeedsClient | kAllowBusy;

void unwatch(Call& call) {
  if (call.client.watcher == nullptr) return;
  call.node.keyspace.watches().unwatch(*call.client.watcher);
  call.client.watcher.reset();
}

void run_multi(Call& call) {
  if (call.client.in_transaction()) {
    call.fail(wire::kNestedMulti);
    return;
  }
  call.client.transaction = std::make_unique<Transaction>(call.node.account);
  call.reply.ok();
}
constexpr Command kMulti = engine_plain_command<run_multi>(
    "multi", {"Starts a transaction.", "1.2.0", "O(1)", Group::kTransactions, "MULTI", "OK"},
    kTransactionFlags | kUnqueued);

void run_discard(Call& call) {
  if (!call.client.in_transaction()) {
    call.fail(wire::kDiscardWithoutMulti);
    return;
  }
  call.client.transaction.reset();
  unwatch(call);
  call.reply.ok();
}
constexpr Command kDiscard = engine_plain_command<run_discard>(
    "discard",
    {"Discards a transaction.", "2.0.0", "O(N), when N is the number of queued commands",
     Group::kTransactions, "DISCARD", "OK"},
    kTransactionFlags | kUnqueued);

// Rights are looked at again: they may have changed since the command was queued.
bool refuse_queued(Call& call, const CommandEntry& entry, Arguments words) {
  Client& client = call.client;
  if (client.user == nullptr || entry.command->has(kNoAuth)) return false;
  const Verdict verdict = check_rights(*client.user, entry, words);
  if (verdict.allowed()) return false;
  note_denial(call.node, client, RefusedIn::kTransaction, verdict, entry, words, client.user->name);
  const char* const reason = verdict.denial == Denial::kCommand
                                 ? "no permission to execute the command or subcommand"
                             : verdict.denial == Denial::kChannel
                                 ? "no permission to access one of the channels used as arguments"
                                 : "no permission to touch the specified keys";
  const std::string line = std::string(wire::kNoPermTransaction) + reason;
  call.reply.error(line);
  call.node.statistics.count_error(line);
  return true;
}

// Runs the queued commands one after the other; a long one among them goes on in the next step.
class ExecTask final : public LongTask {
 public:
  explicit ExecTask(std::unique_ptr<Transaction> transaction)
      : transaction_(std::move(transaction)) {}

  bool step(Context& context, const Budget& budget) override {
    Call& call = call_of(context);
    if (!started_) {
      call.reply.array(transaction_->queue.size());
      started_ = true;
    }
    bool worked = false;  // each step does something, however short its budget
    if (nested_ != nullptr) {
      if (!step_guarded(context, *nested_, budget)) return false;
      nested_.reset();
      worked = true;
    }
    while (next_ < transaction_->queue.size()) {
      if (std::exchange(worked, true) && budget.spent()) return false;
      const Transaction::Queued& queued = transaction_->queue[next_++];
      const std::vector<std::string_view> words(queued.words.begin(), queued.words.end());
      call.database = call.client.database;
      if (!call.client.all_rights && refuse_queued(call, *queued.command, words)) continue;
      if (!call.node.monitors.empty() && !queued.command->command->has(kSkipMonitor | kAdmin)) {
        feed_monitors(call.node, call.client, words);
      }
      run_nested(call, *queued.command, words);
      nested_ = std::move(call.rest);
      if (nested_ == nullptr) continue;
      if (!step_guarded(context, *nested_, budget)) return false;
      nested_.reset();
    }
    call.failed = false;  // the errors inside are replies of their own
    if (!call.node.monitors.empty()) {
      const std::string_view exec[] = {"EXEC"};
      feed_monitors(call.node, call.client, exec);  // behind what it ran
    }
    return true;
  }
  bool may_be_dropped() const noexcept override { return false; }
  std::int64_t next_step_ms() const noexcept override {
    return nested_ == nullptr ? 0 : nested_->next_step_ms();
  }

 private:
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<LongTask> nested_;
  std::size_t next_ = 0;
  bool started_ = false;
};

void run_exec(Call& call) {
  if (!call.client.in_transaction()) {
    call.fail(wire::kExecWithoutMulti);
    return;
  }
  auto transaction = std::move(call.client.transaction);
  if (call.client.watcher != nullptr) {
    call.node.keyspace.watches().touch_watched(
        *call.client.watcher, [&](unsigned database, Bytes name) {
          keyspace::ReadScope(call.node.keyspace, database).peek(name);
        });
  }
  const bool dirty = call.client.watcher != nullptr && call.client.watcher->dirty();
  unwatch(call);
  if (transaction->aborted) {
    call.fail(wire::kExecAbort);
  } else if (dirty) {
    call.reply.null_array();
  } else {
    call.continue_with(std::make_unique<ExecTask>(std::move(transaction)));
  }
}
constexpr Command kExec = engine_plain_command<run_exec>(
    "exec",
    {"Executes all commands in a transaction.", "1.2.0", "Depends on commands in the transaction",
     Group::kTransactions, "EXEC", "1) OK"},
    kNoScript | kLoading | kStale | kSkipSlowLog | kSkipMonitor | kUnqueued | kNeedsClient);

void run_watch(Call& call, const KeysArgs& args) {
  if (call.client.in_transaction()) {
    call.fail(wire::kWatchInMulti);
    return;
  }
  if (call.client.watcher == nullptr) {
    call.client.watcher = std::make_unique<keyspace::Watcher>();
  }
  keyspace::ReadScope scope = call.read();
  for (const Bytes name : args.keys) {
    scope.peek(name);  // a key that has expired goes before it is watched
    call.node.keyspace.watches().watch(*call.client.watcher, call.database, name);
  }
  call.reply.ok();
}
constexpr Command kWatch = engine_command<KeysArgs, kKeysArgs, run_watch>(
    "watch",
    {"Monitors changes to keys to determine the execution of a transaction.", "2.2.0",
     "O(1) for every key.", Group::kTransactions, "WATCH greeting", "OK"},
    kTransactionFlags | kUnqueued, use::keys(use::kLooks));

void run_unwatch(Call& call) {
  unwatch(call);
  call.reply.ok();
}
constexpr Command kUnwatch =
    engine_plain_command<run_unwatch>("unwatch",
                                      {"Forgets about watched keys of a transaction.", "2.2.0",
                                       "O(N) where N is the number of watched keys of the node",
                                       Group::kTransactions, "UNWATCH", "OK"},
                                      kTransactionFlags);

}  // namespace

CommandGroup transaction_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kMulti, &kDiscard, &kExec, &kWatch, &kUnwatch};
  return kCommands;
}

}  // namespace miniredis::engine
