// The text of --help, made from the setting table.
#include <string>

#include "settings/configuration.h"
#include "settings/setting_table.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kIndent = 6;

// `text` in lines of at most kWidth, each indented.
std::string wrapped(const std::string& text) {
  std::string result;
  std::string line(kIndent, ' ');
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t space = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, space - start);
    if (line.size() > kIndent && line.size() + 1 + word.size() > kWidth) {
      result += line + '\n';
      line = std::string(kIndent, ' ');
    }
    if (line.size() > kIndent) line += ' ';
    line += word;
    start = space + 1;
  }
  return result + line + '\n';
}

std::string entry(const Setting& setting) {
  const std::string value = setting.type == SettingType::kSwitch ? "" : " VALUE";
  std::string names = "  ";
  if (setting.has_flag) names += "--" + flag_name(setting) + value + "   ";
  names += environment_name(setting);
  const std::string standard = value_text(setting, Configuration{});
  std::string text = std::string(setting.help) + ". Allowed: " + allowed_values(setting) + ". ";
  if (setting.secret || standard.empty()) {
    text += "Default: none.";
  } else {
    text += "Default: " + standard + ".";
  }
  return names + '\n' + wrapped(text);
}

std::string entries(SettingMode mode) {
  std::string text;
  for (const Setting& setting : settings()) {
    if (setting.mode == mode) text += entry(setting);
  }
  return text;
}

}  // namespace

std::string help_text() {
  return "miniredisd: hosts Redis-compatible nodes of many tenants in one process\n\n"
         "  miniredisd [flags]                       the control daemon: HTTP API, router, node "
         "ports\n"
         "  miniredisd migrate [flags]               brings the main database's schema up to date\n"
         "  miniredisd --standalone --port N [flags] one node, as redis-server --port N\n\n"
         "A setting is given in the file named by --config (a JSON object; the key is the flag's "
         "name\nwith _ for -), in the environment, or as a flag; what comes later in this list "
         "wins.\n\n"
         "  --help, -h\n      Prints this text.\n"
         "  --version\n      Prints the version.\n"
         "  --print-config\n      Prints the settings in effect as JSON, without secrets, and "
         "ends.\n"
         "  --print-openapi\n      Prints the OpenAPI document of the gateway, and ends.\n\n"
         "Settings of both modes\n" +
         entries(SettingMode::kBoth) + "\nSettings of the daemon\n" +
         entries(SettingMode::kDaemon) + "\nSettings of --standalone\n" +
         entries(SettingMode::kStandalone) +
         "\nExit codes: 0 ended as asked, 1 could not serve or was stopped by a second signal, "
         "2 wrong settings.\n";
}

}  // namespace miniredis::service
