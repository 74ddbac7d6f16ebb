#include "settings/setting_table.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "common/units.h"

namespace miniredis::service {
namespace {

using C = Configuration;
constexpr auto kText = SettingType::kText;
constexpr auto kInteger = SettingType::kInteger;
constexpr auto kBytes = SettingType::kBytes;
constexpr auto kChoice = SettingType::kChoice;
constexpr auto kAddress = SettingType::kAddress;
constexpr auto kSwitch = SettingType::kSwitch;
constexpr auto kBoth = SettingMode::kBoth;
constexpr auto kDaemon = SettingMode::kDaemon;
constexpr auto kStandalone = SettingMode::kStandalone;

constexpr const char* kPolicies =
    "noeviction|allkeys-lru|allkeys-lfu|allkeys-random|volatile-lru|volatile-lfu|volatile-random|"
    "volatile-ttl";
constexpr std::int64_t kMebibyte = 1LL << 20;
constexpr std::int64_t kMostBytes = 1LL << 48;

constexpr Setting kSettings[] = {
    {.name = "config",
     .mode = kBoth,
     .type = kText,
     .member = &C::config,
     .help = "JSON file of settings, one object of key and value",
     .in_file = false},
    {.name = "bind",
     .mode = kBoth,
     .type = kAddress,
     .member = &C::bind,
     .help = "address that nodes' ports and the router listen on"},
    {.name = "shards",
     .mode = kBoth,
     .type = kInteger,
     .member = &C::shards,
     .help = "threads that own nodes; 0: one per core",
     .min = 0,
     .max = 256},
    {.name = "log_level",
     .mode = kBoth,
     .type = kChoice,
     .member = &C::log_level,
     .help = "least severe messages that are logged, on standard error",
     .choices = "debug|info|warning|error|off"},
    {.name = "log_format",
     .mode = kBoth,
     .type = kChoice,
     .member = &C::log_format,
     .help = "lines for people or JSON objects, one a line",
     .choices = "text|json"},
    {.name = "drain_ms",
     .mode = kBoth,
     .type = kInteger,
     .member = &C::drain_ms,
     .help = "how long replies under way may take after SIGTERM",
     .min = 0,
     .max = 600'000},
    {.name = "migrate_targets",
     .mode = kBoth,
     .type = kText,
     .member = &C::migrate_targets,
     .help = "servers that nodes may send keys to by MIGRATE: host:port or patterns of numeric "
             "addresses, with commas; empty: none, but with standalone all"},
    {.name = "max_unauthenticated",
     .mode = kBoth,
     .type = kInteger,
     .member = &C::max_unauthenticated,
     .help = "RESP connections at once that have not yet authenticated",
     .min = 1,
     .max = 1'000'000},
    {.name = "authentication_timeout_ms",
     .mode = kBoth,
     .type = kInteger,
     .member = &C::authentication_timeout_ms,
     .help = "RESP connections that take longer to authenticate are closed; 0: never",
     .min = 0,
     .max = 3'600'000},

    {.name = "role",
     .mode = kDaemon,
     .type = kChoice,
     .member = &C::role,
     .help = "which part of the control plane this process is",
     .choices = "all|gateway|backend|node-manager"},
    {.name = "host_name",
     .mode = kDaemon,
     .type = kText,
     .member = &C::host_name,
     .help = "name of this node manager in the rows of nodes"},
    {.name = "gateway_port",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::gateway_port,
     .help = "port of the gateway, the one that browsers and scripts talk to; 0: any free one; -1: "
             "none",
     .min = -1,
     .max = 65'535},
    {.name = "gateway_bind",
     .mode = kDaemon,
     .type = kAddress,
     .member = &C::gateway_bind,
     .help = "address of the gateway; empty: as bind"},
    {.name = "backend_port",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::backend_port,
     .help = "port of the backend; 0: any free one; -1: none",
     .min = -1,
     .max = 65'535},
    {.name = "main_database_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::main_database_url,
     .help =
         "sqlite:///path or postgresql://user:password@host/name; empty: main.db in data_directory",
     .has_flag = false,
     .secret = true},
    {.name = "main_database_url_file",
     .mode = kDaemon,
     .type = kText,
     .member = &C::main_database_url_file,
     .help = "file that holds main_database_url on its first line"},
    {.name = "main_database_connections",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::main_database_connections,
     .help = "connections to the main database",
     .min = 1,
     .max = 64},
    {.name = "node_manager_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::node_manager_url,
     .help = "where role backend and role gateway find the node manager; empty: http_port of this "
             "machine"},
    {.name = "backend_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::backend_url,
     .help = "where role gateway finds the backend; empty: backend_port of this machine"},
    {.name = "auth_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::auth_url,
     .help = "auth service behind /auth; empty: none"},
    {.name = "monitoring_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::monitoring_url,
     .help = "monitoring service behind /v1/monitoring; empty: none"},
    {.name = "jwks_url",
     .mode = kDaemon,
     .type = kText,
     .member = &C::jwks_url,
     .help = "keys that access tokens are signed with; empty: /.well-known/jwks.json of auth_url"},
    {.name = "token_issuer",
     .mode = kDaemon,
     .type = kText,
     .member = &C::token_issuer,
     .help = "iss that access tokens must have"},
    {.name = "token_audience",
     .mode = kDaemon,
     .type = kText,
     .member = &C::token_audience,
     .help = "aud that access tokens must have"},
    {.name = "studio_directory",
     .mode = kDaemon,
     .type = kText,
     .member = &C::studio_directory,
     .help = "the Studio's files, served by the gateway; empty: none"},
    {.name = "studio_connect_sources",
     .mode = kDaemon,
     .type = kText,
     .member = &C::studio_connect_sources,
     .help =
         "origins that the Studio's pages may ask besides their own, with commas; for log-in by "
         "Firebase: https://identitytoolkit.googleapis.com"},
    {.name = "cors_origins",
     .mode = kDaemon,
     .type = kText,
     .member = &C::cors_origins,
     .help = "origins whose pages may call the gateway, with commas; empty: only its own"},
    {.name = "trusted_proxies",
     .mode = kDaemon,
     .type = kText,
     .member = &C::trusted_proxies,
     .help =
         "proxies whose X-Forwarded-For the gateway believes: addresses, networks; empty: none"},
    {.name = "rate_limit_per_second",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::rate_limit_per_second,
     .help = "requests a second for each key or user at the gateway; 0: no limit",
     .min = 0,
     .max = 1000000},
    {.name = "rate_limit_burst",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::rate_limit_burst,
     .help = "requests at once before rate_limit_per_second holds",
     .min = 1,
     .max = 1000000},
    {.name = "address_rate_limit_per_second",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::address_rate_limit_per_second,
     .help = "the same for each address; 0: no limit",
     .min = 0,
     .max = 1000000},
    {.name = "address_rate_limit_burst",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::address_rate_limit_burst,
     .help = "the same for each address",
     .min = 1,
     .max = 1000000},
    {.name = "http_bind",
     .mode = kDaemon,
     .type = kAddress,
     .member = &C::http_bind,
     .help = "address of the node manager and the backend; empty: as bind"},
    {.name = "http_port",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::http_port,
     .help = "port of the node manager; 0: any free one",
     .min = 0,
     .max = 65'535},
    {.name = "http_threads",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::http_threads,
     .help = "threads that work on requests; health checks need none of them",
     .min = 1,
     .max = 64},
    {.name = "http_max_connections",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::http_max_connections,
     .help = "HTTP connections at once; more are turned away",
     .min = 1,
     .max = 100'000},
    {.name = "http_idle_timeout_ms",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::http_idle_timeout_ms,
     .help = "a connection without a request is closed after it; a gateway apart keeps its own for "
             "15 s, so less than that costs it requests",
     .min = 10,
     .max = 3'600'000},
    {.name = "http_request_timeout_ms",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::http_request_timeout_ms,
     .help = "a request must have arrived whole, and its answer have left, within it",
     .min = 10,
     .max = 3'600'000},
    {.name = "metrics_open",
     .mode = kDaemon,
     .type = kSwitch,
     .member = &C::metrics_open,
     .help = "serve /metrics without the admin token"},
    {.name = "advertised_host",
     .mode = kDaemon,
     .type = kText,
     .member = &C::advertised_host,
     .help = "host that answers name as the nodes' own; empty: as bind"},
    {.name = "port_range_start",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::port_range_start,
     .help = "first port for nodes",
     .min = 1,
     .max = 65'535,
     .environment = "REDIS_PORT_START"},
    {.name = "port_range_end",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::port_range_end,
     .help = "last port for nodes",
     .min = 1,
     .max = 65'535,
     .environment = "REDIS_PORT_END"},
    {.name = "router_port",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::router_port,
     .help = "port shared by all nodes; 0: any free one; -1: none",
     .min = -1,
     .max = 65'535},
    {.name = "max_failed_logins_per_minute",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::max_failed_logins_per_minute,
     .help = "failed log-ins of one address at RESP ports before it must wait; 0: no limit",
     .min = 0,
     .max = 1'000'000},
    {.name = "router_tls_port",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::router_tls_port,
     .help = "the same over TLS; 0: any free one; -1: none",
     .min = -1,
     .max = 65'535},
    {.name = "router_unix_socket",
     .mode = kDaemon,
     .type = kText,
     .member = &C::router_unix_socket,
     .help = "the same on a unix socket; empty: none"},
    {.name = "tls_certificate_file",
     .mode = kDaemon,
     .type = kText,
     .member = &C::tls_certificate_file,
     .help = "PEM chain for router_tls_port"},
    {.name = "tls_key_file",
     .mode = kDaemon,
     .type = kText,
     .member = &C::tls_key_file,
     .help = "PEM private key for router_tls_port"},
    {.name = "tls_ca_file",
     .mode = kDaemon,
     .type = kText,
     .member = &C::tls_ca_file,
     .help = "PEM; given: clients must show a certificate signed by it"},
    {.name = "data_directory",
     .mode = kDaemon,
     .type = kText,
     .member = &C::data_directory,
     .help = "where definitions and the token's hash are kept; empty: $XDG_STATE_HOME/miniredis, "
             "or ./data when that is not set"},
    {.name = "engine_memory_limit",
     .mode = kDaemon,
     .type = kBytes,
     .member = &C::engine_memory_limit,
     .help = "memory of all nodes together; 0: no limit",
     .min = 0,
     .max = kMostBytes},
    {.name = "memory_overcommit_percent",
     .mode = kDaemon,
     .type = kInteger,
     .member = &C::memory_overcommit_percent,
     .help = "how much of engine_memory_limit the nodes' limits may add up to",
     .min = 1,
     .max = 100'000},
    {.name = "default_node_memory",
     .mode = kDaemon,
     .type = kBytes,
     .member = &C::default_node_memory,
     .help = "memory limit of a node that names none",
     .min = kMebibyte,
     .max = kMostBytes},
    {.name = "default_eviction_policy",
     .mode = kDaemon,
     .type = kChoice,
     .member = &C::default_eviction_policy,
     .help = "eviction policy of a node that names none",
     .choices = kPolicies},
    {.name = "admin_token",
     .mode = kDaemon,
     .type = kText,
     .member = &C::admin_token,
     .help = "token of the API, 16 characters or more; empty: the one in data_directory, made at "
             "the first start",
     .has_flag = false,
     .secret = true},
    {.name = "admin_token_file",
     .mode = kDaemon,
     .type = kText,
     .member = &C::admin_token_file,
     .help = "file that holds the token of the API on its first line"},

    {.name = "standalone",
     .mode = kBoth,
     .type = kSwitch,
     .member = &C::standalone,
     .help = "serve one node and no control plane, as redis-server does"},
    {.name = "port",
     .mode = kStandalone,
     .type = kInteger,
     .member = &C::port,
     .help = "port of the node; 0: any free one",
     .min = 0,
     .max = 65'535},
    {.name = "maxmemory",
     .mode = kStandalone,
     .type = kBytes,
     .member = &C::maxmemory,
     .help = "memory limit of the node, 1mb or more; 0: none",
     .min = 0,
     .max = kMostBytes},
    {.name = "maxmemory_policy",
     .mode = kStandalone,
     .type = kChoice,
     .member = &C::maxmemory_policy,
     .help = "what happens at the memory limit",
     .choices = kPolicies},
    {.name = "maxclients",
     .mode = kStandalone,
     .type = kInteger,
     .member = &C::maxclients,
     .help = "connections at once",
     .min = 1,
     .max = 1'000'000},
    {.name = "requirepass",
     .mode = kStandalone,
     .type = kText,
     .member = &C::requirepass,
     .help = "password of the user `default`; better given by the environment",
     .environment = "MINIREDIS_PASSWORD",
     .secret = true},
    {.name = "aclfile",
     .mode = kStandalone,
     .type = kText,
     .member = &C::aclfile,
     .help = "file of the node's ACL users, for ACL SAVE and ACL LOAD; empty: none"},
    {.name = "node_config_file",
     .mode = kStandalone,
     .type = kText,
     .member = &C::node_config_file,
     .help = "file of the node's settings, for CONFIG REWRITE; empty: none"},
    {.name = "unixsocket",
     .mode = kStandalone,
     .type = kText,
     .member = &C::unixsocket,
     .help = "unix socket of the node; empty: none"},
};

std::optional<std::string> wrong(const Setting& setting) {
  return "allowed: " + allowed_values(setting);
}

bool is_choice(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == word) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::optional<std::int64_t> parse_number(const Setting& setting, std::string_view text) {
  if (setting.type == SettingType::kBytes) return parse_bytes(text);
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || rest != end) return std::nullopt;
  return number;
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "true" || text == "yes" || text == "1") return true;
  if (text == "false" || text == "no" || text == "0") return false;
  return std::nullopt;
}

}  // namespace

std::span<const Setting> settings() {
  return kSettings;
}

std::string environment_name(const Setting& setting) {
  if (setting.environment != nullptr) return setting.environment;
  std::string name = "MINIREDIS_";
  for (const char* c = setting.name; *c != '\0'; ++c) {
    name += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
  }
  return name;
}

std::string flag_name(const Setting& setting) {
  std::string name = setting.name;
  for (char& c : name) {
    if (c == '_') c = '-';
  }
  return name;
}

std::string allowed_values(const Setting& setting) {
  switch (setting.type) {
    case SettingType::kText:
      return "text";
    case SettingType::kInteger:
      return "an integer from " + std::to_string(setting.min) + " to " +
             std::to_string(setting.max);
    case SettingType::kBytes:
      return "bytes, such as 1048576 or 40mb, from " + format_bytes(setting.min) + " to " +
             format_bytes(setting.max);
    case SettingType::kChoice: {
      std::string text = "one of ";
      for (const char* c = setting.choices; *c != '\0'; ++c) {
        text += *c == '|' ? std::string(", ") : std::string(1, *c);
      }
      return text;
    }
    case SettingType::kAddress:
      return "an IPv4 or IPv6 address";
    case SettingType::kSwitch:
      return "true or false";
  }
  return "";
}

std::optional<std::string> assign(const Setting& setting, std::string_view text,
                                  Configuration& configuration) {
  if (text.find('\0') != std::string_view::npos) return "a NUL byte is not allowed";
  if (const auto* member = std::get_if<bool C::*>(&setting.member)) {
    const std::optional<bool> on = parse_switch(text);
    if (!on) return wrong(setting);
    configuration.** member = *on;
    return std::nullopt;
  }
  if (const auto* member = std::get_if<std::int64_t C::*>(&setting.member)) {
    const std::optional<std::int64_t> number = parse_number(setting, text);
    if (!number || *number < setting.min || *number > setting.max) return wrong(setting);
    configuration.** member = *number;
    return std::nullopt;
  }
  const std::string value(text);
  if (setting.type == SettingType::kChoice && !is_choice(setting.choices, text)) {
    return wrong(setting);
  }
  const auto member = std::get<std::string C::*>(setting.member);
  const bool may_be_empty = (Configuration{}.*member).empty();
  if (setting.type == SettingType::kAddress && !is_address(value) &&
      !(may_be_empty && value.empty())) {
    return wrong(setting);
  }
  configuration.*member = value;
  return std::nullopt;
}

std::string value_text(const Setting& setting, const Configuration& configuration) {
  if (const auto* member = std::get_if<bool C::*>(&setting.member)) {
    return configuration.**member ? "true" : "false";
  }
  if (const auto* member = std::get_if<std::int64_t C::*>(&setting.member)) {
    const std::int64_t number = configuration.**member;
    return setting.type == SettingType::kBytes ? format_bytes(number) : std::to_string(number);
  }
  return configuration.*std::get<std::string C::*>(setting.member);
}

}  // namespace miniredis::service
