#include "common/credential.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>

#include "common/secure_bytes.h"

namespace miniredis::service {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kPrefixLength = 4;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kIdLength = 2 * kIdBytes;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretLength = 43;   // 62^43 > 2^256
constexpr std::size_t kChecksumLength = 6;  // 62^6 > 2^32
constexpr std::size_t kSecretAt = kPrefixLength + kIdLength + 1;
constexpr std::size_t kChecksumAt = kSecretAt + kSecretLength + 1;
constexpr std::size_t kLength = kChecksumAt + kChecksumLength;

std::string_view prefix_of(CredentialKind kind) {
  return kind == CredentialKind::kApiKey ? "mrk_" : "mrn_";
}

// The bytes as one big-endian number in base 62, with leading zeros.
std::string to_base62(std::string_view bytes, std::size_t width) {
  std::string number(bytes);
  std::string text(width, '0');
  for (std::size_t at = width; at-- > 0;) {
    unsigned remainder = 0;
    for (char& digit : number) {
      const unsigned value = remainder << 8 | static_cast<unsigned char>(digit);
      digit = static_cast<char>(value / kDigits.size());
      remainder = static_cast<unsigned>(value % kDigits.size());
    }
    text[at] = kDigits[remainder];
  }
  return text;
}

std::string checksum_of(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  const std::uint32_t sum = crc.checksum();
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(sum >> shift & 255);
  return to_base62(bytes, kChecksumLength);
}

bool consists_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

NewCredential make_credential(CredentialKind kind, const RandomSource& random) {
  NewCredential made;
  made.id = to_hex(random(kIdBytes));
  const std::string secret = to_base62(random(kSecretBytes), kSecretLength);
  made.text = std::string(prefix_of(kind)) + made.id + "_" + secret;
  made.text += "_" + checksum_of(made.text);
  made.secret_hash = credential_hash(secret);
  return made;
}

const char* describe(CredentialFault fault) {
  switch (fault) {
    case CredentialFault::kPrefix:
      return "does not begin with mrk_ or mrn_";
    case CredentialFault::kLength:
      return "has the wrong length: 71 characters are right";
    case CredentialFault::kShape:
      return "is not of the form mrk_<id>_<secret>_<checksum>";
    case CredentialFault::kAlphabet:
      return "has a character that does not belong there";
    case CredentialFault::kChecksum:
      return "is mistyped: the checksum does not fit";
  }
  return "is not valid";
}

std::variant<Credential, CredentialFault> parse_credential(std::string_view text) {
  Credential credential{};
  if (text.starts_with(prefix_of(CredentialKind::kApiKey))) {
    credential.kind = CredentialKind::kApiKey;
  } else if (text.starts_with(prefix_of(CredentialKind::kNodeToken))) {
    credential.kind = CredentialKind::kNodeToken;
  } else {
    return CredentialFault::kPrefix;
  }
  static_assert(kLength == 71, "describe() says so");
  if (text.size() != kLength) return CredentialFault::kLength;
  if (text[kSecretAt - 1] != '_' || text[kChecksumAt - 1] != '_') return CredentialFault::kShape;
  const std::string_view id = text.substr(kPrefixLength, kIdLength);
  const std::string_view secret = text.substr(kSecretAt, kSecretLength);
  const std::string_view checksum = text.substr(kChecksumAt);
  if (!consists_of(id, "0123456789abcdef") || !consists_of(secret, kDigits) ||
      !consists_of(checksum, kDigits)) {
    return CredentialFault::kAlphabet;
  }
  if (checksum_of(text.substr(0, kChecksumAt - 1)) != checksum) return CredentialFault::kChecksum;
  credential.id = id;
  credential.secret = secret;
  return credential;
}

std::string credential_hash(std::string_view secret) {
  return to_hex(sha256(secret));
}

bool proves(const Credential& credential, std::string_view stored_hash) {
  return equal_in_constant_time(credential_hash(credential.secret), stored_hash);
}

}  // namespace miniredis::service
