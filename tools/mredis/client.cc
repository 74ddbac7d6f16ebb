#include "client.h"

#include "failure.h"
#include "reply_mode.h"

namespace miniredis::mredis {
namespace {

// What an answer to (un)subscribing begins with, which in RESP3 looks like any other push.
bool answers_subscription(const Value& value) {
  if (value.items().empty()) return false;
  return value.items()[0].text().ends_with("subscribe");
}

// Makes Ctrl-C end a command, not the program.
class InterruptWatch {
 public:
  explicit InterruptWatch(std::optional<Connection>& connection) : connection_(connection) {
    connection_->watch_interrupts(true);
  }
  ~InterruptWatch() {
    if (connection_) connection_->watch_interrupts(false);
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  std::optional<Connection>& connection_;
};

}  // namespace

std::string encode_command(const Words& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes.append("$").append(std::to_string(word.size())).append("\r\n");
    bytes.append(word).append("\r\n");
  }
  return bytes;
}

void Client::connect() {
  disconnect();
  connection_.emplace(endpoint_);
  const auto must_succeed = [this](const Words& words, const std::string& what) {
    const Value reply = ask(words);
    if (reply.is_error()) throw RefusedError(what + ": " + reply.text());
  };
  Words login;
  if (!endpoint_.password.empty()) {
    login = {"AUTH"};
    const bool named = endpoint_.protocol == 3 || !endpoint_.user.empty();
    if (named) login.push_back(endpoint_.user.empty() ? "default" : endpoint_.user);
    login.push_back(endpoint_.password);
  }
  if (endpoint_.protocol == 3) {
    Words hello = {"HELLO", "3"};
    hello.insert(hello.end(), login.begin(), login.end());
    must_succeed(hello, "HELLO failed");
  } else if (!login.empty()) {
    must_succeed(login, "AUTH failed");
  }
  if (endpoint_.database != 0) {
    must_succeed({"SELECT", std::to_string(endpoint_.database)}, "SELECT failed");
  }
}

void Client::disconnect() {
  connection_.reset();
  reader_ = ReplyReader();
  in_transaction_ = false;
  replies_off_ = false;
  skip_next_ = false;
}

void Client::reconnect_if_closed() {
  if (connection_) {
    std::string bytes;
    bool open = false;
    try {
      open = connection_->poll(bytes) == Connection::Outcome::kBytes;
    } catch (const ConnectionError&) {
      // Broken is closed.
    }
    if (open) {
      reader_.feed(bytes);
      return;
    }
  }
  connect();
}

std::optional<Value> Client::receive() {
  for (;;) {
    if (std::optional<Value> reply = reader_.next()) return reply;
    std::string bytes;
    switch (connection_->read(bytes)) {
      case Connection::Outcome::kBytes:
        reader_.feed(bytes);
        break;
      case Connection::Outcome::kClosed:
        throw ConnectionError("the server closed the connection");
      case Connection::Outcome::kInterrupted:
        return std::nullopt;
    }
  }
}

bool Client::muted(const Words& words) {
  if (words.size() >= 3 && equals_ignore_case(words[0], "CLIENT") &&
      equals_ignore_case(words[1], "REPLY")) {
    if (equals_ignore_case(words[2], "ON")) replies_off_ = false;
    if (equals_ignore_case(words[2], "OFF")) replies_off_ = true;
    if (equals_ignore_case(words[2], "SKIP")) {
      skip_next_ = true;
      return true;
    }
  }
  const bool skipped = skip_next_;
  skip_next_ = false;
  return skipped || replies_off_;
}

Client::End Client::run(const Words& words, const std::function<bool(const Value&)>& sink) {
  reconnect_if_closed();
  const InterruptWatch watch(connection_);
  const ReplyMode mode = reply_mode(words);
  try {
    connection_->write(encode_command(words));
    if (muted(words)) return End::kDone;
    std::size_t replies = 0;
    bool streaming = false;
    for (;;) {
      const std::optional<Value> value = receive();
      if (!value) {
        // What the server still sends for this command would be taken for the next one's reply.
        disconnect();
        return End::kInterrupted;
      }
      const bool out_of_band = value->kind() == Value::Kind::kPush &&
                               !(mode.answered_by_push && answers_subscription(*value));
      if (!sink(*value) && streaming) {
        disconnect();
        return End::kDone;
      }
      if (out_of_band || streaming) continue;
      ++replies;
      if (replies == 1) observe(words, *value);
      streaming = mode.kind == ReplyMode::Kind::kStream && !value->is_error();
      if (!streaming && (replies >= mode.count || value->is_error())) return End::kDone;
    }
  } catch (const ConnectionError&) {
    disconnect();
    throw;
  }
}

Value Client::ask(const Words& words) {
  connection_->write(encode_command(words));
  for (;;) {
    std::optional<Value> value = receive();
    if (value && value->kind() != Value::Kind::kPush) return std::move(*value);
  }
}

void Client::observe(const Words& words, const Value& reply) {
  if (words.empty() || reply.is_error()) return;
  const std::string name = upper_case(words[0]);
  if (name == "SELECT" && words.size() == 2 && reply.text() == "OK") {
    endpoint_.database = static_cast<unsigned>(std::stoul(words[1]));
  } else if (name == "MULTI") {
    in_transaction_ = true;
  } else if (name == "EXEC" || name == "DISCARD") {
    in_transaction_ = false;
  } else if (name == "AUTH" && (words.size() == 2 || words.size() == 3)) {
    endpoint_.user = words.size() == 3 ? words[1] : "";
    endpoint_.password = words.back();
  } else if (name == "RESET") {
    in_transaction_ = false;
    replies_off_ = false;
    endpoint_.database = 0;
    endpoint_.protocol = 2;
  } else if (name == "HELLO" && words.size() > 1) {
    endpoint_.protocol = words[1] == "3" ? 3 : 2;
  }
}

}  // namespace miniredis::mredis
