// The lobby: a connection on the router port, before it has said which node it wants.
#include "engine/host.h"
#include "engine/login.h"
#include "server/connection.h"
#include "server/frontend.h"

namespace miniredis::server {

namespace wire = commands::wire;

namespace {

constexpr resp::RequestLimits kLobby{10, 16 << 10, 16 << 10, true};
constexpr std::size_t kLobbyQuery = 64 << 10;

}  // namespace

bool Connection::work_in_lobby(Bytes fresh) {
  using Parsed = resp::RequestParser::Outcome;
  query_.append(fresh);
  bool in_node = false;
  while (!query_.empty() && !in_node && !client_.close_after_reply && !client_.closing) {
    const Parsed parsed = parser_.parse(query_.view(), kLobby);
    if (parsed == Parsed::kIncomplete) break;
    if (parsed == Parsed::kError) {
      answer_protocol_error();
      break;
    }
    // The words are views into the query: it is consumed behind their last use.
    if (parsed == Parsed::kRequest) in_node = run_lobby_request(parser_.arguments());
    query_.consume(parser_.consumed());
  }
  if (in_node) {
    // The node's lock was taken and given up by the log-in; from here on the client is the node's.
    loop_.load()->assign_share(*this);
    EventLoop& home = frontend_.loop_of(*node_);
    if (&home == loop_.load()) return true;
    const std::shared_ptr<engine::NodeRuntime> node = node_;
    const std::lock_guard guard(node->lock);
    move_to(home);  // from here on it is another thread's
    return false;
  }
  if (query_.size() > kLobbyQuery) client_.close_after_reply = true;
  if (!flush() || client_.closing || has_too_much_output()) {
    close();
    return false;
  }
  update_interest();
  return false;
}

bool Connection::run_lobby_request(Arguments words) {
  resp::Writer reply(client_.out, client_.protocol);
  const Bytes name = words[0];
  const std::size_t count = words.size();
  if (base::equals_ignore_case(name, "auth")) {
    if (count == 3) return log_in_by_router(words[1], words[2], {});
    const Bytes host = server_name();
    if (count == 2 && !host.empty()) return log_in_by_router(host, words[1], {});
    if (count == 2)
      return log_in_by_router({}, words[1], {});  // no node has this name
    else if (count > 3)
      reply.error(wire::kSyntax);
    else
      reply.error(wire::wrong_arity("auth"));
  } else if (base::equals_ignore_case(name, "hello")) {
    const engine::Hello hello = engine::parse_hello(words.subspan(1));
    if (!hello.error.empty())
      reply.error(hello.error);
    else if (hello.user)
      return log_in_by_router(*hello.user, hello.password, words.subspan(1));
    else
      reply.error(wire::kHelloNeedsAuth);
  } else if (base::equals_ignore_case(name, "quit")) {
    reply.ok();
    client_.close_after_reply = true;
  } else if (base::equals_ignore_case(name, "reset")) {
    reply.status("RESET");
  } else if (engine::is_http(name)) {
    client_.closing = true;
  } else if (engine::CommandTable::get().find(name) == nullptr) {
    reply.error(engine::unknown_command(words));
  } else {
    reply.error(wire::kNoAuth);
  }
  return false;
}

bool Connection::log_in_by_router(Bytes name, Bytes password, Arguments hello_words) {
  resp::Writer reply(client_.out, client_.protocol);
  if (const auto refused = engine::refused_login(client_)) {
    reply.error(*refused);
    return false;
  }
  engine::RouterLogin login = engine::find_login(frontend_.host(), name, password);
  if (login.node == nullptr) {
    note_failed_login();
    reply.error(wire::kWrongPassword);
    return false;
  }
  const std::lock_guard guard(login.node->lock);
  login.node->begin_batch();
  // He may have been changed since his password was looked at.
  engine::User* const user = login.node->acl.users.find(login.user);
  if (user == nullptr || !user->is_on) {
    note_failed_login();
    reply.error(wire::kWrongPassword);
    return false;
  }
  if (const auto refused = login.node->attach(client_)) {
    reply.error(*refused);
    client_.close_after_reply = true;
    return false;
  }
  node_ = std::move(login.node);
  engine::become(client_, *user);
  if (!client_.unix_socket) {
    tune_connection(socket_.get(), node_->settings.tcp_keepalive_seconds);
  }
  if (hello_words.empty()) {
    reply.ok();
  } else {
    const engine::Hello hello = engine::parse_hello(hello_words);
    if (hello.protocol) client_.protocol = *hello.protocol;
    if (hello.name) engine::set_name(client_, *hello.name);
    reply.set_protocol(client_.protocol);
    engine::reply_hello(reply, client_);
  }
  return true;
}

// The node that the TLS server name picks: its first label.
Bytes Connection::server_name() const noexcept {
  if (tls_ == nullptr) return {};
  const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return {};
  const Bytes whole(name);
  return whole.substr(0, whole.find('.'));
}

}  // namespace miniredis::server
