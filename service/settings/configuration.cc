#include "settings/configuration.h"

#include <unistd.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/files.h"
#include "common/json.h"
#include "common/units.h"
#include "settings/setting_table.h"

extern char** environ;

namespace miniredis::service {
namespace {

using Failed = std::optional<ConfigurationError>;

// Variables that other programs and tests of the project read: they may stand in the environment
// that the daemon inherits, so they are no mistake.
constexpr const char* kForeignVariables[] = {
    "MINIREDIS_TOKEN",        "MINIREDIS_URL",          "MINIREDIS_BIN",
    "MINIREDIS_BIN_DIR",      "MINIREDIS_WITH_TESTS",   "MINIREDIS_TEST_TARGET",
    "MINIREDIS_FUZZ_SECONDS", "MINIREDIS_SEED",         "MINIREDIS_COUNT",
    "MINIREDIS_TRANSCRIPTS",  "MINIREDIS_PROGRAMS",     "MINIREDIS_GATEWAY_URL",
    "MINIREDIS_PYTHON_DIR",   "MINIREDIS_TEST_COVERAGE"};
// Settings of the auth and monitoring services, which are often given the same environment.
constexpr const char* kForeignPrefixes[] = {"MINIREDIS_AUTH_", "MINIREDIS_MONITORING_"};

// Where a value was last set, for the messages about contradictions.
using Origins = std::map<std::string, std::string>;

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : settings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known,
                       std::string_view prefix = "") {
  const std::optional<std::string> nearest = nearest_of(word, known);
  return nearest ? "; did you mean " + std::string(prefix) + *nearest + "?" : "";
}

Failed set_value(const Setting& setting, std::string_view text, const std::string& origin,
                 Configuration& configuration, Origins& origins) {
  if (const auto problem = assign(setting, text, configuration)) {
    const std::string shown = setting.secret ? "the value" : "'" + std::string(text) + "'";
    return ConfigurationError{std::string(setting.name) + ": " + shown + " from " + origin +
                              " is refused; " + *problem};
  }
  origins[setting.name] = origin;
  return std::nullopt;
}

Failed apply_file_value(const std::string& path, const std::string& key, const Json& value,
                        Configuration& configuration, Origins& origins) {
  const Setting* setting = find_setting(key);
  if (setting == nullptr || !setting->in_file) {
    std::vector<std::string> known;
    for (const Setting& row : settings()) {
      if (row.in_file) known.emplace_back(row.name);
    }
    return ConfigurationError{"unknown key '" + key + "' in " + path + suggestion(key, known)};
  }
  const bool textual =
      setting->type != SettingType::kInteger && setting->type != SettingType::kSwitch;
  std::string text;
  if (value.is_string() && textual) {
    text = value.get<std::string>();
  } else if (value.is_number_integer() &&
             (setting->type == SettingType::kInteger || setting->type == SettingType::kBytes)) {
    text = value.dump();
  } else if (value.is_boolean() && setting->type == SettingType::kSwitch) {
    text = value.dump();
  } else {
    const std::string shown = setting->secret ? "the value" : value.dump();
    return ConfigurationError{key + ": " + shown + " from " + path +
                              " is refused; allowed: " + allowed_values(*setting)};
  }
  return set_value(*setting, text, path, configuration, origins);
}

Failed apply_file(const std::string& path, Configuration& configuration, Origins& origins) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || content.fail()) {
    return ConfigurationError{"config: '" + path + "' cannot be read: " + std::strerror(errno)};
  }
  std::set<std::string> seen;
  std::string twice;
  const auto note_key = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) {
      const auto key = parsed.get<std::string>();
      if (!seen.insert(key).second && twice.empty()) twice = key;
    }
    return true;
  };
  Json document;
  try {
    document = Json::parse(content.str(), note_key);
  } catch (const Json::exception& failure) {
    return ConfigurationError{"config: " + path + " is not JSON: " + failure.what()};
  }
  if (!document.is_object()) {
    return ConfigurationError{"config: " + path + " must hold one JSON object of key and value"};
  }
  if (!twice.empty()) {
    return ConfigurationError{"config: key '" + twice + "' stands twice in " + path};
  }
  for (const auto& [key, value] : document.items()) {
    if (auto failed = apply_file_value(path, key, value, configuration, origins)) return failed;
  }
  return std::nullopt;
}

Failed check_variable_names(const Environment& environment) {
  std::vector<std::string> known;
  for (const Setting& setting : settings()) known.push_back(environment_name(setting));
  std::set<std::string> allowed(known.begin(), known.end());
  allowed.insert(std::begin(kForeignVariables), std::end(kForeignVariables));
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("MINIREDIS_") || allowed.contains(name)) continue;
    const bool foreign =
        std::any_of(std::begin(kForeignPrefixes), std::end(kForeignPrefixes),
                    [&name = name](const char* prefix) { return name.starts_with(prefix); });
    if (foreign) continue;
    return ConfigurationError{"unknown environment variable '" + name + "'" +
                              suggestion(name, known)};
  }
  return std::nullopt;
}

Failed apply_environment(const Environment& environment, Configuration& configuration,
                         Origins& origins) {
  for (const Setting& setting : settings()) {
    const auto variable = environment.find(environment_name(setting));
    if (variable == environment.end()) continue;
    if (auto failed =
            set_value(setting, variable->second, variable->first, configuration, origins)) {
      return failed;
    }
  }
  return std::nullopt;
}

struct Flags {
  std::map<std::string, std::string> values;  // by setting name
  StartAction action = StartAction::kServe;
};

ConfigurationError unknown_argument(const std::string& word) {
  if (!word.starts_with("-")) {
    return {"unexpected argument '" + word + "'; every setting is a flag, see --help"};
  }
  std::vector<std::string> known{"help", "version", "print-config", "print-openapi"};
  for (const Setting& setting : settings()) {
    if (setting.has_flag) known.push_back(flag_name(setting));
  }
  const std::string bare = word.substr(
      word.find_first_not_of('-') == std::string::npos ? word.size() : word.find_first_not_of('-'));
  const std::string name = bare.substr(0, bare.find('='));
  for (const Setting& setting : settings()) {
    if (!setting.has_flag && flag_name(setting) == name) {
      return {"--" + name + " is no flag, for a flag shows in the list of processes; use " +
              environment_name(setting) + " or the file"};
    }
  }
  return {"unknown flag '" + word.substr(0, word.find('=')) + "'" + suggestion(name, known, "--")};
}

std::variant<Flags, ConfigurationError> parse_flags(const std::vector<std::string>& arguments) {
  cxxopts::Options options("miniredisd");
  options.allow_unrecognised_options();
  options.add_options()("h,help", "")("version", "")("print-config", "")("print-openapi", "");
  for (const Setting& setting : settings()) {
    if (!setting.has_flag) continue;
    const auto value = cxxopts::value<std::string>();
    if (setting.type == SettingType::kSwitch) value->implicit_value("true");
    options.add_options()(flag_name(setting), "", value);
  }
  std::vector<const char*> words{"miniredisd"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  Flags flags;
  try {
    const auto parsed = options.parse(static_cast<int>(words.size()), words.data());
    std::vector<std::string> rest = parsed.unmatched();
    if (!rest.empty() && rest.front() == "migrate") {
      flags.action = StartAction::kMigrate;
      rest.erase(rest.begin());
    }
    if (!rest.empty()) return unknown_argument(rest.front());
    if (parsed.count("print-config") != 0) flags.action = StartAction::kPrintConfiguration;
    if (parsed.count("print-openapi") != 0) flags.action = StartAction::kPrintOpenApi;
    if (parsed.count("version") != 0) flags.action = StartAction::kShowVersion;
    if (parsed.count("help") != 0) flags.action = StartAction::kShowHelp;
    for (const Setting& setting : settings()) {
      if (!setting.has_flag || parsed.count(flag_name(setting)) == 0) continue;
      flags.values[setting.name] = parsed[flag_name(setting)].as<std::string>();
    }
  } catch (const cxxopts::exceptions::exception& failure) {
    return ConfigurationError{std::string(failure.what()) + "; see --help"};
  }
  return flags;
}

Failed check_modes(const Configuration& configuration, const Origins& origins) {
  for (const auto& [name, origin] : origins) {
    const Setting& setting = *find_setting(name);
    const SettingMode mode = setting.mode;
    // An environment is shared with other programs, mredis for one: it may say more than we need.
    if (origin == environment_name(setting)) continue;
    if (mode == SettingMode::kStandalone && !configuration.standalone) {
      return ConfigurationError{name + " (from " + origin + ") has a meaning only with standalone"};
    }
    if (mode == SettingMode::kDaemon && configuration.standalone) {
      return ConfigurationError{name + " (from " + origin + ") has no meaning with standalone"};
    }
  }
  return std::nullopt;
}

// They become a part of a header: nothing in them may end it, or the directive that they stand in.
Failed check_connect_sources(const Configuration& c) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]/";
  std::istringstream parts(c.studio_connect_sources);
  for (std::string origin; std::getline(parts, origin, ',');) {
    const std::size_t host = origin.find("://");
    const bool fine = (origin.starts_with("https://") || origin.starts_with("http://")) &&
                      origin.size() > host + 3 && origin.find('/', host + 3) == std::string::npos &&
                      origin.find_first_not_of(kAllowed) == std::string::npos;
    if (fine) continue;
    return ConfigurationError{"studio_connect_sources: given '" + origin +
                              "'; allowed: origins such as https://example.com, with commas"};
  }
  return std::nullopt;
}

Failed check_ports(const Configuration& c) {
  if (c.port_range_start > c.port_range_end) {
    return ConfigurationError{"port_range_start: " + std::to_string(c.port_range_start) +
                              " is above port_range_end " + std::to_string(c.port_range_end) +
                              "; allowed: at most the end"};
  }
  const std::pair<const char*, std::int64_t> others[] = {{"http_port", c.http_port},
                                                         {"gateway_port", c.gateway_port},
                                                         {"backend_port", c.backend_port},
                                                         {"router_port", c.router_port},
                                                         {"router_tls_port", c.router_tls_port}};
  for (const auto& [name, port] : others) {
    if (port < c.port_range_start || port > c.port_range_end) continue;
    return ConfigurationError{std::string(name) + ": " + std::to_string(port) +
                              " lies in the nodes' range " + std::to_string(c.port_range_start) +
                              ".." + std::to_string(c.port_range_end) +
                              "; allowed: a port outside port_range_start..port_range_end"};
  }
  for (const auto& [name, port] : others) {
    for (const auto& [other_name, other_port] : others) {
      if (port <= 0 || port != other_port || std::string_view(name) >= other_name) continue;
      return ConfigurationError{std::string(name) + " and " + other_name + " are both " +
                                std::to_string(port) + "; allowed: ports that differ"};
    }
  }
  return std::nullopt;
}

Failed check_together(const Configuration& c) {
  if (c.standalone) {
    if (c.maxmemory != 0 && c.maxmemory < (1LL << 20)) {
      return ConfigurationError{"maxmemory: '" + format_bytes(c.maxmemory) +
                                "' is refused; allowed: 0, or 1mb and more"};
    }
    return std::nullopt;
  }
  if (auto failed = check_ports(c)) return failed;
  if (auto failed = check_connect_sources(c)) return failed;
  if (c.router_tls_port >= 0 && (c.tls_certificate_file.empty() || c.tls_key_file.empty())) {
    return ConfigurationError{
        "router_tls_port needs tls_certificate_file and tls_key_file, and they are not both given"};
  }
  if (c.host_name.empty() || c.host_name.size() > 64) {
    return ConfigurationError{"host_name: '" + c.host_name +
                              "' is refused; allowed: 1 to 64 characters"};
  }
  if (!c.admin_token.empty() && c.admin_token.size() < 16) {
    return ConfigurationError{"admin_token: the value is refused; allowed: 16 characters or more"};
  }
  return std::nullopt;
}

std::string absolute_path(const std::string& path) {
  std::error_code failure;
  const auto whole = std::filesystem::absolute(path, failure);
  return failure ? path : whole.lexically_normal().string();
}

// A URL that is given weighs more than a file that is named, as with the admin token.
Failed read_main_database_url(Configuration& configuration) {
  const std::string& path = configuration.main_database_url_file;
  if (path.empty() || !configuration.main_database_url.empty()) return std::nullopt;
  auto content = read_file(path);
  if (!content) {
    return ConfigurationError{"main_database_url_file: " + content.failure().detail};
  }
  if (!content->has_value()) {
    return ConfigurationError{"main_database_url_file: there is no " + path};
  }
  configuration.main_database_url = (*content)->substr(0, (*content)->find_first_of("\r\n"));
  if (configuration.main_database_url.empty()) {
    return ConfigurationError{"main_database_url_file: the first line of " + path + " is empty"};
  }
  return std::nullopt;
}

std::string default_data_directory(const Environment& environment) {
  const auto state = environment.find("XDG_STATE_HOME");
  if (state == environment.end() || state->second.empty()) return "./data";
  return state->second + "/miniredis";
}

}  // namespace

Environment process_environment() {
  Environment result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::variant<LoadedConfiguration, ConfigurationError> load_configuration(
    const std::vector<std::string>& arguments, const Environment& environment) {
  auto parsed = parse_flags(arguments);
  if (auto* failed = std::get_if<ConfigurationError>(&parsed)) return *failed;
  const Flags& flags = std::get<Flags>(parsed);
  LoadedConfiguration loaded;
  loaded.action = flags.action;
  if (loaded.action == StartAction::kShowHelp || loaded.action == StartAction::kShowVersion ||
      loaded.action == StartAction::kPrintOpenApi) {
    return loaded;
  }
  Configuration& configuration = loaded.configuration;
  Origins origins;
  if (auto failed = check_variable_names(environment)) return *failed;

  std::string path;
  if (const auto variable = environment.find("MINIREDIS_CONFIG"); variable != environment.end()) {
    path = variable->second;
  }
  if (const auto flag = flags.values.find("config"); flag != flags.values.end()) {
    path = flag->second;
  }
  if (!path.empty()) {
    if (auto failed = apply_file(path, configuration, origins)) return *failed;
  }
  if (auto failed = apply_environment(environment, configuration, origins)) return *failed;
  for (const auto& [name, text] : flags.values) {
    const Setting& setting = *find_setting(name);
    const std::string origin = "--" + flag_name(setting);
    if (auto failed = set_value(setting, text, origin, configuration, origins)) return *failed;
  }
  if (auto failed = check_modes(configuration, origins)) return *failed;
  if (auto failed = check_together(configuration)) return *failed;
  if (!configuration.standalone && configuration.data_directory.empty()) {
    configuration.data_directory = default_data_directory(environment);
  }
  if (auto failed = read_main_database_url(configuration)) return *failed;
  if (configuration.main_database_url.empty()) {
    configuration.main_database_url =
        "sqlite://" + absolute_path(configuration.data_directory) + "/main.db";
  }
  return loaded;
}

std::string configuration_json(const Configuration& configuration) {
  Json document = Json::object();
  for (const Setting& setting : settings()) {
    const bool shown = setting.mode == SettingMode::kBoth ||
                       (setting.mode == SettingMode::kStandalone) == configuration.standalone;
    if (!shown || !setting.in_file || setting.secret) continue;
    const std::string text = value_text(setting, configuration);
    if (setting.type == SettingType::kInteger || setting.type == SettingType::kSwitch) {
      document[setting.name] = Json::parse(text);
    } else {
      document[setting.name] = text;
    }
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace miniredis::service
