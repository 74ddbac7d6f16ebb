// Secrets that open the API: keys of tenants and of the platform, and tokens of single nodes.
//
//   mrk_0123456789abcdef_<43 digits in base 62>_<6 digits in base 62>
//   kind      id                  secret              checksum
//
// The id finds the row, the secret proves the right to it, and the checksum (CRC-32 of all before
// its underscore) lets programs that search for leaked secrets, and us, know a mistyped one without
// a look into the database. Only the secret's hash is stored. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace miniredis::service {

enum class CredentialKind : std::uint8_t { kApiKey, kNodeToken };  // mrk_, mrn_

// So many bytes that nobody can guess; random_bytes() but in tests.
using RandomSource = std::function<std::string(std::size_t count)>;

struct NewCredential {
  std::string text;  // shown once, never stored
  std::string id;    // 16 hex digits
  std::string secret_hash;
};
NewCredential make_credential(CredentialKind kind, const RandomSource& random);

struct Credential {
  CredentialKind kind;
  std::string id;
  std::string secret;  // 43 characters
};

enum class CredentialFault : std::uint8_t {
  kPrefix,    // not a credential of ours at all
  kLength,    // cut off, or more than one
  kShape,     // an underscore is not where it belongs
  kAlphabet,  // a character that the part cannot have
  kChecksum,  // mistyped, or made up
};
// For people and the log; never quotes the text.
const char* describe(CredentialFault fault);

// Takes any bytes.
std::variant<Credential, CredentialFault> parse_credential(std::string_view text);

// SHA-256 in hex. A plain hash will do: the secret has 256 random bits, so there is no guessing.
std::string credential_hash(std::string_view secret);

// Whether the secret is the one whose hash is stored; tells nothing by its time.
bool proves(const Credential& credential, std::string_view stored_hash);

}  // namespace miniredis::service
