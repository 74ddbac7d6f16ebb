// Requests out of bytes: RESP arrays of bulk strings, and inline commands.
//
// Specification: https://redis.io/docs/reference/protocol-spec/ (RESP2 requests; RESP3 has the
// same). The parser sees no socket: it is shown the bytes from the start of a request on, and shown
// them again, longer, when they were not enough; it goes on where it stopped. Arguments are views
// into those bytes (into the parser's own memory for inline commands with quotes).
//
// One thread at a time. Memory: 16 bytes an argument seen so far; arguments that are announced but
// have not come take none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace miniredis::resp {

struct RequestLimits {
  std::int64_t max_arguments = std::int64_t{1} << 20;
  std::int64_t max_bulk_bytes = std::int64_t{512} << 20;
  std::size_t max_inline_bytes = 64 << 10;
  // What the errors call a request over the first two limits: Redis has other words for a peer that
  // has not logged in.
  bool unauthenticated = false;
};

class RequestParser {
 public:
  enum class Outcome : std::uint8_t {
    kRequest,     // arguments() and consumed() are valid
    kEmpty,       // bytes that ask for nothing, such as "\r\n" or "*0\r\n"; consumed() is valid
    kIncomplete,  // show more
    kError,       // error() has the reason; the connection can't go on
  };

  // `input` starts where the request starts: the same bytes as in the last call, and more, if that
  // was kIncomplete.
  Outcome parse(Bytes input, const RequestLimits& limits);

  // Whether the last request was inline: then its arguments last only until the next parse().
  bool was_inline() const noexcept { return was_inline_; }
  // Forgets a request that was begun: the next call starts one.
  void reset() noexcept { started_ = false; }
  // Exchanges the arguments for another vector, so that several requests can be held at once.
  void swap_arguments(std::vector<Bytes>& other) noexcept { arguments_.swap(other); }

  // Valid until the next parse(), while the input's bytes stay.
  const std::vector<Bytes>& arguments() const noexcept { return arguments_; }
  std::size_t consumed() const noexcept { return position_; }
  const std::string& error() const noexcept { return error_; }
  // After kIncomplete: how long the input is at least, before it is worth another call.
  std::size_t bytes_wanted() const noexcept { return wanted_; }
  std::size_t memory_bytes() const noexcept { return arguments_.capacity() * sizeof(Bytes); }
  bool in_request() const noexcept { return started_; }

 private:
  enum class Line : std::uint8_t { kNumber, kIncomplete, kError };
  // Reads an array that is there whole and has only short lengths, as nearly all have; false, with
  // nothing done, where that is not so.
  bool parse_whole(Bytes input, const RequestLimits& limits);
  Outcome parse_inline(Bytes input, const RequestLimits& limits);
  Outcome parse_array(Bytes input, const RequestLimits& limits);
  Line read_number(Bytes input, std::int64_t& number);
  void rebase(const char* base) noexcept;
  Outcome fail(std::string reason);
  Outcome incomplete(std::size_t wanted) noexcept {
    wanted_ = wanted;
    return Outcome::kIncomplete;
  }

  std::vector<Bytes> arguments_;
  std::vector<std::string> inline_;
  std::string error_;
  const char* base_ = nullptr;  // where the views in arguments_ count from
  std::size_t position_ = 0;
  std::size_t wanted_ = 0;
  std::int64_t left_ = 0;   // arguments still to come
  std::int64_t bulk_ = -1;  // length of the argument under way; -1: not read yet
  bool was_inline_ = false;
  bool started_ = false;  // in the middle of an array
};

}  // namespace miniredis::resp
