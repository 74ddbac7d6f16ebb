#include "commands/reference_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "commands/tcp_link.h"

namespace miniredis::transcripts {
namespace {

// Not one of those that the system gives to clients: who keeps trying to connect to such a port
// before anybody listens on it is now and then given that very port, and connected to itself.
std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<std::uint16_t> ports(12'000, 19'999);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::uint16_t port = ports(random);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (bound) return port;
  }
  throw std::runtime_error("no free port");
}

[[noreturn]] void become_redis(const std::vector<std::string>& arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no server behind
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

}  // namespace

ReferenceServer::ReferenceServer(const std::vector<std::string>& options) {
  // A port that was free may be another's by the time that redis-server takes it.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (start(options)) return;
  }
  throw std::runtime_error("redis-server did not come up");
}

bool ReferenceServer::start(const std::vector<std::string>& options) {
  port_ = free_port();
  // A file of its own: it would load whatever dump.rdb another server has left there.
  std::vector<std::string> arguments = {"redis-server",
                                        "--port",
                                        std::to_string(port_),
                                        "--save",
                                        "",
                                        "--bind",
                                        "127.0.0.1",
                                        "--dir",
                                        "/tmp",
                                        "--dbfilename",
                                        "reference-" + std::to_string(port_),
                                        "--enable-debug-command",
                                        "yes"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  process_ = fork();
  if (process_ == 0) become_redis(arguments);
  for (int look = 0; look < 5000; ++look) {
    const bool accepts = accepts_connections(port_);
    if (waitpid(process_, nullptr, WNOHANG) == process_) return false;
    if (accepts) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  return false;
}

ReferenceServer::~ReferenceServer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  unlink(("/tmp/reference-" + std::to_string(port_)).c_str());  // DEBUG RELOAD makes it
}

bool ReferenceServer::installed() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((std::filesystem::path(folder) / "redis-server").c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace miniredis::transcripts
