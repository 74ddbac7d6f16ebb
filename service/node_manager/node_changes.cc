// The node manager's PATCH: several properties of a node changed together or not at all.
#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "common/log.h"
#include "node_manager/node_manager.h"

namespace miniredis::service {
namespace {

struct OwnField {
  std::string_view parameter;
  std::string_view field;
};

// Parameters that have a field of their own: they are refused among `config`.
constexpr std::array<OwnField, 4> kOwnFields{{{"maxmemory", "memory_limit_bytes"},
                                              {"maxmemory-policy", "eviction_policy"},
                                              {"maxclients", "max_clients"},
                                              {"requirepass", "password"}}};

// Nothing for a name the node does not know; a failure when it is too busy to say.
Outcome<std::optional<std::string>> config_value(const Node& node, const std::string& name) {
  const Value reply = node.execute_as_operator({"CONFIG", "GET", name});
  if (reply.is_error()) {
    return Failure{FailureKind::kWrongState, reply.text(), "config." + name};
  }
  std::optional<std::string> value;
  if (reply.is_aggregate() && reply.items().size() == 2) value = reply.items()[1].text();
  return value;
}

}  // namespace

std::optional<Failure> check_config_names(
    const std::vector<std::pair<std::string, std::string>>& config) {
  for (const auto& [name, value] : config) {
    for (const OwnField& own : kOwnFields) {
      if (own.parameter != name) continue;
      return Failure{FailureKind::kInvalidValue,
                     "config." + name + " is refused; allowed: the field " + std::string(own.field),
                     "config." + name};
    }
  }
  return std::nullopt;
}

// Takes its steps one by one; those taken are undone, last first, unless keep() was called.
class NodeManager::NodeEdit {
 public:
  NodeEdit(NodeManager& manager, const NodeRecord& record)
      : manager_(manager), record_(record), next_(record), node_(*record.node) {}
  NodeEdit(const NodeEdit&) = delete;
  NodeEdit& operator=(const NodeEdit&) = delete;

  ~NodeEdit() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) {
      if (auto undone = (*step)(); !undone) {
        log::error("a change of a node could not be undone",
                   {{"node", record_.definition.name}, {"reason", undone.error().detail}});
      }
    }
  }

  Outcome<void> apply(const NodeChange& change) {
    if (auto done = change_name(change); !done) return done;
    if (auto done = change_memory(change); !done) return done;
    if (auto done = change_quota(change); !done) return done;
    if (auto done = change_parameters(change); !done) return done;
    if (auto done = change_shard(change); !done) return done;
    if (auto done = change_port(change); !done) return done;
    return save_settings(change);
  }

  NodeRecord& next() { return next_; }

  void keep() {
    undo_.clear();
    if (port_given_up_) manager_.ports_.give_back(*port_given_up_);
  }

 private:
  Outcome<void> change_name(const NodeChange& change) {
    NodeDefinition& definition = next_.definition;
    if (!change.name || *change.name == definition.name) return {};
    if (auto free = manager_.check_new_name(*change.name, definition.sequence); !free) return free;
    if (auto renamed = node_.rename(*change.name); !renamed) {
      return failure_from(renamed.error(), "name");
    }
    undo_.emplace_back([this] { return node_.rename(record_.definition.name); });
    definition.name = *change.name;
    return {};
  }

  Outcome<void> change_memory(const NodeChange& change) {
    if (!change.memory_limit_bytes) return {};
    const std::uint64_t now = node_.options().memory_limit_bytes;
    const std::uint64_t wanted = *change.memory_limit_bytes;
    if (wanted > now) {
      if (auto room = manager_.check_promise(wanted - now); !room) return room;
    }
    if (auto set = node_.set_memory_limit(wanted); !set) {
      return failure_from(set.error(), "memory_limit_bytes");
    }
    undo_.emplace_back([this, now] { return node_.set_memory_limit(now); });
    next_.definition.memory_limit_bytes = wanted;
    return {};
  }

  Outcome<void> change_quota(const NodeChange& change) {
    if (!change.quota) return {};
    if (auto set = node_.set_quota(*change.quota); !set) return failure_from(set.error(), "quota");
    undo_.emplace_back([this] { return node_.set_quota(record_.definition.quota); });
    next_.definition.quota = *change.quota;
    return {};
  }

  Outcome<void> change_parameters(const NodeChange& change) {
    NodeDefinition& definition = next_.definition;
    const bool any =
        change.eviction_policy || change.max_clients || change.password || !change.config.empty();
    if (any && record_.state() != NodeState::kRunning) {
      return Failure{FailureKind::kWrongState,
                     "eviction_policy, max_clients, password and config of a node that is not "
                     "running cannot be changed; start it first",
                     ""};
    }
    if (auto refused = check_config_names(change.config)) return *refused;
    const NodeOptions now = node_.options();
    if (change.eviction_policy) {
      auto set = set_parameter("maxmemory-policy", to_string(*change.eviction_policy),
                               to_string(now.eviction_policy), "eviction_policy");
      if (!set) return set;
      definition.eviction_policy = *change.eviction_policy;
    }
    if (change.max_clients) {
      auto set = set_parameter("maxclients", std::to_string(*change.max_clients),
                               std::to_string(now.max_clients), "max_clients");
      if (!set) return set;
      definition.max_clients = *change.max_clients;
    }
    if (change.password) {
      auto set = set_parameter("requirepass", *change.password, definition.password, "password");
      if (!set) return set;
      if (auto saved = save_users(); !saved) return saved;
      definition.password = *change.password;
    }
    for (const auto& [name, value] : change.config) {
      const auto same_name = [&](const auto& entry) { return entry.first == name; };
      const auto old = std::ranges::find_if(definition.config, same_name);
      // Without it the change could not be undone.
      auto known = config_value(node_, name);
      if (!known) return known.failure();
      std::optional<std::string> before = std::move(*known);
      if (!before && old != definition.config.end()) before = old->second;
      if (auto set = set_parameter(name, value, before, "config." + name); !set) return set;
      if (old != definition.config.end()) {
        old->second = value;
      } else {
        definition.config.emplace_back(name, value);
      }
    }
    return {};
  }

  // A file that the node's users were saved in before has a password of `default` too, which would
  // be back with the next start.
  Outcome<void> save_users() {
    std::error_code ignored;
    if (!std::filesystem::exists(manager_.users_file(record_.definition), ignored)) return {};
    const Value saved = node_.execute_as_operator({"ACL", "SAVE"});
    if (!saved.is_error()) return {};
    return Failure{FailureKind::kStorageFailed, "the node's users cannot be saved: " + saved.text(),
                   "password"};
  }

  // What a file says counts more than the definition: one that is there has to say the same.
  Outcome<void> save_settings(const NodeChange& change) {
    const bool any =
        change.eviction_policy || change.max_clients || change.password || !change.config.empty();
    std::error_code ignored;
    if (!any || !std::filesystem::exists(manager_.settings_file(record_.definition), ignored)) {
      return {};
    }
    // Undone last, when the parameters are what they were.
    undo_.insert(undo_.begin(), [this] { return rewrite_settings(); });
    if (auto written = rewrite_settings(); !written) {
      return Failure{FailureKind::kStorageFailed,
                     "the node's settings cannot be saved: " + written.error().detail, ""};
    }
    return {};
  }

  Result<void> rewrite_settings() {
    const Value written = node_.execute_as_operator({"CONFIG", "REWRITE"});
    if (!written.is_error()) return {};
    return Error{ErrorCode::kIo, written.text()};
  }

  Outcome<void> set_parameter(const std::string& name, const std::string& value,
                              const std::optional<std::string>& before, const std::string& field) {
    if (auto set = node_.set_config(name, value); !set) {
      Failure failure = failure_from(set.error(), field);
      // Whatever the engine calls an unknown name, the one to blame is the field.
      if (failure.kind == FailureKind::kNotFound) failure.kind = FailureKind::kInvalidValue;
      return failure;
    }
    if (before) {
      undo_.emplace_back([this, name, before] { return node_.set_config(name, *before); });
    }
    return {};
  }

  Outcome<void> change_shard(const NodeChange& change) {
    if (!change.shard) return {};
    if (auto fits = manager_.check_shard(*change.shard); !fits) return fits;
    const unsigned now = node_.shard();
    if (*change.shard >= 0 && static_cast<unsigned>(*change.shard) != now) {
      if (auto moved = node_.move_to_shard(static_cast<unsigned>(*change.shard)); !moved) {
        return failure_from(moved.error(), "shard");
      }
      undo_.emplace_back([this, now] { return node_.move_to_shard(now); });
    }
    next_.definition.shard = *change.shard;
    return {};
  }

  // Last of all, for closing a port cuts off the clients that came in through it.
  Outcome<void> change_port(const NodeChange& change) {
    if (!change.port) return {};
    const std::optional<std::uint16_t> old = record_.definition.port;
    const PortWish& wish = *change.port;
    const bool same = wish.kind == PortWish::Kind::kNone  ? !old
                      : wish.kind == PortWish::Kind::kAny ? old.has_value()
                                                          : old == wish.port;
    if (same) return {};
    if (record_.state() != NodeState::kRunning) {
      return Failure{FailureKind::kWrongState,
                     "the port of a node that is not running cannot be changed; start it first",
                     "port"};
    }
    if (old) {
      if (auto closed = manager_.server_.unlisten(node_); !closed) {
        return failure_from(closed.error(), "port");
      }
      undo_.emplace_back([this, old]() -> Result<void> {
        auto opened = manager_.server_.listen(node_, *old);
        if (!opened) return opened.error();
        return {};
      });
    }
    auto opened = manager_.open_port(node_, wish);
    if (!opened) return opened.failure();
    if (opened->has_value()) {
      undo_.emplace_back([this, port = **opened]() -> Result<void> {
        manager_.ports_.give_back(port);
        return manager_.server_.unlisten(node_);
      });
    }
    port_given_up_ = old;
    next_.definition.port = *opened;
    next_.listening = opened->has_value();
    return {};
  }

  NodeManager& manager_;
  const NodeRecord& record_;
  NodeRecord next_;
  Node node_;
  std::optional<std::uint16_t> port_given_up_;
  std::vector<std::function<Result<void>()>> undo_;
};

Outcome<NodePointer> NodeManager::change_node(const std::string& id_or_name,
                                              const NodeChange& change) {
  const std::lock_guard lock(change_mutex_);
  if (auto open = check_open(); !open) return open.failure();
  auto record = existing(id_or_name, change.expected_version);
  if (!record) return record;
  if (!(*record)->node) {
    return Failure{
        FailureKind::kWrongState,
        "the node could not be brought up (" + (*record)->trouble + "); start it or delete it", ""};
  }
  NodeEdit edit(*this, **record);
  if (auto applied = edit.apply(change); !applied) return applied.failure();
  if (edit.next().definition == (*record)->definition) {
    edit.keep();
    return record;
  }
  ++edit.next().definition.version;
  if (auto written = write_down(edit.next().definition); !written) return written.failure();
  edit.keep();
  return publish(std::move(edit.next()));
}

}  // namespace miniredis::service
