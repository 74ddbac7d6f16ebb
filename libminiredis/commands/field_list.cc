#include "commands/field_list.h"

#include "base/numbers.h"
#include "commands/wire_errors.h"

namespace miniredis::commands {

std::optional<Arguments> read_field_list(Context& context, Arguments words, Bytes count_error) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  if (words.size() < 2 || !base::equals_ignore_case(words[0], "fields")) {
    return fail(wire::kFieldsMissing);
  }
  const auto count = base::parse_int(words[1]);
  if (!count || *count <= 0) return fail(count_error);
  const Arguments fields = words.subspan(2);
  if (static_cast<std::uint64_t>(*count) != fields.size()) return fail(wire::kFieldsMismatch);
  return fields;
}

std::optional<std::int64_t> read_field_expiry(Context& context, Bytes word, std::int64_t unit_ms,
                                              std::int64_t start_ms) {
  const auto fail = [&](Bytes line) {
    context.fail(line);
    return std::nullopt;
  };
  const auto amount = base::parse_int(word);
  if (!amount) return fail(wire::kNotInteger);
  if (*amount < 0) return fail(wire::kFieldExpiryNegative);
  if (*amount > (kLatestFieldExpiry - start_ms) / unit_ms) {
    context.fail(wire::invalid_expire(context.command->name));
    return std::nullopt;
  }
  return *amount * unit_ms + start_ms;
}

}  // namespace miniredis::commands
