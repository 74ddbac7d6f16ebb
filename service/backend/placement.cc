#include "backend/placement.h"

#include <limits>

namespace miniredis::service {
namespace {

struct Room {
  std::uint64_t free_bytes = 0;
  std::uint64_t nodes = 0;
};

// Nothing when the host gives no sensible answer.
std::optional<Room> room_on(const BackendHost& host) {
  const HttpReply reply = ask_host(host, "GET", "/v1/capacity", "");
  if (reply.status != 200) return std::nullopt;
  const Json capacity = Json::parse(reply.body, nullptr, false);
  if (!capacity.is_object() || !capacity.contains("memory") || !capacity.contains("nodes")) {
    return std::nullopt;
  }
  const Json& memory = capacity["memory"];
  const auto number = [&](const char* name) {
    return memory.contains(name) && memory[name].is_number_unsigned()
               ? memory[name].get<std::uint64_t>()
               : std::uint64_t{0};
  };
  Room room;
  room.nodes = capacity["nodes"].is_number_unsigned() ? capacity["nodes"].get<std::uint64_t>() : 0;
  const std::uint64_t limit = number("promisable_bytes");
  const std::uint64_t promised = number("promised_bytes");
  if (limit == 0) {
    room.free_bytes = std::numeric_limits<std::uint64_t>::max();
  } else {
    room.free_bytes = limit > promised ? limit - promised : 0;
  }
  return room;
}

}  // namespace

const BackendHost& place(const BackendContext& context, std::uint64_t bytes) {
  // With one host there is nothing to choose, and it says itself when it is full.
  if (context.hosts.size() == 1) return context.hosts.front();
  const BackendHost* best = nullptr;
  Room best_room;
  bool reached = false;
  for (const BackendHost& host : context.hosts) {
    const auto room = room_on(host);
    if (!room) continue;
    reached = true;
    if (room->free_bytes < bytes) continue;
    const bool better = best == nullptr || room->free_bytes > best_room.free_bytes ||
                        (room->free_bytes == best_room.free_bytes && room->nodes < best_room.nodes);
    if (!better) continue;
    best = &host;
    best_room = *room;
  }
  if (best != nullptr) return *best;
  if (!reached) throw Problem{problem_kinds::kUnavailable, "no host can be reached", ""};
  throw Problem{problem_kinds::kMemoryExhausted,
                "no host has " + std::to_string(bytes) + " bytes that are not promised",
                "memory_limit_bytes"};
}

}  // namespace miniredis::service
