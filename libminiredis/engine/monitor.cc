#include "engine/monitor.h"

#include <cstdio>
#include <string>

#include "engine/call.h"
#include "engine/groups.h"
#include "engine/secret_words.h"

namespace miniredis::engine {
namespace {

void append_quoted(std::string& line, Bytes word) {
  line += '"';
  for (const char c : word) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '"':
        line += "\\\"";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\a':
        line += "\\a";
        break;
      case '\b':
        line += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          line += c;
        } else {
          char hex[5];
          std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
          line += hex;
        }
    }
  }
  line += '"';
}

void run_monitor(Call& call) {
  if (!call.client.monitor) {
    call.client.monitor = true;
    call.node.monitors.push_back(&call.client);
  }
  call.reply.ok();
}
constexpr commands::Command kMonitor = engine_plain_command<run_monitor>(
    "monitor",
    {"Listens for all requests received by the node in real time.", "1.0.0", "O(1)",
     commands::Group::kServer, "MONITOR", "OK"},
    commands::kAdministration | commands::kNeedsClient | commands::kNoMulti);

}  // namespace

CommandGroup monitor_commands() noexcept {
  static constexpr const commands::Command* kCommands[] = {&kMonitor};
  return kCommands;
}

void feed_monitors(NodeRuntime& node, const Client& caller, Arguments words) {
  const std::int64_t now_us = node.clock().unix_us();
  char head[96];
  std::snprintf(head, sizeof head, "%lld.%06lld [%u %s]", static_cast<long long>(now_us / 1000000),
                static_cast<long long>(now_us % 1000000), unsigned{caller.database},
                caller.unix_socket ? "unix:" : "");
  std::string line(head);
  line.pop_back();
  line += caller.peer + "]";
  for (std::size_t i = 0; i < words.size(); ++i) {
    line += ' ';
    append_quoted(line, is_secret(words, i) ? Bytes("(redacted)") : words[i]);
  }
  for (Client* monitor : node.monitors) {
    resp::Writer(monitor->out, monitor->protocol).status(line);
    monitor->settle_buffers();
    monitor->owner.wake();
  }
}

}  // namespace miniredis::engine
