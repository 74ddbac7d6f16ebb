// The secret that opens the API: made at the first start, kept only as its SHA-256.
//
// Immutable after open: any thread may check.
#pragma once

#include <string>
#include <string_view>

#include "common/failure.h"

namespace miniredis::service {

class AdminToken {
 public:
  // The token given by the settings: `value` when not empty, else the first line of `file`.
  static Outcome<AdminToken> from_settings(const std::string& value, const std::string& file);
  // The one of `directory`/admin-token.json, made when there is none.
  static Outcome<AdminToken> open(const std::string& directory);

  // Whether `presented` is the token. Takes the same time for every wrong one of a length.
  bool matches(std::string_view presented) const;

  // The token itself, when the settings gave it: what a role asks others with. Empty otherwise.
  const std::string& text() const { return text_; }

  // The token itself, when open() has made it just now: to be shown once. Empty otherwise.
  const std::string& fresh_token() const { return fresh_token_; }

 private:
  explicit AdminToken(std::string digest) : digest_(std::move(digest)) {}
  std::string digest_;  // hex
  std::string text_;
  std::string fresh_token_;
};

}  // namespace miniredis::service
