#include "settings/configuration.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "settings/setting_table.h"
#include "temporary_directory.h"

namespace miniredis::service {
namespace {

Configuration loaded(const std::vector<std::string>& arguments,
                     const Environment& environment = {}) {
  auto result = load_configuration(arguments, environment);
  if (const auto* wrong = std::get_if<ConfigurationError>(&result)) FAIL(wrong->message);
  return std::get<LoadedConfiguration>(result).configuration;
}

std::string refusal(const std::vector<std::string>& arguments,
                    const Environment& environment = {}) {
  auto result = load_configuration(arguments, environment);
  const auto* wrong = std::get_if<ConfigurationError>(&result);
  return wrong != nullptr ? wrong->message : "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("defaults stand when nothing is said") {
  const Configuration c = loaded({});
  CHECK(c.bind == "127.0.0.1");
  CHECK(c.http_port == 7000);
  CHECK(c.port_range_start == 7001);
  CHECK(c.port_range_end == 7999);
  CHECK(c.router_port == 6379);
  CHECK(c.default_node_memory == 40LL << 20);
  CHECK(c.data_directory == "./data");
  CHECK(loaded({}, {{"XDG_STATE_HOME", "/s"}}).data_directory == "/s/miniredis");
}

TEST_CASE("file, environment and flags weigh more in this order") {
  const TemporaryDirectory directory;
  const std::string file = directory.write(
      "c.json", R"({"http_port": 1001, "shards": 3, "drain_ms": 5, "metrics_open": true,
                    "default_node_memory": "64mb", "engine_memory_limit": 1000000})");
  const Environment environment{{"MINIREDIS_HTTP_PORT", "1002"}, {"MINIREDIS_SHARDS", "4"}};
  const Configuration c = loaded({"--config", file, "--http-port=1003"}, environment);
  CHECK(c.http_port == 1003);
  CHECK(c.shards == 4);
  CHECK(c.drain_ms == 5);
  CHECK(c.metrics_open);
  CHECK(c.default_node_memory == 64LL << 20);
  CHECK(c.engine_memory_limit == 1'000'000);
  CHECK(loaded({}, {{"MINIREDIS_CONFIG", file}}).http_port == 1001);
}

TEST_CASE("the range has its documented variables, and negative numbers are values") {
  const Configuration c =
      loaded({"--router-port", "-1"}, {{"REDIS_PORT_START", "9000"}, {"REDIS_PORT_END", "9001"}});
  CHECK(c.port_range_start == 9000);
  CHECK(c.port_range_end == 9001);
  CHECK(c.router_port == -1);
}

TEST_CASE("unknown names are refused, with the nearest known one") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("c.json", R"({"htp_port": 1})");
  CHECK(has(refusal({"--config", file}), "unknown key 'htp_port'"));
  CHECK(has(refusal({"--config", file}), "did you mean http_port?"));
  CHECK(has(refusal({}, {{"MINIREDIS_SHARD", "1"}}), "did you mean MINIREDIS_SHARDS?"));
  CHECK(has(refusal({"--htp-port", "1"}), "did you mean --http-port?"));
  CHECK(has(refusal({"--admin-token", "x"}), "MINIREDIS_ADMIN_TOKEN"));
  CHECK(has(refusal({"serve"}), "unexpected argument 'serve'"));
  CHECK(refusal({}, {{"MINIREDIS_BIN", "x"}, {"REDIS_URL", "x"}}) == "");
}

TEST_CASE("wrong values name key, value and what is allowed") {
  const std::string message = refusal({"--http-port", "99999"});
  CHECK(has(message, "http_port"));
  CHECK(has(message, "'99999'"));
  CHECK(has(message, "an integer from 0 to 65535"));
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--http-port", "x"},
                                             {"--http-port", ""},
                                             {"--http-port", "1 "},
                                             {"--http-port"},
                                             {"--shards", "257"},
                                             {"--bind", "localhost"},
                                             {"--bind", ""},
                                             {"--log-level", "loud"},
                                             {"--default-node-memory", "1"},
                                             {"--default-node-memory", "-5mb"},
                                             {"--default-eviction-policy", "lru"},
                                             {"--port-range-start", "0"},
                                             {"--config", "/nonexistent/x.json"}}) {
    CAPTURE(arguments[0]);
    CHECK(refusal(arguments) != "");
  }
  CHECK(has(refusal({}, {{"MINIREDIS_DRAIN_MS", "soon"}}), "MINIREDIS_DRAIN_MS"));
}

TEST_CASE("a file must be one object of known types, no key twice") {
  const TemporaryDirectory directory;
  for (const char* content :
       {"", "[]", "{", "{\"http_port\": \"7000\"}", "{\"http_port\": 7000.5}",
        "{\"http_port\": true}", "{\"metrics_open\": \"true\"}", "{\"bind\": 5}",
        "{\"shards\": 1, \"shards\": 2}", "{\"shards\": null}", "{\"config\": \"other.json\"}",
        "{\"http_port\": 99999999999999999999}"}) {
    CAPTURE(content);
    CHECK(refusal({"--config", directory.write("c.json", content)}) != "");
  }
}

TEST_CASE("what pages may ask are origins, and nothing that ends a header or a directive") {
  const std::vector<std::string> good = {"", "https://a.example", "http://[::1]:9099,https://b.c"};
  for (const std::string& sources : good) {
    CHECK(loaded({"--studio-connect-sources", sources}).studio_connect_sources == sources);
  }
  for (const char* sources : {"a.example", "https://", "https://a/b", "https://a; script-src *",
                              "https://a\r\nX: y", "https://a https://b", "https://a,,https://b"}) {
    CHECK(has(refusal({"--studio-connect-sources", sources}), "studio_connect_sources"));
  }
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK(has(refusal({"--http-port", "7500"}), "lies in the nodes' range"));
  CHECK(has(refusal({"--router-port", "7001"}), "lies in the nodes' range"));
  CHECK(has(refusal({"--port-range-start", "7999", "--port-range-end", "7998"}), "above"));
  CHECK(has(refusal({"--router-port", "7000"}), "are both 7000"));
  CHECK(has(refusal({"--router-tls-port", "6380"}), "tls_certificate_file"));
  CHECK(has(refusal({}, {{"MINIREDIS_ADMIN_TOKEN", "short"}}), "16 characters"));
  CHECK_FALSE(has(refusal({}, {{"MINIREDIS_ADMIN_TOKEN", "s3cret"}}), "s3cret"));
}

TEST_CASE("standalone takes its own settings and no others") {
  const Configuration c = loaded({"--standalone", "--port", "7777", "--maxmemory", "100mb",
                                  "--maxmemory-policy", "allkeys-lru", "--requirepass", "pw",
                                  "--unixsocket", "/tmp/s", "--bind", "::1", "--shards", "2"});
  CHECK(c.standalone);
  CHECK(c.port == 7777);
  CHECK(c.maxmemory == 100LL << 20);
  CHECK(c.requirepass == "pw");
  CHECK(loaded({"--standalone"}, {{"MINIREDIS_PASSWORD", "p"}}).requirepass == "p");
  CHECK(has(refusal({"--port", "1"}), "only with standalone"));
  CHECK(has(refusal({"--standalone", "--http-port", "1"}), "no meaning with standalone"));
  CHECK(has(refusal({"--standalone", "--maxmemory", "5"}), "1mb and more"));
  CHECK(refusal({}, {{"MINIREDIS_PASSWORD", "for-mredis"}}) == "");
  CHECK(refusal({"--standalone"}, {{"MINIREDIS_HTTP_PORT", "1"}}) == "");
}

TEST_CASE("the database's URL may stand in a file, and is no more shown than one that is given") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("url", "postgresql://a:hush-hush@b/c\nmore\n");
  const Configuration c = loaded({"--main-database-url-file", file});
  CHECK(c.main_database_url == "postgresql://a:hush-hush@b/c");
  CHECK_FALSE(has(configuration_json(c), "hush-hush"));
  const Environment both{{"MINIREDIS_MAIN_DATABASE_URL", "sqlite:///x"},
                         {"MINIREDIS_MAIN_DATABASE_URL_FILE", file}};
  CHECK(loaded({}, both).main_database_url == "sqlite:///x");
  CHECK(has(refusal({"--main-database-url-file", "/nonexistent/url"}), "/nonexistent/url"));
  CHECK(has(refusal({"--main-database-url-file", directory.write("none", "\nx\n")}), "is empty"));
}

TEST_CASE("help names every setting, and actions are recognised") {
  const std::string help = help_text();
  for (const Setting& setting : settings()) {
    CAPTURE(setting.name);
    CHECK(has(help, environment_name(setting)));
    if (setting.has_flag) CHECK(has(help, "--" + flag_name(setting)));
  }
  const auto action_of = [](const char* flag) {
    return std::get<LoadedConfiguration>(load_configuration({flag}, {})).action;
  };
  CHECK(action_of("--help") == StartAction::kShowHelp);
  CHECK(action_of("-h") == StartAction::kShowHelp);
  CHECK(action_of("--version") == StartAction::kShowVersion);
  CHECK(action_of("--print-config") == StartAction::kPrintConfiguration);
  CHECK(action_of("--print-openapi") == StartAction::kPrintOpenApi);
}

TEST_CASE("the printed configuration reads back to itself and shows no secret") {
  const TemporaryDirectory directory;
  const Configuration c = loaded({"--shards", "7", "--default-node-memory", "123456789"},
                                 {{"MINIREDIS_ADMIN_TOKEN", "top-secret-0123456789"}});
  const std::string printed = configuration_json(c);
  CHECK_FALSE(has(printed, "top-secret"));
  const Configuration again = loaded({"--config", directory.write("c.json", printed)});
  CHECK(configuration_json(again) == printed);
  CHECK(again.default_node_memory == 123456789);
  const std::string standalone =
      configuration_json(loaded({"--standalone"}, {{"MINIREDIS_PASSWORD", "hush-hush"}}));
  CHECK_FALSE(has(standalone, "hush-hush"));
  CHECK(configuration_json(loaded({"--config", directory.write("s.json", standalone)})) ==
        standalone);
}

}  // namespace miniredis::service
