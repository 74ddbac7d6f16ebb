#include "gateway/access_token.h"

#include <doctest/doctest.h>
#include <openssl/hmac.h>

#include <random>
#include <thread>

#include "signing_key.h"

namespace miniredis::service {
namespace {

using Json = nlohmann::json;

struct TokenFixture {
  TokenFixture()
      : keys(
            {.url = "u", .first_wait = std::chrono::milliseconds(0)},
            [this](const std::string&) -> Outcome<std::string> {
              if (!reachable) return Failure{FailureKind::kUnavailable, "gone", ""};
              return key_set_of({rsa.jwk(), p256.jwk(), ed25519.jwk()});
            },
            [this](const std::function<void()>& work) {
              if (background_runs) work();
            },
            [this] { return steady; }),
        verifier({.issuer = "https://auth", .audience = "miniredis", .remembered_tokens = 4}, keys,
                 [this] { return now_ms; }) {}

  Json claims() const {
    return {{"iss", "https://auth"}, {"aud", "miniredis"},
            {"sub", "user-1"},       {"exp", now_ms / 1000 + 600},
            {"tenant", "acme"},      {"role", "admin"},
            {"sid", "s-1"}};
  }
  Json claims(const char* name, const Json& value) const {
    Json changed = claims();
    changed[name] = value;
    return changed;
  }
  Json claims_without(const char* name) const {
    Json changed = claims();
    changed.erase(name);
    return changed;
  }
  std::optional<TokenFault> fault(const std::string& token) {
    const auto verified = verifier.verify(token);
    const auto* found = std::get_if<TokenFault>(&verified);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  std::optional<TokenFault> fault_of(const Json& with_claims) {
    return fault(ed25519.token(with_claims));
  }
  std::shared_ptr<const AccessToken> good(const std::string& token) {
    const auto verified = verifier.verify(token);
    REQUIRE(std::holds_alternative<std::shared_ptr<const AccessToken>>(verified));
    return std::get<std::shared_ptr<const AccessToken>>(verified);
  }

  const SigningKey rsa = SigningKey::rsa("r1");
  const SigningKey p256 = SigningKey::p256("e1");
  const SigningKey ed25519 = SigningKey::ed25519("o1");
  bool reachable = true;
  bool background_runs = true;
  SteadyTime steady{std::chrono::hours(1)};
  std::uint64_t now_ms = 1'750'000'000'000;
  KeySet keys;
  TokenVerifier verifier;
};

std::string url64(const std::string& text) {
  return to_base64(text, true);
}

}  // namespace

TEST_CASE_FIXTURE(TokenFixture, "tokens of each algorithm say who it is") {
  for (const SigningKey* key : {&rsa, &p256, &ed25519}) {
    const auto token = good(key->token(claims()));
    CHECK(token->subject == "user-1");
    CHECK(token->tenant == "acme");
    CHECK(token->role == TenantRole::kAdmin);
    CHECK_FALSE(token->platform_admin);
    CHECK(token->session == "s-1");
    CHECK(token->expires_at_ms == now_ms + 600'000);
  }
}

TEST_CASE_FIXTURE(TokenFixture, "what may be absent may be absent") {
  const auto bare = good(rsa.token({{"iss", "https://auth"},
                                    {"aud", Json::array({"other", "miniredis"})},
                                    {"sub", "u"},
                                    {"exp", static_cast<double>(now_ms) / 1000 + 0.5}}));
  CHECK_FALSE(bare->tenant.has_value());
  CHECK_FALSE(bare->role.has_value());
  CHECK_FALSE(bare->platform_admin);
  CHECK(bare->session.empty());
  CHECK(bare->expires_at_ms == now_ms + 500);
  CHECK(good(rsa.token(claims("platform_admin", true)))->platform_admin);
  CHECK(good(rsa.token(claims("role", "platform_admin")))->platform_admin);
  CHECK_FALSE(good(rsa.token(claims("role", "platform_admin")))->role.has_value());
  for (const char* name : {"owner", "admin", "member", "viewer"}) {
    CHECK(good(rsa.token(claims("role", name)))->role == role_from(name));
  }
  CHECK(TenantRole::kOwner > TenantRole::kAdmin);
}

TEST_CASE_FIXTURE(TokenFixture,
                  "claims of others, of other times, and of other shapes are refused") {
  CHECK(fault_of(claims("iss", "https://evil")) == TokenFault::kIssuer);
  CHECK(fault_of(claims_without("iss")) == TokenFault::kIssuer);
  CHECK(fault_of(claims("aud", "other")) == TokenFault::kAudience);
  CHECK(fault_of(claims("aud", Json::array())) == TokenFault::kAudience);
  CHECK(fault_of(claims("aud", Json{{"miniredis", 1}})) == TokenFault::kAudience);
  CHECK(fault_of(claims("aud", Json::array({Json::array({"miniredis"})}))) ==
        TokenFault::kAudience);
  CHECK(fault_of(claims_without("aud")) == TokenFault::kAudience);
  for (const char* name : {"sub", "exp"}) {
    CHECK(fault_of(claims_without(name)) == TokenFault::kClaims);
  }
  for (const Json& bad : {Json(""), Json(5), Json(), Json::array({"x"}), Json("a\nb"),
                          Json(std::string("a\0b", 3)), Json(std::string(257, 'a'))}) {
    for (const char* name : {"sub", "tenant", "sid", "role", "iss"}) {
      CHECK(fault_of(claims(name, bad)) == TokenFault::kClaims);
    }
  }
  for (const Json& bad :
       {Json("1750000600"), Json(-1), Json(1e300), Json(-1e300), Json(), Json(true), Json::array(),
        Json(std::numeric_limits<std::uint64_t>::max()),
        Json(std::numeric_limits<std::int64_t>::min())}) {
    CHECK(fault_of(claims("exp", bad)) == TokenFault::kClaims);
    CHECK(fault_of(claims("nbf", bad)) == TokenFault::kClaims);
  }
  for (const Json& bad : {Json("true"), Json(1), Json()}) {
    CHECK(fault_of(claims("platform_admin", bad)) == TokenFault::kClaims);
  }
  for (const char* bad : {"root", "Owner", "owner ", "admin,owner"}) {
    CHECK(fault_of(claims("role", bad)) == TokenFault::kClaims);
  }
  const Json header = {{"alg", "EdDSA"}, {"kid", "o1"}};
  for (const char* bad : {"", "null", "[]", "\"x\"", "{", "{} {}", "\xff", "{\"exp\":1e999}"}) {
    CHECK(fault(ed25519.token(header, std::string(bad))) == TokenFault::kClaims);
  }
}

TEST_CASE_FIXTURE(TokenFixture, "clocks may differ by half a minute") {
  const std::uint64_t now = now_ms / 1000;
  CHECK_FALSE(fault_of(claims("exp", now)).has_value());
  CHECK_FALSE(fault_of(claims("exp", now - 29)).has_value());
  CHECK(fault_of(claims("exp", now - 30)) == TokenFault::kExpired);
  CHECK(fault_of(claims("exp", 0)) == TokenFault::kExpired);
  CHECK_FALSE(fault_of(claims("nbf", now + 30)).has_value());
  CHECK(fault_of(claims("nbf", now + 31)) == TokenFault::kNotYetValid);
}

TEST_CASE_FIXTURE(TokenFixture, "an algorithm is never taken from the token") {
  const std::string body = url64(claims().dump());
  const auto unsigned_token = [&](const Json& header) { return url64(header.dump()) + "." + body; };
  for (const char* none : {"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS384",
                           "RS512", "PS256", "ES384", "ES256K", "EdDSA ", "rs256"}) {
    const std::string text = unsigned_token({{"alg", none}, {"kid", "r1"}});
    CHECK(fault(text + "." + url64(rsa.sign(text))) == TokenFault::kAlgorithm);
    CHECK(fault(text + ".") == TokenFault::kShape);
  }
  for (const Json& alg : {Json(), Json(1), Json::array({"RS256"}), Json::object()}) {
    CHECK(fault(unsigned_token({{"alg", alg}, {"kid", "r1"}}) + ".AAAA") == TokenFault::kAlgorithm);
  }
  // The public modulus as the secret of an HMAC, the oldest trick there is.
  const std::string secret = rsa.jwk()["n"];
  std::string text = unsigned_token({{"alg", "HS256"}, {"kid", "r1"}});
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  CHECK(fault(text + "." + url64(mac)) == TokenFault::kAlgorithm);
  // A key of one kind under the name of another.
  text = unsigned_token({{"alg", "ES256"}, {"kid", "r1"}});
  CHECK(fault(text + "." + url64(p256.sign(text))) == TokenFault::kUnknownKey);
  text = unsigned_token({{"alg", "RS256"}, {"kid", "o1"}});
  CHECK(fault(text + "." + url64(rsa.sign(text))) == TokenFault::kUnknownKey);
  // Zeros as an ECDSA signature, and its form in DER.
  text = unsigned_token({{"alg", "ES256"}, {"kid", "e1"}});
  CHECK(fault(text + "." + url64(std::string(64, '\0'))) == TokenFault::kSignature);
  CHECK(fault(text + "." + url64(p256.sign_as_openssl(text))) == TokenFault::kSignature);
  CHECK_FALSE(fault(text + "." + url64(p256.sign(text))).has_value());
}

TEST_CASE_FIXTURE(TokenFixture, "a token brings no key of its own") {
  const SigningKey mine = SigningKey::ed25519("mine");
  const std::string body = claims().dump();
  CHECK(fault(mine.token(claims())) == TokenFault::kUnknownKey);
  for (const Json& extra : {Json{{"jwk", mine.jwk()}}, Json{{"jku", "https://evil/keys"}},
                            Json{{"x5u", "https://evil/c"}}}) {
    Json header = {{"alg", "EdDSA"}, {"kid", "mine"}};
    header.update(extra);
    CHECK(fault(mine.token(header, body)) == TokenFault::kUnknownKey);
    header["kid"] = "o1";
    CHECK(fault(mine.token(header, body)) == TokenFault::kSignature);
  }
  const Json plain = {{"alg", "EdDSA"}, {"kid", "o1"}};
  CHECK_FALSE(fault(ed25519.token(plain, body)).has_value());
  for (const Json& bad : {Json{{"crit", Json::array({"exp"})}}, Json{{"crit", Json::array()}},
                          Json{{"typ", "dpop+jwt"}}, Json{{"typ", 1}}, Json{{"kid", ""}},
                          Json{{"kid", 5}}, Json{{"kid", Json()}}}) {
    Json header = plain;
    header.update(bad);
    CHECK(fault(ed25519.token(header, body)) == TokenFault::kHeader);
  }
  for (const char* type : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
    Json header = plain;
    header["typ"] = type;
    CHECK_FALSE(fault(ed25519.token(header, body)).has_value());
  }
  for (const char* kid : {"../../etc/passwd", "o1' OR '1'='1", "o1\n"}) {
    Json header = plain;
    header["kid"] = kid;
    CHECK(fault(ed25519.token(header, body)) == TokenFault::kUnknownKey);
  }
}

TEST_CASE_FIXTURE(TokenFixture, "any bytes are a token or not") {
  const std::string token = p256.token(claims());
  CHECK_FALSE(fault(token).has_value());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), token + "=",
        token + ".", "." + token, token + " ", " " + token, token + "\n",
        token.substr(0, token.rfind('.')), token.substr(0, token.rfind('.') + 1),
        std::string(8192, '.'), std::string(8192, 'A'), "Bearer " + token}) {
    CAPTURE(bad.substr(0, 40));
    const auto found = fault(bad);
    CHECK((found == TokenFault::kShape || found == TokenFault::kHeader));
  }
  CHECK(fault(std::string(8193, 'A')) == TokenFault::kTooLong);
  CHECK(fault(url64(std::string(4000, '[')) + ".e30.AAAA") == TokenFault::kHeader);
  std::mt19937 random(4);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = token;
    const std::size_t at = random() % bad.size();
    const char byte = i % 2 == 0 ? static_cast<char>(random()) : token[random() % token.size()];
    if (bad[at] == byte) continue;
    bad[at] = byte;
    CHECK(fault(bad).has_value());
  }
}

TEST_CASE_FIXTURE(TokenFixture, "keys that cannot be had are not the token's fault") {
  const std::string token = rsa.token(claims());
  reachable = false;
  CHECK(fault(token) == TokenFault::kKeysUnavailable);
  reachable = true;
  steady += std::chrono::seconds(1);
  CHECK_FALSE(fault(token).has_value());
  background_runs = false;
  steady += std::chrono::seconds(10);
  CHECK(fault(SigningKey::rsa("r2").token(claims())) == TokenFault::kKeysPending);
  CHECK(is_temporary(TokenFault::kKeysPending));
  CHECK(is_temporary(TokenFault::kKeysUnavailable));
  CHECK_FALSE(is_temporary(TokenFault::kUnknownKey));
}

TEST_CASE_FIXTURE(TokenFixture,
                  "a verified token is remembered for a minute, and not past its end") {
  const std::string token = rsa.token(claims());
  const auto first = good(token);
  CHECK(good(token) == first);
  now_ms += 59'999;
  CHECK(good(token) == first);
  now_ms += 1;
  const auto second = good(token);
  CHECK(second != first);
  const std::string brief = rsa.token(claims("exp", now_ms / 1000 + 5));
  const auto remembered = good(brief);
  now_ms += 5'000;
  CHECK(good(brief) != remembered);  // within the leeway, but verified again
  now_ms += 30'000;
  CHECK(fault(brief) == TokenFault::kExpired);
  // Four are remembered, and faults never are.
  const auto kept = good(token);
  for (int i = 0; i < 100; ++i) fault(token + std::to_string(i));
  CHECK(good(token) == kept);
  for (int i = 0; i < 4; ++i) good(ed25519.token(claims("sid", std::to_string(i))));
  CHECK(good(token) != kept);
}

TEST_CASE_FIXTURE(TokenFixture, "threads verify side by side") {
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) {
    tokens.push_back((i % 2 == 0 ? p256 : ed25519).token(claims("sub", std::to_string(i))));
  }
  good(tokens[0]);  // has the keys fetched, for which nobody waits here
  std::atomic<int> right{0};
  std::atomic<int> last_fault{-1};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < 200; ++i) {
        const auto verified = verifier.verify(tokens[i % 8]);
        const auto* token = std::get_if<std::shared_ptr<const AccessToken>>(&verified);
        if (token == nullptr) {
          last_fault = static_cast<int>(std::get<TokenFault>(verified));
        } else if ((*token)->subject == std::to_string(i % 8)) {
          ++right;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(last_fault.load() == -1);
  CHECK(right.load() == 800);
}

TEST_CASE("each fault has its words") {
  for (int fault = 0; fault <= static_cast<int>(TokenFault::kNotYetValid); ++fault) {
    CHECK(std::string_view(describe(static_cast<TokenFault>(fault))) != "not valid");
  }
}

}  // namespace miniredis::service
