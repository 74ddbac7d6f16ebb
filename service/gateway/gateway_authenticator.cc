#include "gateway/gateway_authenticator.h"

#include "common/credential.h"
#include "common/secure_bytes.h"
#include "common/times.h"
#include "common/units.h"
#include "http/json_request.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostKept = 50'000;

HttpReply too_many(const RateDecision& decision) {
  HttpReply reply =
      reply_of({problem_kinds::kTooManyRequests,
                "try again in " + std::to_string(decision.retry_after_ms) + " ms", ""});
  for (auto& header : headers_of(decision)) reply.headers.push_back(std::move(header));
  return reply;
}

bool is_credential(std::string_view token) {
  return token.starts_with("mrk_") || token.starts_with("mrn_");
}

// What the backend says of a credential; nothing when it says no.
PrincipalPointer principal_in(const Json& verdict) {
  if (!verdict.value("valid", false)) return nullptr;
  Principal principal;
  principal.actor = verdict.value("actor", "");
  principal.tenant = verdict.value("tenant", "");
  principal.node = verdict.value("node", "");
  if (const auto expires = verdict.find("expires_at");
      expires != verdict.end() && expires->is_string()) {
    const auto at_ms = parse_time(expires->get_ref<const std::string&>());
    if (!at_ms) return nullptr;
    principal.expires_at_ms = *at_ms;
  }
  for (const Json& name : verdict.value("scopes", Json::array())) {
    if (!name.is_string()) continue;
    if (const auto scope = scope_from(name.get_ref<const std::string&>())) {
      principal.scopes = principal.scopes | *scope;
    }
  }
  return std::make_shared<const Principal>(std::move(principal));
}

}  // namespace

GatewayAuthenticator::GatewayAuthenticator(const AuthenticatorOptions& options, TokenCheck admin,
                                           AccessTokenCheck access_token, const Caller& backend,
                                           SteadyClock clock, UnixClock unix_clock)
    : options_(options),
      admin_(std::move(admin)),
      access_token_(std::move(access_token)),
      backend_(backend),
      clock_(std::move(clock)),
      unix_clock_(std::move(unix_clock)),
      limiter_({}, clock_) {}

std::optional<HttpReply> GatewayAuthenticator::over_limit(const std::string& key,
                                                          const RateLimit& limit) const {
  const RateDecision decision = limiter_.take(key, limit);
  if (decision.allowed) return std::nullopt;
  return too_many(decision);
}

std::optional<Authenticator::Verdict> GatewayAuthenticator::known(const HttpRequest& head) const {
  if (options_.limit_addresses) {
    if (auto refused = over_limit("a" + rate_limit_key_of(head.peer), options_.per_address)) {
      return std::move(*refused);
    }
  }
  const std::string_view token = bearer_token(head.authorization);
  if (token.empty() || token.size() > kMostTokenBytes) return refused(head);
  const auto verdict = kept(sha256(token));
  if (!verdict || clock_() - verdict->at > std::chrono::milliseconds(options_.keep_ms)) {
    return std::nullopt;
  }
  if (verdict->principal == nullptr) return refused(head);
  return admitted(head, verdict->principal);
}

Authenticator::Verdict GatewayAuthenticator::resolve(const HttpRequest& head) const {
  const std::string_view token = bearer_token(head.authorization);
  const std::string digest = sha256(token);
  if (is_credential(token)) return ask_backend(head, token, digest);
  if (admin_(token)) {
    keep(digest, {administrator_, clock_()});
    return admitted(head, administrator_);
  }
  Outcome<PrincipalPointer> checked = access_token_(token);
  if (!checked) return reply_of(problem_of(checked.failure()));
  if (*checked == nullptr) return refused(head);
  keep(digest, {*checked, clock_()});
  return admitted(head, *checked);
}

Authenticator::Verdict GatewayAuthenticator::ask_backend(const HttpRequest& head,
                                                         std::string_view token,
                                                         const std::string& digest) const {
  if (std::holds_alternative<CredentialFault>(parse_credential(token))) return refused(head);
  HttpRequest question;
  question.method = "POST";
  question.target = "/v1/credentials/verify";
  question.content_type = "application/json";
  question.body = Json{{"credential", std::string(token)}}.dump();
  question.request_id = head.request_id;
  question.principal = administrator_;
  const HttpReply reply = backend_.call(question);
  if (reply.status != 200) {
    const auto stale = kept(digest);
    const bool fresh_enough =
        stale && stale->principal != nullptr &&
        clock_() - stale->at < std::chrono::milliseconds(options_.keep_stale_ms);
    if (fresh_enough) return admitted(head, stale->principal);
    return reply_of({problem_kinds::kUnavailable, "credentials cannot be checked now", ""});
  }
  const Json verdict = Json::parse(reply.body, nullptr, false);
  Kept found{nullptr, clock_()};
  if (verdict.is_object()) found.principal = principal_in(verdict);
  keep(digest, found);
  if (found.principal == nullptr) return refused(head);
  return admitted(head, found.principal);
}

Authenticator::Verdict GatewayAuthenticator::admitted(const HttpRequest&,
                                                      const PrincipalPointer& principal) const {
  if (options_.limit_identities) {
    if (auto refused = over_limit("i" + principal->actor, options_.per_identity)) {
      return std::move(*refused);
    }
  }
  return principal;
}

HttpReply GatewayAuthenticator::refused(const HttpRequest& head) const {
  if (auto slowed = over_limit("w" + rate_limit_key_of(head.peer), options_.wrong_credentials)) {
    return std::move(*slowed);
  }
  return reply_of({problem_kinds::kUnauthorized,
                   "send the header `Authorization: Bearer <access token, API key or node token>`",
                   ""});
}

std::optional<GatewayAuthenticator::Kept> GatewayAuthenticator::kept(
    const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto entry = kept_.find(digest);
  if (entry == kept_.end()) return std::nullopt;
  const PrincipalPointer& principal = entry->second.principal;
  const bool ends = principal != nullptr && principal->expires_at_ms != 0;
  if (ends && unix_clock_() >= principal->expires_at_ms) {
    kept_.erase(entry);
    return std::nullopt;
  }
  return entry->second;
}

void GatewayAuthenticator::keep(const std::string& digest, Kept verdict) const {
  const std::lock_guard lock(mutex_);
  // Rare: whoever fills it is limited by address. To start anew costs each caller one question.
  if (kept_.size() >= kMostKept) kept_.clear();
  kept_[digest] = std::move(verdict);
}

void GatewayAuthenticator::forget() {
  const std::lock_guard lock(mutex_);
  for (auto& [digest, verdict] : kept_) {
    verdict.at -= std::chrono::milliseconds(options_.keep_ms);
  }
}

}  // namespace miniredis::service
