// Two nodes with the same names for everything: keys, users, channels, scripts, functions. Whatever
// one does at random, the other answers as if it were alone, and no reply shows the neighbour's
// marker.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "miniredis/engine.h"

namespace {

using miniredis::Arguments;
using miniredis::Engine;
using miniredis::Node;
using miniredis::Session;
using miniredis::Tenant;
using miniredis::Value;

using Words = std::vector<std::string>;

template <typename T>
T checked(miniredis::Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().detail));
  return std::move(result).value();
}

// Makes commands whose every value holds a marker.
class Player {
 public:
  Player(std::uint32_t seed, std::string marker) : rng_(seed), marker_(std::move(marker)) {}

  Words next() {
    switch (below(8)) {
      case 0:
        return pick(strings());
      case 1:
        return pick(collections());
      case 2:
        return pick(databases());
      case 3:
        return pick(scripts());
      case 4:
        return pick(users());
      case 5:
        return pick(channels());
      case 6:
        return pick(settings());
      default:
        return pick(reads());
    }
  }

 private:
  std::size_t below(std::size_t n) { return rng_() % n; }
  std::string key(const char* type) { return std::string(type) + std::to_string(below(6)); }
  std::string value() { return marker_ + std::to_string(below(50)); }
  std::string number() { return std::to_string(below(40)); }
  std::string user() { return "user" + std::to_string(below(4)); }
  std::string channel() { return "channel" + std::to_string(below(3)); }
  std::string library() { return "library" + std::to_string(below(3)); }
  std::string function() { return "function" + std::to_string(below(3)); }
  std::string script() { return "return '" + marker_ + std::to_string(below(5)) + "' .. KEYS[1]"; }
  std::string code() {
    return "#!lua name=" + library() + "\nredis.register_function{function_name='" + function() +
           "', callback=function(keys) return '" + marker_ + "' end, flags={'no-writes'}}";
  }

  Words pick(const std::vector<Words>& commands) { return commands[below(commands.size())]; }

  std::vector<Words> strings() {
    return {{"SET", key("s"), value()},
            {"APPEND", key("s"), value()},
            {"GETSET", key("s"), value()},
            {"SETRANGE", key("s"), number(), value()},
            {"SET", key("n"), number()},
            {"INCRBY", key("n"), number()},
            {"SETBIT", key("b"), number(), "1"},
            {"BITOP", "NOT", key("b"), key("s")},
            {"PFADD", key("hll"), value()},
            {"PFMERGE", key("hll"), key("hll")},
            {"EXPIREAT", key("s"), "33177117420"},
            {"PERSIST", key("s")},
            {"GETDEL", key("s")}};
  }
  std::vector<Words> collections() {
    return {{"RPUSH", key("l"), value(), value()},
            {"LPOP", key("l")},
            {"LMOVE", key("l"), key("l"), "LEFT", "RIGHT"},
            {"HSET", key("h"), number(), value()},
            {"HDEL", key("h"), number()},
            {"SADD", key("t"), value()},
            {"SREM", key("t"), value()},
            {"SUNIONSTORE", key("t"), key("t"), key("t")},
            {"ZADD", key("z"), number(), value()},
            {"ZPOPMIN", key("z")},
            {"GEOADD", key("g"), number(), number(), value()},
            {"XADD", key("x"), "MAXLEN", "20", "1-*", "field", value()},
            {"XGROUP", "CREATE", key("x"), "group", "0", "MKSTREAM"},
            {"XREADGROUP", "GROUP", "group", "me", "COUNT", "2", "STREAMS", key("x"), ">"},
            {"SORT", key("l"), "ALPHA", "STORE", key("l")}};
  }
  std::vector<Words> databases() {
    return {{"SELECT", std::to_string(below(3))},
            {"RENAME", key("s"), key("s")},
            {"COPY", key("h"), key("h"), "DB", std::to_string(below(3)), "REPLACE"},
            {"MOVE", key("l"), std::to_string(below(3))},
            {"SWAPDB", "0", std::to_string(below(3))},
            {"DEL", key("s"), key("t")},
            {"UNLINK", key("z")},
            {"FLUSHDB"},
            {"MULTI"},
            {"EXEC"},
            {"DISCARD"},
            {"WATCH", key("s"), key("h")},
            {"UNWATCH"}};
  }
  std::vector<Words> scripts() {
    return {{"EVAL", script(), "1", key("s")},
            {"EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", "1", key("s"), value()},
            {"EVAL", "return redis.call('KEYS', '*')", "0"},
            {"SCRIPT", "LOAD", script()},
            {"SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"},
            {"SCRIPT", "FLUSH"},
            {"FUNCTION", "LOAD", "REPLACE", code()},
            {"FUNCTION", "DELETE", library()},
            {"FUNCTION", "LIST", "WITHCODE"},
            {"FUNCTION", "DUMP"},
            {"FUNCTION", "FLUSH"},
            {"FCALL", function(), "1", key("s")},
            {"FCALL_RO", function(), "1", key("s")}};
  }
  std::vector<Words> users() {
    return {{"ACL", "SETUSER", user(), "on", ">" + value(), "~" + marker_ + "*", "+get"},
            {"ACL", "SETUSER", user(), "(~" + value() + " +set)", "&" + value()},
            {"ACL", "SETUSER", user(), "reset"},
            {"ACL", "DELUSER", user()},
            {"ACL", "LIST"},
            {"ACL", "USERS"},
            {"ACL", "GETUSER", user()},
            {"ACL", "DRYRUN", user(), "GET", marker_ + "key"},
            {"ACL", "WHOAMI"},
            {"ACL", "LOG", "RESET"},
            {"ACL", "CAT"}};
  }
  std::vector<Words> channels() {
    return {{"SUBSCRIBE", channel()},
            {"PSUBSCRIBE", "ch*"},
            {"SSUBSCRIBE", channel()},
            {"UNSUBSCRIBE", channel()},
            {"PUNSUBSCRIBE"},
            {"SUNSUBSCRIBE"},
            {"PUBLISH", channel(), value()},
            {"SPUBLISH", channel(), value()},
            {"PUBSUB", "CHANNELS"},
            {"PUBSUB", "NUMSUB", channel()},
            {"PUBSUB", "NUMPAT"},
            {"PUBSUB", "SHARDCHANNELS"},
            {"CLIENT", "TRACKING", "ON"},
            {"CLIENT", "TRACKING", "OFF"}};
  }
  std::vector<Words> settings() {
    return {{"CONFIG", "SET", "notify-keyspace-events", below(2) == 0 ? "KEA" : ""},
            {"CONFIG", "SET", "maxmemory-policy", below(2) == 0 ? "allkeys-lru" : "noeviction"},
            {"CONFIG", "SET", "hash-max-listpack-entries", number()},
            {"CONFIG", "SET", "slowlog-log-slower-than", below(2) == 0 ? "1000000" : "-1"},
            {"CONFIG", "GET", "*"},
            {"CLIENT", "SETNAME", value()},
            {"CLIENT", "GETNAME"},
            {"CLIENT", "TRACKINGINFO"},
            {"SLOWLOG", "LEN"},
            {"LATENCY", "LATEST"},
            {"BOGUS", value()}};
  }
  std::vector<Words> reads() {
    return {{"GET", key("s")},
            {"MGET", key("s"), key("s"), key("n")},
            {"LRANGE", key("l"), "0", "-1"},
            {"HGETALL", key("h")},
            {"SMEMBERS", key("t")},
            {"SINTER", key("t"), key("t")},
            {"ZRANGE", key("z"), "0", "-1", "WITHSCORES"},
            {"XRANGE", key("x"), "-", "+"},
            {"XPENDING", key("x"), "group"},
            {"GEOSEARCH", key("g"), "FROMLONLAT", "10", "10", "BYRADIUS", "9000", "km"},
            {"PFCOUNT", key("hll"), key("hll")},
            {"BITCOUNT", key("b")},
            {"DUMP", key("s")},
            {"DUMP", key("h")},
            {"OBJECT", "ENCODING", key("h")},
            {"EXPIRETIME", key("s")},
            {"TYPE", key("x")},
            {"DBSIZE"},
            {"KEYS", "*"},
            {"SCAN", "0", "COUNT", "1000"}};
  }

  std::mt19937 rng_;
  std::string marker_;
};

// What a client saw of one call: its reply, and what came unasked. Where a node iterates over its
// table the order is its own, so that all parts are sorted.
std::string seen(const Value& reply, const std::vector<Value>& pushes) {
  std::string text = to_string(reply);
  for (const Value& push : pushes) text += "\n" + to_string(push);
  std::vector<std::string> parts;
  std::istringstream words(text);
  for (std::string part; words >> part;) parts.push_back(std::move(part));
  std::sort(parts.begin(), parts.end());
  std::string sorted;
  for (const std::string& part : parts) sorted += part + " ";
  return sorted;
}

std::string play(Session& session, const Words& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  const Value reply = session.execute(Arguments(views));
  return seen(reply, session.take_pushes());
}

constexpr int kCalls = 6'000;

// What the quiet node's two clients see in a run, with a neighbour or without.
std::vector<std::string> run_quiet(std::uint32_t seed, bool with_neighbour) {
  Engine engine = checked(Engine::open({.shards = 1, .background_threads = false}));
  Tenant quiet_tenant = checked(engine.create_tenant({.name = "quiet"}));
  Tenant loud_tenant = checked(engine.create_tenant({.name = "loud"}));
  Node quiet = checked(quiet_tenant.create_node({.name = "one"}));
  Node loud = checked(loud_tenant.create_node({.name = "two"}));
  Session quiet_clients[] = {checked(quiet.open_session()), checked(quiet.open_session())};
  Session loud_clients[] = {checked(loud.open_session()), checked(loud.open_session())};
  for (Session& session : quiet_clients) session.execute({"HELLO", "3"});
  for (Session& session : loud_clients) session.execute({"HELLO", "3"});
  Player quiet_player(seed, "quiet-marker");
  Player loud_player(seed + 1, "loud-marker");
  std::vector<std::string> all;
  for (int i = 0; i < kCalls; ++i) {
    all.push_back(play(quiet_clients[i % 2], quiet_player.next()));
    if (!with_neighbour) continue;
    for (int n = 0; n < 2; ++n) {
      const std::string loud_saw = play(loud_clients[n], loud_player.next());
      REQUIRE_MESSAGE(loud_saw.find("quiet-marker") == std::string::npos, loud_saw);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a node answers as if no other were there") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    const std::vector<std::string> alone = run_quiet(seed, false);
    const std::vector<std::string> beside = run_quiet(seed, true);
    REQUIRE(alone.size() == beside.size());
    std::size_t marked = 0;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      CAPTURE(i);
      REQUIRE(beside[i] == alone[i]);
      REQUIRE(beside[i].find("loud-marker") == std::string::npos);
      marked += beside[i].find("quiet-marker") != std::string::npos ? 1 : 0;
    }
    CHECK(marked > alone.size() / 20);  // the commands find something
  }
}
