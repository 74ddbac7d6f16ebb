#include "engine/client_line.h"

#include "engine/acl.h"
#include "engine/command_table.h"
#include "engine/tracking.h"

namespace miniredis::engine {
namespace {

std::string flags_of(const Client& client) {
  std::string flags;
  if (client.monitor) flags += 'O';
  if (client.subscription_count() > 0) flags += 'P';
  if (client.in_transaction()) flags += 'x';
  if (client.blocked != nullptr) flags += 'b';
  if (client.watcher != nullptr && client.watcher->dirty()) flags += 'd';
  if (client.closing) flags += 'A';
  if (client.tracked != nullptr) {
    flags += 't';
    if (client.tracked->redirect_broken) flags += 'R';
    if (client.tracked->options.broadcast) flags += 'B';
  }
  if (client.close_after_reply) flags += 'c';
  if (client.unix_socket) flags += 'U';
  if (client.no_evict) flags += 'e';
  if (client.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

}  // namespace

std::string client_line(const Client& client, std::int64_t now_ms) {
  const auto number = [](auto n) { return std::to_string(n); };
  const std::size_t channels =
      client.subscriptions == nullptr ? 0 : client.subscriptions->channels.size();
  const std::size_t patterns =
      client.subscriptions == nullptr ? 0 : client.subscriptions->patterns.size();
  const std::size_t shards =
      client.subscriptions == nullptr ? 0 : client.subscriptions->shards.size();
  std::string line =
      "id=" + number(client.id) + " addr=" + client.peer + " laddr=" + client.local +
      " fd=" + number(client.descriptor) + " name=" + std::string(client.name()) +
      " age=" + number((now_ms - client.created_ms) / 1000) +
      " idle=" + number((now_ms - client.last_active_ms) / 1000) + " flags=" + flags_of(client) +
      " db=" + number(int{client.database}) + " sub=" + number(channels) +
      " psub=" + number(patterns) + " ssub=" + number(shards) +
      " multi=" + (client.in_transaction() ? number(client.transaction->queue.size()) : "-1") +
      " qbuf=" + number(client.query_bytes) +
      " qbuf-free=0 argv-mem=0 multi-mem=0 rbs=" + number(client.out.capacity()) +
      " rbp=" + number(client.out.capacity()) + " obl=" + number(client.out.size()) +
      " oll=0 omem=0 tot-mem=" + number(client.memory_bytes()) + " events=r cmd=" +
      (client.last_command == nullptr ? "NULL" : client.last_command->command->name) +
      " user=" + std::string(user_name(client)) +
      " redir=" + (client.tracked == nullptr ? "-1" : number(client.tracked->options.redirect)) +
      " resp=" + (client.protocol == resp::Protocol::kResp3 ? "3" : "2") +
      " lib-name=" + (client.identity == nullptr ? "" : client.identity->library) +
      " lib-ver=" + (client.identity == nullptr ? "" : client.identity->library_version);
  return line;
}

}  // namespace miniredis::engine
