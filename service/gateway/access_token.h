// Who a request is from, by the signed token (JWT, RFC 7519 and 8725) that it carries.
//
// A token that was verified is remembered by its hash until it expires, for a minute at most, so
// that a signature is not checked for every request. A key that is withdrawn therefore opens doors
// for a minute longer. Any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/clock.h"
#include "gateway/key_set.h"
#include "gateway/lru_map.h"

namespace miniredis::service {

inline constexpr std::size_t kMostTokenBytes = 8 * 1024;

// In a tenant; a later one may all that an earlier one may.
enum class TenantRole : std::uint8_t { kViewer, kMember, kAdmin, kOwner };
std::optional<TenantRole> role_from(std::string_view name);  // "viewer", ...

struct AccessToken {
  std::string subject;
  std::optional<std::string> tenant;
  std::optional<TenantRole> role;
  bool platform_admin = false;
  std::string session;  // empty: none
  std::uint64_t expires_at_ms = 0;
};

enum class TokenFault : std::uint8_t {
  kTooLong,          // above 8 KiB
  kShape,            // not three parts in base64url
  kHeader,           // not JSON, no kid, another type, or an extension we must understand
  kAlgorithm,        // none of RS256, ES256, EdDSA
  kUnknownKey,       // or the key is for another algorithm
  kKeysPending,      // a newer key set is being fetched: try again soon
  kKeysUnavailable,  // no key set could be fetched
  kSignature,
  kClaims,  // not JSON, or one that is needed is missing or of a wrong type
  kIssuer,
  kAudience,
  kExpired,
  kNotYetValid,
};
// For the log; the token is not quoted.
const char* describe(TokenFault fault);
// Whether it is not the token that is at fault: 503 rather than 401.
bool is_temporary(TokenFault fault);

struct TokenVerifierOptions {
  std::string issuer;    // what iss must be; not empty
  std::string audience;  // what aud must be or contain; not empty
  std::uint32_t leeway_ms = 30'000;
  std::uint32_t remember_ms = 60'000;
  std::size_t remembered_tokens = 10'000;  // about 500 bytes each
};

class TokenVerifier {
 public:
  using Verified = std::variant<std::shared_ptr<const AccessToken>, TokenFault>;

  // Of a token, each still in base64url.
  struct Parts {
    std::string_view header;
    std::string_view claims;
    std::string_view signature;
  };

  // `keys` must outlive the verifier.
  TokenVerifier(TokenVerifierOptions options, KeySet& keys, UnixClock clock);

  // Takes any bytes.
  Verified verify(std::string_view token);

 private:
  struct Remembered {
    std::shared_ptr<const AccessToken> token;
    std::uint64_t until_ms;
  };

  std::shared_ptr<const AccessToken> recall(const std::string& hash, std::uint64_t now_ms);
  void remember(const std::string& hash, const std::shared_ptr<const AccessToken>& token,
                std::uint64_t now_ms);
  std::optional<TokenFault> check_signature(std::string_view token, const Parts& parts) const;

  const TokenVerifierOptions options_;
  KeySet& keys_;
  UnixClock clock_;
  std::mutex mutex_;
  LruMap<Remembered> remembered_;  // by SHA-256
};

}  // namespace miniredis::service
