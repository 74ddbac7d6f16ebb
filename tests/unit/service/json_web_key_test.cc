#include "gateway/json_web_key.h"

#include <doctest/doctest.h>

#include <random>

#include "signing_key.h"

namespace miniredis::service {
namespace {

using Json = nlohmann::json;

std::size_t usable(const std::vector<Json>& keys) {
  auto outcome = parse_key_set(key_set_of(keys));
  return outcome ? outcome->size() : 0;
}

Json with(Json key, const char* name, const Json& value) {
  key[name] = value;
  return key;
}

Json without(Json key, const char* name) {
  key.erase(name);
  return key;
}

}  // namespace

TEST_CASE("each kind of key checks its own signatures and nothing else") {
  const std::vector<SigningKey> pairs = {SigningKey::rsa("r"), SigningKey::p256("e"),
                                         SigningKey::ed25519("o")};
  auto keys = parse_key_set(key_set_of({pairs[0].jwk(), pairs[1].jwk(), pairs[2].jwk()}));
  REQUIRE(keys.ok());
  REQUIRE(keys->size() == 3);
  const std::string text = "header.claims";
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 3; ++i) {
    const PublicKey& key = *(*keys)[i];
    CHECK(key.id() == pairs[i].id());
    CHECK(key.algorithm() == signature_algorithm_from(pairs[i].algorithm()));
    const std::string signature = pairs[i].sign(text);
    CHECK(key.verifies(text, signature));
    CHECK_FALSE(key.verifies("header.claimz", signature));
    CHECK_FALSE(key.verifies(text, signature + "x"));
    CHECK_FALSE(key.verifies(text, signature.substr(1)));
    CHECK_FALSE(key.verifies(text, ""));
    CHECK_FALSE(key.verifies(text, std::string(signature.size(), '\0')));
    CHECK_FALSE(key.verifies(text, std::string(signature.size(), '\xff')));
    CHECK_FALSE(key.verifies(text, std::string(100'000, 'a')));
    CHECK_FALSE((*keys)[(i + 1) % 3]->verifies(text, signature));
    for (int change = 0; change < 200; ++change) {
      std::string bad = signature;
      bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
      CHECK_FALSE(key.verifies(text, bad));
    }
    CHECK(key.verifies(text, signature));
  }
  CHECK_FALSE((*keys)[1]->verifies(text, pairs[1].sign_as_openssl(text)));
}

TEST_CASE("keys that are weak, for something else, or broken are passed over") {
  const Json rsa = SigningKey::rsa("r").jwk();
  const Json p256 = SigningKey::p256("e").jwk();
  const Json ed25519 = SigningKey::ed25519("o").jwk();
  REQUIRE(usable({rsa, p256, ed25519}) == 3);
  CHECK(usable({without(rsa, "alg"), without(without(p256, "use"), "alg")}) == 2);
  CHECK(usable({with(ed25519, "key_ops", Json::array({"verify"}))}) == 1);
  const std::string other_x = SigningKey::p256("e").jwk()["x"];
  const std::string even = to_base64(std::string(256, '\xfe'), true);
  const std::string huge = to_base64(std::string(1025, '\xff'), true);
  for (const Json& bad : {SigningKey::rsa("r", 1024).jwk(),
                          with(rsa, "n", ""),
                          with(rsa, "n", 5),
                          with(rsa, "n", "!!"),
                          with(rsa, "n", even),
                          with(rsa, "n", huge),
                          without(rsa, "n"),
                          without(rsa, "e"),
                          with(rsa, "e", "AQ"),
                          with(rsa, "e", "Ag"),
                          with(rsa, "e", ""),
                          with(rsa, "e", rsa["n"]),
                          with(rsa, "kid", ""),
                          with(rsa, "kid", 7),
                          without(rsa, "kid"),
                          with(rsa, "kid", std::string(257, 'k')),
                          with(rsa, "use", "enc"),
                          with(rsa, "use", 1),
                          with(rsa, "key_ops", Json::array({"encrypt"})),
                          with(rsa, "key_ops", "verify"),
                          with(rsa, "alg", "HS256"),
                          with(rsa, "alg", "none"),
                          with(rsa, "alg", "RS512"),
                          with(rsa, "alg", "ES256"),
                          with(rsa, "alg", Json()),
                          with(rsa, "kty", "oct"),
                          with(rsa, "kty", "rsa"),
                          with(p256, "x", other_x),
                          with(p256, "crv", "P-384"),
                          with(p256, "crv", "secp256k1"),
                          with(p256, "y", "AA"),
                          without(p256, "x"),
                          with(p256, "x", to_base64(std::string(32, '\xff'), true)),
                          with(p256, "kty", "OKP"),
                          with(ed25519, "crv", "X25519"),
                          with(ed25519, "crv", "Ed448"),
                          with(ed25519, "x", "AA"),
                          with(ed25519, "x", ed25519["x"].get<std::string>() + "="),
                          Json{{"kty", "oct"}, {"kid", "s"}, {"k", "c2VjcmV0"}, {"alg", "HS256"}},
                          Json("text"),
                          Json(1),
                          Json::array({rsa}),
                          Json()}) {
    CAPTURE(bad.dump().substr(0, 200));
    CHECK(usable({bad}) == 0);
    CHECK(usable({bad, ed25519}) == 1);
  }
}

TEST_CASE("what is no key set is refused, whatever it is") {
  const std::string good = key_set_of({SigningKey::ed25519("o").jwk()});
  REQUIRE(parse_key_set(good).ok());
  for (const std::string& bad :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
        std::string("{\"keys\":{}}"), std::string("{\"keys\":[]}"), std::string("{\"keys\":[1]}"),
        std::string("<html>"), good + good, good.substr(0, good.size() - 1),
        good + std::string(256 * 1024, ' '), std::string(200'000, '['),
        "{\"keys\":" + std::string(100'000, '['), std::string("{\"keys\":[\"\xff\"]}"),
        key_set_of(std::vector<Json>(65, SigningKey::ed25519("o").jwk()))}) {
    CAPTURE(bad.substr(0, 60));
    auto outcome = parse_key_set(bad);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.failure().kind == FailureKind::kBadAnswer);
  }
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (int change = 0; change < 3; ++change) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    auto outcome = parse_key_set(text);
    if (outcome) CHECK(outcome->size() == 1);
  }
}

TEST_CASE("base64url has one form for each text") {
  CHECK(from_base64_url("") == "");
  CHECK(from_base64_url("-_8") == "\xfb\xff");
  for (const char* bad : {"A", "AA=", "AA==", "+_8", "-/8", "AB", "AAB", "A A", "AAAAA", "AA\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(from_base64_url(bad).has_value());
  }
  for (std::size_t length = 0; length < 50; ++length) {
    const std::string bytes = random_bytes(length);
    CHECK(from_base64_url(to_base64(bytes, true)) == bytes);
  }
}

}  // namespace miniredis::service
