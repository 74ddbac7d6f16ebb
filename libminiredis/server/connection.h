// One connection: bytes in and out of a socket for an engine::Client.
//
// Owned by its event loop. It is lent the loop's buffers while it works, so that an idle connection
// holds no buffer; what cannot be sent, and a request that has not come whole, is its own and
// counted in its node's account. A connection moves to another loop when its node lives there.
// Threads: the loop's, but wake() and resume(), which come under the node's lock from any thread.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/client.h"
#include "engine/dispatch.h"
#include "engine/node.h"
#include "resp/request_parser.h"
#include "server/event_loop.h"

namespace miniredis::server {

class Frontend;

class Connection final : public Handler,
                         public engine::ClientOwner,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Frontend& frontend, EventLoop& loop, Descriptor socket, SSL* tls, bool is_unix);
  ~Connection() override;

  // Joins the loop. With a node: a client of it at once. Closes when that is not possible.
  void open(std::shared_ptr<engine::NodeRuntime> node);

  void on_events(std::uint32_t events) override;
  void on_attention(EventLoop& caller);
  void on_timer(std::int64_t now_ms);
  // The end of a round in which it asked EventLoop::send_later.
  void on_send(EventLoop& caller);
  void wake() override { attend(); }
  void resume() override { attend(); }
  std::shared_ptr<void> keep() override { return weak_from_this().lock(); }
  std::uint32_t login_wait_seconds() override;
  void note_failed_login() override;

  // Leaves its loop for another; on its loop, with the node's lock held.
  void move_to(EventLoop& target);
  // Closes at once; unsent output is lost.
  void close();
  const engine::NodeRuntime* node() const noexcept { return node_.get(); }
  EventLoop* loop() const noexcept { return loop_.load(); }
  bool has_unsent();
  Connection* as_connection() noexcept override { return this; }

  // For its loop: whose time it takes, and whether its turn is put off to the next round.
  Share* share() const noexcept { return share_; }
  void set_share(Share* share) noexcept { share_ = share; }
  bool is_deferred() const noexcept { return deferred_; }
  void set_deferred(bool deferred) noexcept { deferred_ = deferred; }

 private:
  // Bytes read or written; 0: none now; -1: the connection is over.
  ssize_t receive(char* out, std::size_t room);
  ssize_t send(const char* data, std::size_t size);

  void on_readable();
  // Goes on with what is unread, and with `fresh` bytes behind it.
  void work(Bytes fresh);
  void work_in_node(Bytes fresh);
  // Whether it has logged in and its node lives on this loop. False: it may have moved.
  bool work_in_lobby(Bytes fresh);
  // Requests of a client that has its node; the lock is held. Returns the bytes used.
  std::size_t run_requests(Bytes input);
  // Runs requests of the loop's batch, of which the first begins at `used`, and moves that behind
  // what has run. False: nothing more is to run now.
  bool run_batch(Bytes input, std::size_t count, std::size_t& used);
  // Answers one request of a client without a node. True when it has one now.
  bool run_lobby_request(Arguments words);
  bool must_log_in();
  bool log_in_by_router(Bytes name, Bytes password, Arguments hello_words);
  Bytes server_name() const noexcept;
  void keep_unread(Bytes fresh, bool in_query, std::size_t used);
  resp::RequestLimits limits() const noexcept;
  void answer_protocol_error();
  bool query_fits();
  bool has_too_much_output() const noexcept;

  void borrow_buffer();
  void return_buffer();
  // Sends, gives the lent buffer back and brings the books up to date; the lock is held. False: the
  // connection is over.
  bool settle();
  // Sends what there is; false: the connection is over.
  bool flush();
  void update_interest() noexcept;
  void count_authenticated() noexcept;
  void attend();

  Frontend& frontend_;
  std::atomic<EventLoop*> loop_;
  Descriptor socket_;
  SSL* tls_;
  std::shared_ptr<engine::NodeRuntime> node_;
  engine::Client client_;
  resp::RequestParser parser_;
  resp::Buffer query_;  // a request that has not come whole, and what stands behind it
  Share* share_ = nullptr;
  std::uint32_t interest_ = 0;
  bool deferred_ = false;
  std::atomic<bool> attended_{false};
  bool lent_ = false;
  bool sends_later_ = false;
  bool open_ = false;
  bool counted_unauthenticated_ = false;
  bool timer_set_ = false;
  bool closed_ = false;
};

}  // namespace miniredis::server
