// cmsgpack: MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), with the choices
// that scripts written for Redis rely on: tables with the keys 1..n are arrays, numbers without a
// fraction are integers, and what is nested deeper than 16 becomes nil.
#include <bit>
#include <cmath>
#include <cstdint>

#include "lua/libraries.h"
#include "lua/output.h"

namespace miniredis::lua {
namespace {

constexpr int kMostPackedDepth = 16;
constexpr int kMostUnpackedDepth = 1000;

class Packer {
 public:
  explicit Packer(lua_State* state) : state_(state) {}

  // Packs the value on top of the stack and pops it; its bytes go on behind those of `out`.
  void pack(Output& out, int depth) {
    luaL_checkstack(state_, 4, "too deep");
    switch (lua_type(state_, -1)) {
      case LUA_TSTRING:
        text(out, bytes_at(state_, -1));
        break;
      case LUA_TBOOLEAN:
        out.push_back(lua_toboolean(state_, -1) != 0 ? '\xc3' : '\xc2');
        break;
      case LUA_TNUMBER:
        number(out, lua_tonumber(state_, -1));
        break;
      case LUA_TTABLE:
        if (depth < kMostPackedDepth) {
          table(out, depth);
          break;
        }
        [[fallthrough]];
      default:
        out.push_back('\xc0');
    }
    lua_pop(state_, 1);
  }

 private:
  static void ordered(Output& out, int code, std::uint64_t value, int bytes) {
    out.push_back(static_cast<char>(code));
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  }

  static void text(Output& out, Bytes bytes) {
    const std::size_t size = bytes.size();
    if (size < 32)
      out.push_back(static_cast<char>(0xa0 | size));
    else if (size <= 0xff)
      ordered(out, 0xd9, size, 1);
    else if (size <= 0xffff)
      ordered(out, 0xda, size, 2);
    else
      ordered(out, 0xdb, size, 4);
    out.append(bytes);
  }

  static void number(Output& out, double n) {
    if (n == std::floor(n) && n >= -9223372036854775808.0 && n < 9223372036854775808.0) {
      integer(out, static_cast<std::int64_t>(n));
    } else if (static_cast<double>(static_cast<float>(n)) == n) {
      ordered(out, 0xca, std::bit_cast<std::uint32_t>(static_cast<float>(n)), 4);
    } else {
      ordered(out, 0xcb, std::bit_cast<std::uint64_t>(n), 8);
    }
  }

  static void integer(Output& out, std::int64_t n) {
    const auto bits = static_cast<std::uint64_t>(n);
    if (n >= 0) {
      if (n <= 0x7f)
        out.push_back(static_cast<char>(n));
      else if (n <= 0xff)
        ordered(out, 0xcc, bits, 1);
      else if (n <= 0xffff)
        ordered(out, 0xcd, bits, 2);
      else if (n <= 0xffffffff)
        ordered(out, 0xce, bits, 4);
      else
        ordered(out, 0xcf, bits, 8);
    } else if (n >= -32) {
      out.push_back(static_cast<char>(n));
    } else if (n >= INT8_MIN) {
      ordered(out, 0xd0, bits, 1);
    } else if (n >= INT16_MIN) {
      ordered(out, 0xd1, bits, 2);
    } else if (n >= INT32_MIN) {
      ordered(out, 0xd2, bits, 4);
    } else {
      ordered(out, 0xd3, bits, 8);
    }
  }

  // The size of the table on top, and whether its keys are 1..n.
  std::size_t measure(bool& is_array) {
    std::size_t count = 0;
    double most = 0;
    is_array = true;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) {
      ++count;
      const double key = lua_type(state_, -2) == LUA_TNUMBER ? lua_tonumber(state_, -2) : 0;
      if (!(key >= 1) || key != std::floor(key)) is_array = false;
      if (key > most) most = key;
    }
    is_array = is_array && most == static_cast<double>(count);
    return count;
  }

  void table(Output& out, int depth) {
    bool is_array = false;
    const std::size_t count = measure(is_array);
    const int small = is_array ? 0x90 : 0x80;
    if (count < 16)
      out.push_back(static_cast<char>(static_cast<std::size_t>(small) | count));
    else if (count <= 0xffff)
      ordered(out, is_array ? 0xdc : 0xde, count, 2);
    else
      ordered(out, is_array ? 0xdd : 0xdf, count, 4);
    if (is_array) {
      for (std::size_t i = 1; i <= count; ++i) {
        lua_rawgeti(state_, -1, static_cast<int>(i));
        pack(out, depth + 1);
      }
      return;
    }
    for (lua_pushnil(state_); lua_next(state_, -2) != 0;) {
      lua_pushvalue(state_, -2);
      pack(out, depth + 1);
      pack(out, depth + 1);
    }
  }

  lua_State* state_;
};

class Unpacker {
 public:
  Unpacker(lua_State* state, Bytes bytes) : state_(state), bytes_(bytes) {}

  std::size_t position() const noexcept { return at_; }
  bool at_end() const noexcept { return at_ == bytes_.size(); }
  void skip(std::size_t bytes) noexcept { at_ += bytes; }

  // Pushes the next value.
  void unpack(int depth = 0) {
    if (depth > kMostUnpackedDepth) {
      luaL_error(state_, "Bad data format in input: nested deeper than %d.", kMostUnpackedDepth);
    }
    luaL_checkstack(state_, 4, "too deep");
    const auto code = static_cast<std::uint8_t>(take(1)[0]);
    if (code <= 0x7f) {
      lua_pushnumber(state_, code);
    } else if (code <= 0x8f) {
      map(code & 15, depth);
    } else if (code <= 0x9f) {
      array(code & 15, depth);
    } else if (code <= 0xbf) {
      push_bytes(state_, take(code & 31));
    } else if (code >= 0xe0) {
      lua_pushnumber(state_, static_cast<std::int8_t>(code));
    } else {
      unpack_long(code, depth);
    }
  }

 private:
  void unpack_long(std::uint8_t code, int depth) {
    switch (code) {
      case 0xc0:
        lua_pushnil(state_);
        return;
      case 0xc2:
      case 0xc3:
        lua_pushboolean(state_, code & 1);
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        push_bytes(state_, take(ordered(1 << (code - 0xc4))));
        return;
      case 0xca:
        lua_pushnumber(state_, std::bit_cast<float>(static_cast<std::uint32_t>(ordered(4))));
        return;
      case 0xcb:
        lua_pushnumber(state_, std::bit_cast<double>(ordered(8)));
        return;
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        lua_pushnumber(state_, static_cast<double>(ordered(1 << (code - 0xcc))));
        return;
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3: {
        const int bytes = 1 << (code - 0xd0);
        const int unused = 64 - 8 * bytes;
        const auto extended = static_cast<std::int64_t>(ordered(bytes) << unused) >> unused;
        lua_pushnumber(state_, static_cast<double>(extended));
        return;
      }
      case 0xd9:
      case 0xda:
      case 0xdb:
        push_bytes(state_, take(ordered(1 << (code - 0xd9))));
        return;
      case 0xdc:
      case 0xdd:
        array(ordered(code == 0xdc ? 2 : 4), depth);
        return;
      case 0xde:
      case 0xdf:
        map(ordered(code == 0xde ? 2 : 4), depth);
        return;
      default:
        luaL_error(state_, "Bad data format in input.");
    }
  }

  Bytes take(std::uint64_t size) {
    if (size > bytes_.size() - at_) luaL_error(state_, "Missing bytes in input.");
    const Bytes taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  std::uint64_t ordered(int bytes) {
    std::uint64_t value = 0;
    for (const char c : take(static_cast<std::uint64_t>(bytes))) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }

  // The count is the sender's word: nothing is allocated for it.
  void array(std::uint64_t count, int depth) {
    lua_newtable(state_);
    for (std::uint64_t i = 1; i <= count; ++i) {
      lua_pushnumber(state_, static_cast<double>(i));
      unpack(depth + 1);
      lua_rawset(state_, -3);
    }
  }

  void map(std::uint64_t count, int depth) {
    lua_newtable(state_);
    for (std::uint64_t i = 0; i < count; ++i) {
      unpack(depth + 1);
      unpack(depth + 1);
      if (lua_isnil(state_, -2) || is_nan(-2)) luaL_error(state_, "Bad data format in input.");
      lua_rawset(state_, -3);
    }
  }

  bool is_nan(int index) const noexcept {
    return lua_type(state_, index) == LUA_TNUMBER && std::isnan(lua_tonumber(state_, index));
  }

  lua_State* state_;
  Bytes bytes_;
  std::size_t at_ = 0;
};

int pack(lua_State* state) {
  const int arguments = lua_gettop(state);
  if (arguments == 0) return luaL_argerror(state, 0, "MessagePack pack needs input.");
  Output out(state);
  Packer packer(state);
  for (int i = 1; i <= arguments; ++i) {
    lua_pushvalue(state, i);
    packer.pack(out, 0);
  }
  push_bytes(state, out.view());
  return 1;
}

// Unpacks up to `limit` values, 0: all, from `offset` on; with a limit the position behind them
// comes first, -1 at the end.
int unpack_some(lua_State* state, double limit, double offset) {
  const Bytes bytes = bytes_at(state, 1);
  if (!(limit >= 0) || !(offset >= 0)) {
    return luaL_error(state, "Invalid request to unpack with offset of %d and limit of %d.",
                      static_cast<int>(offset), static_cast<int>(bytes.size()));
  }
  if (offset > static_cast<double>(bytes.size())) {
    return luaL_error(state, "Start offset %f greater than input length %f.", offset,
                      static_cast<double>(bytes.size()));
  }
  Unpacker unpacker(state, bytes);
  unpacker.skip(static_cast<std::size_t>(offset));
  lua_settop(state, 1);
  if (limit > 0) lua_pushnil(state);
  double count = 0;
  while (!unpacker.at_end() && (limit == 0 || count < limit)) {
    unpacker.unpack();
    ++count;
  }
  if (limit > 0) {
    lua_pushnumber(state, unpacker.at_end() ? -1.0 : static_cast<double>(unpacker.position()));
    lua_replace(state, 2);
  }
  return lua_gettop(state) - 1;
}

int unpack(lua_State* state) {
  luaL_checkstring(state, 1);
  return unpack_some(state, 0, 0);
}
int unpack_one(lua_State* state) {
  luaL_checkstring(state, 1);
  return unpack_some(state, 1, luaL_optnumber(state, 2, 0));
}
int unpack_limit(lua_State* state) {
  luaL_checkstring(state, 1);
  const double limit = luaL_checknumber(state, 2);
  return unpack_some(state, limit, luaL_optnumber(state, 3, 0));
}

constexpr luaL_Reg kFunctions[] = {{"pack", pack},
                                   {"unpack", unpack},
                                   {"unpack_one", unpack_one},
                                   {"unpack_limit", unpack_limit},
                                   {nullptr, nullptr}};

}  // namespace

void push_msgpack(lua_State* state) {
  lua_newtable(state);
  luaL_register(state, nullptr, kFunctions);
  lua_pushliteral(state, "cmsgpack");
  lua_setfield(state, -2, "_NAME");
  lua_pushliteral(state, "lua-cmsgpack 0.4.0");
  lua_setfield(state, -2, "_VERSION");
}

}  // namespace miniredis::lua
