#include "engine/client.h"

#include "engine/node.h"

namespace miniredis::engine {

Client::Client(ClientOwner& client_owner) noexcept : owner(client_owner) {}

Client::~Client() {
  if (node != nullptr) node->detach(*this);
}

std::size_t Client::memory_bytes() const noexcept {
  return sizeof(Client) + peer.capacity() + local.capacity() + out.capacity() + query_bytes;
}

void Client::settle_buffers() {
  if (node == nullptr) return;
  const auto bytes = static_cast<std::int64_t>(memory_bytes());
  if (bytes != charged_) {
    node->account.charge(bytes - charged_);
    node->client_bytes += bytes - charged_;
    charged_ = bytes;
  }
  if (out.size() <= 4096 || closing) return;
  const tenants::OutputLimits limits = node->settings.effective_output_limits();
  const tenants::OutputLimit& limit = limits.for_class(client_class());
  bool over = limit.hard_bytes != 0 && out.size() > limit.hard_bytes;
  if (limit.soft_bytes != 0 && out.size() > limit.soft_bytes) {
    const std::int64_t now = node->keyspace.now_ms();
    if (over_soft_limit_since_ms == 0) over_soft_limit_since_ms = now;
    over |= now - over_soft_limit_since_ms > static_cast<std::int64_t>(limit.soft_seconds) * 1000;
  } else {
    over_soft_limit_since_ms = 0;
  }
  if (!over) return;
  ++node->statistics.output_limit_closes;
  closing = true;
  out.reset();
  owner.wake();
}

void Client::uncharge() noexcept {
  if (node == nullptr) return;
  node->account.charge(-charged_);
  node->client_bytes -= charged_;
  charged_ = 0;
}

}  // namespace miniredis::engine
