#include "engine/dispatch.h"

#include <new>
#include <string>
#include <utility>

#include "engine/acl.h"
#include "engine/monitor.h"
#include "engine/sliced_task.h"
#include "engine/tracking.h"

namespace miniredis::engine {

using commands::Command;
namespace wire = commands::wire;

namespace {

// Work that a command may do before others of the shard get their turn.
constexpr std::uint64_t kTurnNs = 200'000;
// How long a command may work before it is begun anew in slices. What it has done by then is lost,
// so that this is longer than a slice: a union of two sets of a thousand members is not yet long.
constexpr std::uint64_t kWholeNs = 1'000'000;
// Evictions that one write may pay for; what is still over the limit is evicted by the next ones
// and in the background.
constexpr std::uint32_t kEvictionsPerWrite = 64;

std::string unknown_subcommand(const Command& container, Bytes name) {
  std::string upper(container.name);
  for (char& c : upper) c = base::to_upper(c);
  return "ERR unknown subcommand '" + std::string(name.substr(0, 128)) + "'. Try " + upper +
         " HELP.";
}

struct Found {
  const CommandEntry* entry = nullptr;
  std::string error;
};

// `last`, the command before this one, is often the same.
Found find_command(Arguments words, const CommandEntry* last) {
  const CommandTable& table = CommandTable::get();
  const bool again =
      last != nullptr && last->name_words == 1 && base::equals_ignore_case(words[0], last->name);
  const CommandEntry* entry = again ? last : table.find(words[0]);
  if (entry == nullptr) return {nullptr, unknown_command(words)};
  if (entry->command->is_container()) {
    if (words.size() == 1) {
      // COMMAND alone is a command of its own.
      if (entry->command->run != nullptr) return {entry, {}};
      return {nullptr, wire::wrong_arity(entry->command->name)};
    }
    const CommandEntry* sub = CommandTable::get().find_subcommand(*entry, words[1]);
    if (sub == nullptr) return {nullptr, unknown_subcommand(*entry->command, words[1])};
    entry = sub;
  }
  if (!entry->command->takes(words.size())) {
    return {nullptr, wire::wrong_arity(entry->command->name)};
  }
  return {entry, {}};
}

// Runs `body`; where memory or the time allowed does not suffice, what it has written is replaced
// by the error.
template <typename Body>
void guard_memory(commands::Context& context, Body&& body) {
  const std::size_t start = context.reply.buffer().size();
  Bytes error = wire::kOutOfMemory;
  try {
    body();
    return;
  } catch (const memory::OutOfMemory&) {
  } catch (const std::bad_alloc&) {
  } catch (const commands::TimeLimitPassed&) {
    error = wire::kTimeLimit;
  }
  context.reply.buffer().truncate(start);
  context.rest.reset();
  context.fail(error);
}

// Why the command may not run now; empty when it may.
Bytes refusal(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words,
              std::string& scratch) {
  const Command& command = *entry.command;
  if (!client.all_rights) [[unlikely]] {
    const Bytes refused = rights_refusal(node, client, entry, words, scratch);
    if (!refused.empty()) return refused;
  }
  if (!client.listed && command.has(commands::kNeedsClient)) {
    scratch = "ERR '" + std::string(command.name) + "' needs a session";
    return scratch;
  }
  if (client.protocol == resp::Protocol::kResp2 && client.subscription_count() > 0 &&
      !command.has(commands::kSubscribed)) {
    scratch = "ERR Can't execute '" + std::string(command.name) +
              "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
              "context";
    return scratch;
  }
  // What is queued may write later: while the node is full, nothing is.
  const bool queues = client.in_transaction() && !command.has(commands::kUnqueued);
  if ((queues || command.has(commands::kDenyOom)) && node.account.excess() > 0 &&
      !node.keyspace.make_room(kEvictionsPerWrite)) {
    return wire::kOutOfMemory;
  }
  if (client.in_transaction() && command.has(commands::kNoMulti)) {
    return "ERR Command not allowed inside a transaction";
  }
  return {};
}

void queue_command(Client& client, const CommandEntry& entry, Arguments words) {
  memory::Account& account = client.node->account;
  const memory::AccountedAllocator<char> allocator(account);
  Transaction::Queued queued{&entry, memory::Vector<memory::String>(allocator)};
  queued.words.reserve(words.size());
  for (const Bytes word : words) queued.words.emplace_back(word, allocator);
  client.transaction->queue.push_back(std::move(queued));
}

void refuse(NodeRuntime& node, Client& client, const CommandEntry* entry, Arguments words,
            Bytes line) {
  // An EXEC that can't run ends its transaction.
  std::string aborted;
  if (base::equals_ignore_case(words[0], "exec")) {
    client.transaction.reset();
    if (client.watcher != nullptr) {
      node.keyspace.watches().unwatch(*client.watcher);
      client.watcher.reset();
    }
    const std::size_t code = line.starts_with("ERR ") ? 4 : 0;
    aborted = "EXECABORT Transaction discarded because of: " + std::string(line.substr(code));
    line = aborted;
  }
  resp::Writer(client.out, client.protocol).error(line);
  node.statistics.count_error(line);
  if (entry != nullptr) ++node.statistics.of_command(entry->index).rejected;
  if (client.tracked != nullptr && !client.in_transaction()) client.tracked->caching_said = false;
  if (client.transaction != nullptr) client.transaction->aborted = true;
}

// The handler, with the exceptions that memory causes turned into an error.
void run_guarded(Call& call, const CommandEntry& entry, Arguments words) {
  call.called_as = words[entry.name_words - 1U];
  call.entry = &entry;
  call.words = words;
  keyspace::KeyspaceStats& stats = call.node.keyspace.stats;
  const std::size_t start = call.reply.buffer().size();
  const std::uint64_t hits = stats.hits;
  const std::uint64_t misses = stats.misses;
  guard_memory(call, [&] {
    try {
      entry.command->run(call, words.subspan(entry.name_words));
    } catch (const commands::SlicesNeeded&) {
      call.reply.buffer().truncate(start);
      call.failed = false;
      stats.hits = hits;
      stats.misses = misses;
      call.continue_with(std::make_unique<SlicedTask>(call, entry, words));
    }
  });
}

void keep_books(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words,
                std::uint64_t nanoseconds, bool failed) {
  CommandCounters& counters = node.statistics.of_command(entry.index);
  ++counters.calls;
  counters.nanoseconds += nanoseconds;
  if (node.settings.latency_tracking) counters.durations.add(nanoseconds);
  if (failed) ++counters.failed;
  node.statistics.cpu_ns += nanoseconds;
  const std::uint64_t us = nanoseconds / 1000;
  const std::int64_t threshold = node.settings.slowlog_slower_than_us;
  if (threshold >= 0 && us >= static_cast<std::uint64_t>(threshold) &&
      !entry.command->has(commands::kSkipSlowLog)) [[unlikely]] {
    node.slowlog.add(node.keyspace.now_ms() / 1000, us, words, client.peer, client.name(),
                     node.settings.slowlog_max_len);
  }
  const std::uint64_t latency = node.settings.latency_threshold_ms;
  if (latency > 0 && us / 1000 >= latency) [[unlikely]] {
    node.latency.add(entry.command->has(commands::kFast) ? "fast-command" : "command",
                     node.keyspace.now_ms() / 1000, us / 1000);
  }
}

void finish_reply(Client& client, std::size_t start) {
  if (client.reply_mode == ReplyMode::kOn) [[likely]]
    return;
  client.out.truncate(start);
  if (client.reply_mode == ReplyMode::kSkipThis) client.reply_mode = ReplyMode::kOn;
  if (client.reply_mode == ReplyMode::kSkipNext) client.reply_mode = ReplyMode::kSkipThis;
}

// Counts the error that the call answered, by its first word in the reply.
void count_failure(NodeRuntime& node, const resp::Buffer& out, std::size_t start) {
  const Bytes reply = out.view().substr(start);
  if (!reply.empty() && reply[0] == '-') {
    node.statistics.count_error(reply.substr(1, reply.find('\r') - 1));
  }
}

// Keeps a task that needs more slices.
void suspend(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words,
             std::unique_ptr<commands::LongTask> task, std::uint64_t spent_ns) {
  auto run = std::make_unique<LongRun>(node, client);
  run->context->command = entry.command;
  run->task = std::move(task);
  run->command = &entry;
  run->spent_ns = spent_ns;
  run->words.assign(words.begin(), words.end());
  client.suspended = true;
  node.long_run = std::move(run);
}

}  // namespace

void Call::check_limits() {
  if (node.account.excess() > 0 && !node.keyspace.has_garbage()) throw memory::OutOfMemory{};
  const std::uint64_t limit_ms = node.settings.command_time_limit_ms;
  const std::uint64_t worked_ns =
      sliced != nullptr ? sliced->worked_ns() : node.clock().monotonic_ns() - node.batch_ns;
  if (limit_ms > 0 && worked_ns > limit_ms * 1'000'000) throw commands::TimeLimitPassed{};
  if (worked_ns > kWholeNs) need_slices();
  pass_turn();
}

bool Call::may_read_all_keys() {
  return client.all_rights || client.user == nullptr ||
         engine::may_read_all_keys(*client.user, *entry, words);
}

void Call::need_slices() {
  if (may_slice && sliced == nullptr) throw commands::SlicesNeeded{};
}

void Call::pass_turn() {
  if (sliced != nullptr && sliced->slice_over()) sliced->pause();
}

bool step_guarded(commands::Context& context, commands::LongTask& task,
                  const commands::Budget& budget) {
  bool done = true;  // a task that ran out of memory has answered
  guard_memory(context, [&] { done = task.step(context, budget); });
  return done;
}

bool is_http(Bytes name) noexcept {
  return base::equals_ignore_case(name, "post") || base::equals_ignore_case(name, "host:");
}

std::string unknown_command(Arguments words) {
  constexpr std::size_t kShown = 128;
  std::string shown;
  for (std::size_t i = 1; i < words.size() && shown.size() < kShown; ++i) {
    shown += "'" + std::string(words[i].substr(0, kShown - shown.size())) + "' ";
  }
  return "ERR unknown command '" + std::string(words[0].substr(0, kShown)) +
         "', with args beginning with: " + shown;
}

// Nearly all commands have their key, if any, behind the name; a wrong guess costs a cache line.
void look_ahead(const NodeRuntime& node, unsigned database, Lookahead& keys,
                Arguments words) noexcept {
  if (words.size() < 2 || keys.count == Lookahead::kMost) return;
  const std::uint64_t hash = node.keyspace.hash(words[1]);
  keys.hashes[keys.count++] = hash;
  node.keyspace.prefetch_line(database, hash);
}

void fetch_ahead(const NodeRuntime& node, unsigned database, const Lookahead& keys) noexcept {
  for (std::size_t i = 0; i < keys.count; ++i) {
    node.keyspace.prefetch_entry(database, keys.hashes[i]);
  }
}

void run_nested(Call& call, const CommandEntry& entry, Arguments words) {
  call.command = entry.command;
  call.failed = false;
  call.may_wait = false;
  call.may_slice = true;
  const std::size_t start = call.reply.buffer().size();
  const std::uint64_t before = call.node.clock().monotonic_ns();
  if (entry.command->has(commands::kDenyOom) && call.node.account.excess() > 0 &&
      !call.node.keyspace.make_room(kEvictionsPerWrite)) {
    call.fail(wire::kOutOfMemory);
  } else {
    run_guarded(call, entry, words);
  }
  if (call.node.tracking != nullptr) call.node.tracking->note_run(entry, words);
  ++call.node.statistics.commands;
  if (call.failed) count_failure(call.node, call.reply.buffer(), start);
  keep_books(call.node, call.client, entry, words, call.node.clock().monotonic_ns() - before,
             call.failed);
}

void run_scripted(Call& call, const CommandEntry& entry, Arguments words) {
  NodeRuntime& node = call.node;
  call.command = entry.command;
  call.failed = false;
  call.may_wait = false;
  call.database = call.client.database;
  const std::uint64_t before = node.clock().monotonic_ns();
  run_guarded(call, entry, words);
  while (call.rest != nullptr) {
    const std::unique_ptr<commands::LongTask> task = std::move(call.rest);
    while (!step_guarded(call, *task, commands::Budget(node.clock(), kTurnNs))) {
      call.sliced->pause_for(*task);
    }
  }
  if (node.tracking != nullptr) node.tracking->note_run(entry, words);
  ++node.statistics.commands;
  if (call.failed) count_failure(node, call.reply.buffer(), 0);
  CommandCounters& counters = node.statistics.of_command(entry.index);
  ++counters.calls;
  const std::uint64_t spent = node.clock().monotonic_ns() - before;
  counters.nanoseconds += spent;
  if (node.settings.latency_tracking) counters.durations.add(spent);
  if (call.failed) ++counters.failed;
}

// The tracking of a client whose command is over and answered. EXEC's commands told it themselves.
void end_tracked(NodeRuntime& node, Client& client, const CommandEntry& entry, Arguments words) {
  node.tracking->begin(client);
  node.tracking->note_run(entry, words);
  node.tracking->end(client, entry);
}

void finish_long_run(NodeRuntime& node, LongRun& run) {
  const bool failed = run.context->failed;
  if (failed) count_failure(node, run.out, 0);
  if (run.client == nullptr) return;
  Client& client = *run.client;
  client.suspended = false;
  std::vector<std::string_view> words(run.words.begin(), run.words.end());
  keep_books(node, client, *run.command, words, run.spent_ns, failed);
  node.statistics.cpu_ns -= run.rested_ns;
  const std::size_t start = client.out.size();
  if (client.out.empty())
    client.out = std::move(run.out);
  else
    client.out.append(run.out.view());
  finish_reply(client, start);
  if (node.tracking != nullptr) end_tracked(node, client, *run.command, words);
  client.settle_buffers();
}

std::unique_ptr<Blocked> finish_waited(NodeRuntime& node, Client& client, std::size_t start,
                                       bool failed) {
  std::unique_ptr<Blocked> blocked = node.blocking.take(client);
  const std::vector<std::string_view> words(blocked->words.begin(), blocked->words.end());
  if (failed) count_failure(node, client.out, start);
  keep_books(node, client, *blocked->command, words, blocked->spent_ns, failed);
  finish_reply(client, start);
  client.settle_buffers();
  client.owner.resume();
  return blocked;
}

void run_waited(NodeRuntime& node, Client& client, Arguments words) {
  const std::uint64_t before = node.clock().monotonic_ns();
  resp::Writer writer(client.out, client.protocol);
  Call call(node, client, writer);
  const CommandEntry& entry = *client.blocked->command;
  call.command = entry.command;
  call.may_wait = true;
  std::string scratch;
  // The rights may have changed since the wait began.
  const Bytes refused =
      client.all_rights ? Bytes() : rights_refusal(node, client, entry, words, scratch);
  const bool full = refused.empty() && entry.command->has(commands::kDenyOom) &&
                    node.account.excess() > 0 && !node.keyspace.make_room(kEvictionsPerWrite);
  const std::size_t start = client.out.size();  // evictions may have told the client something
  if (!refused.empty()) {
    call.fail(refused);
  } else if (full) {
    call.fail(wire::kOutOfMemory);
  } else {
    if (node.tracking != nullptr) node.tracking->begin(client);
    run_guarded(call, entry, words);
    if (node.tracking != nullptr) node.tracking->pause();
  }
  node.batch_ns = node.clock().monotonic_ns();
  client.blocked->spent_ns += node.batch_ns - before;
  if (call.wait) return;  // another was faster
  const std::unique_ptr<Blocked> waited = finish_waited(node, client, start, call.failed);
  if (node.tracking != nullptr) end_tracked(node, client, entry, words);
}

void refuse_unrun(NodeRuntime& node, Client& client, Arguments words, Bytes line) {
  const std::size_t start = client.out.size();
  refuse(node, client, find_command(words, nullptr).entry, words, line);
  finish_reply(client, start);
}

Outcome dispatch(NodeRuntime& node, Client& client, Arguments words) {
  std::size_t start = client.out.size();
  Found found = find_command(words, client.last_command);
  if (found.entry == nullptr) {
    if (is_http(words[0])) {
      client.closing = true;
      return Outcome::kDone;
    }
    refuse(node, client, nullptr, words, found.error);
    finish_reply(client, start);
    return Outcome::kDone;
  }
  const CommandEntry& entry = *found.entry;
  const Command& command = *entry.command;
  if (node.is_busy()) [[unlikely]] {
    if (!command.has(commands::kAllowBusy)) {
      refuse(node, client, &entry, words, wire::kBusyScript);
      finish_reply(client, start);
      return Outcome::kDone;
    }
  } else if (node.must_wait(client, command.has(commands::kWrite | commands::kMayReplicate)))
      [[unlikely]] {
    return Outcome::kMustWait;
  }
  client.last_command = &entry;
  const Bytes refused = refusal(node, client, entry, words, found.error);
  start = client.out.size();  // evictions may have told the client something
  if (!refused.empty()) [[unlikely]] {
    refuse(node, client, &entry, words, refused);
    finish_reply(client, start);
    return Outcome::kDone;
  }
  if (client.in_transaction() && !command.has(commands::kUnqueued)) {
    queue_command(client, entry, words);
    client.out.append("+QUEUED\r\n");
    finish_reply(client, start);
    return Outcome::kDone;
  }
  if (!node.monitors.empty() && !command.has(commands::kSkipMonitor | commands::kAdmin)) {
    feed_monitors(node, client, words);
  }

  node.keyspace.touch = !client.no_touch;
  ++node.statistics.commands;
  // A command begins where the one before it in the batch ended: one look at the clock for each.
  const std::uint64_t before = node.batch_ns;
  resp::Writer writer(client.out, client.protocol);
  Call call(node, client, writer);
  call.command = &command;
  call.may_wait = true;
  call.may_slice = true;
  if (node.tracking != nullptr) [[unlikely]]
    node.tracking->begin(client);
  run_guarded(call, entry, words);
  if (call.wait) [[unlikely]] {
    if (node.tracking != nullptr) {
      node.tracking->note_run(entry, words);  // it has looked at its keys
      node.tracking->pause();
    }
    node.batch_ns = node.clock().monotonic_ns();
    node.blocking.block(client, entry, words, *call.wait, node.batch_ns - before);
    return Outcome::kSuspended;
  }
  if (call.rest != nullptr) [[unlikely]] {
    const commands::Budget budget(node.clock(), kTurnNs);
    std::unique_ptr<commands::LongTask> task = std::move(call.rest);
    if (!step_guarded(call, *task, budget)) {
      if (node.tracking != nullptr) node.tracking->pause();
      suspend(node, client, entry, words, std::move(task), node.clock().monotonic_ns() - before);
      return Outcome::kSuspended;
    }
  }
  if (call.failed) count_failure(node, client.out, start);
  node.batch_ns = node.clock().monotonic_ns();
  keep_books(node, client, entry, words, node.batch_ns - before, call.failed);
  finish_reply(client, start);
  if (node.tracking != nullptr) [[unlikely]]
    end_tracked(node, client, entry, words);
  node.serve_blocked();
  return Outcome::kDone;
}

}  // namespace miniredis::engine
