#include "lua/state.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace miniredis::lua {

State::State(memory::Account& account, void* owner) : account_(account), owner_(owner) {
  state_ = lua_newstate(&State::allocate, this);
  if (state_ == nullptr) throw std::bad_alloc{};
}

State::~State() {
  lua_close(state_);
}

// As Lua wants it: `wanted` 0 frees, and getting smaller cannot fail.
void* State::allocate(void* self, void* block, std::size_t old, std::size_t wanted) noexcept {
  State& state = *static_cast<State*>(self);
  memory::Account& account = state.account_;
  if (wanted == 0) {
    if (block == nullptr) return nullptr;
    state.bytes_ -= old;
    account.release(block, old);
    return nullptr;
  }
  if (block == nullptr) old = 0;
  if (wanted > old && account.excess(wanted - old) > kReserveBytes) return nullptr;
  if (block != nullptr && memory::block_size(wanted) == memory::block_size(old)) {
    state.bytes_ += wanted - old;
    return block;
  }
  try {
    void* const moved = account.allocate(wanted);
    if (block != nullptr) {
      std::memcpy(moved, block, std::min(old, wanted));
      account.release(block, old);
    }
    state.bytes_ += wanted - old;
    return moved;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

bool State::call_protected(lua_CFunction function, void* argument) noexcept {
  lua_settop(state_, 0);
  return lua_cpcall(state_, function, argument) == 0;
}

State& state_of(lua_State* state) noexcept {
  void* self = nullptr;
  lua_getallocf(state, &self);
  return *static_cast<State*>(self);
}

}  // namespace miniredis::lua
