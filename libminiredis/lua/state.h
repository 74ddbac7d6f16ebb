// A Lua 5.1 state whose memory is counted in an account.
//
// While it is over the account's limit by more than kReserveBytes a script is answered Lua's own
// "not enough memory". The reserve lets a script read, and delete, in a node that is full.
// One thread at a time (the node's).
#pragma once

#include <cstddef>
#include <lua5.1/lua.hpp>

#include "base/bytes.h"
#include "memory/account.h"

namespace miniredis::lua {

class State {
 public:
  static constexpr std::uint64_t kReserveBytes = std::uint64_t{1} << 20;

  // `owner` is what the functions of the state find with state_of(). Throws std::bad_alloc.
  State(memory::Account& account, void* owner);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  lua_State* get() const noexcept { return state_; }
  // Bytes that the state holds.
  std::size_t bytes() const noexcept { return bytes_; }
  memory::Account& account() const noexcept { return account_; }
  void* owner() const noexcept { return owner_; }

  // Calls `function(state, argument)` protected, with an empty stack; false: it failed, and the
  // error is on top of the stack.
  bool call_protected(lua_CFunction function, void* argument) noexcept;

 private:
  static void* allocate(void* self, void* block, std::size_t old, std::size_t wanted) noexcept;

  memory::Account& account_;
  void* const owner_;
  std::size_t bytes_ = 0;
  lua_State* state_ = nullptr;
};

// The state that `state`, perhaps a coroutine, belongs to.
State& state_of(lua_State* state) noexcept;

inline void push_bytes(lua_State* state, Bytes bytes) {
  lua_pushlstring(state, bytes.data(), bytes.size());
}
// The text at `index`, which is a string already (a number there would be changed).
inline Bytes bytes_at(lua_State* state, int index) noexcept {
  std::size_t size = 0;
  const char* data = lua_tolstring(state, index, &size);
  return data == nullptr ? Bytes() : Bytes(data, size);
}

}  // namespace miniredis::lua
