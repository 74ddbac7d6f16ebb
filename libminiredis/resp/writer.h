// Replies into bytes, in RESP2 or RESP3.
//
// A command says what it means (a map, a double, nothing); the writer knows how each protocol shows
// it. Specification: https://redis.io/docs/reference/protocol-spec/
// One thread at a time; owns nothing.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/numbers.h"
#include "resp/buffer.h"

namespace miniredis::resp {

enum class Protocol : std::uint8_t { kResp2 = 2, kResp3 = 3 };

class Writer {
 public:
  Writer(Buffer& out, Protocol protocol) noexcept : out_(&out), protocol_(protocol) {}

  Protocol protocol() const noexcept { return protocol_; }
  void set_protocol(Protocol protocol) noexcept { protocol_ = protocol; }
  bool resp3() const noexcept { return protocol_ == Protocol::kResp3; }
  Buffer& buffer() noexcept { return *out_; }

  void ok() { out_->append("+OK\r\n"); }
  // No CR or LF in `text`.
  void status(Bytes text);
  // The whole line, code word first, without the minus; CR and LF become spaces.
  void error(Bytes line);

  void integer(std::int64_t n) {
    if (n >= 0 && n <= 9) {
      const char small[4] = {':', static_cast<char>('0' + n), '\r', '\n'};
      out_->append({small, 4});
    } else {
      header(':', n);
    }
  }
  void bulk(Bytes bytes) {
    char* const start = out_->reserve(bytes.size() + base::kMaxIntChars + 5);
    char* at = put_header(start, '$', static_cast<std::int64_t>(bytes.size()));
    std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    at[0] = '\r';
    at[1] = '\n';
    out_->commit(static_cast<std::size_t>(at + 2 - start));
  }
  // An integer as a bulk string.
  void bulk_integer(std::int64_t n);
  void null() { out_->append(resp3() ? Bytes("_\r\n") : Bytes("$-1\r\n")); }
  void null_array() { out_->append(resp3() ? Bytes("_\r\n") : Bytes("*-1\r\n")); }
  void boolean(bool b) {
    if (resp3())
      out_->append(b ? Bytes("#t\r\n") : Bytes("#f\r\n"));
    else
      integer(b ? 1 : 0);
  }
  void real(double d);
  // A double whose text the caller has made.
  void real_text(Bytes text);
  void big_number(Bytes digits);
  // Text for people; `format` has three letters.
  void verbatim(Bytes format, Bytes text);

  // Each is followed by that many items (maps: twice as many).
  void array(std::size_t items) { header('*', static_cast<std::int64_t>(items)); }
  void map(std::size_t pairs) {
    header(resp3() ? '%' : '*', static_cast<std::int64_t>(resp3() ? pairs : 2 * pairs));
  }
  void set(std::size_t items) { header(resp3() ? '~' : '*', static_cast<std::int64_t>(items)); }
  // Pairs that say something of the reply behind them; only in RESP3.
  void attribute(std::size_t pairs) { header('|', static_cast<std::int64_t>(pairs)); }
  void push(std::size_t items) { header(resp3() ? '>' : '*', static_cast<std::int64_t>(items)); }

 private:
  void header(char type, std::int64_t n) {
    char* const start = out_->reserve(base::kMaxIntChars + 3);
    out_->commit(static_cast<std::size_t>(put_header(start, type, n) - start));
  }
  // Returns where what follows goes.
  static char* put_header(char* at, char type, std::int64_t n) noexcept {
    *at++ = type;
    if (n >= 0 && n <= 9) {
      *at++ = static_cast<char>('0' + n);
    } else if (n > 0 && n <= 99) {
      *at++ = static_cast<char>('0' + n / 10);
      *at++ = static_cast<char>('0' + n % 10);
    } else {
      at += base::format_int(n, at);
    }
    at[0] = '\r';
    at[1] = '\n';
    return at + 2;
  }

  Buffer* out_;
  Protocol protocol_;
};

}  // namespace miniredis::resp
