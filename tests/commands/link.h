// One client of the server under test, whatever the way in; and the stage on which clients act.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/pattern.h"
#include "commands/reply.h"

namespace miniredis::transcripts {

inline constexpr std::chrono::milliseconds kReplyPatience{20'000};
inline constexpr std::chrono::milliseconds kSilence{20};

class Link {
 public:
  virtual ~Link() = default;
  // `replies_awaited`: false for a call after which only pushes come, or nothing.
  virtual void send(const std::vector<std::string>& arguments, bool replies_awaited) = 0;
  // The next thing that came, at most after `patience`. A byte stream has one order for all and
  // ignores `push`; in process it tells out-of-band messages from replies.
  virtual std::optional<Reply> next(bool push, std::chrono::milliseconds patience) = 0;
  virtual bool closed() = 0;
};

// Where one section is played, empty at first.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::unique_ptr<Link> connect() = 0;
  virtual Protocol protocol() const = 0;
  // Whether this is the reference server, whose answers may differ where the transcript says so.
  virtual bool is_reference() const { return false; }
};

}  // namespace miniredis::transcripts
