#include "engine/secret_words.h"

#include "base/bytes.h"
#include "commands/grammar.h"

namespace miniredis::engine {
namespace {

bool is(Arguments words, std::size_t place, Bytes name) noexcept {
  return place < words.size() && base::equals_ignore_case(words[place], name);
}

// MIGRATE host port key database timeout ... AUTH password | AUTH2 user password
bool is_secret_of_migrate(Arguments words, std::size_t place) noexcept {
  std::size_t at = commands::kMigrateOptions;
  while (at < place) {
    const std::size_t secrets = is(words, at, "auth") ? 1 : is(words, at, "auth2") ? 2 : 0;
    if (is(words, at, "keys")) return false;
    if (place <= at + secrets) return true;
    at += secrets + 1;
  }
  return false;
}

}  // namespace

bool is_secret(Arguments words, std::size_t place) noexcept {
  if (place == 0) return false;
  if (is(words, 0, "auth") || is(words, 0, "hello")) return true;
  if (is(words, 0, "migrate")) return is_secret_of_migrate(words, place);
  const bool sets = is(words, 0, "config") && is(words, 1, "set");
  return sets && place > 2 && is(words, place - 1, "requirepass");
}

}  // namespace miniredis::engine
