#include "gateway_role.h"

#include "common/log.h"
#include "common/units.h"
#include "http/json_request.h"
#include "http/remote_caller.h"
#include "node_manager_role.h"

namespace miniredis::service {
namespace {

RateLimit limit_of(std::int64_t per_second, std::int64_t burst) {
  if (per_second == 0) return {};
  return {static_cast<std::uint32_t>(per_second), static_cast<std::uint32_t>(burst)};
}

AuthenticatorOptions authenticator_options(const Configuration& configuration) {
  AuthenticatorOptions options;
  options.per_identity =
      limit_of(configuration.rate_limit_per_second, configuration.rate_limit_burst);
  options.per_address =
      limit_of(configuration.address_rate_limit_per_second, configuration.address_rate_limit_burst);
  options.limit_identities = configuration.rate_limit_per_second != 0;
  options.limit_addresses = configuration.address_rate_limit_per_second != 0;
  return options;
}

Scopes scopes_of(TenantRole role) {
  switch (role) {
    case TenantRole::kViewer:
      return scopes_of_role("viewer").value_or(0);
    case TenantRole::kMember:
      return scopes_of_role("member").value_or(0);
    case TenantRole::kAdmin:
    case TenantRole::kOwner:
      return scopes_of_role("owner").value_or(0);
  }
  return 0;
}

// What a user's role in a tenant allows; nothing for one who has none anywhere.
PrincipalPointer principal_of(const AccessToken& token) {
  Principal principal;
  principal.actor = "user:" + token.subject;
  principal.expires_at_ms = token.expires_at_ms;
  if (token.platform_admin) {
    principal.scopes = kAllScopes;
  } else {
    if (!token.tenant || token.tenant->empty() || !token.role) return nullptr;
    principal.tenant = *token.tenant;
    principal.scopes = scopes_of(*token.role);
  }
  return std::make_shared<const Principal>(std::move(principal));
}

// "http://host:port/some/path" as the service and the path.
std::pair<std::string, std::string> split_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (slash == std::string::npos) return {url, "/"};
  return {url.substr(0, slash), url.substr(slash)};
}

}  // namespace

Outcome<std::unique_ptr<HttpClient>> ClientThread::client(const std::string& name,
                                                          const std::string& url) {
  auto upstream = parse_upstream(url);
  if (!upstream) return upstream.failure();
  HttpClientOptions options;
  options.name = name;
  return std::make_unique<HttpClient>(io_, std::move(*upstream), options);
}

Outcome<std::unique_ptr<GatewayRole>> GatewayRole::start(const Configuration& configuration,
                                                         const AdminToken& token,
                                                         ClientThread& clients, Targets targets) {
  std::unique_ptr<GatewayRole> role(new GatewayRole);
  role->context_.reset(new GatewayContext{
      configuration, clients.io(), std::move(targets.node_manager), std::move(targets.backend)});
  GatewayContext& context = *role->context_;
  context.node_manager_health = std::move(targets.node_manager_health);
  context.backend_health = std::move(targets.backend_health);
  context.started_at_ms = now_unix_ms();
  if (auto added = role->add_services(clients); !added) return added.failure();
  if (auto added = role->add_access_tokens(clients); !added) return added.failure();
  if (!configuration.studio_directory.empty()) {
    StaticFilesOptions files;
    files.directory = configuration.studio_directory;
    files.allow_connections_to(configuration.studio_connect_sources);
    context.studio =
        std::make_unique<StaticFiles>(files, [] { return std::chrono::steady_clock::now(); });
  }
  GatewayRole* const self = role.get();
  role->authenticator_ = std::make_shared<GatewayAuthenticator>(
      authenticator_options(configuration),
      [&token](std::string_view presented) { return token.matches(presented); },
      [self](std::string_view presented) -> Outcome<PrincipalPointer> {
        if (self->verifier_ == nullptr) return PrincipalPointer();
        auto verified = self->verifier_->verify(presented);
        if (const auto* fault = std::get_if<TokenFault>(&verified)) {
          if (is_temporary(*fault)) {
            return Failure{FailureKind::kUnavailable, describe(*fault), ""};
          }
          log::debug("an access token is refused", {{"reason", describe(*fault)}});
          return PrincipalPointer();
        }
        return principal_of(*std::get<0>(verified));
      },
      *targets.backend_caller, [] { return std::chrono::steady_clock::now(); }, now_unix_ms);
  role->router_ = std::make_unique<Router>(role->authenticator_, [] { return std::nullopt; });
  add_gateway_routes(*role->router_, context);
  const std::string address =
      configuration.gateway_bind.empty() ? configuration.bind : configuration.gateway_bind;
  HttpServerOptions http_settings =
      http_options(configuration, address, configuration.gateway_port);
  auto proxies = TrustedProxies::parse(configuration.trusted_proxies);
  if (!proxies) {
    return Failure{FailureKind::kInvalidValue, "trusted_proxies: " + proxies.failure().detail, ""};
  }
  http_settings.trusted_proxies = std::move(*proxies);
  auto http = HttpServer::start(http_settings, *role->router_, role->counters_, &clients.io());
  if (!http) return Failure{http.failure().kind, "gateway_port: " + http.failure().detail, ""};
  role->http_ = std::move(*http);
  return role;
}

Outcome<void> GatewayRole::add_services(ClientThread& clients) {
  const auto add = [&](const std::string& name, const std::string& prefix, bool open,
                       const std::string& url) -> Outcome<void> {
    if (url.empty()) return {};
    auto client = clients.client(name, url);
    if (!client)
      return Failure{FailureKind::kInvalidValue, name + "_url: " + client.failure().detail, ""};
    auto service = std::make_unique<ProxiedService>();
    service->name = name;
    service->prefix = prefix;
    service->open = open;
    service->client = client->get();
    service->breaker = std::make_unique<CircuitBreaker>(
        CircuitBreakerOptions{}, [] { return std::chrono::steady_clock::now(); });
    service_clients_.push_back(std::move(*client));
    context_->services.push_back(std::move(service));
    return {};
  };
  // The auth service is where one logs in: it knows itself who asks.
  const Configuration& configuration = context_->configuration;
  if (auto added = add("auth", "/auth", true, configuration.auth_url); !added) return added;
  return add("monitoring", "/v1/monitoring", false, configuration.monitoring_url);
}

Outcome<void> GatewayRole::add_access_tokens(ClientThread& clients) {
  const Configuration& configuration = context_->configuration;
  std::string url = configuration.jwks_url;
  if (url.empty() && !configuration.auth_url.empty()) {
    url = configuration.auth_url + "/.well-known/jwks.json";
  }
  if (url.empty()) return {};
  auto client = clients.client("auth", split_url(url).first);
  if (!client)
    return Failure{FailureKind::kInvalidValue, "jwks_url: " + client.failure().detail, ""};
  key_client_ = std::move(*client);
  KeySetOptions options;
  options.url = url;
  keys_ = std::make_unique<KeySet>(
      options,
      [client = key_client_.get()](const std::string& wanted) -> Outcome<std::string> {
        OutgoingRequest request;
        request.target = split_url(wanted).second;
        auto reply = client->call(std::move(request));
        if (!reply) return reply.failure();
        if (reply->status == 200) return std::move(reply->body);
        return Failure{FailureKind::kBadAnswer, "status " + std::to_string(reply->status), ""};
      },
      [](std::function<void()> work) { std::thread(std::move(work)).detach(); },
      [] { return std::chrono::steady_clock::now(); });
  TokenVerifierOptions checks;
  checks.issuer = configuration.token_issuer;
  checks.audience = configuration.token_audience;
  verifier_ = std::make_unique<TokenVerifier>(checks, *keys_, now_unix_ms);
  return {};
}

}  // namespace miniredis::service
