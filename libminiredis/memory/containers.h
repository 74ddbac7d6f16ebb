// Standard containers whose memory is counted in an account. For what is not on the hot path:
// transactions, subscriptions, watched keys, slow log.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "memory/account.h"

namespace miniredis::memory {

template <typename T>
class AccountedAllocator {
 public:
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  explicit AccountedAllocator(Account& account) noexcept : account_(&account) {}
  template <typename U>
  AccountedAllocator(const AccountedAllocator<U>& other) noexcept  // NOLINT(*-explicit-*)
      : account_(other.account()) {}

  T* allocate(std::size_t n) {
    if (n > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(account_->allocate(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t n) noexcept { account_->release(p, n * sizeof(T)); }

  Account* account() const noexcept { return account_; }
  template <typename U>
  bool operator==(const AccountedAllocator<U>& other) const noexcept {
    return account_ == other.account();
  }

 private:
  Account* account_;
};

using String = std::basic_string<char, std::char_traits<char>, AccountedAllocator<char>>;
template <typename T>
using Vector = std::vector<T, AccountedAllocator<T>>;
template <typename T>
using List = std::list<T, AccountedAllocator<T>>;
// Ordered, looked up by std::string_view without a copy.
template <typename T>
using StringMap = std::map<String, T, std::less<>, AccountedAllocator<std::pair<const String, T>>>;

}  // namespace miniredis::memory
