// UTF-8, as RFC 3629 has it.
#pragma once

#include <string_view>

namespace miniredis::service {

// Whether the bytes are UTF-8 as a whole: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace miniredis::service
