// A Redis client as a person uses it: connects when needed, logs in, keeps its database over a
// reconnect. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connection.h"
#include "endpoint.h"
#include "miniredis/value.h"
#include "reply_reader.h"
#include "words.h"

namespace miniredis::mredis {

class Client {
 public:
  explicit Client(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  // Connects and logs in. ConnectionError: no connection. RefusedError: connected, but the server
  // refused the log-in or the database.
  void connect();
  bool connected() const { return connection_.has_value(); }
  void disconnect();

  enum class End : unsigned char { kDone, kInterrupted };
  // Sends a command and hands each of its replies to `sink`. A connection that the server closed
  // while it was idle is made again first. When it breaks later, ConnectionError says so, and the
  // command may or may not have run. `sink` returns whether a stream of messages shall go on.
  End run(const Words& words, const std::function<bool(const Value&)>& sink);
  // The first reply to a command that brings one.
  Value ask(const Words& words);

  const Endpoint& endpoint() const { return endpoint_; }
  bool in_transaction() const { return in_transaction_; }

 private:
  void reconnect_if_closed();
  // The next reply, or nothing when Ctrl-C was pressed.
  std::optional<Value> receive();
  // Whether the next `count` replies will not come (CLIENT REPLY).
  bool muted(const Words& words);
  void observe(const Words& words, const Value& reply);

  Endpoint endpoint_;
  std::optional<Connection> connection_;
  ReplyReader reader_;
  bool in_transaction_ = false;
  bool replies_off_ = false;
  bool skip_next_ = false;
};

// The command in RESP.
std::string encode_command(const Words& words);

}  // namespace miniredis::mredis
