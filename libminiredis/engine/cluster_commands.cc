// CLUSTER and its relatives, as a server answers them that is no part of a cluster: a node is
// whole.
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kOrdinary = kStale;
constexpr std::uint32_t kAdministrative = kStale | kAdmin | kDangerous;

void run_off(Context& context, Arguments) {
  context.fail(wire::kClusterOff);
}

constexpr const char* kOffReply = "(error) ERR This instance has cluster support disabled";

template <const auto& Grammar>
consteval Command off(const char* name, const char* summary, const char* since, const char* example,
                      std::uint32_t flags) {
  return raw_command<Grammar>(name, {summary, since, "O(1)", Group::kCluster, example, kOffReply},
                              flags, run_off);
}

constexpr std::span<const Arg> kNothing;
constexpr Arg kSlotArgs[] = {multiple(string("slot", nullptr))};
constexpr Arg kRange[] = {string("start-slot", nullptr), string("end-slot", nullptr)};
constexpr Arg kRanges[] = {multiple(block("range", kRange, nullptr))};
constexpr Arg kNode[] = {string("node-id", nullptr)};
constexpr Arg kSlot[] = {string("slot", nullptr)};
constexpr Arg kSlotAndCount[] = {string("slot", nullptr), string("count", nullptr)};
constexpr Arg kKey[] = {string("key", nullptr)};
constexpr Arg kEpoch[] = {string("config-epoch", nullptr)};
constexpr Arg kFailoverHow[] = {flag("FORCE", nullptr), flag("TAKEOVER", nullptr)};
constexpr Arg kFailoverArgs[] = {optional(one_of("options", kFailoverHow))};
constexpr Arg kResetHow[] = {flag("HARD", nullptr), flag("SOFT", nullptr)};
constexpr Arg kResetArgs[] = {optional(one_of("reset-type", kResetHow))};
constexpr Arg kMeetArgs[] = {string("ip", nullptr), string("port", nullptr),
                             optional(string("cluster-bus-port", nullptr))};
constexpr Arg kSetSlotHow[] = {string("node-id", nullptr, "IMPORTING"),
                               string("node-id", nullptr, "MIGRATING"),
                               string("node-id", nullptr, "NODE"), flag("STABLE", nullptr)};
constexpr Arg kSetSlotArgs[] = {string("slot", nullptr), one_of("subcommand", kSetSlotHow)};

constexpr Command kAddSlots =
    off<kSlotArgs>("cluster|addslots", "Assigns hash slots to a node of a cluster.", "3.0.0",
                   "CLUSTER ADDSLOTS 1", kAdministrative);
constexpr Command kAddSlotsRange =
    off<kRanges>("cluster|addslotsrange", "Assigns ranges of hash slots to a node of a cluster.",
                 "7.0.0", "CLUSTER ADDSLOTSRANGE 1 5", kAdministrative);
constexpr Command kBumpEpoch =
    off<kNothing>("cluster|bumpepoch", "Advances the configuration epoch of a cluster.", "3.0.0",
                  "CLUSTER BUMPEPOCH", kAdministrative);
constexpr Command kFailureReports = off<kNode>(
    "cluster|count-failure-reports", "Returns how many failure reports of a node there are.",
    "3.0.0", "CLUSTER COUNT-FAILURE-REPORTS 07c3", kAdministrative);
constexpr Command kCountKeys =
    off<kSlot>("cluster|countkeysinslot", "Returns the number of keys in a hash slot.", "3.0.0",
               "CLUSTER COUNTKEYSINSLOT 1", kOrdinary);
constexpr Command kDelSlots =
    off<kSlotArgs>("cluster|delslots", "Takes hash slots off a node of a cluster.", "3.0.0",
                   "CLUSTER DELSLOTS 1", kAdministrative);
constexpr Command kDelSlotsRange =
    off<kRanges>("cluster|delslotsrange", "Takes ranges of hash slots off a node of a cluster.",
                 "7.0.0", "CLUSTER DELSLOTSRANGE 1 5", kAdministrative);
constexpr Command kFailover =
    off<kFailoverArgs>("cluster|failover", "Has a replica take its master's place in a cluster.",
                       "3.0.0", "CLUSTER FAILOVER", kAdministrative);
constexpr Command kFlushSlots =
    off<kNothing>("cluster|flushslots", "Takes all hash slots off a node of a cluster.", "3.0.0",
                  "CLUSTER FLUSHSLOTS", kAdministrative);
constexpr Command kForget = off<kNode>("cluster|forget", "Takes a node out of a cluster.", "3.0.0",
                                       "CLUSTER FORGET 07c3", kAdministrative);
constexpr Command kGetKeys =
    off<kSlotAndCount>("cluster|getkeysinslot", "Returns names of keys in a hash slot.", "3.0.0",
                       "CLUSTER GETKEYSINSLOT 1 10", kOrdinary);
constexpr Command kHelp =
    off<kNothing>("cluster|help", "Returns helpful text about the different subcommands.", "5.0.0",
                  "CLUSTER HELP", kOrdinary | kLoading);
constexpr Command kInfo = off<kNothing>("cluster|info", "Returns the state of a cluster.", "3.0.0",
                                        "CLUSTER INFO", kOrdinary);
constexpr Command kKeySlot = off<kKey>("cluster|keyslot", "Returns the hash slot of a key.",
                                       "3.0.0", "CLUSTER KEYSLOT greeting", kOrdinary);
constexpr Command kLinks =
    off<kNothing>("cluster|links", "Returns the connections between nodes of a cluster.", "7.0.0",
                  "CLUSTER LINKS", kOrdinary);
constexpr Command kMeet = off<kMeetArgs>("cluster|meet", "Brings a node into a cluster.", "3.0.0",
                                         "CLUSTER MEET 127.0.0.1 7000", kAdministrative);
constexpr Command kMyId = off<kNothing>("cluster|myid", "Returns the id of a node of a cluster.",
                                        "3.0.0", "CLUSTER MYID", kOrdinary);
constexpr Command kMyShardId =
    off<kNothing>("cluster|myshardid", "Returns the id of a node's shard in a cluster.", "7.2.0",
                  "CLUSTER MYSHARDID", kOrdinary);
constexpr Command kNodes = off<kNothing>("cluster|nodes", "Returns the nodes of a cluster.",
                                         "3.0.0", "CLUSTER NODES", kOrdinary);
constexpr Command kReplicas =
    off<kNode>("cluster|replicas", "Returns the replicas of a master in a cluster.", "5.0.0",
               "CLUSTER REPLICAS 07c3", kAdministrative);
constexpr Command kReplicate =
    off<kNode>("cluster|replicate", "Makes a node of a cluster the replica of another.", "3.0.0",
               "CLUSTER REPLICATE 07c3", kAdministrative);
constexpr Command kReset =
    off<kResetArgs>("cluster|reset", "Takes a node out of its cluster and empties its tables.",
                    "3.0.0", "CLUSTER RESET", kAdministrative | kNoScript);
constexpr Command kSaveConfig =
    off<kNothing>("cluster|saveconfig", "Saves what a node knows of its cluster.", "3.0.0",
                  "CLUSTER SAVECONFIG", kAdministrative);
constexpr Command kSetEpoch =
    off<kEpoch>("cluster|set-config-epoch", "Sets the configuration epoch of a new node.", "3.0.0",
                "CLUSTER SET-CONFIG-EPOCH 1", kAdministrative);
constexpr Command kSetSlot =
    off<kSetSlotArgs>("cluster|setslot", "Binds a hash slot to a node of a cluster.", "3.0.0",
                      "CLUSTER SETSLOT 1 STABLE", kAdministrative);
constexpr Command kShards =
    off<kNothing>("cluster|shards", "Returns the shards of a cluster and their slots.", "7.0.0",
                  "CLUSTER SHARDS", kOrdinary);
constexpr Command kSlaves =
    off<kNode>("cluster|slaves", "Returns the replicas of a master in a cluster.", "3.0.0",
               "CLUSTER SLAVES 07c3", kAdministrative);
constexpr Command kSlotsCommand =
    off<kNothing>("cluster|slots", "Returns the hash slots of a cluster and their nodes.", "3.0.0",
                  "CLUSTER SLOTS", kOrdinary);

constexpr const Command* kSubcommands[] = {
    &kAddSlots,      &kAddSlotsRange, &kBumpEpoch,  &kFailureReports, &kCountKeys,  &kDelSlots,
    &kDelSlotsRange, &kFailover,      &kFlushSlots, &kForget,         &kGetKeys,    &kHelp,
    &kInfo,          &kKeySlot,       &kLinks,      &kMeet,           &kMyId,       &kMyShardId,
    &kNodes,         &kReplicas,      &kReplicate,  &kReset,          &kSaveConfig, &kSetEpoch,
    &kSetSlot,       &kShards,        &kSlaves,     &kSlotsCommand};
constexpr Command kCluster =
    container("cluster",
              {"A container for Redis Cluster commands, all of which say that a node has none.",
               "3.0.0", "Depends on subcommand.", Group::kCluster, "CLUSTER INFO", kOffReply},
              kSubcommands);

constexpr std::uint32_t kClientFlags = kFast | kAboutConnection;

constexpr Command kReadOnlyCommand =
    off<kNothing>("readonly", "Has a replica in a cluster answer reads of this connection.",
                  "3.0.0", "READONLY", kClientFlags | kLoading | kStale);
constexpr Command kReadWriteCommand =
    off<kNothing>("readwrite", "Ends what READONLY began.", "3.0.0", "READWRITE",
                  kClientFlags | kLoading | kStale);
constexpr Command kAsking =
    off<kNothing>("asking", "Says that the next command follows a redirection of a cluster.",
                  "3.0.0", "ASKING", kClientFlags);

}  // namespace

CommandGroup cluster_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kCluster, &kReadOnlyCommand, &kReadWriteCommand,
                                                 &kAsking};
  return kCommands;
}

}  // namespace miniredis::engine
