// Public keys as RFC 7517 writes them, and the check of a signature with one (RFC 7515).
//
// OpenSSL's EVP does the cryptography directly: of Debian's libraries, rhonabwy brings GnuTLS as a
// second implementation of it, and cpp-jwt and libjwt 1.10 know neither key sets nor both of ES256
// and EdDSA.
//
// An algorithm belongs to a key, never to the token: what a token claims is only compared. Keys are
// immutable, and any thread may use them.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/failure.h"

namespace miniredis::service {

// There are no others: none and the HS family are refused by not being known.
enum class SignatureAlgorithm : std::uint8_t { kRs256, kEs256, kEdDsa };
std::optional<SignatureAlgorithm> signature_algorithm_from(std::string_view name);

class PublicKey {
 public:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const;
  };
  using Handle = std::unique_ptr<EVP_PKEY, FreeKey>;

  PublicKey(std::string id, SignatureAlgorithm algorithm, Handle key)
      : id_(std::move(id)), algorithm_(algorithm), key_(std::move(key)) {}

  const std::string& id() const { return id_; }
  SignatureAlgorithm algorithm() const { return algorithm_; }

  // Takes any bytes.
  bool verifies(std::string_view text, std::string_view signature) const;

 private:
  std::string id_;
  SignatureAlgorithm algorithm_;
  Handle key_;
};

using PublicKeys = std::vector<std::shared_ptr<const PublicKey>>;

// The keys of a set that we can use: RSA of 2048 to 8192 bits, P-256, Ed25519; with a kid, and not
// meant for something else. Others are passed over, as RFC 7517 asks. kBadAnswer when the text is
// no key set, is above 256 KiB or 64 keys, or has no key for us.
Outcome<PublicKeys> parse_key_set(std::string_view text);

// RFC 4648 section 5 without padding; nothing when it is something else. Bits left over must be 0.
std::optional<std::string> from_base64_url(std::string_view text);

}  // namespace miniredis::service
