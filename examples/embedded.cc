// An engine inside a program: two nodes that know nothing of each other.
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "miniredis/engine.h"

namespace {

// Runs a command, prints it with its reply, and ends the program when the reply is another.
void show(const miniredis::Node& node, std::initializer_list<std::string_view> command,
          std::string_view expected) {
  const std::string reply = miniredis::to_string(node.execute(command));
  std::printf("%s>", node.name().c_str());
  for (const std::string_view word : command) {
    std::printf(" %.*s", static_cast<int>(word.size()), word.data());
  }
  std::printf("\n%s\n", reply.c_str());
  if (reply != expected) {
    std::fprintf(stderr, "expected %.*s\n", static_cast<int>(expected.size()), expected.data());
    std::exit(1);
  }
}

}  // namespace

int main() {
  const auto opened = miniredis::Engine::open({.shards = 1});
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    return 1;
  }
  const miniredis::Engine& engine = *opened;
  const auto acme = engine.create_tenant({.name = "acme"}).value();
  const auto umbrella = engine.create_tenant({.name = "umbrella"}).value();
  const auto cache = acme.create_node({.name = "cache"}).value();
  const auto queue = umbrella.create_node({.name = "queue"}).value();

  show(cache, {"SET", "greeting", "hello"}, "OK");
  show(queue, {"GET", "greeting"}, "(nil)");
  show(queue, {"SET", "greeting", "moin"}, "OK");
  show(cache, {"GET", "greeting"}, "\"hello\"");

  // What one does to its data, however rough, is not seen by the other.
  show(queue, {"FLUSHALL"}, "OK");
  show(queue, {"DBSIZE"}, "(integer) 0");
  show(cache, {"DBSIZE"}, "(integer) 1");

  if (!umbrella.remove()) return 1;
  show(cache, {"GET", "greeting"}, "\"hello\"");
  std::printf("%zu node left\n", engine.nodes().size());
  return engine.nodes().size() == 1 ? 0 : 1;
}
