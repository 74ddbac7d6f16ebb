// cjson: JSON (RFC 8259), with the choices of lua-cjson 2.1 that scripts written for Redis rely on:
// null is the light userdata cjson.null, an empty table is an object, '/' is escaped, numbers have
// 14 digits, and numbers that JSON does not know (hexadecimal, nan, inf) are read.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lua/libraries.h"
#include "lua/output.h"

namespace miniredis::lua {
namespace {

enum class InvalidNumbers : std::uint8_t { kRefuse, kAllow, kNull };

struct Settings {
  bool convert_sparse = false;
  int sparse_ratio = 2;
  int sparse_safe = 10;
  int encode_depth = 1000;
  int decode_depth = 1000;
  int precision = 14;
  bool keep_buffer = true;
  InvalidNumbers encode_invalid = InvalidNumbers::kRefuse;
  bool decode_invalid = true;
};
constexpr int kMostDepth = 2000;  // what the stack of a script holds with ease

Settings& settings_of(lua_State* state) noexcept {
  return *static_cast<Settings*>(lua_touserdata(state, lua_upvalueindex(1)));
}

class Encoder {
 public:
  Encoder(lua_State* state, const Settings& settings, Output& out)
      : state_(state), settings_(settings), out_(out) {}

  // Writes the value on top of the stack.
  void encode(int depth) {
    switch (lua_type(state_, -1)) {
      case LUA_TSTRING:
        text(bytes_at(state_, -1));
        return;
      case LUA_TNUMBER:
        number(lua_tonumber(state_, -1));
        return;
      case LUA_TBOOLEAN:
        out_.append(lua_toboolean(state_, -1) != 0 ? "true" : "false");
        return;
      case LUA_TNIL:
        out_.append("null");
        return;
      case LUA_TTABLE:
        table(depth + 1);
        return;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(state_, -1) == nullptr) {
          out_.append("null");
          return;
        }
        [[fallthrough]];
      default:
        refuse("type not supported");
    }
  }

 private:
  void refuse(const char* why) {
    luaL_error(state_, "Cannot serialise %s: %s", luaL_typename(state_, -1), why);
  }

  void text(Bytes bytes) {
    out_.push_back('"');
    std::size_t done = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      char escape[8];
      const std::size_t size = escape_of(bytes[i], escape);
      if (size == 0) continue;
      out_.append(bytes.substr(done, i - done));
      out_.append({escape, size});
      done = i + 1;
    }
    out_.append(bytes.substr(done));
    out_.push_back('"');
  }

  // How a byte is written when not as it is; 0: as it is.
  static std::size_t escape_of(char c, char* out) noexcept {
    static constexpr char kFrom[] = "\"\\/\b\f\n\r\t";
    static constexpr char kTo[] = "\"\\/bfnrt";
    const auto byte = static_cast<unsigned char>(c);
    if (byte != 0) {
      if (const char* at = std::strchr(kFrom, c)) {
        out[0] = '\\';
        out[1] = kTo[at - kFrom];
        return 2;
      }
    }
    if (byte >= 32 && byte != 127) return 0;
    return static_cast<std::size_t>(std::snprintf(out, 8, "\\u%04x", byte));
  }

  void number(double n) {
    if (!std::isfinite(n)) {
      if (settings_.encode_invalid == InvalidNumbers::kRefuse) {
        refuse("must not be NaN or Inf");
      } else if (settings_.encode_invalid == InvalidNumbers::kNull) {
        out_.append("null");
        return;
      }
    }
    char digits[40];
    const int size = std::snprintf(digits, sizeof digits, "%.*g", settings_.precision, n);
    out_.append({digits, static_cast<std::size_t>(size)});
  }

  // The length of the array that the table on top is; -1: it is none.
  int array_length() {
    double most = 0;
    double count = 0;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) {
      const double key = lua_type(state_, -2) == LUA_TNUMBER ? lua_tonumber(state_, -2) : 0;
      if (!(key >= 1) || key != std::floor(key) || key > 2147483647.0) {
        lua_pop(state_, 2);
        return -1;
      }
      most = std::max(most, key);
      ++count;
    }
    const bool sparse = settings_.sparse_ratio > 0 && most > count * settings_.sparse_ratio &&
                        most > settings_.sparse_safe;
    if (sparse && !settings_.convert_sparse) refuse("excessively sparse array");
    return sparse || count == 0 ? -1 : static_cast<int>(most);
  }

  void table(int depth) {
    if (depth > settings_.encode_depth || lua_checkstack(state_, 4) == 0) {
      luaL_error(state_, "Cannot serialise, excessive nesting (%d)", depth);
    }
    const int length = array_length();
    if (length < 0) {
      object(depth);
      return;
    }
    out_.push_back('[');
    for (int i = 1; i <= length; ++i) {
      if (i > 1) out_.push_back(',');
      lua_rawgeti(state_, -1, i);
      encode(depth);
      lua_pop(state_, 1);
    }
    out_.push_back(']');
  }

  void object(int depth) {
    out_.push_back('{');
    bool first = true;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) {
      if (!first) out_.push_back(',');
      first = false;
      if (lua_type(state_, -2) == LUA_TNUMBER) {
        out_.push_back('"');
        number(lua_tonumber(state_, -2));
        out_.push_back('"');
      } else if (lua_type(state_, -2) == LUA_TSTRING) {
        text(bytes_at(state_, -2));
      } else {
        lua_pop(state_, 1);
        refuse("table key must be a number or string");
      }
      out_.push_back(':');
      encode(depth);
    }
    out_.push_back('}');
  }

  lua_State* state_;
  const Settings& settings_;
  Output& out_;
};

class Decoder {
 public:
  Decoder(lua_State* state, const Settings& settings, Bytes bytes)
      : state_(state), settings_(settings), bytes_(bytes) {}

  // Pushes the value that all of the bytes are.
  void decode() {
    if (bytes_.size() >= 2 && (bytes_[0] == 0 || bytes_[1] == 0)) {
      luaL_error(state_, "JSON parser does not support UTF-16 or UTF-32");
    }
    value(0);
    skip_space();
    if (at_ != bytes_.size()) expected("the end");
  }

 private:
  char peek() const noexcept { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  void skip_space() noexcept {
    while (at_ < bytes_.size() && std::strchr(" \t\r\n", bytes_[at_]) != nullptr && peek() != 0) {
      ++at_;
    }
  }

  // What stands here, in the words of lua-cjson.
  const char* found() const noexcept {
    if (at_ >= bytes_.size()) return "T_END";
    switch (peek()) {
      case '{':
        return "T_OBJ_BEGIN";
      case '}':
        return "T_OBJ_END";
      case '[':
        return "T_ARR_BEGIN";
      case ']':
        return "T_ARR_END";
      case ':':
        return "T_COLON";
      case ',':
        return "T_COMMA";
      case '"':
        return "T_STRING";
      default:
        break;
    }
    const Bytes rest = bytes_.substr(at_);
    if (rest.starts_with("true") || rest.starts_with("false")) return "T_BOOLEAN";
    if (rest.starts_with("null")) return "T_NULL";
    if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return "T_NUMBER";
    return "invalid token";
  }

  void expected(const char* what) { fail(what, found(), at_); }
  void fail(const char* what, const char* found, std::size_t at) {
    luaL_error(state_, "Expected %s but found %s at character %d", what, found,
               static_cast<int>(at + 1));
  }

  void value(int depth) {
    skip_space();
    const Bytes rest = bytes_.substr(at_);
    switch (peek()) {
      case '{':
        object(depth + 1);
        return;
      case '[':
        array(depth + 1);
        return;
      case '"':
        text("value");
        return;
      case 't':
      case 'f':
        if (rest.starts_with("true") || rest.starts_with("false")) {
          lua_pushboolean(state_, peek() == 't' ? 1 : 0);
          at_ += peek() == 't' ? 4 : 5;
          return;
        }
        break;
      case 'n':
        if (rest.starts_with("null")) {
          lua_pushlightuserdata(state_, nullptr);
          at_ += 4;
          return;
        }
        break;
      default:
        break;
    }
    number();
  }

  void enter(int depth) {
    if (depth > settings_.decode_depth || lua_checkstack(state_, 4) == 0) {
      luaL_error(state_, "Found too many nested data structures (%d) at character %d", depth,
                 static_cast<int>(at_ + 1));
    }
    ++at_;
    skip_space();
  }

  void object(int depth) {
    enter(depth);
    lua_newtable(state_);
    if (peek() == '}') {
      ++at_;
      return;
    }
    for (;;) {
      skip_space();
      if (peek() != '"') expected("object key string");
      text("object key string");
      skip_space();
      if (peek() != ':') expected("colon");
      ++at_;
      value(depth);
      lua_rawset(state_, -3);
      if (ends('}', "comma or object end")) return;
    }
  }

  void array(int depth) {
    enter(depth);
    lua_newtable(state_);
    if (peek() == ']') {
      ++at_;
      return;
    }
    for (int i = 1;; ++i) {
      value(depth);
      lua_rawseti(state_, -2, i);
      if (ends(']', "comma or array end")) return;
    }
  }

  // Behind a member: whether the end stands there; else a comma must.
  bool ends(char end, const char* what) {
    skip_space();
    const char c = peek();
    if (c != end && c != ',') expected(what);
    ++at_;
    return c == end;
  }

  void text(const char* what) {
    const auto wrong = [&](const char* why, std::size_t at) { fail(what, why, at); };
    ++at_;
    const std::size_t end = bytes_.find_first_of("\"\\", at_);
    if (end != Bytes::npos && bytes_[end] == '"' &&
        bytes_.substr(at_, end - at_).find('\0') == Bytes::npos) {
      push_bytes(state_, bytes_.substr(at_, end - at_));
      at_ = end + 1;
      return;
    }
    Output out(state_);
    while (peek() != '"') {
      if (peek() == '\0') wrong("unexpected end of string", at_);
      if (peek() == '\\') {
        ++at_;
        escape(out, wrong);
      } else {
        out.push_back(bytes_[at_++]);
      }
    }
    ++at_;
    push_bytes(state_, out.view());
  }

  template <typename Wrong>
  void escape(Output& out, Wrong&& wrong) {
    static constexpr char kFrom[] = "\"\\/bfnrt";
    static constexpr char kTo[] = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (c == 'u') {
      --at_;
      unicode(out, wrong);
      return;
    }
    const char* at = c == '\0' ? nullptr : std::strchr(kFrom, c);
    if (at == nullptr) {
      wrong("invalid escape code", at_ - 1);
      return;
    }
    out.push_back(kTo[at - kFrom]);
    ++at_;
  }

  // The unit of UTF-16 that \uXXXX at this place is; -1: it is none.
  int unit() noexcept {
    if (bytes_.size() - at_ < 6 || bytes_[at_] != '\\' || bytes_[at_ + 1] != 'u') return -1;
    int n = 0;
    for (const char c : bytes_.substr(at_ + 2, 4)) {
      const char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9')
        n = n * 16 + (c - '0');
      else if (lower >= 'a' && lower <= 'f')
        n = n * 16 + (lower - 'a' + 10);
      else
        return -1;
    }
    at_ += 6;
    return n;
  }

  template <typename Wrong>
  void unicode(Output& out, Wrong&& wrong) {
    const std::size_t start = at_;
    int point = unit();
    if (point >= 0xd800 && point <= 0xdbff) {
      const int low = unit();
      point =
          low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00) : -1;
    } else if (point >= 0xdc00 && point <= 0xdfff) {
      point = -1;
    }
    if (point < 0) wrong("invalid unicode escape code", start);
    const auto bits = static_cast<unsigned>(point);
    const auto tail = [&](int shift) {
      out.push_back(static_cast<char>(0x80 | ((bits >> shift) & 0x3f)));
    };
    if (bits < 0x80) {
      out.push_back(static_cast<char>(bits));
    } else if (bits < 0x800) {
      out.push_back(static_cast<char>(0xc0 | bits >> 6));
      tail(0);
    } else if (bits < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | bits >> 12));
      tail(6);
      tail(0);
    } else {
      out.push_back(static_cast<char>(0xf0 | bits >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  void number() {
    // Lua's strings end with a zero byte, so strtod() has an end too.
    const char* const start = bytes_.data() + at_;
    const char first = peek();
    const char second = first == '\0' ? '\0' : start[1];
    const char lower = static_cast<char>((first == '-' || first == '+' ? second : first) | 0x20);
    const bool odd = lower == 'i' || lower == 'n' || first == '+';
    const bool digits = first == '-' || (first >= '0' && first <= '9');
    if (!digits && !odd) expected("value");
    if (!settings_.decode_invalid && !is_strict(start)) {
      if (digits) fail("value", "invalid number", at_);
      expected("value");
    }
    char* end = nullptr;
    const double n = std::strtod(start, &end);
    if (end == start) {
      if (digits) fail("value", "invalid number", at_);
      expected("value");
    }
    lua_pushnumber(state_, n);
    at_ += static_cast<std::size_t>(end - start);
  }

  // -?(0|[1-9][0-9]*) begins it, and no hexadecimal follows.
  static bool is_strict(const char* at) noexcept {
    if (*at == '-') ++at;
    if (*at < '0' || *at > '9') return false;
    return *at != '0' || !((at[1] >= '0' && at[1] <= '9') || at[1] == 'x' || at[1] == 'X');
  }

  lua_State* state_;
  const Settings& settings_;
  Bytes bytes_;
  std::size_t at_ = 0;
};

int encode(lua_State* state) {
  luaL_argcheck(state, lua_gettop(state) == 1, 1, "expected 1 argument");
  Output out(state);
  Encoder(state, settings_of(state), out).encode(0);
  push_bytes(state, out.view());
  return 1;
}

int decode(lua_State* state) {
  luaL_argcheck(state, lua_gettop(state) == 1, 1, "expected 1 argument");
  luaL_checkstring(state, 1);
  Decoder(state, settings_of(state), bytes_at(state, 1)).decode();
  return 1;
}

// The functions that set something take it as an option and return what holds.
int set_integer(lua_State* state, int index, int& value, int least, int most) {
  if (!lua_isnoneornil(state, index)) {
    const double n = luaL_checknumber(state, index);
    char allowed[64];
    std::snprintf(allowed, sizeof allowed, "expected integer between %d and %d", least, most);
    luaL_argcheck(state, n >= least && n <= most, index, allowed);
    value = static_cast<int>(n);
  }
  lua_pushinteger(state, value);
  return 1;
}

int set_boolean(lua_State* state, int index, bool& value) {
  if (!lua_isnoneornil(state, index)) {
    luaL_checktype(state, index, LUA_TBOOLEAN);
    value = lua_toboolean(state, index) != 0;
  }
  lua_pushboolean(state, value ? 1 : 0);
  return 1;
}

int encode_sparse_array(lua_State* state) {
  Settings& settings = settings_of(state);
  lua_settop(state, 3);
  set_boolean(state, 1, settings.convert_sparse);
  set_integer(state, 2, settings.sparse_ratio, 0, INT32_MAX);
  set_integer(state, 3, settings.sparse_safe, 0, INT32_MAX);
  return 3;
}
int encode_max_depth(lua_State* state) {
  return set_integer(state, 1, settings_of(state).encode_depth, 1, kMostDepth);
}
int decode_max_depth(lua_State* state) {
  return set_integer(state, 1, settings_of(state).decode_depth, 1, kMostDepth);
}
int encode_number_precision(lua_State* state) {
  return set_integer(state, 1, settings_of(state).precision, 1, 14);
}
int encode_keep_buffer(lua_State* state) {
  return set_boolean(state, 1, settings_of(state).keep_buffer);
}
int decode_invalid_numbers(lua_State* state) {
  return set_boolean(state, 1, settings_of(state).decode_invalid);
}
int encode_invalid_numbers(lua_State* state) {
  InvalidNumbers& value = settings_of(state).encode_invalid;
  if (lua_type(state, 1) == LUA_TSTRING) {
    luaL_argcheck(state, bytes_at(state, 1) == "null", 1, "expected true, false or 'null'");
    value = InvalidNumbers::kNull;
  } else if (!lua_isnoneornil(state, 1)) {
    luaL_checktype(state, 1, LUA_TBOOLEAN);
    value = lua_toboolean(state, 1) != 0 ? InvalidNumbers::kAllow : InvalidNumbers::kRefuse;
  }
  if (value == InvalidNumbers::kNull)
    lua_pushliteral(state, "null");
  else
    lua_pushboolean(state, value == InvalidNumbers::kAllow ? 1 : 0);
  return 1;
}

int make_new(lua_State* state) {
  push_json(state);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"encode", encode},
                                   {"decode", decode},
                                   {"encode_sparse_array", encode_sparse_array},
                                   {"encode_max_depth", encode_max_depth},
                                   {"decode_max_depth", decode_max_depth},
                                   {"encode_number_precision", encode_number_precision},
                                   {"encode_keep_buffer", encode_keep_buffer},
                                   {"encode_invalid_numbers", encode_invalid_numbers},
                                   {"decode_invalid_numbers", decode_invalid_numbers},
                                   {"new", make_new}};

}  // namespace

void push_json(lua_State* state) {
  lua_newtable(state);
  new (lua_newuserdata(state, sizeof(Settings))) Settings();
  for (const luaL_Reg& function : kFunctions) {
    lua_pushvalue(state, -1);
    lua_pushcclosure(state, function.func, 1);
    lua_setfield(state, -3, function.name);
  }
  lua_pop(state, 1);
  lua_pushlightuserdata(state, nullptr);
  lua_setfield(state, -2, "null");
  lua_pushliteral(state, "cjson");
  lua_setfield(state, -2, "_NAME");
  lua_pushliteral(state, "2.1.0");
  lua_setfield(state, -2, "_VERSION");
}

}  // namespace miniredis::lua
