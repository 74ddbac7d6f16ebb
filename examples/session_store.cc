// Sessions of a web application: a hash each, found by a random name, forgotten when idle.
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "example.h"

namespace {

class SessionStore {
 public:
  explicit SessionStore(std::uint64_t idle_ms)
      : opened_(example::open_node({.name = "sessions"})), idle_ms_(std::to_string(idle_ms)) {}

  // Begins a session; returns its name, for a cookie.
  std::string begin(const std::string& user) {
    const std::string name = random_name();
    const std::vector<std::vector<std::string>> commands = {
        {"HSET", "session:" + name, "user", user},
        {"PEXPIRE", "session:" + name, idle_ms_},
        {"SADD", "sessions:" + user, name}};
    opened_.node.execute_batch(commands);
    return name;
  }

  // Whose session it is; a session that is used lives on.
  std::optional<std::string> user_of(const std::string& name) {
    const miniredis::Value user = opened_.node.execute({"HGET", "session:" + name, "user"});
    if (user.is_nil()) return std::nullopt;
    opened_.node.execute({"PEXPIRE", "session:" + name, idle_ms_});
    return user.text();
  }

  // Ends every session of a user; returns how many there were.
  std::int64_t end_all(const std::string& user) {
    const miniredis::Value names = opened_.node.execute({"SMEMBERS", "sessions:" + user});
    std::int64_t ended = 0;
    for (const miniredis::Value& name : names.items()) {
      ended += opened_.node.execute({"DEL", "session:" + name.text()}).as_integer();
    }
    opened_.node.execute({"DEL", "sessions:" + user});
    return ended;
  }

 private:
  static std::string random_name() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::random_device source;
    std::string name;
    for (int i = 0; i < 32; ++i) name += kDigits[source() % 16];
    return name;
  }

  example::Opened opened_;
  std::string idle_ms_;
};

}  // namespace

int main() {
  SessionStore store(1000);
  const std::string phone = store.begin("ada");
  const std::string laptop = store.begin("ada");
  example::require(store.user_of(laptop) == "ada", "a session tells its user");
  example::require(!store.user_of("made-up"), "a made-up name is nobody's");

  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(1500)) {
    example::require(store.user_of(phone) == "ada", "a session that is used lives on");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  example::require(!store.user_of(laptop), "an idle session ends");
  example::require(store.end_all("ada") == 1, "the other one is ended on request");
  example::require(!store.user_of(phone), "an ended session is nobody's");
  std::printf("the used session lived on, the idle one ended, and so did the rest on request\n");
}
