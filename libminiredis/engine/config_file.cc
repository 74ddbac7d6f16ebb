#include "engine/config_file.h"

#include "base/file.h"

namespace miniredis::engine {

Result<std::optional<std::string>> read_config_file(const std::string& path) {
  if (path.empty()) return std::optional<std::string>();
  return base::read_file(path, kMostConfigFileBytes);
}

Result<void> load_config(NodeRuntime& node, const std::optional<std::string>& text) {
  if (node.config_file.empty()) return {};
  *node.original_settings = node.settings;
  if (!text) return {};
  const Bytes path = node.config_file;
  return tenants::apply_config_file(node.settings, *text, path.substr(path.rfind('/') + 1));
}

Result<void> rewrite_config(const std::string& path,
                            const std::vector<tenants::SavedParameter>& saved) {
  const auto text = read_config_file(path);
  if (!text) return text.error();
  return base::write_file_atomically(
      path, tenants::rewritten_config_file(text.value().value_or(""), saved));
}

}  // namespace miniredis::engine
