// A typed line as the words of a command, quoted as redis-cli has it.
//
//   set key "a b\x00\n"   double quotes: \n \r \t \b \a, \xHH, and any other character for itself
//   set key 'a b\n'       single quotes: only \' is special
//   set key a"b c"        a quote may open inside a word, and must close at the word's end
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace miniredis::mredis {

using Words = std::vector<std::string>;

// Nothing when a quote is not closed, or is followed by something other than a space.
std::optional<Words> split_words(std::string_view line);

// Whether the command carries a password, so that it must not go into a history file.
bool carries_secret(const Words& words);

bool equals_ignore_case(std::string_view a, std::string_view b);
std::string upper_case(std::string_view text);

}  // namespace miniredis::mredis
