#include "node_manager/definition_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "common/json.h"

namespace miniredis::service {
namespace {

constexpr const char* kHeader = R"({"format":"miniredis-definitions","version":1})";
// Small files are not worth writing anew.
constexpr std::uint64_t kLeastGarbage = 1000;

Failure broken(const std::string& path, std::size_t line, const std::string& why) {
  return {FailureKind::kStorageFailed,
          path + ":" + std::to_string(line) + ": " + why +
              "; the file is left as it is: repair or remove it",
          ""};
}

std::optional<std::string> header_problem(const std::string& line) {
  const auto header = Json::parse(line, nullptr, false);
  if (!header.is_object() || header.value("format", Json()) != "miniredis-definitions") {
    return "the first line does not name the format miniredis-definitions";
  }
  const auto version = header.value("version", Json());
  if (version != 1) return "version " + version.dump() + " is unknown; this program reads 1";
  return std::nullopt;
}

// The things that records have made so far.
class Replay {
 public:
  // What contradicts; nothing when the record was taken.
  std::optional<std::string> apply(const DefinitionRecord& record) {
    return std::visit([this](const auto& content) { return take(content); }, record);
  }

  Definitions finish() {
    Definitions result;
    for (auto& [name, tenant] : tenants_) result.tenants.push_back(std::move(tenant));
    for (auto& [id, node] : nodes_) result.nodes.push_back(std::move(node));
    std::ranges::stable_sort(result.tenants, {}, &TenantDefinition::created_at_ms);
    std::ranges::sort(result.nodes, {}, &NodeDefinition::sequence);
    return result;
  }

 private:
  using Problem = std::optional<std::string>;

  Problem take(const TenantDefinition& tenant) {
    tenants_[tenant.name] = tenant;
    return std::nullopt;
  }

  Problem take(const NodeDefinition& node) {
    if (!tenants_.contains(node.tenant)) return "there is no tenant '" + node.tenant + "' so far";
    const auto owner = names_.find(node.name);
    if (owner != names_.end() && owner->second != node.id) {
      return "the name '" + node.name + "' belongs to node " + owner->second;
    }
    if (const auto old = nodes_.find(node.id); old != nodes_.end()) names_.erase(old->second.name);
    names_[node.name] = node.id;
    nodes_[node.id] = node;
    return std::nullopt;
  }

  Problem take(const TenantRemoved& removed) {
    if (tenants_.erase(removed.name) == 0) return "there is no tenant '" + removed.name + "'";
    std::erase_if(nodes_, [&](const auto& entry) {
      if (entry.second.tenant != removed.name) return false;
      names_.erase(entry.second.name);
      return true;
    });
    return std::nullopt;
  }

  Problem take(const NodeRemoved& removed) {
    const auto node = nodes_.find(removed.id);
    if (node == nodes_.end()) return "there is no node " + removed.id;
    names_.erase(node->second.name);
    nodes_.erase(node);
    return std::nullopt;
  }

  std::map<std::string, TenantDefinition> tenants_;
  std::map<std::string, NodeDefinition> nodes_;
  std::map<std::string, std::string> names_;  // name -> id
};

struct Parsed {
  Definitions definitions;
  std::string torn;  // a last line that was cut short
  std::uint64_t records = 0;
};

Outcome<Parsed> parse(const std::string& path, const std::string& content) {
  Replay replay;
  Parsed parsed;
  std::size_t number = 0;
  std::size_t start = 0;
  while (start < content.size()) {
    const std::size_t end = content.find('\n', start);
    const bool ended = end != std::string::npos;
    const std::string line = content.substr(start, ended ? end - start : std::string::npos);
    start = ended ? end + 1 : content.size();
    ++number;
    if (number == 1) {
      if (const auto problem = header_problem(line)) return broken(path, number, *problem);
      continue;
    }
    if (line.empty()) continue;
    ++parsed.records;
    const auto decoded = decode(line);
    if (const auto* why = std::get_if<std::string>(&decoded)) {
      if (ended) return broken(path, number, *why);
      parsed.torn = line;
    } else if (const auto problem = replay.apply(std::get<DefinitionRecord>(decoded))) {
      return broken(path, number, *problem);
    }
  }
  if (number == 0) return broken(path, 1, "the file is empty");
  parsed.definitions = replay.finish();
  return parsed;
}

}  // namespace

Outcome<DefinitionStore::Opened> DefinitionStore::open(const std::string& path) {
  auto content = read_file(path);
  if (!content) return content.failure();
  Opened opened{DefinitionStore(path), {}, ""};
  DefinitionStore& store = opened.store;
  if (!content->has_value()) {
    auto made = store.rewrite({});
    if (!made) return made.failure();
    return opened;
  }
  auto parsed = parse(path, **content);
  if (!parsed) return parsed.failure();
  opened.definitions = std::move(parsed->definitions);
  const std::uint64_t live = opened.definitions.tenants.size() + opened.definitions.nodes.size();
  if (!parsed->torn.empty()) {
    const std::string aside = path + ".torn";
    auto kept = write_file_atomically(aside, parsed->torn);
    if (!kept) return kept.failure();
    opened.warning = path +
                     ": the last line was cut short by a crash, before its change was "
                     "acknowledged; it is set aside in " +
                     aside;
  }
  if (!(*content)->ends_with('\n')) {
    auto repaired = store.rewrite(opened.definitions);
    if (!repaired) return repaired.failure();
    return opened;
  }
  // A full disk must not keep the daemon from starting: the file as it is will do.
  if (parsed->records > live && store.rewrite(opened.definitions)) return opened;
  store.size_ = (*content)->size();
  auto reopened = store.reopen(live);
  if (!reopened) return reopened.failure();
  return opened;
}

bool DefinitionStore::wants_rewrite() const {
  return damaged_ || records_ > 2 * live_at_rewrite_ + kLeastGarbage;
}

Outcome<void> DefinitionStore::rewrite(const Definitions& current) {
  std::string content = std::string(kHeader) + '\n';
  for (const TenantDefinition& tenant : current.tenants) content += encode(tenant) + '\n';
  for (const NodeDefinition& node : current.nodes) content += encode(node) + '\n';
  auto written = write_file_atomically(path_, content);
  if (!written) return written.failure();
  size_ = content.size();
  return reopen(current.tenants.size() + current.nodes.size());
}

Outcome<void> DefinitionStore::reopen(std::uint64_t live_records) {
  Descriptor file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file) {
    damaged_ = true;
    return storage_failure("cannot open", path_, errno);
  }
  file_ = std::move(file);
  records_ = live_records;
  live_at_rewrite_ = live_records;
  damaged_ = false;
  return {};
}

Outcome<void> DefinitionStore::append(const DefinitionRecord& record) {
  if (damaged_) {
    return Failure{FailureKind::kStorageFailed, path_ + " could not be repaired", ""};
  }
  const std::string line = encode(record) + '\n';
  int error_number = write_all(file_.get(), line);
  if (error_number == 0 && ::fdatasync(file_.get()) != 0) error_number = errno;
  if (error_number != 0) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) damaged_ = true;
    return storage_failure("cannot write", path_, error_number);
  }
  size_ += line.size();
  ++records_;
  return {};
}

}  // namespace miniredis::service
