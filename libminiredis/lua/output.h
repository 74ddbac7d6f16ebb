// Text that a library of ours puts together, counted in the state's account.
//
// A table may name another one many times, so what is written can be far larger than what it is
// made from: growing beyond the account's limit is Lua's "not enough memory".
#pragma once

#include "lua/state.h"
#include "memory/containers.h"

namespace miniredis::lua {

class Output {
 public:
  explicit Output(lua_State* state)
      : state_(state),
        account_(state_of(state).account()),
        text_(memory::AccountedAllocator<char>(account_)) {}

  void push_back(char c) {
    if (text_.size() == text_.capacity()) [[unlikely]]
      check_growth(1);
    text_.push_back(c);
  }
  void append(Bytes bytes) {
    if (bytes.size() > text_.capacity() - text_.size()) [[unlikely]]
      check_growth(bytes.size());
    text_.append(bytes);
  }
  void pop_back() { text_.pop_back(); }
  Bytes view() const noexcept { return text_; }

 private:
  void check_growth(std::size_t more) {
    if (account_.excess(text_.capacity() + more) > State::kReserveBytes) {
      luaL_error(state_, "not enough memory");
    }
  }

  lua_State* state_;
  memory::Account& account_;
  memory::String text_;
};

}  // namespace miniredis::lua
