// MIGRATE: keys move to another server. While it is under way the node's other clients wait, as
// those of a Redis server do; other nodes of the shard do not.
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "engine/call.h"
#include "engine/groups.h"
#include "engine/host.h"
#include "engine/ticks_along.h"
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

class MigrateTask final : public LongTask {
 public:
  MigrateTask(Call& call, Transfer transfer, std::vector<std::string> keys, std::size_t greetings,
              bool copy)
      : account_(call.node.account),
        node_(call.node.weak_from_this()),
        transfer_(std::move(transfer)),
        bytes_(static_cast<std::int64_t>(transfer_.requests.size())),
        keys_(std::move(keys)),
        greetings_(greetings),
        copy_(copy) {
    account_.charge(bytes_);
  }
  ~MigrateTask() override { account_.charge(-bytes_); }
  MigrateTask(const MigrateTask&) = delete;
  MigrateTask& operator=(const MigrateTask&) = delete;

  bool step(Context& context, const Budget&) override {
    Call& call = call_of(context);
    if (!started_) start(call.node.host);
    if (!answer_->here.load(std::memory_order_acquire)) return false;
    finish(call, answer_->result);
    return true;
  }
  bool may_be_dropped() const noexcept override { return false; }
  bool waits() const noexcept override {
    return started_ && !answer_->here.load(std::memory_order_acquire);
  }

 private:
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

  // What the other side has said of key `i`; nothing: it has not come to that.
  std::optional<Bytes> answer_for(const TransferResult& result, std::size_t i) const {
    if (greetings_ + i >= result.lines.size()) return std::nullopt;
    return Bytes(result.lines[greetings_ + i]);
  }

  void finish(Call& call, const TransferResult& result) {
    bool greeted = true;
    std::string refusal;
    for (std::size_t i = 0; i < result.lines.size(); ++i) {
      if (!result.lines[i].starts_with('-')) continue;
      if (refusal.empty()) refusal = result.lines[i].substr(1);
      greeted &= i >= greetings_;
    }
    for (std::size_t i = 0; greeted && !copy_ && i < keys_.size(); ++i) {
      const auto answer = answer_for(result, i);
      if (!answer || !answer->starts_with('+')) continue;
      keyspace::WriteScope scope = call.write();
      keyspace::WriteScope::Place place = scope.find(keys_[i]);
      if (place) scope.remove(place, keys_[i], {keyspace::EventClass::kGeneric, "del"});
    }
    if (!refusal.empty()) {
      call.fail(std::string(wire::kMigrateRefused) + refusal);
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

  memory::Account& account_;
  const std::weak_ptr<NodeRuntime> node_;
  Transfer transfer_;
  const std::int64_t bytes_;
  const std::vector<std::string> keys_;
  const std::size_t greetings_;  // answers before the first key's
  const bool copy_;
  const std::shared_ptr<Answer> answer_ = std::make_shared<Answer>();
  bool started_ = false;
};

// The requests that restore the keys that are there; `found` are these keys.
std::string requests_of(Call& call, const MigrateWords& read, std::vector<std::string>& found) {
  std::string requests;
  const TicksAlong ticks(call);
  keyspace::ReadScope scope = call.read();
  for (const Bytes key : read.keys) {
    const keyspace::Entry* entry = scope.find(key);
    if (entry != nullptr && entry->type() == types::Type::kHash) entry = scope.expire_fields(entry);
    if (entry == nullptr) continue;
    const std::int64_t ttl =
        entry->has_expiry() ? std::max<std::int64_t>(1, entry->expiry() - call.now_ms()) : 0;
    const std::string ttl_text = std::to_string(ttl);
    const std::string payload = persistence::dump_value(call.keyspace().environment(), *entry);
    std::vector<Bytes> words{"RESTORE", key, ttl_text, payload};
    if (read.replace) words.emplace_back("REPLACE");
    append_request(requests, words);
    found.emplace_back(key);
  }
  return requests;
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
  std::vector<std::string> keys;
  const std::string restores = requests_of(call, read, keys);
  if (keys.empty()) {
    call.reply.status("NOKEY");
    return;
  }
  Transfer transfer{std::string(read.host),
                    static_cast<std::uint16_t>(*port),
                    {},
                    0,
                    *timeout <= 0 ? kDefaultTimeoutMs : *timeout};
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
  transfer.requests += restores;
  transfer.answers = greetings + keys.size();
  call.continue_with(std::make_unique<MigrateTask>(call, std::move(transfer), std::move(keys),
                                                   greetings, read.copy));
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
    kWrite | kDangerous | kNoScript, run_migrate, kMigrateKeys, use::keys(use::kTakes));

constexpr const Command* kCommands[] = {&kMigrate};

}  // namespace

CommandGroup migrate_commands() noexcept {
  return kCommands;
}

}  // namespace miniredis::engine
