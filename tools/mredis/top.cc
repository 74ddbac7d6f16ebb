// mredis node top: the nodes, once a second.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "control.h"
#include "table.h"

namespace miniredis::mredis {
namespace {

constexpr int kPeriodMs = 1000;

// A terminal on which keys are read one by one and a whole screen is drawn; put back when this
// goes. Ctrl-C is a key here, so that nothing can end the program before that.
class Screen {
 public:
  Screen() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0)
      throw UsageError("node top needs a terminal, or --once");
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    put("\x1b[?1049h\x1b[?25l");
  }
  ~Screen() {
    put("\x1b[?25h\x1b[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // As many lines and columns as there are.
  void draw(const std::string& text) {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    const std::size_t lines = known ? size.ws_row : 24;
    const std::size_t columns = known ? size.ws_col : 80;
    std::string out = "\x1b[H";
    std::size_t at = 0;
    for (std::size_t line = 0; line < lines && at < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      out.append(line == 0 ? "" : "\r\n").append(text.substr(at, std::min(end - at, columns)));
      out.append("\x1b[K");
      at = end + 1;
    }
    put(out + "\x1b[J");
  }

  // Waits until it is time to draw again; false when someone wants to leave.
  bool wait() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, kPeriodMs) <= 0) return true;
    char key = 0;
    const ssize_t got = read(STDIN_FILENO, &key, 1);
    return got == 1 && key != 'q' && key != 'Q' && key != '\x03' && key != '\x04';
  }

 private:
  static void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  termios before_{};
};

std::string percent(double part, double whole) {
  if (whole <= 0) return "-";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f%%", 100 * part / whole);
  return buffer;
}

Json take_figures(const ControlCall& call) {
  return fetch_all(call.http, with_query(call, "/v1/metrics", {"tenant"}));
}

std::string table_of(const Json& figures) {
  std::vector<Row> rows;
  for (const Json& node : figures) {
    Row row = {member_text(node, "name"), member_text(node, "tenant"), member_text(node, "state")};
    const double used = member_number(node, "memory_used_bytes");
    const double limit = member_number(node, "memory_limit_bytes");
    const double hits = member_number(node, "hits");
    row.insert(
        row.end(),
        {bytes_text(used), bytes_text(limit), percent(used, limit),
         count_text(member_number(node, "keys")), count_text(member_number(node, "ops_per_second")),
         percent(hits, hits + member_number(node, "misses")),
         count_text(member_number(node, "clients")), percent(member_number(node, "cpu_share"), 1)});
    rows.push_back(std::move(row));
  }
  return draw_table({"NODE", "TENANT", "STATE", "MEMORY", "LIMIT", "USED", "KEYS", "OPS/S", "HITS",
                     "CLIENTS", "CPU"},
                    rows);
}

}  // namespace

int run_top(const ControlCall& call) {
  if (call.flags.has("once") || call.json) {
    const Json figures = take_figures(call);
    std::cout << (call.json ? figures.dump(2) + "\n" : table_of(figures));
    return kExitOk;
  }
  // The first look comes before the screen: an error should be readable.
  Json figures = take_figures(call);
  Screen screen;
  for (;;) {
    screen.draw(std::to_string(figures.size()) +
                (figures.size() == 1 ? " node; q leaves\n\n" : " nodes; q leaves\n\n") +
                table_of(figures));
    if (!screen.wait()) return kExitOk;
    figures = take_figures(call);
  }
}

}  // namespace miniredis::mredis
