// Bit operations; their numbers are 32 bits wide and signed. What they mean:
// https://bitop.luajit.org
#include <bit>
#include <cstdint>

#include "lua/libraries.h"

namespace miniredis::lua {
namespace {

// The number's low 32 bits. Adding 2^52 + 2^51 leaves them in the low bits of the double.
std::uint32_t bits_at(lua_State* state, int index) {
  const double shifted = luaL_checknumber(state, index) + 6755399441055744.0;
  const auto bits = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(shifted));
  return bits;
}

int push_bits(lua_State* state, std::uint32_t bits) {
  lua_pushnumber(state, static_cast<std::int32_t>(bits));
  return 1;
}

int to_bit(lua_State* state) {
  return push_bits(state, bits_at(state, 1));
}
int bit_not(lua_State* state) {
  return push_bits(state, ~bits_at(state, 1));
}
int swap_bytes(lua_State* state) {
  return push_bits(state, __builtin_bswap32(bits_at(state, 1)));
}

template <typename Combine>
int combine(lua_State* state, Combine&& combine) {
  std::uint32_t bits = bits_at(state, 1);
  for (int i = lua_gettop(state); i > 1; --i) bits = combine(bits, bits_at(state, i));
  return push_bits(state, bits);
}
int bit_and(lua_State* state) {
  return combine(state, [](std::uint32_t a, std::uint32_t b) { return a & b; });
}
int bit_or(lua_State* state) {
  return combine(state, [](std::uint32_t a, std::uint32_t b) { return a | b; });
}
int bit_xor(lua_State* state) {
  return combine(state, [](std::uint32_t a, std::uint32_t b) { return a ^ b; });
}

template <typename Shift>
int shift(lua_State* state, Shift&& shift) {
  const std::uint32_t bits = bits_at(state, 1);
  return push_bits(state, shift(bits, bits_at(state, 2) & 31));
}
int shift_left(lua_State* state) {
  return shift(state, [](std::uint32_t bits, std::uint32_t by) { return bits << by; });
}
int shift_right(lua_State* state) {
  return shift(state, [](std::uint32_t bits, std::uint32_t by) { return bits >> by; });
}
int shift_right_signed(lua_State* state) {
  return shift(state, [](std::uint32_t bits, std::uint32_t by) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> by);
  });
}
int rotate_left(lua_State* state) {
  return shift(state, [](std::uint32_t bits, std::uint32_t by) {
    return std::rotl(bits, static_cast<int>(by));
  });
}
int rotate_right(lua_State* state) {
  return shift(state, [](std::uint32_t bits, std::uint32_t by) {
    return std::rotr(bits, static_cast<int>(by));
  });
}

// tohex(x [, n]): n hex digits, negative for capitals.
int to_hex(lua_State* state) {
  std::uint32_t bits = bits_at(state, 1);
  auto digits = lua_isnone(state, 2) ? 8 : static_cast<std::int32_t>(bits_at(state, 2));
  const bool capitals = digits < 0;
  if (capitals) digits = digits < -8 ? 8 : -digits;
  if (digits > 8) digits = 8;
  const char* letters = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
  char text[8];
  for (int i = digits; --i >= 0;) {
    text[i] = letters[bits & 15];
    bits >>= 4;
  }
  lua_pushlstring(state, text, static_cast<std::size_t>(digits));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"tobit", to_bit},       {"bnot", bit_not},
                                   {"band", bit_and},       {"bor", bit_or},
                                   {"bxor", bit_xor},       {"lshift", shift_left},
                                   {"rshift", shift_right}, {"arshift", shift_right_signed},
                                   {"rol", rotate_left},    {"ror", rotate_right},
                                   {"bswap", swap_bytes},   {"tohex", to_hex},
                                   {nullptr, nullptr}};

}  // namespace

void push_bit(lua_State* state) {
  lua_newtable(state);
  luaL_register(state, nullptr, kFunctions);
}

}  // namespace miniredis::lua
