// The range of TCP ports that nodes may have, and which of them are taken.
//
// Owns no socket. Not safe from several threads at once: its owner holds a lock.
// Invariant: available() + used() == last - first + 1.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

namespace miniredis::service {

class PortPool {
 public:
  // Both ends included; first <= last.
  PortPool(std::uint16_t first, std::uint16_t last);

  // Takes the lowest free port that is at least `from`; nothing when there is none.
  std::optional<std::uint16_t> take_next(std::uint16_t from = 0);
  // Takes this port; false when it is taken or outside the range.
  bool take(std::uint16_t port);
  // Gives back a port that was taken; others are ignored.
  void give_back(std::uint16_t port);

  bool contains(std::int64_t port) const { return port >= first_ && port <= last_; }
  std::uint16_t first() const { return first_; }
  std::uint16_t last() const { return last_; }
  std::size_t used() const;
  std::size_t available() const { return free_.size(); }

 private:
  std::uint16_t first_;
  std::uint16_t last_;
  std::set<std::uint16_t> free_;
};

}  // namespace miniredis::service
