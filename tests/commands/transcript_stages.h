// The ways into MiniRedis on which transcripts are played, each section on a node of its own.
#pragma once

#include <memory>
#include <string>

#include "commands/link.h"
#include "miniredis/engine.h"
#include "miniredis/server.h"

namespace miniredis::transcripts {

// Clients are sessions; no socket is involved.
class SessionStage : public Stage {
 public:
  explicit SessionStage(Node node) : node_(std::move(node)) {}
  ~SessionStage() override;
  std::unique_ptr<Link> connect() override;
  Protocol protocol() const override { return Protocol::kInProcess; }

 private:
  Node node_;
};

// Clients connect to a port that the node gets for the section.
class PortStage : public Stage {
 public:
  PortStage(Node node, Server server, Protocol protocol);
  ~PortStage() override;
  std::unique_ptr<Link> connect() override;
  Protocol protocol() const override { return protocol_; }

 private:
  Node node_;
  Server server_;
  Protocol protocol_;
  std::uint16_t port_;
};

// What `value` is on the wire of RESP3.
Reply reply_of(const Value& value);

}  // namespace miniredis::transcripts
