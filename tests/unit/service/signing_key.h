// A key pair of a test's own: signs tokens and writes its public half as a JSON Web Key.
#pragma once

#include <doctest/doctest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "common/secure_bytes.h"

namespace miniredis::service {

class SigningKey {
 public:
  using Json = nlohmann::json;

  static SigningKey rsa(std::string id, unsigned bits = 2048) {
    return {std::move(id), "RS256", EVP_RSA_gen(bits)};
  }
  static SigningKey p256(std::string id) { return {std::move(id), "ES256", EVP_EC_gen("P-256")}; }
  static SigningKey ed25519(std::string id) {
    return {std::move(id), "EdDSA", EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  }

  const std::string& id() const { return id_; }
  const std::string& algorithm() const { return algorithm_; }

  Json jwk() const {
    Json key = {{"kid", id_}, {"alg", algorithm_}, {"use", "sig"}};
    if (algorithm_ == "RS256") {
      key.update({{"kty", "RSA"},
                  {"n", number(OSSL_PKEY_PARAM_RSA_N)},
                  {"e", number(OSSL_PKEY_PARAM_RSA_E)}});
    } else if (algorithm_ == "ES256") {
      key.update({{"kty", "EC"},
                  {"crv", "P-256"},
                  {"x", number(OSSL_PKEY_PARAM_EC_PUB_X, 32)},
                  {"y", number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)}});
    } else {
      std::string raw(32, '\0');
      std::size_t length = raw.size();
      REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                          &length) == 1);
      key.update({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", to_base64(raw, true)}});
    }
    return key;
  }

  // As JWS wants it: the two numbers of ECDSA side by side.
  std::string sign(std::string_view text) const {
    const std::string signature = sign_as_openssl(text);
    if (algorithm_ != "ES256") return signature;
    const auto* at = reinterpret_cast<const unsigned char*>(signature.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size()));
    REQUIRE(pair != nullptr);
    std::string raw(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
  }

  std::string sign_as_openssl(std::string_view text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
    REQUIRE(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1);
    std::string signature(1024, '\0');
    std::size_t length = signature.size();
    REQUIRE(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    EVP_MD_CTX_free(context);
    signature.resize(length);
    return signature;
  }

  std::string token(const Json& claims) const {
    return token({{"alg", algorithm_}, {"typ", "JWT"}, {"kid", id_}}, claims.dump());
  }
  std::string token(const Json& header, const std::string& claims) const {
    const std::string text = to_base64(header.dump(), true) + "." + to_base64(claims, true);
    return text + "." + to_base64(sign(text), true);
  }

 private:
  SigningKey(std::string id, std::string algorithm, EVP_PKEY* key)
      : id_(std::move(id)), algorithm_(std::move(algorithm)), key_(key, EVP_PKEY_free) {
    REQUIRE(key_);
  }

  std::string number(const char* name, int width = 0) const {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
    const int size = width != 0 ? width : BN_num_bytes(value);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(value);
    return to_base64(bytes, true);
  }

  std::string id_;
  std::string algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

inline std::string key_set_of(const std::vector<nlohmann::json>& keys) {
  return nlohmann::json{{"keys", keys}}.dump();
}

}  // namespace miniredis::service
