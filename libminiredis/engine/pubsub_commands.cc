// SUBSCRIBE, PUBLISH and their relatives: messages within one node.
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr std::uint32_t kSubscribe =
    Flag::kPubSub | kNoScript | kLoading | kStale | kSubscribed | kNeedsClient;

struct ChannelsArgs {
  Arguments channels;
};
constexpr Arg kChannels[] = {multiple(string("channel", into<&ChannelsArgs::channels>))};
constexpr Arg kPatterns[] = {multiple(pattern("pattern", into<&ChannelsArgs::channels>))};
constexpr Arg kOptionalChannels[] = {optional(kChannels[0])};
constexpr Arg kOptionalPatterns[] = {optional(kPatterns[0])};

// Channels of shards are counted by themselves.
template <Listening To>
std::size_t count_of(const Client& client) noexcept {
  if (client.subscriptions == nullptr) return 0;
  const std::size_t shards = client.subscriptions->shards.size();
  return To == Listening::kShards ? shards : client.subscriptions->count() - shards;
}

template <Listening To>
void confirm(Call& call, Bytes kind, const Bytes* channel) {
  call.reply.push(3);
  call.reply.bulk(kind);
  if (channel != nullptr)
    call.reply.bulk(*channel);
  else
    call.reply.null();
  call.reply.integer(static_cast<std::int64_t>(count_of<To>(call.client)));
}

template <Listening To>
constexpr Bytes kSubscribedTo = To == Listening::kChannels   ? "subscribe"
                                : To == Listening::kPatterns ? "psubscribe"
                                                             : "ssubscribe";
template <Listening To>
constexpr Bytes kUnsubscribed = To == Listening::kChannels   ? "unsubscribe"
                                : To == Listening::kPatterns ? "punsubscribe"
                                                             : "sunsubscribe";

template <Listening To>
void run_subscribe(Call& call, const ChannelsArgs& args) {
  for (const Bytes name : args.channels) {
    call.node.pubsub.subscribe(call.client, To, name);
    confirm<To>(call, kSubscribedTo<To>, &name);
  }
}

// With no names, all that the client listens to.
template <Listening To>
void run_unsubscribe(Call& call, const ChannelsArgs& args) {
  std::vector<std::string> names(args.channels.begin(), args.channels.end());
  if (names.empty() && call.client.subscriptions != nullptr) {
    for (const auto& [name, none] : call.client.subscriptions->to(To)) names.emplace_back(name);
  }
  for (const std::string& name : names) {
    const Bytes channel = name;
    call.node.pubsub.unsubscribe(call.client, To, channel);
    confirm<To>(call, kUnsubscribed<To>, &channel);
  }
  if (names.empty()) confirm<To>(call, kUnsubscribed<To>, nullptr);
}

constexpr Command kSubscribeCommand =
    engine_command<ChannelsArgs, kChannels, run_subscribe<Listening::kChannels>>(
        "subscribe",
        {"Listens for messages published to channels.", "2.0.0",
         "O(N) where N is the number of channels to subscribe to.", Group::kPubSub,
         "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1"},
        kSubscribe, use::channels(ChannelUse::kSubscribes));

constexpr Command kPSubscribe =
    engine_command<ChannelsArgs, kPatterns, run_subscribe<Listening::kPatterns>>(
        "psubscribe",
        {"Listens for messages published to channels that match one or more patterns.", "2.0.0",
         "O(N) where N is the number of patterns to subscribe to.", Group::kPubSub,
         "PSUBSCRIBE news.*", "1) \"psubscribe\"\n2) \"news.*\"\n3) (integer) 1"},
        kSubscribe, use::channels(ChannelUse::kSubscribesLike));

constexpr Command kUnsubscribe =
    engine_command<ChannelsArgs, kOptionalChannels, run_unsubscribe<Listening::kChannels>>(
        "unsubscribe",
        {"Stops listening to messages posted to channels.", "2.0.0",
         "O(N) where N is the number of channels to unsubscribe.", Group::kPubSub,
         "UNSUBSCRIBE news", "1) \"unsubscribe\"\n2) \"news\"\n3) (integer) 0"},
        kSubscribe);

constexpr Command kPUnsubscribe =
    engine_command<ChannelsArgs, kOptionalPatterns, run_unsubscribe<Listening::kPatterns>>(
        "punsubscribe",
        {"Stops listening to messages published to channels that match one or more patterns.",
         "2.0.0", "O(N) where N is the number of patterns to unsubscribe.", Group::kPubSub,
         "PUNSUBSCRIBE news.*", "1) \"punsubscribe\"\n2) \"news.*\"\n3) (integer) 0"},
        kSubscribe);

struct PublishArgs {
  Bytes channel;
  Bytes message;
};
constexpr Arg kPublishArgs[] = {string("channel", into<&PublishArgs::channel>),
                                string("message", into<&PublishArgs::message>)};
void run_publish(Call& call, const PublishArgs& args) {
  call.reply.integer(
      static_cast<std::int64_t>(call.node.pubsub.publish(args.channel, args.message)));
}
constexpr Command kPublish = engine_command<PublishArgs, kPublishArgs, run_publish>(
    "publish",
    {"Posts a message to a channel.", "2.0.0",
     "O(N+M) where N is the number of clients subscribed to the channel and M is the number of "
     "patterns of the node.",
     Group::kPubSub, "PUBLISH news hello", "(integer) 1"},
    Flag::kPubSub | kFast | kLoading | kStale, use::channels(ChannelUse::kPublishes));

// Shards: one node has all of them.

constexpr Arg kShardChannels[] = {multiple(key("shardchannel", into<&ChannelsArgs::channels>))};
constexpr Arg kOptionalShardChannels[] = {optional(kShardChannels[0])};

constexpr Command kSSubscribe =
    engine_command<ChannelsArgs, kShardChannels, run_subscribe<Listening::kShards>>(
        "ssubscribe",
        {"Listens for messages published to shard channels.", "7.0.0",
         "O(N) where N is the number of shard channels to subscribe to.", Group::kPubSub,
         "SSUBSCRIBE orders", "1) \"ssubscribe\"\n2) \"orders\"\n3) (integer) 1"},
        kSubscribe, use::shard_channels(ChannelUse::kSubscribes));

constexpr Command kSUnsubscribe =
    engine_command<ChannelsArgs, kOptionalShardChannels, run_unsubscribe<Listening::kShards>>(
        "sunsubscribe",
        {"Stops listening to messages posted to shard channels.", "7.0.0",
         "O(N) where N is the number of shard channels to unsubscribe.", Group::kPubSub,
         "SUNSUBSCRIBE orders", "1) \"sunsubscribe\"\n2) \"orders\"\n3) (integer) 0"},
        kSubscribe, use::shard_channels(ChannelUse::kNone));

constexpr Arg kSPublishArgs[] = {key("shardchannel", into<&PublishArgs::channel>),
                                 string("message", into<&PublishArgs::message>)};
void run_spublish(Call& call, const PublishArgs& args) {
  call.reply.integer(
      static_cast<std::int64_t>(call.node.pubsub.publish_to_shard(args.channel, args.message)));
}
constexpr Command kSPublish = engine_command<PublishArgs, kSPublishArgs, run_spublish>(
    "spublish",
    {"Posts a message to a shard channel.", "7.0.0",
     "O(N) where N is the number of clients subscribed to the shard channel.", Group::kPubSub,
     "SPUBLISH orders hello", "(integer) 1"},
    Flag::kPubSub | kFast | kLoading | kStale, use::shard_channels(ChannelUse::kPublishes));

// PUBSUB

struct PatternArgs {
  std::optional<Bytes> pattern;
};
constexpr Arg kPatternArgs[] = {optional(pattern("pattern", into<&PatternArgs::pattern>))};
template <Listening To>
void run_channels(Call& call, const PatternArgs& args) {
  const PubSub& pubsub = call.node.pubsub;
  std::vector<Bytes> names;
  for (const auto& [name, subscribers] : pubsub.all(To)) {
    if (!args.pattern || base::glob_match(*args.pattern, name)) names.emplace_back(name);
  }
  call.reply.array(names.size());
  for (const Bytes name : names) call.reply.bulk(name);
}
constexpr Command kChannelsCommand =
    engine_command<PatternArgs, kPatternArgs, run_channels<Listening::kChannels>>(
        "pubsub|channels",
        {"Returns the active channels.", "2.8.0", "O(N) where N is the number of active channels",
         Group::kPubSub, "PUBSUB CHANNELS", "(empty array)"},
        Flag::kPubSub | kLoading | kStale);

void run_numpat(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.node.pubsub.patterns().size()));
}
constexpr Command kNumPat =
    engine_plain_command<run_numpat>("pubsub|numpat",
                                     {"Returns a count of unique pattern subscriptions.", "2.8.0",
                                      "O(1)", Group::kPubSub, "PUBSUB NUMPAT", "(integer) 0"},
                                     Flag::kPubSub | kLoading | kStale);

constexpr Arg kNumSubArgs[] = {optional(kChannels[0])};
template <Listening To>
void run_numsub(Call& call, const ChannelsArgs& args) {
  const PubSub& pubsub = call.node.pubsub;
  const auto& all = pubsub.all(To);
  call.reply.array(args.channels.size() * 2);
  for (const Bytes channel : args.channels) {
    const auto at = all.find(channel);
    const bool found = at != all.end();
    call.reply.bulk(channel);
    call.reply.integer(found ? static_cast<std::int64_t>(at->second.size()) : 0);
  }
}
constexpr Command kNumSub =
    engine_command<ChannelsArgs, kNumSubArgs, run_numsub<Listening::kChannels>>(
        "pubsub|numsub",
        {"Returns a count of subscribers to channels.", "2.8.0",
         "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
         Group::kPubSub, "PUBSUB NUMSUB news", "1) \"news\"\n2) (integer) 0"},
        Flag::kPubSub | kLoading | kStale);

constexpr Command kShardChannelsCommand =
    engine_command<PatternArgs, kPatternArgs, run_channels<Listening::kShards>>(
        "pubsub|shardchannels",
        {"Returns the active shard channels.", "7.0.0",
         "O(N) where N is the number of active shard channels", Group::kPubSub,
         "PUBSUB SHARDCHANNELS", "(empty array)"},
        Flag::kPubSub | kLoading | kStale);

constexpr Arg kShardNumSubArgs[] = {
    optional(multiple(string("shardchannel", into<&ChannelsArgs::channels>)))};
constexpr Command kShardNumSub =
    engine_command<ChannelsArgs, kShardNumSubArgs, run_numsub<Listening::kShards>>(
        "pubsub|shardnumsub",
        {"Returns the count of subscribers of shard channels.", "7.0.0",
         "O(N) where N is the number of requested shard channels", Group::kPubSub,
         "PUBSUB SHARDNUMSUB orders", "1) \"orders\"\n2) (integer) 0"},
        Flag::kPubSub | kLoading | kStale);

constexpr const char* kPubSubHelpLines[] = {
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
};
constexpr Command kPubSubHelp =
    help_command<kPubSubHelpLines>("pubsub|help", Group::kPubSub, "6.2.0");

constexpr const Command* kPubSubSubcommands[] = {
    &kChannelsCommand, &kPubSubHelp, &kNumPat, &kNumSub, &kShardChannelsCommand, &kShardNumSub};
constexpr Command kPubSubCommand =
    container("pubsub",
              {"A container for Pub/Sub commands.", "2.8.0", "Depends on subcommand.",
               Group::kPubSub, "PUBSUB HELP", ""},
              kPubSubSubcommands);

}  // namespace

CommandGroup pubsub_commands() noexcept {
  static constexpr const Command* kCommands[] = {
      &kSubscribeCommand, &kPSubscribe, &kUnsubscribe,  &kPUnsubscribe, &kPublish,
      &kPubSubCommand,    &kSSubscribe, &kSUnsubscribe, &kSPublish};
  return kCommands;
}

}  // namespace miniredis::engine
