// The backend as part of a process: its database, its HTTP API and its reconciler.
#pragma once

#include <atomic>
#include <memory>

#include "backend/backend.h"
#include "backend/reconciler.h"
#include "common/admin_token.h"
#include "http/http_server.h"

namespace miniredis::service {

class BackendRole {
 public:
  // Opens the database, brings its schema up to date, takes in what the hosts have, listens.
  // `configuration`, `token` and the clients behind the callers must outlive it.
  static Outcome<std::unique_ptr<BackendRole>> start(const Configuration& configuration,
                                                     const AdminToken& token,
                                                     std::vector<BackendHost> hosts,
                                                     std::shared_ptr<const Caller> auth = nullptr);

  void on_credentials_changed(std::function<void()> listener);
  // "ok", or what is wrong; asks the database at most once a second.
  std::string health();
  bool stop(std::uint32_t drain_ms) { return http_->drain(drain_ms); }

  const Router& router() const { return *router_; }
  std::uint16_t port() const { return http_->port(); }

 private:
  BackendRole() = default;

  std::unique_ptr<metadata::Database> database_;
  std::unique_ptr<BackendContext> context_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Reconciler> reconciler_;
  HttpCounters counters_;
  std::unique_ptr<HttpServer> http_;
  std::mutex health_mutex_;
  std::chrono::steady_clock::time_point health_at_;
  bool reachable_ = true;
};

// Opens the main database that the settings name, and brings its schema up to date.
Outcome<std::unique_ptr<metadata::Database>> open_main_database(const Configuration& configuration);

}  // namespace miniredis::service
