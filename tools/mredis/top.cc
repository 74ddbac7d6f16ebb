// mredis node top: the nodes, once a second.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>

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

double keys_of(const Json& metrics) {
  if (metrics.contains("keys")) return member_number(metrics, "keys");
  double keys = 0;
  if (!metrics.contains("databases") || !metrics["databases"].is_array()) return keys;
  for (const Json& database : metrics["databases"]) keys += member_number(database, "keys");
  return keys;
}

struct Sample {
  Json node;
  Json metrics;  // null: there are none
};

std::vector<Sample> take_samples(const ControlCall& call) {
  std::string path = "/v1/nodes";
  if (const auto tenant = call.flags.text("tenant")) path += "?tenant=" + url_quoted(*tenant);
  std::vector<Sample> samples;
  for (const Json& node : fetch_all(call.http, path)) {
    Sample sample{node, nullptr};
    try {
      sample.metrics =
          call.http.request("GET", "/v1/nodes/" + url_quoted(member_text(node, "id")) + "/metrics");
    } catch (const RefusedError&) {
      // Deleted or stopped meanwhile: its line stays without figures.
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::string table_of(const std::vector<Sample>& samples) {
  std::vector<Row> rows;
  for (const auto& [node, metrics] : samples) {
    Row row = {member_text(node, "name"), member_text(node, "tenant"), member_text(node, "state")};
    if (metrics.is_object()) {
      const double used = member_number(metrics, "memory_used_bytes");
      const double limit = member_number(node, "memory_limit_bytes");
      const double hits = member_number(metrics, "hits");
      row.insert(row.end(), {bytes_text(used), bytes_text(limit), percent(used, limit),
                             count_text(keys_of(metrics)),
                             count_text(member_number(metrics, "ops_per_second")),
                             percent(hits, hits + member_number(metrics, "misses")),
                             count_text(member_number(metrics, "clients"))});
    } else {
      row.resize(10, "-");
    }
    rows.push_back(std::move(row));
  }
  return draw_table(
      {"NODE", "TENANT", "STATE", "MEMORY", "LIMIT", "USED", "KEYS", "OPS/S", "HITS", "CLIENTS"},
      rows);
}

Json json_of(const std::vector<Sample>& samples) {
  Json all = Json::array();
  for (const auto& [node, metrics] : samples) {
    Json one = node;
    one["metrics"] = metrics;
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

int run_top(const ControlCall& call) {
  if (call.flags.has("once") || call.json) {
    const std::vector<Sample> samples = take_samples(call);
    std::cout << (call.json ? json_of(samples).dump(2) + "\n" : table_of(samples));
    return kExitOk;
  }
  // The first look comes before the screen: an error should be readable.
  std::vector<Sample> samples = take_samples(call);
  Screen screen;
  for (;;) {
    screen.draw(std::to_string(samples.size()) + " nodes; q leaves\n\n" + table_of(samples));
    if (!screen.wait()) return kExitOk;
    samples = take_samples(call);
  }
}

}  // namespace miniredis::mredis
