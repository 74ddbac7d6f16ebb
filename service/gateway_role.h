// The gateway as part of a process, and the clients that it and the backend ask other processes by.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "common/admin_token.h"
#include "gateway/access_token.h"
#include "gateway/gateway.h"
#include "gateway/gateway_authenticator.h"
#include "http/http_server.h"

namespace miniredis::service {

// One thread for all that is asked of other processes.
class ClientThread {
 public:
  ClientThread() : work_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~ClientThread() {
    work_.reset();
    io_.stop();
    thread_.join();
  }
  ClientThread(const ClientThread&) = delete;
  ClientThread& operator=(const ClientThread&) = delete;
  boost::asio::io_context& io() { return io_; }
  // kInvalidValue for a URL that is none.
  Outcome<std::unique_ptr<HttpClient>> client(const std::string& name, const std::string& url);

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class GatewayRole {
 public:
  struct Targets {
    ForwardTarget node_manager;
    ForwardTarget backend;
    const Caller* backend_caller = nullptr;
    std::function<std::string()> node_manager_health;
    std::function<std::string()> backend_health;
  };

  // `configuration`, `token`, `clients` and what the targets name must outlive it.
  static Outcome<std::unique_ptr<GatewayRole>> start(const Configuration& configuration,
                                                     const AdminToken& token, ClientThread& clients,
                                                     Targets targets);

  void forget_credentials() { authenticator_->forget(); }
  bool stop(std::uint32_t drain_ms) { return http_->drain(drain_ms); }
  std::uint16_t port() const { return http_->port(); }

 private:
  GatewayRole() = default;
  Outcome<void> add_services(ClientThread& clients);
  Outcome<void> add_access_tokens(ClientThread& clients);

  std::unique_ptr<GatewayContext> context_;
  std::vector<std::unique_ptr<HttpClient>> service_clients_;
  std::unique_ptr<HttpClient> key_client_;
  std::unique_ptr<KeySet> keys_;
  std::unique_ptr<TokenVerifier> verifier_;
  std::shared_ptr<GatewayAuthenticator> authenticator_;
  std::unique_ptr<Router> router_;
  HttpCounters counters_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace miniredis::service
