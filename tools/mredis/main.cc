#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "control.h"
#include "failure.h"
#include "redis_command.h"

namespace {

using namespace miniredis::mredis;

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && is_control_word(arguments[0])) {
    return run_control(arguments);
  }
  return run_redis(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const UsageError& error) {
    std::cerr << "mredis: " << error.what() << "\nTry --help\n";
    return kExitUsage;
  } catch (const ConnectionError& error) {
    std::cerr << "mredis: " << error.what() << "\n";
    return kExitNoConnection;
  } catch (const std::exception& error) {
    std::cerr << "mredis: " << error.what() << "\n";
    return kExitErrorReply;
  }
}
