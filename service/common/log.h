// The daemon's log: one line an event on standard error, for people or as JSON objects.
//
// Any thread may log. Nothing secret goes in: no tokens, no passwords, no command's arguments.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace miniredis::service::log {

// Further facts of an event, by name.
using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

// `level`: debug, info, warning, error or off. `format`: text or json. Before anything is logged.
void configure(const std::string& level, const std::string& format);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace miniredis::service::log
