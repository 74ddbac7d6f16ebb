#include "gateway/access_token.h"

#include <algorithm>

#include "common/json.h"
#include "common/secure_bytes.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostClaimBytes = 256;
constexpr double kLatestSecond = 1e11;  // about the year 5138; * 1000 is exact in a double

std::optional<TokenVerifier::Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return TokenVerifier::Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                              token.substr(second + 1)};
}

// Null when it is not base64url of a JSON object.
Json object_of(std::string_view part) {
  const auto text = from_base64_url(part);
  if (!text) return nullptr;
  Json object = Json::parse(*text, nullptr, false);
  if (!object.is_object()) return nullptr;
  return object;
}

// They go to the log and into answers.
bool is_fit(const std::string& text) {
  return !text.empty() && text.size() <= kMostClaimBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte >= 0x20 && byte != 0x7f;
         });
}

bool is_type(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return text == "jwt" || text == "at+jwt" || text == "application/at+jwt";
}

// Reads the members of a claims object; what is wrong with one makes the whole wrong.
class ClaimReader {
 public:
  explicit ClaimReader(const Json& claims) : claims_(claims) {}

  std::optional<std::string> text(const char* name) {
    const Json* claim = find(name);
    if (claim == nullptr) return std::nullopt;
    std::string text = claim->is_string() ? claim->get<std::string>() : "";
    if (!is_fit(text)) wrong_ = true;
    return text;
  }

  std::optional<std::uint64_t> milliseconds(const char* name) {
    const Json* claim = find(name);
    if (claim == nullptr) return std::nullopt;
    const double seconds = claim->is_number() ? claim->get<double>() : -1;
    if (!(seconds >= 0 && seconds <= kLatestSecond)) {
      wrong_ = true;
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(seconds * 1000);
  }

  bool flag(const char* name) {
    const Json* claim = find(name);
    if (claim == nullptr) return false;
    if (!claim->is_boolean()) wrong_ = true;
    return claim->is_boolean() && claim->get<bool>();
  }

  bool audience_has(const std::string& wanted) const {
    const Json* audience = find("aud");
    if (audience == nullptr) return false;
    if (audience->is_array()) {
      return std::find(audience->begin(), audience->end(), wanted) != audience->end();
    }
    return *audience == wanted;
  }

  bool wrong() const { return wrong_; }

 private:
  const Json* find(const char* name) const {
    const auto found = claims_.find(name);
    return found == claims_.end() ? nullptr : &*found;
  }

  const Json& claims_;
  bool wrong_ = false;
};

std::variant<AccessToken, TokenFault> token_from(const Json& claims,
                                                 const TokenVerifierOptions& options,
                                                 std::uint64_t now_ms) {
  ClaimReader reader(claims);
  const auto issuer = reader.text("iss");
  const auto expires = reader.milliseconds("exp");
  const auto not_before = reader.milliseconds("nbf");
  AccessToken token;
  const auto subject = reader.text("sub");
  token.tenant = reader.text("tenant");
  token.session = reader.text("sid").value_or("");
  const auto role = reader.text("role");
  token.platform_admin = reader.flag("platform_admin") || role == "platform_admin";
  if (role && role != "platform_admin") {
    token.role = role_from(*role);
    if (!token.role) return TokenFault::kClaims;
  }
  if (reader.wrong() || !subject || !expires) return TokenFault::kClaims;
  if (issuer != options.issuer) return TokenFault::kIssuer;
  if (!reader.audience_has(options.audience)) return TokenFault::kAudience;
  if (now_ms >= *expires + options.leeway_ms) return TokenFault::kExpired;
  if (not_before && now_ms + options.leeway_ms < *not_before) return TokenFault::kNotYetValid;
  token.subject = *subject;
  token.expires_at_ms = *expires;
  return token;
}

}  // namespace

std::optional<TenantRole> role_from(std::string_view name) {
  if (name == "viewer") return TenantRole::kViewer;
  if (name == "member") return TenantRole::kMember;
  if (name == "admin") return TenantRole::kAdmin;
  if (name == "owner") return TenantRole::kOwner;
  return std::nullopt;
}

const char* describe(TokenFault fault) {
  switch (fault) {
    case TokenFault::kTooLong:
      return "longer than 8 KiB";
    case TokenFault::kShape:
      return "not of the form of a JWT";
    case TokenFault::kHeader:
      return "a header that cannot be accepted";
    case TokenFault::kAlgorithm:
      return "signed with an algorithm that is not accepted";
    case TokenFault::kUnknownKey:
      return "signed with an unknown key";
    case TokenFault::kKeysPending:
      return "signed with a key that may be new; the keys are being fetched";
    case TokenFault::kKeysUnavailable:
      return "the keys of the issuer cannot be fetched";
    case TokenFault::kSignature:
      return "the signature does not fit";
    case TokenFault::kClaims:
      return "a claim is missing or malformed";
    case TokenFault::kIssuer:
      return "from another issuer";
    case TokenFault::kAudience:
      return "for another audience";
    case TokenFault::kExpired:
      return "expired";
    case TokenFault::kNotYetValid:
      return "not valid yet";
  }
  return "not valid";
}

bool is_temporary(TokenFault fault) {
  return fault == TokenFault::kKeysPending || fault == TokenFault::kKeysUnavailable;
}

TokenVerifier::TokenVerifier(TokenVerifierOptions options, KeySet& keys, UnixClock clock)
    : options_(std::move(options)),
      keys_(keys),
      clock_(std::move(clock)),
      remembered_(std::max<std::size_t>(1, options_.remembered_tokens)) {}

TokenVerifier::Verified TokenVerifier::verify(std::string_view token) {
  if (token.size() > kMostTokenBytes) return TokenFault::kTooLong;
  const std::uint64_t now_ms = clock_();
  const std::string hash = sha256(token);
  if (auto known = recall(hash, now_ms)) return known;
  const auto parts = split(token);
  if (!parts) return TokenFault::kShape;
  if (const auto fault = check_signature(token, *parts)) return *fault;
  const Json claims = object_of(parts->claims);
  if (claims.is_null()) return TokenFault::kClaims;
  auto read = token_from(claims, options_, now_ms);
  if (const auto* fault = std::get_if<TokenFault>(&read)) return *fault;
  auto verified = std::make_shared<const AccessToken>(std::move(std::get<AccessToken>(read)));
  remember(hash, verified, now_ms);
  return verified;
}

std::optional<TokenFault> TokenVerifier::check_signature(std::string_view token,
                                                         const Parts& parts) const {
  const auto signature = from_base64_url(parts.signature);
  if (!signature || signature->empty()) return TokenFault::kShape;
  const Json header = object_of(parts.header);
  if (header.is_null() || header.contains("crit")) return TokenFault::kHeader;
  const auto text = [&header](const char* name) {
    const auto found = header.find(name);
    return found != header.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const auto algorithm = signature_algorithm_from(text("alg"));
  if (!algorithm) return TokenFault::kAlgorithm;
  if (header.contains("typ") && !is_type(text("typ"))) return TokenFault::kHeader;
  if (text("kid").empty()) return TokenFault::kHeader;
  const KeySet::Found found = keys_.find(text("kid"), *algorithm);
  if (const auto* miss = std::get_if<KeySet::Miss>(&found)) {
    if (*miss == KeySet::Miss::kPending) return TokenFault::kKeysPending;
    return *miss == KeySet::Miss::kUnknownKey ? TokenFault::kUnknownKey
                                              : TokenFault::kKeysUnavailable;
  }
  const std::size_t signed_length = parts.header.size() + 1 + parts.claims.size();
  const auto& key = std::get<std::shared_ptr<const PublicKey>>(found);
  if (!key->verifies(token.substr(0, signed_length), *signature)) return TokenFault::kSignature;
  return std::nullopt;
}

std::shared_ptr<const AccessToken> TokenVerifier::recall(const std::string& hash,
                                                         std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const Remembered* known = remembered_.find(hash);
  if (known == nullptr) return nullptr;
  if (now_ms < known->until_ms) return known->token;
  remembered_.remove(hash);
  return nullptr;
}

void TokenVerifier::remember(const std::string& hash,
                             const std::shared_ptr<const AccessToken>& token,
                             std::uint64_t now_ms) {
  const std::uint64_t until_ms = std::min(token->expires_at_ms, now_ms + options_.remember_ms);
  const std::lock_guard lock(mutex_);
  // Another thread may have been faster with the same token.
  if (remembered_.find(hash) == nullptr) remembered_.add(hash, {token, until_ms});
}

}  // namespace miniredis::service
