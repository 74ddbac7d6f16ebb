// A redis-server process of our own, on a free port of 127.0.0.1, ended with its owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace miniredis::transcripts {

class ReferenceServer {
 public:
  // Throws std::runtime_error when it does not come up.
  explicit ReferenceServer(const std::vector<std::string>& options = {});
  ~ReferenceServer();
  ReferenceServer(const ReferenceServer&) = delete;
  ReferenceServer& operator=(const ReferenceServer&) = delete;

  std::uint16_t port() const { return port_; }
  // Whether redis-server can be found in PATH.
  static bool installed();

 private:
  // False, with no process left behind, when it ended before it accepted connections.
  bool start(const std::vector<std::string>& options);

  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace miniredis::transcripts
