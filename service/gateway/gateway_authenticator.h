// Who a request at the gateway is from: the administrator, a user by access token, an API key or a
// node token.
//
// What was found out is kept for a few seconds, so that a request costs a look into a map; when the
// backend or its database cannot be reached, a credential that was good a while ago is good still,
// until it expires.
// Every caller has a share of requests, by address before it is known who it is, then by identity;
// those who present wrong credentials have a much smaller one. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/rate_limiter.h"
#include "http/caller.h"
#include "http/router.h"

namespace miniredis::service {

struct AuthenticatorOptions {
  RateLimit per_identity{1000, 2000};
  RateLimit per_address{2000, 4000};
  bool limit_identities = true;
  bool limit_addresses = true;
  RateLimit wrong_credentials{5, 20};     // for each address
  std::uint32_t keep_ms = 5'000;          // a verdict is not asked for anew before
  std::uint32_t keep_stale_ms = 300'000;  // and is believed for while the backend is away
};

class GatewayAuthenticator : public Authenticator {
 public:
  using TokenCheck = std::function<bool(std::string_view presented)>;
  // A principal, nothing for a token that is refused, a failure when it cannot be told now.
  using AccessTokenCheck = std::function<Outcome<PrincipalPointer>(std::string_view token)>;

  // `backend` must outlive it.
  GatewayAuthenticator(const AuthenticatorOptions& options, TokenCheck admin,
                       AccessTokenCheck access_token, const Caller& backend, SteadyClock clock,
                       UnixClock unix_clock);

  std::optional<Verdict> known(const HttpRequest& head) const override;
  Verdict resolve(const HttpRequest& head) const override;

  // Every verdict is asked for anew: something that verdicts depend on has changed.
  void forget();

 private:
  struct Kept {
    PrincipalPointer principal;  // nothing: refused
    SteadyTime at;
  };

  std::optional<HttpReply> over_limit(const std::string& key, const RateLimit& limit) const;
  // Nothing also when what was kept has expired.
  std::optional<Kept> kept(const std::string& digest) const;
  void keep(const std::string& digest, Kept verdict) const;
  Verdict admitted(const HttpRequest& head, const PrincipalPointer& principal) const;
  HttpReply refused(const HttpRequest& head) const;
  Verdict ask_backend(const HttpRequest& head, std::string_view token,
                      const std::string& digest) const;

  const AuthenticatorOptions options_;
  const TokenCheck admin_;
  const AccessTokenCheck access_token_;
  const Caller& backend_;
  const SteadyClock clock_;
  const UnixClock unix_clock_;
  const PrincipalPointer administrator_ = administrator();
  mutable RateLimiter limiter_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Kept> kept_;
};

}  // namespace miniredis::service
