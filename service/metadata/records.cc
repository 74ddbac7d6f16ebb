#include "metadata/records.h"

#include <array>

namespace miniredis::service::metadata {
namespace {

constexpr std::array kTenantStates = {"active", "suspended", "deleting"};
constexpr std::array kNodeRowStates = {"creating", "ready", "deleting"};

template <typename State, typename Names>
std::optional<State> state_from(const std::string& name, const Names& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<State>(i);
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(TenantState state) {
  return kTenantStates[static_cast<std::size_t>(state)];
}
std::optional<TenantState> tenant_state_from(const std::string& name) {
  return state_from<TenantState>(name, kTenantStates);
}

const char* to_string(NodeRowState state) {
  return kNodeRowStates[static_cast<std::size_t>(state)];
}
std::optional<NodeRowState> node_row_state_from(const std::string& name) {
  return state_from<NodeRowState>(name, kNodeRowStates);
}

}  // namespace miniredis::service::metadata
