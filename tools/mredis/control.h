// `mredis node ...`, `mredis tenant ...` and their like: the control plane from a terminal, by its
// gateway.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "flags.h"
#include "http_client.h"

namespace miniredis::mredis {

// Whether a first word is one of the control plane's rather than a Redis command.
bool is_control_word(const std::string& word);

// Runs such a word with what follows it. Returns the exit status; throws what failure.h lists.
int run_control(const std::vector<std::string>& arguments);

// What one action works with.
struct ControlCall {
  HttpClient& http;
  const ParsedFlags& flags;
  bool json = false;  // print what the daemon answered, for programs
};

// Flags may stand behind the words, too.
inline constexpr auto kAnywhere = FlagTable::Words::kAnywhere;

// One action of a resource: its place in the help, its flags and its work.
struct ControlAction {
  const char* name;
  const char* words;  // "NODE", as help shows what follows the name
  const char* summary;
  std::size_t least_words;
  std::size_t most_words;
  FlagTable::Words placement;
  std::vector<Flag> flags;
  int (*run)(const ControlCall& call);
};

const std::vector<ControlAction>& node_actions();
const std::vector<ControlAction>& tenant_actions();
const std::vector<ControlAction>& plan_actions();
const std::vector<ControlAction>& key_actions();
const std::vector<ControlAction>& token_actions();
const std::vector<ControlAction>& platform_actions();

int run_top(const ControlCall& call);

// Everything of a list, however many pages it has.
Json fetch_all(HttpClient& http, const std::string& path);
// Asks on a terminal; elsewhere, and for any answer but yes, throws. Nothing when --yes was given.
void confirm(const ParsedFlags& flags, const std::string& question);
// Prints one object, a member a line, or as JSON.
void print_object(const Json& object, bool json);

struct Column {
  const char* title;
  const char* member;
};
// Fetches a list and prints it, a line an item, or as JSON.
int print_list(const ControlCall& call, const std::string& path,
               std::initializer_list<Column> columns);
// `path` with the flags that were given, out of those named, as its query.
std::string with_query(const ControlCall& call, const std::string& path,
                       std::initializer_list<const char*> flags);
// "/v1/<collection>/<first word>".
std::string path_of(const ControlCall& call, const char* collection);

}  // namespace miniredis::mredis
