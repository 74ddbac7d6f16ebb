// The prompt.
#include <editline/readline.h>
#include <sys/stat.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "failure.h"
#include "miniredis/commands.h"
#include "redis_command.h"

namespace miniredis::mredis {
namespace {

constexpr int kHistoryLines = 1000;

// editline's completion functions take no context, so the shell that is running leaves its own
// here.
const CommandBook* completing_book = nullptr;
const std::vector<std::string>* completions = nullptr;

char* next_completion(const char*, int state) {
  const auto index = static_cast<std::size_t>(state);
  return index < completions->size() ? strdup((*completions)[index].c_str()) : nullptr;
}

char** complete_line(const char* text, int start, int) {
  rl_attempted_completion_over = 1;  // no file names
  const auto before =
      split_command_line(std::string_view(rl_line_buffer, static_cast<std::size_t>(start)));
  if (!before) return nullptr;
  const std::vector<std::string> found = completing_book->complete(*before, text);
  if (!found.empty()) {
    completions = &found;
    char** matches = rl_completion_matches(text, next_completion);
    completions = nullptr;
    return matches;
  }
  const std::string hint = completing_book->hint(*before);
  if (!hint.empty()) {
    std::fprintf(rl_outstream, "\n  %s\n", hint.c_str());
    rl_on_new_line();
    rl_forced_update_display();
  }
  return nullptr;
}

// Lines typed before, kept over runs in ~/.mredis_history, but for those with passwords.
class History {
 public:
  History() {
    using_history();
    stifle_history(kHistoryLines);
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') return;
    path_ = std::string(home) + "/.mredis_history";
    read_history(path_.c_str());
  }

  void add(const std::string& line, const Words& words) {
    if (carries_secret(words)) return;
    add_history(line.c_str());
    if (path_.empty()) return;
    // Keys and values are nobody else's business.
    const mode_t mask = umask(077);
    write_history(path_.c_str());
    umask(mask);
  }

 private:
  std::string path_;
};

std::string prompt_of(const Client& client) {
  if (!client.connected()) return "not connected> ";
  std::string prompt = to_string(client.endpoint());
  if (client.endpoint().database != 0) {
    prompt += "[" + std::to_string(client.endpoint().database) + "]";
  }
  if (client.in_transaction()) prompt += "(TX)";
  return prompt + "> ";
}

// Commands of the prompt itself. False: it is none of them.
bool run_local(const Words& words, const CommandBook& book, bool& leave) {
  const std::string name = upper_case(words[0]);
  if ((name == "QUIT" || name == "EXIT") && words.size() == 1) {
    leave = true;
  } else if (name == "CLEAR" && words.size() == 1) {
    std::fputs("\x1b[H\x1b[2J", stdout);
  } else if (name == "HELP" || name == "?") {
    const auto page = book.help({words.begin() + 1, words.end()});
    std::fputs(page ? page->c_str() : "No help on that. Try: help\n", stdout);
  } else {
    return false;
  }
  return true;
}

void connect_saying_why_not(Client& client) {
  try {
    client.connect();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

}  // namespace

int run_shell(Client& client, const CommandBook& book, ReplyFormat format) {
  std::setlocale(LC_CTYPE, "");
  completing_book = &book;
  rl_readline_name = "mredis";
  rl_attempted_completion_function = complete_line;
  rl_basic_word_break_characters = " \t";
  History history;
  connect_saying_why_not(client);

  for (bool leave = false; !leave;) {
    const std::unique_ptr<char, decltype(&std::free)> typed(readline(prompt_of(client).c_str()),
                                                            &std::free);
    if (!typed) {
      std::fputs("\n", stdout);
      break;
    }
    const std::string line = typed.get();
    const auto words = split_command_line(line);
    if (!words) {
      std::fputs("Unbalanced quotes.\n", stdout);
      continue;
    }
    if (words->empty()) continue;
    history.add(line, *words);
    if (run_local(*words, book, leave)) continue;
    try {
      if (run_one(client, *words, format) == kExitInterrupted) std::fputs("Interrupted.\n", stdout);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
  return kExitOk;
}

}  // namespace miniredis::mredis
