// `mredis [flags] [COMMAND ARGS...]`: one command, lines from a pipe, or a prompt.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "client.h"
#include "command_book.h"
#include "reply_printer.h"

namespace miniredis::mredis {

// The whole of `mredis --help`.
std::string redis_help();

// Returns the exit status. Throws what failure.h lists.
int run_redis(const std::vector<std::string>& arguments);

// Sends `words` and prints its replies to stdout. Returns the exit status.
int run_one(Client& client, const Words& words, ReplyFormat format);
// The same for each line of `input`; goes on after errors.
int run_lines(Client& client, std::istream& input, ReplyFormat format);
// Reads lines from the terminal until its end.
int run_shell(Client& client, const CommandBook& book, ReplyFormat format);

}  // namespace miniredis::mredis
