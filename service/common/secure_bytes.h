// Random bytes, digests and a comparison that tells nothing by its time; OpenSSL underneath.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace miniredis::service {

// `count` bytes of the system's cryptographic source. Ends the program when there is none.
std::string random_bytes(std::size_t count);

// SHA-256 as 32 bytes.
std::string sha256(std::string_view bytes);

bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);

// RFC 4648 section 4, with padding; section 5 without padding when `url_safe`.
std::string to_base64(std::string_view bytes, bool url_safe = false);

// What to_base64(bytes) was made from; nothing when the text is not base64 with its padding.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace miniredis::service
