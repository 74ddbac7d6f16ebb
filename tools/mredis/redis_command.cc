#include "redis_command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "failure.h"
#include "flags.h"
#include "miniredis/commands.h"
#include "reply_mode.h"

namespace miniredis::mredis {
namespace {

FlagTable redis_flags() {
  FlagTable table(FlagTable::Words::kLast);
  table.add({
      {"h", "host", "HOST", "server (127.0.0.1)"},
      {"p", "port", "PORT", "port (6379)"},
      {"s", "socket", "PATH", "unix socket, instead of host and port"},
      {"", "tls", "", "TLS; the server's certificate is checked"},
      {"", "cacert", "FILE", "PEM file of the authorities to trust (the system's)"},
      {"", "insecure", "", "take any certificate"},
      {"", "user", "NAME", "user, or NODE or NODE:USER on a router port"},
      {"a", "pass", "PASSWORD", "password; better: the environment's MINIREDIS_PASSWORD"},
      {"n", "db", "N", "database (0)"},
      {"3", "resp3", "", "speak RESP3"},
      {"", "raw", "", "replies as their bytes (as in a pipe)"},
      {"", "no-raw", "", "replies drawn with types and indices (as on a terminal)"},
      {"", "json", "", "replies as JSON, one a line; speaks RESP3"},
      {"", "csv", "", "replies as lines of comma-separated values"},
      {"", "version", "", "print the version"},
      {"", "help", "", "print this"},
  });
  return table;
}

Endpoint endpoint_of(const ParsedFlags& flags) {
  Endpoint endpoint;
  endpoint.host = flags.text("host").value_or(endpoint.host);
  endpoint.port = static_cast<std::uint16_t>(flags.number("port", 1, 65535).value_or(6379));
  endpoint.unix_socket = flags.text("socket").value_or("");
  if (flags.has("socket") && (flags.has("host") || flags.has("port"))) {
    throw UsageError("--socket goes without --host and --port");
  }
  endpoint.tls = flags.has("tls");
  if (!endpoint.tls && (flags.has("cacert") || flags.has("insecure"))) {
    throw UsageError("--cacert and --insecure go with --tls");
  }
  endpoint.ca_file = flags.text("cacert").value_or("");
  endpoint.verify = !flags.has("insecure");
  endpoint.user = flags.text("user").value_or("");
  const char* from_environment = std::getenv("MINIREDIS_PASSWORD");
  endpoint.password = flags.text("pass").value_or(from_environment ? from_environment : "");
  if (!endpoint.user.empty() && endpoint.password.empty()) {
    throw UsageError("--user needs a password, from --pass or MINIREDIS_PASSWORD");
  }
  endpoint.database = static_cast<unsigned>(flags.number("db", 0, 1'000'000).value_or(0));
  endpoint.protocol = flags.has("resp3") || flags.has("json") ? 3 : 2;
  return endpoint;
}

ReplyFormat format_of(const ParsedFlags& flags) {
  const int chosen = flags.has("raw") + flags.has("no-raw") + flags.has("json") + flags.has("csv");
  if (chosen > 1) throw UsageError("--raw, --no-raw, --json and --csv exclude each other");
  if (flags.has("raw")) return ReplyFormat::kRaw;
  if (flags.has("no-raw")) return ReplyFormat::kDrawn;
  if (flags.has("json")) return ReplyFormat::kJson;
  if (flags.has("csv")) return ReplyFormat::kCsv;
  return isatty(STDOUT_FILENO) != 0 ? ReplyFormat::kDrawn : ReplyFormat::kRaw;
}

}  // namespace

std::string redis_help() {
  return "mredis: a shell for Redis-compatible servers, and the control of MiniRedis nodes\n"
         "\n"
         "  mredis [FLAGS] COMMAND ARGS...   run one command\n"
         "  mredis [FLAGS]                   a prompt; in a pipe: one command a line of input\n"
         "  mredis node --help               create, list, start, stop, watch nodes\n"
         "  mredis tenant --help             create, list, suspend, delete tenants\n"
         "  mredis plan|key|token --help     what tenants may have; who may come in\n"
         "  mredis platform --help           health, capacity, audit log\n"
         "\n"
         "FLAGS\n" +
         redis_flags().help() +
         "\n"
         "Exit status: 0 fine, 1 the server answered with an error, 2 wrong usage, 3 no "
         "connection,\n"
         "130 interrupted.\n";
}

int run_redis(const std::vector<std::string>& arguments) {
  const ParsedFlags flags = redis_flags().parse(arguments);
  if (flags.has("help")) {
    std::cout << redis_help();
    return kExitOk;
  }
  if (flags.has("version")) {
    std::cout << "mredis " << version() << " (commands of Redis " << redis_version() << ")\n";
    return kExitOk;
  }
  const ReplyFormat format = format_of(flags);
  Client client(endpoint_of(flags));
  if (!flags.words().empty()) return run_one(client, flags.words(), format);
  if (isatty(STDIN_FILENO) == 0) return run_lines(client, std::cin, format);
  return run_shell(client, CommandBook(command_infos()), format);
}

int run_one(Client& client, const Words& words, ReplyFormat format) {
  bool failed = false;
  const Client::End end = client.run(words, [&](const Value& value) {
    failed = failed || value.is_error();
    const std::string text = print_reply(value, format);
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    // Messages of a stream are wanted when they come, not when a buffer is full.
    return std::fflush(stdout) == 0 && written;
  });
  if (end == Client::End::kInterrupted) {
    // A stream has no other end.
    return reply_mode(words).kind == ReplyMode::Kind::kStream ? kExitOk : kExitInterrupted;
  }
  return failed ? kExitErrorReply : kExitOk;
}

int run_lines(Client& client, std::istream& input, ReplyFormat format) {
  int status = kExitOk;
  std::string line;
  while (std::getline(input, line)) {
    const std::optional<Words> words = split_command_line(line);
    if (!words) {
      std::cerr << "mredis: unbalanced quotes: " << line << "\n";
      status = kExitErrorReply;
      continue;
    }
    if (words->empty()) continue;
    const int one = run_one(client, *words, format);
    if (one == kExitInterrupted) return one;
    if (one != kExitOk) status = one;
  }
  return status;
}

}  // namespace miniredis::mredis
