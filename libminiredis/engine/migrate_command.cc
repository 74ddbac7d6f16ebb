// MIGRATE: keys move to another server. While it is under way the node's other clients wait, as
// those of a Redis server do; other nodes of the shard do not.
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "commands/collection.h"
#include "engine/call.h"
#include "engine/groups.h"
#include "engine/host.h"
#include "engine/transfer.h"
#include "persistence/value_payload.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
using End = TransferResult::End;

constexpr std::int64_t kDefaultTimeoutMs = 1000;

struct MigrateWords {
  Bytes host;
  Bytes port;
  std::int64_t database = 0;
  std::int64_t timeout_ms = 0;
  bool copy = false;
  bool replace = false;
  std::optional<Bytes> user;
  std::optional<Bytes> password;
  std::vector<Bytes> keys;
};

// Reads what stands behind the time-out; returns the error.
Bytes read_options(Arguments words, MigrateWords& read) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t more = words.size() - i - 1;
    if (base::equals_ignore_case(words[i], "copy")) {
      read.copy = true;
    } else if (base::equals_ignore_case(words[i], "replace")) {
      read.replace = true;
    } else if (base::equals_ignore_case(words[i], "auth") && more >= 1) {
      read.password = words[++i];
    } else if (base::equals_ignore_case(words[i], "auth2") && more >= 2) {
      read.user = words[++i];
      read.password = words[++i];
    } else if (base::equals_ignore_case(words[i], "keys")) {
      if (!read.keys.front().empty()) return wire::kMigrateKeys;
      read.keys.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      return {};
    } else {
      return wire::kSyntax;
    }
  }
  return {};
}

void append_request(std::string& out, const std::vector<Bytes>& words) {
  const auto append = [&](Bytes word) {
    out += "$" + std::to_string(word.size()) + "\r\n";
    out += word;
    out += "\r\n";
  };
  out += "*" + std::to_string(words.size()) + "\r\n";
  for (const Bytes word : words) append(word);
}

// Bytes that are on the books of the node while they grow, and until they are gone.
class Charge {
 public:
  explicit Charge(memory::Account& account) noexcept : account_(&account) {}
  Charge(Charge&& other) noexcept
      : account_(other.account_), bytes_(std::exchange(other.bytes_, 0)) {}
  Charge& operator=(Charge&&) = delete;
  ~Charge() { become(0); }
  void become(std::size_t bytes) noexcept {
    account_->charge(static_cast<std::int64_t>(bytes) - bytes_);
    bytes_ = static_cast<std::int64_t>(bytes);
  }

 private:
  memory::Account* account_;
  std::int64_t bytes_ = 0;
};

class MigrateTask final : public LongTask {
 public:
  MigrateTask(Call& call, Transfer transfer, Charge charge, std::vector<std::string> keys,
              std::size_t greetings, bool copy)
      : charge_(std::move(charge)),
        node_(call.node.weak_from_this()),
        transfer_(std::move(transfer)),
        given_up_(transfer_.given_up),
        keys_(std::move(keys)),
        greetings_(greetings),
        copy_(copy) {}
  ~MigrateTask() override { given_up_->store(true); }
  MigrateTask(const MigrateTask&) = delete;
  MigrateTask& operator=(const MigrateTask&) = delete;

  bool step(Context& context, const Budget& budget) override {
    Call& call = call_of(context);
    if (!started_) start(call.node.host);
    if (!is_answered()) return false;
    if (!remove_moved(call, budget)) return false;
    answer(call);
    return true;
  }
  bool may_be_dropped() const noexcept override { return false; }
  std::int64_t next_step_ms() const noexcept override {
    return started_ && !is_answered() ? INT64_MAX : 0;
  }

 private:
  bool is_answered() const noexcept { return answer_->here.load(std::memory_order_acquire); }

  // Outlives the task when the node goes away meanwhile.
  struct Answer {
    TransferResult result;
    std::atomic<bool> here{false};
  };

  void start(Host& host) {
    started_ = true;
    host.start_transfer(std::move(transfer_), [answer = answer_, node = node_](TransferResult end) {
      answer->result = std::move(end);
      answer->here.store(true, std::memory_order_release);
      if (const auto still_there = node.lock()) still_there->host.schedule(*still_there, 0);
    });
  }

  // Deletes what the other side has; whether all of it is done.
  bool remove_moved(Call& call, const Budget& budget) {
    const std::vector<bool>& accepted = answer_->result.accepted;
    const bool greeted = std::find(accepted.begin(), accepted.begin() + greeted_end(), false) ==
                         accepted.begin() + greeted_end();
    if (copy_ || !greeted) return true;
    for (; next_ < keys_.size() && greetings_ + next_ < accepted.size(); ++next_) {
      if (next_ % kKeysPerLook == kKeysPerLook - 1 && budget.spent()) {
        remove(call, accepted);
        ++next_;
        return false;
      }
      remove(call, accepted);
    }
    return true;
  }
  std::ptrdiff_t greeted_end() const {
    return static_cast<std::ptrdiff_t>(std::min(greetings_, answer_->result.accepted.size()));
  }
  void remove(Call& call, const std::vector<bool>& accepted) {
    if (!accepted[greetings_ + next_]) return;
    keyspace::WriteScope scope = call.write();
    keyspace::WriteScope::Place place = scope.find(keys_[next_]);
    if (place) scope.remove(place, keys_[next_], {keyspace::EventClass::kGeneric, "del"});
  }

  void answer(Call& call) {
    const TransferResult& result = answer_->result;
    if (!result.first_error.empty()) {
      call.fail(std::string(wire::kMigrateRefused) + result.first_error);
    } else if (result.end == End::kAll) {
      call.reply.ok();
    } else {
      call.fail(error_of(call.node.host, result.end));
    }
  }

  static std::string error_of(Host& host, End end) {
    switch (end) {
      case End::kNotAllowed:
        return std::string(wire::kMigrateNotAllowed) + host.transfers_allowed();
      case End::kTooMany:
        return std::string(wire::kMigrateTooMany);
      case End::kNoConnection:
        return std::string(wire::kMigrateNoConnection);
      case End::kNotWritten:
        return std::string(wire::kMigrateNotWritten);
      case End::kNotRead:
      case End::kAll:
        break;
    }
    return std::string(wire::kMigrateNotRead);
  }

  static constexpr std::size_t kKeysPerLook = 64;

  const Charge charge_;  // of the requests, the worker's until it has seen that it was given up
  const std::weak_ptr<NodeRuntime> node_;
  Transfer transfer_;
  const std::shared_ptr<std::atomic<bool>> given_up_;
  const std::vector<std::string> keys_;
  const std::size_t greetings_;  // answers before the first key's
  const bool copy_;
  const std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
  bool started_ = false;
  std::size_t next_ = 0;  // key to be deleted
};

// Appends the requests that restore the keys that are there; returns these keys. Throws
// memory::OutOfMemory when there is no room for the requests.
std::vector<std::string> append_restores(Call& call, const MigrateWords& read,
                                         std::string& requests, Charge& charge) {
  std::vector<std::string> found;
  const TicksAlong ticks(call);
  keyspace::ReadScope scope = call.read();
  for (const Bytes key : read.keys) {
    call.tick();
    const keyspace::Entry* entry = scope.find(key);
    if (entry != nullptr && entry->type() == types::Type::kHash) entry = scope.expire_fields(entry);
    if (entry == nullptr) continue;
    const std::int64_t ttl =
        entry->has_expiry() ? std::max<std::int64_t>(1, entry->expiry() - call.now_ms()) : 0;
    const std::string ttl_text = std::to_string(ttl);
    const std::string payload = persistence::dump_value(call.keyspace().environment(), *entry);
    if (call.node.account.excess(payload.size()) > 0) throw memory::OutOfMemory{};
    std::vector<Bytes> words{"RESTORE", key, ttl_text, payload};
    if (read.replace) words.emplace_back("REPLACE");
    append_request(requests, words);
    charge.become(requests.capacity());
    found.emplace_back(key);
  }
  return found;
}

void run_migrate(Context& context, Arguments words) {
  Call& call = call_of(context);
  MigrateWords read;
  read.host = words[0];
  read.port = words[1];
  read.keys = {words[2]};
  if (const Bytes error = read_options(words.subspan(5), read); !error.empty()) {
    call.fail(error);
    return;
  }
  const auto timeout = base::parse_int(words[4]);
  const auto database = base::parse_int(words[3]);
  const auto port = base::parse_int(read.port);
  if (!timeout || !database) {
    call.fail(wire::kNotInteger);
    return;
  }
  if (!port || *port < 1 || *port > 65535) {
    call.fail(wire::kMigratePort);
    return;
  }
  Transfer transfer{.tenant = call.node.tenant->name,
                    .host = std::string(read.host),
                    .port = static_cast<std::uint16_t>(*port),
                    .timeout_ms = *timeout <= 0 ? kDefaultTimeoutMs : *timeout};
  std::size_t greetings = 1;
  if (read.password) {
    ++greetings;
    if (read.user)
      append_request(transfer.requests, {"AUTH", *read.user, *read.password});
    else
      append_request(transfer.requests, {"AUTH", *read.password});
  }
  const std::string database_text = std::to_string(*database);
  append_request(transfer.requests, {"SELECT", database_text});
  Charge charge(call.node.account);
  std::vector<std::string> keys = append_restores(call, read, transfer.requests, charge);
  if (keys.empty()) {
    call.reply.status("NOKEY");
    return;
  }
  transfer.answers = greetings + keys.size();
  call.continue_with(std::make_unique<MigrateTask>(call, std::move(transfer), std::move(charge),
                                                   std::move(keys), greetings, read.copy));
}

constexpr Arg kAuth2[] = {string("username", nullptr), string("password", nullptr)};
constexpr Arg kKeyOrNone[] = {key("key", nullptr), flag("\"\"", nullptr)};
constexpr Arg kAuthentication[] = {string("auth", nullptr, "AUTH"),
                                   {"auth2", ArgKind::kBlock, nullptr, "AUTH2", kAuth2}};
constexpr Arg kMigrateArgs[] = {
    string("host", nullptr),
    string("port", nullptr),
    one_of("key-selector", kKeyOrNone),
    integer("destination-db", nullptr),
    integer("timeout", nullptr),
    optional(flag("COPY", nullptr, "3.0.0")),
    optional(flag("REPLACE", nullptr, "3.0.0")),
    optional(one_of("authentication", kAuthentication)),
    optional({"keys", ArgKind::kKey, nullptr, "KEYS", {}, false, true, "3.0.6"}),
};
constexpr KeyPositions kMigrateKeys{
    .first = 3, .last = 3, .step = 1, .keyword = "KEYS", .keyword_from = -2, .all_behind = true};
constexpr Command kMigrate = raw_command<kMigrateArgs>(
    "migrate",
    {"Atomically transfers a key from one server to another.", "2.6.0",
     "The cost of DUMP and DEL here and of RESTORE there, for each key, and O(N) for their bytes "
     "on the way.",
     Group::kGeneric, "MIGRATE 127.0.0.1 6380 greeting 0 1000", "OK"},
    kWrite | kDangerous, run_migrate, kMigrateKeys, use::keys(use::kTakes));

}  // namespace

CommandGroup migrate_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kMigrate};
  return kCommands;
}

}  // namespace miniredis::engine
