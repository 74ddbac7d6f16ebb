// What miniredisd can be told: the values, and where they come from.
//
// Sources in rising weight: the defaults below, the JSON file named by --config, the environment,
// flags. Every key is declared once, in setting_table.cc; the file's and the environment's names,
// the flags, the ranges and --help all come from that row. Nothing is clipped: a value that is
// wrong anywhere ends the start with exit code 2 and a message that names key, value and what is
// allowed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace miniredis::service {

struct Configuration {
  bool standalone = false;
  std::string config;  // path of the JSON file; empty: none

  // Both modes.
  std::string bind = "127.0.0.1";
  std::int64_t shards = 0;  // 0: one per core
  std::string log_level = "info";
  std::string log_format = "text";
  std::int64_t drain_ms = 1000;
  std::string migrate_targets;  // patterns, with commas
  std::int64_t max_unauthenticated = 1000;
  std::int64_t authentication_timeout_ms = 10'000;

  // The daemon's.
  std::string role = "all";
  std::string host_name = "local";  // of this node manager, in rows of nodes
  std::int64_t gateway_port = 8080;
  std::string gateway_bind;  // empty: as `bind`
  std::int64_t backend_port = 5500;
  std::string main_database_url;       // set by load_configuration when empty
  std::string main_database_url_file;  // read by load_configuration
  std::int64_t main_database_connections = 4;
  std::string node_manager_url;  // of roles apart; empty: http://127.0.0.1:http_port
  std::string backend_url;
  std::string auth_url;        // empty: no auth service
  std::string monitoring_url;  // empty: no monitoring service
  std::string jwks_url;        // empty: auth_url and /.well-known/jwks.json
  std::string token_issuer = "miniredis";
  std::string token_audience = "miniredis";
  std::string studio_directory;        // empty: no Studio
  std::string studio_connect_sources;  // origins, with commas; empty: its own alone
  std::string cors_origins;            // with commas; empty: none
  std::string trusted_proxies;         // the same
  std::int64_t rate_limit_per_second = 1'000;
  std::int64_t rate_limit_burst = 2'000;
  std::int64_t address_rate_limit_per_second = 2'000;
  std::int64_t address_rate_limit_burst = 4'000;
  std::string http_bind;  // empty: as `bind`
  std::int64_t http_port = 7000;
  std::int64_t http_threads = 4;
  std::int64_t http_max_connections = 512;
  std::int64_t http_idle_timeout_ms = 60'000;
  std::int64_t http_request_timeout_ms = 10'000;
  bool metrics_open = false;
  std::string advertised_host;  // empty: as `bind`
  std::int64_t port_range_start = 7001;
  std::int64_t port_range_end = 7999;
  std::int64_t router_port = 6379;
  std::int64_t max_failed_logins_per_minute = 60;
  std::int64_t router_tls_port = -1;
  std::string router_unix_socket;
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_ca_file;
  std::string data_directory;  // set by load_configuration when empty
  std::int64_t engine_memory_limit = 0;
  std::int64_t memory_overcommit_percent = 100;
  std::int64_t default_node_memory = 40LL << 20;
  std::string default_eviction_policy = "noeviction";
  std::string admin_token;
  std::string admin_token_file;

  // Standalone's.
  std::int64_t port = 6379;
  std::int64_t maxmemory = 0;
  std::string maxmemory_policy = "noeviction";
  std::int64_t maxclients = 10'000;
  std::string requirepass;
  std::string aclfile;
  std::string node_config_file;
  std::string unixsocket;
};

struct ConfigurationError {
  std::string message;
};

enum class StartAction {
  kServe,
  kMigrate,
  kShowHelp,
  kShowVersion,
  kPrintConfiguration,
  kPrintOpenApi
};

struct LoadedConfiguration {
  StartAction action = StartAction::kServe;
  Configuration configuration;
};

using Environment = std::map<std::string, std::string>;

// The environment of this process.
Environment process_environment();

// `arguments` without the program's name.
std::variant<LoadedConfiguration, ConfigurationError> load_configuration(
    const std::vector<std::string>& arguments, const Environment& environment);

// All of --help. At most 100 columns wide.
std::string help_text();

// The effective values as JSON that --config takes again, without secrets.
std::string configuration_json(const Configuration& configuration);

}  // namespace miniredis::service
