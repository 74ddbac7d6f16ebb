#include "common/credential.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "common/secure_bytes.h"

namespace miniredis::service {
namespace {

std::string fixed_bytes(std::size_t count, char byte) {
  return std::string(count, byte);
}

CredentialFault fault_of(std::string_view text) {
  const auto parsed = parse_credential(text);
  REQUIRE(std::holds_alternative<CredentialFault>(parsed));
  return std::get<CredentialFault>(parsed);
}

}  // namespace

TEST_CASE("a credential has its documented form, at both ends of the random range") {
  const auto zeros = make_credential(CredentialKind::kApiKey,
                                     [](std::size_t count) { return fixed_bytes(count, '\0'); });
  // Expected texts come from Python's zlib.crc32 and integers.
  CHECK(zeros.id == "0000000000000000");
  CHECK(zeros.text == "mrk_0000000000000000_" + std::string(43, '0') + "_3EBaS5");
  const auto ones = make_credential(CredentialKind::kNodeToken,
                                    [](std::size_t count) { return fixed_bytes(count, '\xff'); });
  CHECK(ones.id == "ffffffffffffffff");
  CHECK(ones.text == "mrn_ffffffffffffffff_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1_2ttBEv");
}

TEST_CASE("what is made is read back and proves itself, and nothing else does") {
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    const auto kind = i % 2 == 0 ? CredentialKind::kApiKey : CredentialKind::kNodeToken;
    const NewCredential made = make_credential(kind, random_bytes);
    const auto parsed = parse_credential(made.text);
    REQUIRE(std::holds_alternative<Credential>(parsed));
    const Credential& credential = std::get<Credential>(parsed);
    CHECK(credential.kind == kind);
    CHECK(credential.id == made.id);
    CHECK(made.secret_hash.size() == 64);
    CHECK(made.secret_hash == credential_hash(credential.secret));
    CHECK(proves(credential, made.secret_hash));
    std::string other = made.secret_hash;
    other.back() = other.back() == '0' ? '1' : '0';
    CHECK_FALSE(proves(credential, other));
    CHECK_FALSE(proves(credential, ""));
    CHECK_FALSE(proves(credential, made.secret_hash + "0"));
    CHECK(seen.insert(credential.secret).second);
  }
}

TEST_CASE("every fault has its own name, and no text is quoted") {
  const std::string good = make_credential(CredentialKind::kApiKey, random_bytes).text;
  CHECK(fault_of("") == CredentialFault::kPrefix);
  CHECK(fault_of("mrk") == CredentialFault::kPrefix);
  CHECK(fault_of("MRK_" + good.substr(4)) == CredentialFault::kPrefix);
  CHECK(fault_of(" " + good) == CredentialFault::kPrefix);
  CHECK(fault_of("mrk_") == CredentialFault::kLength);
  CHECK(fault_of(good + " ") == CredentialFault::kLength);
  CHECK(fault_of(good.substr(0, 70)) == CredentialFault::kLength);
  CHECK(fault_of(good + good) == CredentialFault::kLength);
  std::string long_text = "mrk_";
  long_text.append(1 << 20, 'a');
  CHECK(fault_of(long_text) == CredentialFault::kLength);
  std::string shape = good;
  shape[20] = 'a';
  CHECK(fault_of(shape) == CredentialFault::kShape);
  std::string upper_id = good;
  upper_id[5] = 'A';
  CHECK(fault_of(upper_id) == CredentialFault::kAlphabet);
  std::string nul = good;
  nul[30] = '\0';
  CHECK(fault_of(nul) == CredentialFault::kAlphabet);
  std::string swapped_kind = good;
  swapped_kind[2] = 'n';
  CHECK(fault_of(swapped_kind) == CredentialFault::kChecksum);
  for (const auto fault :
       {CredentialFault::kPrefix, CredentialFault::kLength, CredentialFault::kShape,
        CredentialFault::kAlphabet, CredentialFault::kChecksum}) {
    CHECK(std::string_view(describe(fault)).size() > 10);
  }
}

TEST_CASE("any one character that is wrong, and any two that are swapped, are noticed") {
  const std::string good = make_credential(CredentialKind::kNodeToken, random_bytes).text;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bad = good;
      bad[at] = static_cast<char>(byte);
      if (bad == good) continue;
      CHECK(std::holds_alternative<CredentialFault>(parse_credential(bad)));
    }
    if (at + 1 < good.size() && good[at] != good[at + 1]) {
      std::string bad = good;
      std::swap(bad[at], bad[at + 1]);
      CHECK(std::holds_alternative<CredentialFault>(parse_credential(bad)));
    }
  }
}

TEST_CASE("the parser takes any bytes") {
  std::mt19937_64 random(7);
  const std::string good = make_credential(CredentialKind::kApiKey, random_bytes).text;
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? good : std::string();
    const std::size_t length = random() % 100;
    text.resize(length, '_');
    for (int change = 0; change < 3 && length > 0; ++change) {
      text[random() % length] = static_cast<char>(random());
    }
    accepted += std::holds_alternative<Credential>(parse_credential(text)) ? 1 : 0;
  }
  CHECK(accepted <= 1);
}

}  // namespace miniredis::service
