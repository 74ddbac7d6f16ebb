// The file of a node's settings: what CONFIG REWRITE writes, and what is read when the node is
// made. It belongs to one node alone. Its text: tenants/config_file.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/node.h"
#include "miniredis/error.h"
#include "tenants/config_file.h"

namespace miniredis::engine {

inline constexpr std::size_t kMostConfigFileBytes = std::size_t{1} << 20;

// Nothing: there is no such file, or `path` is empty.
Result<std::optional<std::string>> read_config_file(const std::string& path);
// For a node that is being made and has the settings of its options: those of its file.
Result<void> load_config(NodeRuntime& node, const std::optional<std::string>& text);

// Brings the file up to what is to be saved. Waits for the disk; touches nothing of a node.
Result<void> rewrite_config(const std::string& path,
                            const std::vector<tenants::SavedParameter>& saved);

}  // namespace miniredis::engine
