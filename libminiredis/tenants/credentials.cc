#include "tenants/credentials.h"

namespace miniredis::tenants {

void Credentials::set_password(Bytes password) {
  if (password.empty())
    digest_.reset();
  else
    digest_ = base::sha256(password);
}

bool Credentials::accepts(Bytes password) const noexcept {
  static constexpr base::Sha256Digest kNobody{};
  const bool equal =
      base::equal_in_constant_time(base::sha256(password), digest_ ? *digest_ : kNobody);
  return equal && digest_.has_value();
}

}  // namespace miniredis::tenants
