// Reading a string value: type check and bytes.
#pragma once

#include "commands/collection.h"

namespace miniredis::commands {

// True, with the error answered, when the entry is there and no string.
inline bool wrong_type(Context& context, const Entry* entry) {
  return wrong_type(context, entry, Type::kString);
}

// Answers the string, or nil when there is no entry.
inline void reply_string(Context& context, const Entry* entry) {
  if (entry == nullptr) {
    context.reply.null();
    return;
  }
  char scratch[base::kMaxIntChars];
  context.reply.bulk(entry->text(scratch));
}

}  // namespace miniredis::commands
