// `mredis node ...` and `mredis tenant ...`: the control plane from a terminal.
#pragma once

#include <string>
#include <vector>

#include "flags.h"
#include "http_client.h"

namespace miniredis::mredis {

// Runs "node" or "tenant" with what follows it. Returns the exit status; throws what failure.h
// lists.
int run_control(const std::vector<std::string>& arguments);

// What one action works with.
struct ControlCall {
  HttpClient& http;
  const ParsedFlags& flags;
  bool json = false;  // print what the daemon answered, for programs
};

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

int run_top(const ControlCall& call);

// Everything of a list, however many pages it has.
Json fetch_all(HttpClient& http, const std::string& path);
// Asks on a terminal; elsewhere, and for any answer but yes, throws. Nothing when --yes was given.
void confirm(const ParsedFlags& flags, const std::string& question);
// Prints one object, a member a line, or as JSON.
void print_object(const Json& object, bool json);

}  // namespace miniredis::mredis
