// Looking things up in the list of commands: completion, hints and help of the prompt.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miniredis/commands.h"
#include "words.h"

namespace miniredis::mredis {

class CommandBook {
 public:
  // `infos` must outlive the book; they are sorted by name.
  explicit CommandBook(std::span<const CommandInfo> infos) : infos_(infos) {}

  // The command that `words` begin with: of two words ("CONFIG GET") rather than of one. May be
  // null.
  const CommandInfo* find(const Words& words) const;

  // What the word `partial`, which stands behind `before`, may become. In lower case when `partial`
  // is typed so.
  std::vector<std::string> complete(const Words& before, std::string_view partial) const;

  // "SET key value [NX | XX]" for a line that begins with a known command; else empty.
  std::string hint(const Words& words) const;

  // The answer to `help <topic>`: a command, the first word of several, or @group; without a topic,
  // how to ask. Nothing when there is no such topic.
  std::optional<std::string> help(const Words& topic) const;

 private:
  std::span<const CommandInfo> infos_;
};

}  // namespace miniredis::mredis
