#include "gateway/json_web_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "common/json.h"
#include "common/secure_bytes.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostSetBytes = 256UL * 1024;
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kMostIdBytes = 256;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // more would make each check slow
constexpr int kMostExponentBits = 33;
constexpr std::size_t kCoordinateBytes = 32;  // of P-256 and of Ed25519
constexpr std::size_t kEcSignatureBytes = 2 * kCoordinateBytes;

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM> number_of(std::string_view bytes) {
  return Owned<BIGNUM>(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// The member when it is text, empty otherwise.
std::string text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

// Empty when it is not there or not base64url.
std::string bytes_of(const Json& object, const char* name) {
  return from_base64_url(text_of(object, name)).value_or("");
}

PublicKey::Handle key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return PublicKey::Handle(key);
}

PublicKey::Handle rsa_key(const Json& object) {
  const auto modulus = number_of(bytes_of(object, "n"));
  const auto exponent = number_of(bytes_of(object, "e"));
  if (!modulus || !exponent) return nullptr;
  const int bits = BN_num_bits(modulus.get());
  const bool fine = bits >= kLeastRsaBits && bits <= kMostRsaBits && BN_is_odd(modulus.get()) &&
                    BN_is_odd(exponent.get()) && !BN_is_one(exponent.get()) &&
                    BN_num_bits(exponent.get()) <= kMostExponentBits;
  if (!fine) return nullptr;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return key_from("RSA", builder.get());
}

PublicKey::Handle p256_key(const Json& object) {
  const std::string x = bytes_of(object, "x");
  const std::string y = bytes_of(object, "y");
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return nullptr;
  const std::string point = "\x04" + x + y;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  PublicKey::Handle key = key_from("EC", builder.get());
  if (!key) return nullptr;
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return EVP_PKEY_public_check(context.get()) == 1 ? std::move(key) : nullptr;
}

PublicKey::Handle ed25519_key(const Json& object) {
  const std::string x = bytes_of(object, "x");
  if (x.size() != kCoordinateBytes) return nullptr;
  return PublicKey::Handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
}

bool is_for_signatures(const Json& object) {
  if (object.contains("use") && text_of(object, "use") != "sig") return false;
  const auto operations = object.find("key_ops");
  if (operations == object.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

std::shared_ptr<const PublicKey> parse_key(const Json& object) {
  if (!object.is_object() || !is_for_signatures(object)) return nullptr;
  std::string id = text_of(object, "kid");
  if (id.empty() || id.size() > kMostIdBytes) return nullptr;
  const std::string type = text_of(object, "kty");
  const std::string curve = text_of(object, "crv");
  std::optional<SignatureAlgorithm> algorithm;
  PublicKey::Handle key;
  if (type == "RSA") {
    algorithm = SignatureAlgorithm::kRs256;
    key = rsa_key(object);
  } else if (type == "EC" && curve == "P-256") {
    algorithm = SignatureAlgorithm::kEs256;
    key = p256_key(object);
  } else if (type == "OKP" && curve == "Ed25519") {
    algorithm = SignatureAlgorithm::kEdDsa;
    key = ed25519_key(object);
  }
  const bool for_another =
      object.contains("alg") && signature_algorithm_from(text_of(object, "alg")) != algorithm;
  if (!key || !algorithm || for_another) return nullptr;
  return std::make_shared<const PublicKey>(std::move(id), *algorithm, std::move(key));
}

// OpenSSL wants the two numbers in DER; JWS has them side by side.
std::string der_of(std::string_view signature) {
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  auto r = number_of(signature.substr(0, kCoordinateBytes));
  auto s = number_of(signature.substr(kCoordinateBytes));
  if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return "";
  static_cast<void>(r.release());  // the pair has them now
  static_cast<void>(s.release());
  unsigned char* written = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &written);
  if (length <= 0) return "";
  std::string der(reinterpret_cast<const char*>(written), static_cast<std::size_t>(length));
  OPENSSL_free(written);
  return der;
}

Failure bad_set(const std::string& why) {
  return {FailureKind::kBadAnswer, "key set: " + why, ""};
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm_from(std::string_view name) {
  if (name == "RS256") return SignatureAlgorithm::kRs256;
  if (name == "ES256") return SignatureAlgorithm::kEs256;
  if (name == "EdDSA") return SignatureAlgorithm::kEdDsa;
  return std::nullopt;
}

void PublicKey::FreeKey::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

bool PublicKey::verifies(std::string_view text, std::string_view signature) const {
  std::string der;
  if (algorithm_ == SignatureAlgorithm::kEs256) {
    if (signature.size() != kEcSignatureBytes) return false;
    der = der_of(signature);
    signature = der;
  }
  const EVP_MD* digest = algorithm_ == SignatureAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                       text.size()) == 1;
  // Or the thread's next call of OpenSSL finds this one's complaints.
  ERR_clear_error();
  return good;
}

Outcome<PublicKeys> parse_key_set(std::string_view text) {
  if (text.size() > kMostSetBytes) return bad_set("more than 256 KiB");
  const Json set = Json::parse(text, nullptr, false);
  if (!set.is_object()) return bad_set("not a JSON object");
  const auto members = set.find("keys");
  if (members == set.end() || !members->is_array()) return bad_set("no array of keys");
  if (members->size() > kMostKeys) return bad_set("more than 64 keys");
  PublicKeys keys;
  for (const Json& member : *members) {
    if (auto key = parse_key(member)) keys.push_back(std::move(key));
  }
  ERR_clear_error();
  if (keys.empty()) return bad_set("no key that can be used");
  return keys;
}

std::optional<std::string> from_base64_url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  if (standard.size() % 4 == 1) return std::nullopt;
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

}  // namespace miniredis::service
