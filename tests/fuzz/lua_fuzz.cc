// The libraries that scripts are given, fed with hostile bytes: whatever they take they must be
// able to say again, and what they refuse they must refuse as Lua's errors, within the account's
// limit.
#include <cstdio>
#include <cstdlib>

#include "lua/sandbox.h"
#include "lua/state.h"
#include "memory/account.h"

namespace {

using miniredis::Bytes;
using miniredis::lua::State;

// Called with the fuzzer's bytes; what it raises itself is a bug.
constexpr char kDriver[] = R"(
local which, text = ...
if which == 0 then
  local ok, value = pcall(cjson.decode, text)
  if not ok then return end
  local said, json = pcall(cjson.encode, value)
  -- What JSON does not know is read but not written, and so is an array with holes.
  if not said then return end
  assert(pcall(cjson.decode, json), 'cannot read what it wrote: ' .. json)
elseif which == 1 then
  local values = {pcall(cmsgpack.unpack, text)}
  if not values[1] then return end
  for i = 2, 4 do
    local bytes = cmsgpack.pack(values[i])
    -- What is nested too deep is packed as nil, which no key may be.
    local read, again = pcall(cmsgpack.unpack, bytes)
    if type(values[i]) ~= 'table' and values[i] == values[i] then
      assert(read and again == values[i])
    end
  end
  pcall(cmsgpack.unpack_limit, text, #text % 7, #text % 5)
elseif which == 2 then
  local format, data = text:match('^(.-)|(.*)$')
  if not format then return end
  pcall(struct.unpack, format, data)
  pcall(struct.unpack, format, data, #data)
  pcall(struct.size, format)
  pcall(struct.pack, format, 1, -2, 3.5, 4, 5, 6, 7, 8)
  pcall(struct.pack, format, data, data, data, data)
else
  local number = tonumber(text:sub(1, 20)) or #text * 1e9
  for name, f in pairs(bit) do pcall(f, number, -number, number / 3) end
  assert(bit.tobit(bit.bnot(bit.bnot(number))) == bit.tobit(number))
end
)";

struct Sandbox {
  Sandbox() : account(nullptr, std::uint64_t{64} << 20), state(account, this) {
    if (!state.call_protected(&Sandbox::make, this)) std::abort();
  }
  static int make(lua_State* lua) {
    miniredis::lua::open_sandbox(lua);
    miniredis::lua::push_globals(lua);
    lua_newtable(lua);  // what the engine puts there
    lua_setfield(lua, -2, "redis");
    lua_pop(lua, 1);
    miniredis::lua::close_sandbox(lua);
    if (luaL_loadbuffer(lua, kDriver, sizeof kDriver - 1, "@driver") != 0) return lua_error(lua);
    static_cast<Sandbox*>(lua_touserdata(lua, 1))->driver = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
  }

  miniredis::memory::Account account;
  State state;
  int driver = LUA_NOREF;
};

struct Call {
  int driver;
  int which;
  Bytes text;
};

int run(lua_State* lua) {
  const Call call = *static_cast<Call*>(lua_touserdata(lua, 1));
  lua_rawgeti(lua, LUA_REGISTRYINDEX, call.driver);
  lua_pushinteger(lua, call.which);
  miniredis::lua::push_bytes(lua, call.text);
  lua_call(lua, 2, 0);
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Sandbox sandbox;
  if (size == 0) return 0;
  Call call{sandbox.driver, data[0] % 4, {reinterpret_cast<const char*>(data) + 1, size - 1}};
  if (!sandbox.state.call_protected(&run, &call)) {
    lua_State* const lua = sandbox.state.get();
    const Bytes error = miniredis::lua::bytes_at(lua, -1);
    if (error != "not enough memory") {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(error.size()), error.data());
      std::abort();
    }
  }
  lua_settop(sandbox.state.get(), 0);
  return 0;
}
