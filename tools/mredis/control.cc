#include "control.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "table.h"

namespace miniredis::mredis {
namespace {

struct Resource {
  const char* name;
  const char* summary;
  const std::vector<ControlAction>& actions;
};

void add_common_flags(FlagTable& table) {
  table.add({
      {"", "url", "URL", "the gateway (MINIREDIS_URL, else http://127.0.0.1:8080)"},
      {"", "token-file", "FILE", "file with a token or an API key (else MINIREDIS_TOKEN)"},
      {"", "cacert", "FILE", "PEM file of the authorities to trust for https"},
      {"", "json", "", "print JSON, for programs"},
      {"", "help", "", "print this"},
  });
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) throw UsageError("cannot read a token from " + path);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
  return line;
}

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::string action_help(const Resource& resource, const ControlAction& action,
                        const FlagTable& table) {
  return std::string("mredis ") + resource.name + " " + action.name +
         (*action.words == '\0' ? "" : " ") + action.words + " [FLAGS]\n\n  " + action.summary +
         "\n\nFLAGS\n" + table.help();
}

std::string resource_help(const Resource& resource) {
  std::vector<std::vector<std::string>> rows;
  for (const ControlAction& action : resource.actions) {
    rows.push_back({"  " + std::string(resource.name) + " " + action.name + " " + action.words,
                    action.summary});
  }
  FlagTable common(FlagTable::Words::kAnywhere);
  add_common_flags(common);
  return std::string("mredis ") + resource.name + ": " + resource.summary + "\n\n" +
         draw_table({}, rows) + "\nFLAGS of each (more with `mredis " + resource.name +
         " ACTION --help`)\n" + common.help();
}

int run_action(const Resource& resource, const ControlAction& action,
               const std::vector<std::string>& arguments) {
  FlagTable table(action.placement);
  for (const Flag& flag : action.flags) table.add({flag});
  add_common_flags(table);
  const ParsedFlags flags = table.parse(arguments);
  if (flags.has("help")) {
    std::cout << action_help(resource, action, table);
    return kExitOk;
  }
  const std::size_t words = flags.words().size();
  if (words < action.least_words || words > action.most_words) {
    const std::string expected = *action.words == '\0' ? "no words" : action.words;
    throw UsageError(std::string(resource.name) + " " + action.name + " takes " + expected +
                     ", not " + std::to_string(words) + (words == 1 ? " word" : " words"));
  }
  const std::string token = flags.has("token-file") ? first_line_of(*flags.text("token-file"))
                                                    : environment("MINIREDIS_TOKEN", "");
  HttpClient http(flags.text("url").value_or(environment("MINIREDIS_URL", "http://127.0.0.1:8080")),
                  token, flags.text("cacert").value_or(""));
  return action.run({http, flags, flags.has("json")});
}

const std::vector<Resource>& resources() {
  static const std::vector<Resource> all = {
      {"node", "nodes", node_actions()},
      {"tenant", "tenants", tenant_actions()},
      {"plan", "plans: what a tenant may have", plan_actions()},
      {"key", "API keys of a tenant", key_actions()},
      {"token", "tokens of a node's REST face", token_actions()},
      {"platform", "the platform as a whole", platform_actions()},
  };
  return all;
}

const Resource* find_resource(const std::string& word) {
  for (const Resource& resource : resources()) {
    if (word == resource.name) return &resource;
  }
  return nullptr;
}

}  // namespace

bool is_control_word(const std::string& word) {
  return find_resource(word) != nullptr;
}

int run_control(const std::vector<std::string>& arguments) {
  const Resource& resource = *find_resource(arguments[0]);
  if (arguments.size() == 1 || arguments[1] == "--help" || arguments[1] == "help") {
    (arguments.size() == 1 ? std::cerr : std::cout) << resource_help(resource);
    return arguments.size() == 1 ? kExitUsage : kExitOk;
  }
  for (const ControlAction& action : resource.actions) {
    if (arguments[1] == action.name) {
      return run_action(resource, action, {arguments.begin() + 2, arguments.end()});
    }
  }
  std::string known;
  for (const ControlAction& action : resource.actions) {
    known.append(known.empty() ? "" : ", ").append(action.name);
  }
  throw UsageError("unknown action '" + arguments[1] + "' of " + resource.name +
                   "; known: " + known);
}

Json fetch_all(HttpClient& http, const std::string& path) {
  Json items = Json::array();
  std::string cursor;
  do {
    const std::string query = (path.find('?') == std::string::npos ? "?" : "&") +
                              std::string("limit=1000") +
                              (cursor.empty() ? "" : "&cursor=" + url_quoted(cursor));
    const Json page = http.request("GET", path + query);
    if (!page.is_object() || !page.contains("items") || !page["items"].is_array()) {
      throw RefusedError("the daemon's answer is not a list");
    }
    for (const Json& item : page["items"]) items.push_back(item);
    const bool more = page.contains("next_cursor") && page["next_cursor"].is_string();
    cursor = more ? page["next_cursor"].get<std::string>() : "";
  } while (!cursor.empty());
  return items;
}

void confirm(const ParsedFlags& flags, const std::string& question) {
  if (flags.has("yes")) return;
  if (isatty(STDIN_FILENO) == 0) throw UsageError(question + " Say so with --yes.");
  std::cerr << question << " Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "yes") throw RefusedError("nothing was done");
}

void print_object(const Json& object, bool json) {
  if (json) {
    std::cout << object.dump(2) << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : object.items()) rows.push_back({name, shown(name, value)});
  std::cout << draw_table({}, rows);
}

int print_list(const ControlCall& call, const std::string& path,
               std::initializer_list<Column> columns) {
  const Json items = fetch_all(call.http, path);
  if (call.json) {
    std::cout << items.dump(2) << "\n";
    return kExitOk;
  }
  Row head;
  for (const Column& column : columns) head.emplace_back(column.title);
  std::vector<Row> rows;
  for (const Json& item : items) {
    Row& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(member_text(item, column.member));
  }
  std::cout << draw_table(head, rows);
  return kExitOk;
}

std::string with_query(const ControlCall& call, const std::string& path,
                       std::initializer_list<const char*> flags) {
  std::string whole = path;
  char separator = '?';
  for (const char* name : flags) {
    if (const auto value = call.flags.text(name)) {
      whole += separator + std::string(name) + "=" + url_quoted(*value);
      separator = '&';
    }
  }
  return whole;
}

std::string path_of(const ControlCall& call, const char* collection) {
  return std::string("/v1/") + collection + "/" + url_quoted(call.flags.words()[0]);
}

}  // namespace miniredis::mredis
