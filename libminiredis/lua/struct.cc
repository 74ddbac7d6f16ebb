// struct: values to and from packed bytes. The formats: http://www.inf.puc-rio.br/~roberto/struct/
#include <algorithm>
#include <bit>
#include <climits>
#include <cstdint>
#include <cstring>

#include "lua/libraries.h"
#include "lua/state.h"

namespace miniredis::lua {
namespace {

constexpr std::size_t kMostIntegerBytes = 32;
constexpr std::size_t kMostAlignment = 8;

// One option of a format and what it takes.
struct Option {
  char what = 0;
  std::size_t size = 0;     // bytes; 0 of `s` and `c0`: it depends
  std::size_t padding = 0;  // in front of it
};

// Reads a format, option by option.
class Format {
 public:
  Format(lua_State* state, const char* text) : state_(state), at_(text) {}

  bool big_endian() const noexcept { return big_endian_; }

  // The next option that stands for bytes; `position` is where it will stand. False: the end.
  bool next(std::size_t position, Option& option) {
    while (*at_ != 0) {
      const char what = *at_++;
      if (change_mode(what)) continue;
      option = {what, size_of(what), 0};
      const std::size_t align = std::min(option.size, alignment_);
      if (align > 1 && what != 'c') option.padding = (align - position % align) % align;
      return true;
    }
    return false;
  }

 private:
  bool change_mode(char what) {
    switch (what) {
      case ' ':
        return true;
      case '>':
        big_endian_ = true;
        return true;
      case '<':
        big_endian_ = false;
        return true;
      case '!': {
        const std::size_t align = number(kMostAlignment);
        if (!std::has_single_bit(align))
          luaL_error(state_, "alignment %d is not a power of 2", static_cast<int>(align));
        alignment_ = align;
        return true;
      }
      default:
        return false;
    }
  }

  std::size_t size_of(char what) {
    switch (what) {
      case 'x':
      case 'b':
      case 'B':
        return 1;
      case 'h':
      case 'H':
        return 2;
      case 'f':
        return 4;
      case 'l':
      case 'L':
      case 'T':
      case 'd':
        return 8;
      case 's':
        return 0;
      case 'c':
        return number(1);
      case 'i':
      case 'I': {
        const std::size_t size = number(sizeof(int));
        if (size > kMostIntegerBytes) {
          luaL_error(state_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                     static_cast<int>(kMostIntegerBytes));
        }
        return size;
      }
      default:
        luaL_argerror(state_, 1, lua_pushfstring(state_, "invalid format option '%c'", what));
        return 0;
    }
  }

  std::size_t number(std::size_t otherwise) {
    if (*at_ < '0' || *at_ > '9') return otherwise;
    std::size_t n = 0;
    while (*at_ >= '0' && *at_ <= '9') {
      n = n * 10 + static_cast<std::size_t>(*at_++ - '0');
      if (n > INT_MAX) luaL_error(state_, "integral size overflow");
    }
    return n;
  }

  lua_State* state_;
  const char* at_;
  bool big_endian_ = std::endian::native == std::endian::big;
  std::size_t alignment_ = 1;
};

void add_ordered(luaL_Buffer& out, std::uint64_t value, std::size_t size, bool big_endian) {
  char bytes[kMostIntegerBytes];
  for (std::size_t i = 0; i < size; ++i) {
    bytes[big_endian ? size - 1 - i : i] = static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  }
  luaL_addlstring(&out, bytes, size);
}

std::uint64_t read_ordered(const char* data, std::size_t size, bool big_endian) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 8); ++i) {
    const char byte = data[big_endian ? size - 1 - i : i];
    value |= std::uint64_t{static_cast<unsigned char>(byte)} << (8 * i);
  }
  return value;
}

// A number beyond the integers has no bits to give; which, then, is no matter.
std::uint64_t integer_bits(double number) noexcept {
  if (!(number > -9.3e18 && number < 1.85e19)) return 0;
  if (number < 0)
    return static_cast<std::uint64_t>(
        static_cast<std::int64_t>(std::max(number, -9223372036854775808.0)));
  return number < 18446744073709551616.0 ? static_cast<std::uint64_t>(number) : 0;
}

// Puts text together; the buffer of Lua needs the stack below it to stay as it is.
void pack_text(lua_State* state, luaL_Buffer& out, const Option& option, int argument) {
  std::size_t have = 0;
  const char* text = luaL_checklstring(state, argument, &have);
  const std::size_t size = option.size == 0 ? have : option.size;
  luaL_argcheck(state, have >= size, argument + 1, "string too short");
  luaL_addlstring(&out, text, size);
  if (option.what == 's') luaL_addchar(&out, '\0');
}

int pack(lua_State* state) {
  Format format(state, luaL_checkstring(state, 1));
  int argument = 2;
  std::size_t total = 0;
  luaL_Buffer out;
  luaL_buffinit(state, &out);
  Option option;
  while (format.next(total, option)) {
    for (std::size_t i = 0; i < option.padding; ++i) luaL_addchar(&out, '\0');
    total += option.padding;
    switch (option.what) {
      case 'x':
        luaL_addchar(&out, '\0');
        break;
      case 'f': {
        const auto number = static_cast<float>(luaL_checknumber(state, argument++));
        add_ordered(out, std::bit_cast<std::uint32_t>(number), 4, format.big_endian());
        break;
      }
      case 'd':
        add_ordered(out, std::bit_cast<std::uint64_t>(luaL_checknumber(state, argument++)), 8,
                    format.big_endian());
        break;
      case 'c':
      case 's': {
        const std::size_t length = lua_objlen(state, argument);
        pack_text(state, out, option, argument++);
        total += option.size == 0 ? length + (option.what == 's' ? 1 : 0) : 0;
        break;
      }
      default:
        add_ordered(out, integer_bits(luaL_checknumber(state, argument++)), option.size,
                    format.big_endian());
    }
    total += option.size;
  }
  luaL_pushresult(&out);
  return 1;
}

void push_integer(lua_State* state, const Option& option, const char* data, bool big_endian) {
  const std::uint64_t bits = read_ordered(data, option.size, big_endian);
  if (option.what >= 'A' && option.what <= 'Z') {
    lua_pushnumber(state, static_cast<double>(bits));
    return;
  }
  const unsigned unused = option.size >= 8 ? 0 : static_cast<unsigned>(64 - 8 * option.size);
  const auto extended = unused == 64 ? 0 : static_cast<std::int64_t>(bits << unused) >> unused;
  lua_pushnumber(state, static_cast<double>(extended));
}

// The length of `c0` is the value before it.
std::size_t counted_length(lua_State* state, int first) {
  if (lua_gettop(state) < first || lua_type(state, -1) != LUA_TNUMBER) {
    luaL_error(state, "format 'c0' needs a previous size");
  }
  const double length = lua_tonumber(state, -1);
  lua_pop(state, 1);
  return length >= 0 && length <= 9007199254740992.0 ? static_cast<std::size_t>(length) : SIZE_MAX;
}

int unpack(lua_State* state) {
  Format format(state, luaL_checkstring(state, 1));
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 2, &size);
  const double start = luaL_optnumber(state, 3, 1);
  luaL_argcheck(state, start < 0 || start >= 1, 3, "offset must be 1 or greater");
  luaL_argcheck(state, start >= 0, 2, "data string too short");
  std::size_t position =
      start > static_cast<double>(size) + 1 ? size + 1 : static_cast<std::size_t>(start) - 1;
  lua_settop(state, 3);
  const auto require = [&](std::size_t bytes) {
    luaL_argcheck(state, position <= size && bytes <= size - position, 2, "data string too short");
  };
  Option option;
  while (format.next(position, option)) {
    require(option.padding);
    position += option.padding;
    luaL_checkstack(state, 3, "too many results");
    require(option.size);
    switch (option.what) {
      case 'x':
        break;
      case 'f': {
        const auto bits =
            static_cast<std::uint32_t>(read_ordered(data + position, 4, format.big_endian()));
        lua_pushnumber(state, std::bit_cast<float>(bits));
        break;
      }
      case 'd':
        lua_pushnumber(
            state, std::bit_cast<double>(read_ordered(data + position, 8, format.big_endian())));
        break;
      case 'c':
        if (option.size == 0) option.size = counted_length(state, 4);
        require(option.size);
        lua_pushlstring(state, data + position, option.size);
        break;
      case 's': {
        const void* end = std::memchr(data + position, 0, size - position);
        if (end == nullptr) return luaL_error(state, "unfinished string in data");
        option.size = static_cast<std::size_t>(static_cast<const char*>(end) - data) - position + 1;
        lua_pushlstring(state, data + position, option.size - 1);
        break;
      }
      default:
        push_integer(state, option, data + position, format.big_endian());
    }
    position += option.size;
  }
  lua_pushnumber(state, static_cast<double>(position + 1));
  return lua_gettop(state) - 3;
}

int size(lua_State* state) {
  Format format(state, luaL_checkstring(state, 1));
  std::size_t total = 0;
  Option option;
  while (format.next(total, option)) {
    if (option.what == 's') return luaL_argerror(state, 1, "option 's' has no fixed size");
    if (option.what == 'c' && option.size == 0) {
      return luaL_argerror(state, 1, "option 'c0' has no fixed size");
    }
    total += option.padding + option.size;
  }
  lua_pushnumber(state, static_cast<double>(total));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", pack}, {"unpack", unpack}, {"size", size}, {nullptr, nullptr}};

}  // namespace

void push_struct(lua_State* state) {
  lua_newtable(state);
  luaL_register(state, nullptr, kFunctions);
}

}  // namespace miniredis::lua
