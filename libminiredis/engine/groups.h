// The commands that are about clients and the node rather than about keys; see commands/groups.h.
#pragma once

#include <span>

namespace miniredis::commands {
struct Command;
}

namespace miniredis::engine {

using CommandGroup = std::span<const commands::Command* const>;

CommandGroup acl_commands() noexcept;
CommandGroup cluster_commands() noexcept;
CommandGroup connection_commands() noexcept;
CommandGroup client_commands() noexcept;
CommandGroup config_commands() noexcept;
CommandGroup debug_commands() noexcept;
CommandGroup dump_commands() noexcept;
CommandGroup function_commands() noexcept;
CommandGroup introspection_commands() noexcept;
CommandGroup info_commands() noexcept;
CommandGroup latency_commands() noexcept;
CommandGroup memory_commands() noexcept;
CommandGroup migrate_commands() noexcept;
CommandGroup monitor_commands() noexcept;
CommandGroup pubsub_commands() noexcept;
CommandGroup role_commands() noexcept;
CommandGroup script_commands() noexcept;
CommandGroup server_commands() noexcept;
CommandGroup slowlog_commands() noexcept;
CommandGroup transaction_commands() noexcept;
CommandGroup wait_commands() noexcept;

}  // namespace miniredis::engine
