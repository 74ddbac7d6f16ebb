#include "tenants/config_file.h"

#include <algorithm>

#include "miniredis/commands.h"
#include "tenants/names.h"

namespace miniredis::tenants {
namespace {

constexpr Bytes kDigestName = "requirepass-sha256";
constexpr Bytes kRewritten = "# Written by CONFIG REWRITE";

struct Line {
  std::string name;   // empty: nothing to be read, a comment
  std::string value;  // its words with single spaces between them
  bool has_value = false;
  bool is_sound = true;  // quotes are closed
};

Line parse_line(Bytes text) {
  Line line;
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == Bytes::npos || text[first] == '#') return line;
  const auto words = split_command_line(text.substr(first));
  line.is_sound = words.has_value() && !words->empty();
  if (!line.is_sound) return line;
  line.name = words->front();
  for (std::size_t i = 1; i < words->size(); ++i) {
    if (line.has_value) line.value += ' ';
    line.value += (*words)[i];
    line.has_value = true;
  }
  return line;
}

// Calls take(line without its end) for each.
template <typename Take>
void each_line(Bytes text, Take&& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Other names lead to the one under which a parameter is saved.
const Parameter* find_saved(Bytes name) noexcept {
  if (base::equals_ignore_case(name, kDigestName)) name = "requirepass";
  const Parameter* parameter = find_parameter(name);
  if (parameter == nullptr || parameter->alias_of == nullptr) return parameter;
  return find_parameter(parameter->alias_of);
}

std::string set_digest(Settings& settings, Bytes value) {
  const auto digest = base::sha256_from_hex(value);
  if (!digest) return "argument must be the 64 hexadecimal digits of a password's SHA-256";
  settings.credentials.set_digest(*digest);
  ++settings.password_changes;
  return {};
}

std::string set_line(Settings& settings, const Line& line) {
  if (base::equals_ignore_case(line.name, kDigestName)) return set_digest(settings, line.value);
  const Parameter* const parameter = find_parameter(line.name);
  if (parameter == nullptr) {
    return "there is no such parameter; allowed: those that CONFIG SET takes, and " +
           std::string(kDigestName);
  }
  if (parameter->set == nullptr) {
    const std::string only = parameter->get(settings);
    if (line.value == only) return {};
    return "it cannot be changed; allowed: " + (only.empty() ? "\"\"" : only);
  }
  const std::uint64_t cap = settings.memory_cap;
  if (Bytes(parameter->name) == "maxmemory") settings.memory_cap = kMaxMemoryBytes;
  std::string wrong = parameter->set(settings, line.value);
  settings.memory_cap = cap;
  return wrong;
}

std::optional<std::string> line_of(const Parameter& parameter, const Settings& settings) {
  std::string_view name = parameter.name;
  std::optional<std::string> value =
      parameter.saved == nullptr ? parameter.get(settings) : parameter.saved(settings);
  if (!value) return std::nullopt;
  if (name == "requirepass" && !value->empty()) name = kDigestName;
  return std::string(name) + ' ' + (value->empty() ? "\"\"" : *value);
}

}  // namespace

Result<void> apply_config_file(Settings& settings, Bytes text, Bytes file_name) {
  std::size_t number = 0;
  std::string wrong;
  each_line(text, [&](Bytes raw) {
    ++number;
    if (!wrong.empty()) return;
    const Line line = parse_line(raw);
    const std::string place = std::string(file_name) + ":" + std::to_string(number) + ": ";
    if (!line.is_sound) {
      wrong = place + "its quotes are not closed; allowed: name value";
    } else if (!line.name.empty() && !line.has_value) {
      wrong = place + line.name.substr(0, 64) + " has no value; allowed: name value";
    } else if (!line.name.empty()) {
      const std::string fault = set_line(settings, line);
      if (!fault.empty()) wrong = place + line.name.substr(0, 64) + ": " + fault;
    }
  });
  if (!wrong.empty()) return Error{ErrorCode::kInvalidArgument, "config_file: " + wrong};
  return {};
}

std::vector<SavedParameter> saved_parameters(const Settings& settings, const Settings& original) {
  std::vector<SavedParameter> saved;
  for (const Parameter& parameter : parameters()) {
    if (parameter.set == nullptr || parameter.alias_of != nullptr) continue;
    std::optional<std::string> line = line_of(parameter, settings);
    const bool differs = line != line_of(parameter, original);
    saved.push_back({&parameter, std::move(line), differs});
  }
  return saved;
}

std::string rewritten_config_file(Bytes text, const std::vector<SavedParameter>& saved) {
  std::string out;
  std::vector<bool> written(saved.size(), false);
  bool is_marked = false;
  each_line(text, [&](Bytes raw) {
    is_marked = is_marked || raw == kRewritten;
    const Parameter* const parameter = find_saved(parse_line(raw).name);
    const auto at = std::find_if(saved.begin(), saved.end(), [&](const SavedParameter& one) {
      return parameter != nullptr && one.parameter == parameter;
    });
    if (at == saved.end() || !at->line) {
      out += std::string(raw) + '\n';
      return;
    }
    const auto place = static_cast<std::size_t>(at - saved.begin());
    if (!written[place]) out += *at->line + '\n';
    written[place] = true;
  });
  for (std::size_t i = 0; i < saved.size(); ++i) {
    const SavedParameter& one = saved[i];
    if (written[i] || !one.differs || !one.line) continue;
    if (!is_marked) out += std::string(kRewritten) + '\n';
    is_marked = true;
    out += *one.line + '\n';
  }
  return out;
}

}  // namespace miniredis::tenants
