#include "common/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "common/json.h"
#include "common/units.h"

namespace miniredis::service::log {
namespace {

// spdlog keeps the process' default logger; this says only how its lines look.
std::atomic<bool> as_json = false;

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || static_cast<unsigned char>(c) >= 0x7f) return false;
  }
  return true;
}

std::string json_quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

void write(spdlog::level::level_enum level, std::string_view name, std::string_view event,
           Fields fields) {
  if (!spdlog::should_log(level)) return;
  if (as_json) {
    Json line = {{"time", format_time(now_unix_ms())}, {"level", name}, {"event", event}};
    for (const auto& [key, value] : fields) line[std::string(key)] = value;
    spdlog::log(level, "{}", line.dump(-1, ' ', true, Json::error_handler_t::replace));
    return;
  }
  std::string line = format_time(now_unix_ms()) + ' ' + std::string(name) + ' ';
  line += event;
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    line += is_plain(value) ? value : json_quoted(value);
  }
  spdlog::log(level, "{}", line);
}

}  // namespace

void configure(const std::string& level, const std::string& format) {
  auto logger = std::make_shared<spdlog::logger>("miniredisd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  as_json = format == "json";
}

void debug(std::string_view event, Fields fields) {
  write(spdlog::level::debug, "debug", event, fields);
}
void info(std::string_view event, Fields fields) {
  write(spdlog::level::info, "info", event, fields);
}
void warning(std::string_view event, Fields fields) {
  write(spdlog::level::warn, "warning", event, fields);
}
void error(std::string_view event, Fields fields) {
  write(spdlog::level::err, "error", event, fields);
}

}  // namespace miniredis::service::log
