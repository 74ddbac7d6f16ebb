// CONFIG: a node's own parameters.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/call.h"
#include "engine/config_file.h"
#include "engine/file_task.h"
#include "engine/groups.h"
#include "tenants/settings.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
using tenants::Parameter;

struct GetArgs {
  Arguments patterns;
};
constexpr Arg kGetArgs[] = {multiple(pattern("parameter", into<&GetArgs::patterns>))};

void find_parameters(Bytes wanted, std::vector<const Parameter*>& found) {
  if (wanted.find_first_of("*?[\\") == Bytes::npos) {
    if (const Parameter* parameter = tenants::find_parameter(wanted)) found.push_back(parameter);
    return;
  }
  for (const Parameter& parameter : tenants::parameters()) {
    if (base::glob_match(wanted, parameter.name, base::Case::kIgnore)) found.push_back(&parameter);
  }
}

// In the order of the table, each once.
void run_get(Call& call, const GetArgs& args) {
  std::vector<const Parameter*> found;
  for (const Bytes wanted : args.patterns) find_parameters(wanted, found);
  if (args.patterns.size() > 1) {
    std::sort(found.begin(), found.end(), std::less<>());
    found.erase(std::unique(found.begin(), found.end()), found.end());
  }
  call.reply.map(found.size());
  for (const Parameter* parameter : found) {
    call.reply.bulk(parameter->name);
    call.reply.bulk(parameter->get(call.node.settings));
  }
}
constexpr Command kGet = engine_command<GetArgs, kGetArgs, run_get>(
    "config|get",
    {"Returns the effective values of configuration parameters.", "2.0.0",
     "O(N) when N is the number of configuration parameters provided", Group::kServer,
     "CONFIG GET maxmemory*", "1) \"maxmemory\" ..."},
    kAdministration);

struct SetArgs {
  Arguments pairs;
};
constexpr Arg kPair[] = {string("parameter", nullptr), string("value", nullptr)};
constexpr Arg kSetArgs[] = {multiple(block("data", kPair, into<&SetArgs::pairs>))};

// All or nothing: the settings are changed in a copy.
void run_set(Call& call, const SetArgs& args) {
  tenants::Settings changed = call.node.settings;
  std::vector<const Parameter*> seen;
  for (std::size_t i = 0; i < args.pairs.size(); i += 2) {
    const Parameter* parameter = tenants::find_parameter(args.pairs[i]);
    if (parameter == nullptr) {
      call.fail("ERR Unknown option or number of arguments for CONFIG SET - '" +
                std::string(args.pairs[i]) + "'");
      return;
    }
    const std::string prefix = "ERR CONFIG SET failed (possibly related to argument '" +
                               std::string(args.pairs[i]) + "') - ";
    if (parameter->set == nullptr) {
      call.fail(prefix + "can't set immutable config");
      return;
    }
    if (std::find(seen.begin(), seen.end(), parameter) != seen.end()) {
      call.fail(prefix + "duplicate parameter");
      return;
    }
    seen.push_back(parameter);
    const std::string wrong = parameter->set(changed, args.pairs[i + 1]);
    if (!wrong.empty()) {
      call.fail(prefix + wrong);
      return;
    }
  }
  call.node.settings = changed;
  call.node.apply_settings();
  call.reply.ok();
}
constexpr Command kSet = engine_command<SetArgs, kSetArgs, run_set>(
    "config|set",
    {"Sets configuration parameters in-flight, all or none of them.", "2.0.0",
     "O(N) when N is the number of configuration parameters provided", Group::kServer,
     "CONFIG SET maxmemory-policy allkeys-lru", "OK"},
    kAdministration);

void run_resetstat(Call& call) {
  call.node.statistics.reset();
  keyspace::KeyspaceStats& stats = call.node.keyspace.stats;
  stats.hits = stats.misses = stats.expired = stats.expired_fields = stats.evicted = 0;
  call.node.account.reset_peak();
  call.reply.ok();
}
constexpr Command kResetStat = engine_plain_command<run_resetstat>(
    "config|resetstat",
    {"Resets the node's statistics.", "2.0.0", "O(1)", Group::kServer, "CONFIG RESETSTAT", "OK"},
    kAdministration);

using Rewritten = Result<void>;
class RewriteTask final : public FileTask<Rewritten> {
  using FileTask::FileTask;
  void finish(Call& call, Rewritten outcome) override {
    if (outcome) {
      call.reply.ok();
      return;
    }
    // Why, but not in which folder.
    const std::string& detail = outcome.error().detail;
    call.fail("ERR Rewriting config file: " + detail.substr(detail.rfind(": ") + 2));
  }
};

void run_rewrite(Call& call) {
  const NodeRuntime& node = call.node;
  if (node.config_file.empty()) {
    call.fail("ERR The server is running without a config file");
    return;
  }
  auto saved = tenants::saved_parameters(node.settings, *node.original_settings);
  start_file_task<RewriteTask>(
      call,
      [path = node.config_file, saved = std::move(saved)] { return rewrite_config(path, saved); },
      "the config file");
}
constexpr Command kRewrite = engine_plain_command<run_rewrite>(
    "config|rewrite",
    {"Persists the effective configuration to the node's config file.", "2.8.0",
     "O(N) where N is the size of the file", Group::kServer, "CONFIG REWRITE", "OK"},
    kAdministration);

constexpr const char* kConfigHelpLines[] = {
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Write what was set into the node's configuration file.",
};
constexpr Command kConfigHelp =
    help_command<kConfigHelpLines>("config|help", Group::kServer, "5.0.0");

constexpr const Command* kConfigSubcommands[] = {&kGet, &kConfigHelp, &kResetStat, &kRewrite,
                                                 &kSet};
constexpr Command kConfig = container("config",
                                      {"A container for server configuration commands.", "2.0.0",
                                       "Depends on subcommand.", Group::kServer, "CONFIG HELP", ""},
                                      kConfigSubcommands);

}  // namespace

CommandGroup config_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kConfig};
  return kCommands;
}

}  // namespace miniredis::engine
