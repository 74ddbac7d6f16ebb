#include "tenants/credentials.h"

namespace miniredis::tenants {

void Credentials::set_password(Bytes password) {
  if (password.empty())
    digest_.reset();
  else
    digest_ = base::sha256(password);
}

bool Credentials::accepts(const base::Sha256Digest& digest) const noexcept {
  static constexpr base::Sha256Digest kNobody{};
  const bool equal = base::equal_in_constant_time(digest, digest_ ? *digest_ : kNobody);
  return equal && digest_.has_value();
}

}  // namespace miniredis::tenants
