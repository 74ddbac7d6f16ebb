#include "backend_role.h"

#include "common/log.h"
#include "node_manager_role.h"

namespace miniredis::service {
namespace {

constexpr auto kReconcileEvery = std::chrono::seconds(5);
constexpr auto kHealthFor = std::chrono::seconds(1);
constexpr std::uint32_t kHealthTimeMs = 500;

}  // namespace

Outcome<std::unique_ptr<metadata::Database>> open_main_database(
    const Configuration& configuration) {
  metadata::DatabaseOptions options;
  options.url = configuration.main_database_url;
  options.connections = static_cast<unsigned>(configuration.main_database_connections);
  auto opened = metadata::Database::open(options);
  if (!opened) {
    return Failure{opened.failure().kind, "main_database_url: " + opened.failure().detail, ""};
  }
  const auto applied = (*opened)->migrate();
  if (!applied) {
    return Failure{applied.failure().kind, "main database: " + applied.failure().detail, ""};
  }
  return opened;
}

Outcome<std::unique_ptr<BackendRole>> BackendRole::start(const Configuration& configuration,
                                                         const AdminToken& token,
                                                         std::vector<BackendHost> hosts,
                                                         std::shared_ptr<const Caller> auth) {
  std::unique_ptr<BackendRole> role(new BackendRole);
  auto database = open_main_database(configuration);
  if (!database) return database.failure();
  role->database_ = std::move(*database);
  role->context_.reset(
      new BackendContext{configuration, *role->database_, std::move(hosts), std::move(auth)});
  BackendContext& context = *role->context_;
  role->reconciler_ = std::make_unique<Reconciler>(context, kReconcileEvery);
  context.wake_reconciler = [reconciler = role->reconciler_.get()] { reconciler->wake(); };
  if (auto adopted = role->reconciler_->adopt(); !adopted) return adopted.failure();

  role->router_ = std::make_unique<Router>(
      std::make_shared<TokenAuthenticator>(
          [&token](std::string_view presented) { return token.matches(presented); }),
      [] { return std::nullopt; });
  Router& router = *role->router_;
  for (const char* probe : {"getLiveness", "getReadiness"}) {
    add_route(router, Owner::kGateway, probe, [](const ApiRequest&) {
      return json_answer({{"status", "ready"}});
    });
  }
  add_tenant_routes(router, context);
  add_plan_routes(router, context);
  add_owned_node_routes(router, context);
  add_key_routes(router, context);
  add_node_token_routes(router, context);
  add_credential_route(router, context);
  add_audit_routes(router, context);
  role->reconciler_->start();
  auto http = HttpServer::start(
      http_options(configuration, internal_address(configuration), configuration.backend_port),
      router, role->counters_);
  if (!http) return Failure{http.failure().kind, "backend_port: " + http.failure().detail, ""};
  role->http_ = std::move(*http);
  return role;
}

void BackendRole::on_credentials_changed(std::function<void()> listener) {
  context_->credentials_changed = std::move(listener);
}

std::string BackendRole::health() {
  const std::lock_guard lock(health_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - health_at_ > kHealthFor) {
    reachable_ = database_->reachable(kHealthTimeMs);
    health_at_ = std::chrono::steady_clock::now();
  }
  return reachable_ ? "ok" : "the database cannot be reached";
}

}  // namespace miniredis::service
