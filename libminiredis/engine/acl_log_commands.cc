// ACL LOG: what users of the node were refused.
#include <algorithm>
#include <cstdio>

#include "engine/acl.h"
#include "engine/call.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands

constexpr std::size_t kDefaultCount = 10;

void reply_entry(resp::Writer& reply, const AclLogEntry& entry, std::int64_t now_ms) {
  reply.map(10);
  reply.bulk("count");
  reply.integer(static_cast<std::int64_t>(entry.count));
  reply.bulk("reason");
  reply.bulk(name_of(entry.reason));
  reply.bulk("context");
  reply.bulk(name_of(entry.context));
  reply.bulk("object");
  reply.bulk(entry.object);
  reply.bulk("username");
  reply.bulk(entry.user);
  reply.bulk("age-seconds");
  reply.real(static_cast<double>(now_ms - entry.updated_ms) / 1000);
  reply.bulk("client-info");
  reply.bulk(entry.client);
  reply.bulk("entry-id");
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.bulk("timestamp-created");
  reply.integer(entry.created_ms);
  reply.bulk("timestamp-last-updated");
  reply.integer(entry.updated_ms);
}

constexpr Arg kOperations[] = {integer("count", nullptr), flag("RESET", nullptr)};
constexpr Arg kArgs[] = {optional(one_of("operation", kOperations))};

void run_log(Context& context, Arguments words) {
  Call& call = call_of(context);
  const AclLog& log = call.node.acl.log;
  std::size_t count = kDefaultCount;
  if (words.size() > 1) {
    call.fail(wire::wrong_subcommand(call.called_as, "ACL"));
    return;
  }
  if (words.size() == 1) {
    if (base::equals_ignore_case(words[0], "reset")) {
      call.node.acl.log.reset();
      call.reply.ok();
      return;
    }
    const auto wanted = base::parse_int(words[0]);
    if (!wanted) {
      call.fail(wire::kNotInteger);
      return;
    }
    count = static_cast<std::size_t>(std::max<std::int64_t>(*wanted, 0));
  }
  count = std::min(count, log.entries().size());
  call.reply.array(count);
  auto entry = log.entries().begin();
  for (std::size_t i = 0; i < count; ++i, ++entry) reply_entry(call.reply, *entry, call.now_ms());
}

}  // namespace

extern const Command kAclLog;
constexpr Command kAclLog = raw_command<kArgs>(
    "acl|log",
    {"Lists recent refusals of commands, keys, channels and log-ins, or forgets them.", "6.0.0",
     "O(N) where N is the number of entries shown", Group::kServer, "ACL LOG 5", "(empty array)"},
    kAdministration, run_log);

}  // namespace miniredis::engine
