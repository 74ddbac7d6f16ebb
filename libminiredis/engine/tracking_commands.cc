// CLIENT TRACKING and what belongs to it: caches on the clients' side.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/call.h"
#include "engine/groups.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

constexpr std::uint32_t kTrackingFlags = kAnyTime | kNeedsClient;

// TRACKING

struct TrackingWords {
  TrackingOptions options;
  std::vector<Bytes> prefixes;
};

// "REDIRECT ID"; returns the error.
Bytes read_redirect(const NodeRuntime& node, Bytes word, TrackingOptions& options) {
  if (options.redirect != 0) return wire::kRedirectTwice;
  const auto id = base::parse_int(word);
  if (!id) return wire::kNotInteger;
  const bool found = std::any_of(
      node.clients.begin(), node.clients.end(),
      [&](const Client* client) { return static_cast<std::int64_t>(client->id) == *id; });
  if (!found) return wire::kRedirectUnknown;
  options.redirect = static_cast<std::uint64_t>(*id);
  return {};
}

Bytes read_words(const NodeRuntime& node, Arguments words, TrackingWords& read) {
  TrackingOptions& options = read.options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool more = i + 1 < words.size();
    if (more && base::equals_ignore_case(words[i], "redirect")) {
      const Bytes error = read_redirect(node, words[++i], options);
      if (!error.empty()) return error;
    } else if (more && base::equals_ignore_case(words[i], "prefix")) {
      read.prefixes.push_back(words[++i]);
    } else if (base::equals_ignore_case(words[i], "bcast")) {
      options.broadcast = true;
    } else if (base::equals_ignore_case(words[i], "optin")) {
      options.opt_in = true;
    } else if (base::equals_ignore_case(words[i], "optout")) {
      options.opt_out = true;
    } else if (base::equals_ignore_case(words[i], "noloop")) {
      options.no_loop = true;
    } else {
      return wire::kSyntax;
    }
  }
  return {};
}

// Whether what is asked for agrees with itself and with how the client is tracked already.
Bytes contradiction(const TrackingWords& read, const Tracked* tracked) {
  const TrackingOptions& options = read.options;
  if (!options.broadcast && !read.prefixes.empty()) return wire::kPrefixWithoutBroadcast;
  if (tracked != nullptr && tracked->options.broadcast != options.broadcast) {
    return wire::kBroadcastSwitched;
  }
  if (options.broadcast && (options.opt_in || options.opt_out)) return wire::kBroadcastAndOpt;
  if (options.opt_in && options.opt_out) return wire::kOptInAndOut;
  if (tracked != nullptr && ((options.opt_in && tracked->options.opt_out) ||
                             (options.opt_out && tracked->options.opt_in))) {
    return wire::kOptSwitched;
  }
  return {};
}

bool overlap(Bytes a, Bytes b) noexcept {
  return a.starts_with(b) || b.starts_with(a);
}

std::string overlapping(Bytes prefix, const char* with, Bytes other) {
  return "ERR Prefix '" + std::string(prefix) + "' overlaps with " + with + " '" +
         std::string(other) + "'. Prefixes for a single client must not overlap.";
}

// Compares each with each, in the order in which Redis does it, for the text of its error.
std::string prefix_collision(const std::vector<Bytes>& prefixes, const Tracked* tracked) {
  const std::size_t own = tracked == nullptr ? 0 : tracked->prefixes.size();
  if (prefixes.size() + own > Tracked::kMostPrefixes) {
    return "ERR too many prefixes: a client may have up to " +
           std::to_string(Tracked::kMostPrefixes);
  }
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    for (std::size_t n = 0; n < own; ++n) {
      const Bytes other(tracked->prefixes[n]);
      if (overlap(prefixes[i], other)) {
        return overlapping(prefixes[i], "an existing prefix", other);
      }
    }
    for (std::size_t n = i + 1; n < prefixes.size(); ++n) {
      if (overlap(prefixes[i], prefixes[n])) {
        return overlapping(prefixes[i], "another provided prefix", prefixes[n]);
      }
    }
  }
  return {};
}

void run_tracking(Context& context, Arguments words) {
  Call& call = call_of(context);
  TrackingWords read;
  if (const Bytes error = read_words(call.node, words.subspan(1), read); !error.empty()) {
    call.fail(error);
    return;
  }
  if (base::equals_ignore_case(words[0], "off")) {
    call.node.stop_tracking(call.client);
    call.reply.ok();
    return;
  }
  if (!base::equals_ignore_case(words[0], "on")) {
    call.fail(wire::kSyntax);
    return;
  }
  const Tracked* const tracked = call.client.tracked.get();
  if (const Bytes error = contradiction(read, tracked); !error.empty()) {
    call.fail(error);
    return;
  }
  if (const std::string error = prefix_collision(read.prefixes, tracked); !error.empty()) {
    call.fail(error);
    return;
  }
  if (call.node.tracking == nullptr) {
    call.node.tracking = std::make_unique<Tracking>(call.node);
    call.node.tracking->begin(call.client);  // what follows in its transaction counts already
  }
  call.node.tracking->start(call.client, read.options, read.prefixes);
  call.reply.ok();
}

// CACHING

void run_caching(Context& context, Arguments words) {
  Call& call = call_of(context);
  Tracked* const tracked = call.client.tracked.get();
  if (tracked == nullptr) {
    call.fail(wire::kCachingUntracked);
    return;
  }
  const bool yes = base::equals_ignore_case(words[0], "yes");
  if (!yes && !base::equals_ignore_case(words[0], "no")) {
    call.fail(wire::kSyntax);
    return;
  }
  if (yes ? !tracked->options.opt_in : !tracked->options.opt_out) {
    call.fail(yes ? wire::kCachingYes : wire::kCachingNo);
    return;
  }
  tracked->caching_said = true;
  call.reply.ok();
}

// GETREDIR, TRACKINGINFO

std::int64_t redirect_of(const Client& client) noexcept {
  return client.tracked == nullptr ? -1
                                   : static_cast<std::int64_t>(client.tracked->options.redirect);
}

void run_getredir(Call& call) {
  call.reply.integer(redirect_of(call.client));
}

std::vector<Bytes> flags_of(const Tracked* tracked) {
  if (tracked == nullptr) return {"off"};
  std::vector<Bytes> flags{"on"};
  const TrackingOptions& options = tracked->options;
  if (options.broadcast) flags.emplace_back("bcast");
  if (options.opt_in) flags.emplace_back("optin");
  if (options.opt_in && tracked->caching_said) flags.emplace_back("caching-yes");
  if (options.opt_out) flags.emplace_back("optout");
  if (options.opt_out && tracked->caching_said) flags.emplace_back("caching-no");
  if (options.no_loop) flags.emplace_back("noloop");
  if (tracked->redirect_broken) flags.emplace_back("broken_redirect");
  return flags;
}

void run_trackinginfo(Call& call) {
  const Tracked* const tracked = call.client.tracked.get();
  call.reply.map(3);
  call.reply.bulk("flags");
  const std::vector<Bytes> flags = flags_of(tracked);
  call.reply.set(flags.size());
  for (const Bytes flag : flags) call.reply.bulk(flag);
  call.reply.bulk("redirect");
  call.reply.integer(redirect_of(call.client));
  call.reply.bulk("prefixes");
  call.reply.array(tracked == nullptr ? 0 : tracked->prefixes.size());
  if (tracked == nullptr) return;
  std::vector<Bytes> prefixes(tracked->prefixes.begin(), tracked->prefixes.end());
  std::sort(prefixes.begin(), prefixes.end());
  for (const Bytes prefix : prefixes) call.reply.bulk(prefix);
}

constexpr Arg kStatus[] = {flag("ON", nullptr), flag("OFF", nullptr)};
constexpr Arg kTrackingArgs[] = {
    one_of("status", kStatus),
    optional(integer("client-id", nullptr, "REDIRECT")),
    optional(multiple(string("prefix", nullptr, "PREFIX"))),
    optional(flag("BCAST", nullptr)),
    optional(flag("OPTIN", nullptr)),
    optional(flag("OPTOUT", nullptr)),
    optional(flag("NOLOOP", nullptr)),
};
constexpr Arg kModes[] = {flag("YES", nullptr), flag("NO", nullptr)};
constexpr Arg kCachingArgs[] = {one_of("mode", kModes)};

}  // namespace

extern const Command kClientTracking;
extern const Command kClientCaching;
extern const Command kClientGetRedir;
extern const Command kClientTrackingInfo;

constexpr Command kClientTracking =
    raw_command<kTrackingArgs>("client|tracking",
                               {"Controls server-assisted client-side caching for the connection.",
                                "6.0.0", "O(1). Some options may introduce additional complexity.",
                                Group::kConnection, "CLIENT TRACKING ON", "OK"},
                               kTrackingFlags, run_tracking);
constexpr Command kClientCaching = raw_command<kCachingArgs>(
    "client|caching",
    {"Instructs the node whether to track the keys in the next request.", "6.0.0", "O(1)",
     Group::kConnection, "CLIENT CACHING YES",
     "(error) ERR CLIENT CACHING can be called only when the client is in tracking mode ..."},
    kTrackingFlags, run_caching);
constexpr Command kClientGetRedir = engine_plain_command<run_getredir>(
    "client|getredir",
    {"Returns the client ID to which the connection's tracking notifications are redirected.",
     "6.0.0", "O(1)", Group::kConnection, "CLIENT GETREDIR", "(integer) -1"},
    kTrackingFlags);
constexpr Command kClientTrackingInfo = engine_plain_command<run_trackinginfo>(
    "client|trackinginfo",
    {"Returns information about server-assisted client-side caching for the connection.", "6.2.0",
     "O(1)", Group::kConnection, "CLIENT TRACKINGINFO",
     "1) \"flags\" 2) 1) \"off\" 3) \"redirect\" 4) (integer) -1 5) \"prefixes\" 6) (empty array)"},
    kTrackingFlags);

}  // namespace miniredis::engine
