// The password of a node's user `default`. Kept as a SHA-256 digest, compared in constant time: API
// keys and generated passwords are long, and a digest costs no client a noticeable delay.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/sha256.h"

namespace miniredis::tenants {

class Credentials {
 public:
  // An empty password: none is asked for.
  void set_password(Bytes password);
  void set_digest(const base::Sha256Digest& digest) noexcept { digest_ = digest; }
  bool has_password() const noexcept { return digest_.has_value(); }
  const std::optional<base::Sha256Digest>& digest() const noexcept { return digest_; }
  // Takes the same time whether or not a password is set. False when none is set.
  bool accepts(Bytes password) const noexcept { return accepts(base::sha256(password)); }
  bool accepts(const base::Sha256Digest& digest) const noexcept;

 private:
  std::optional<base::Sha256Digest> digest_;
};

}  // namespace miniredis::tenants
