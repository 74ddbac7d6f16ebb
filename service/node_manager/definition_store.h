// The file of definitions: what tenants and nodes the daemon brings back when it starts.
//
// Format: JSON, one object a line. The first line names the format and its version; each later line
// says what was made, changed or removed, and the last word about a thing counts:
//
//   {"format":"miniredis-definitions","version":1}
//   {"tenant":{"name":"acme",...}}
//   {"node":{"id":"5f0c...","name":"cache",...}}
//   {"node_removed":"5f0c..."}
//
// A change is one line appended and synced, so it costs the same with ten nodes and with ten
// thousand, and a crash leaves it whole or absent: a last line without its end was never
// acknowledged, and is set aside. Anything else that makes no sense stops the start, with file and
// line named, and the file is left as it is. When removed things fill more than half of the file it
// is written anew: temporary file, sync, rename, sync of the directory. Mode 0600, for it holds the
// nodes' passwords.
//
// Not safe from several threads at once: its owner holds a lock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/failure.h"
#include "common/files.h"
#include "node_manager/definition.h"

namespace miniredis::service {

struct Definitions {
  std::vector<TenantDefinition> tenants;  // by creation
  std::vector<NodeDefinition> nodes;      // by sequence
};

class DefinitionStore {
 public:
  struct Opened;
  // Reads `path`, or makes it. kInvalidValue when it is broken.
  static Outcome<Opened> open(const std::string& path);

  // On success the record is on disk. On failure the file is as it was.
  Outcome<void> append(const DefinitionRecord& record);

  // Whether rewrite() should come before the next append().
  bool wants_rewrite() const;
  // Puts exactly `current` into the file.
  Outcome<void> rewrite(const Definitions& current);

 private:
  DefinitionStore(std::string path) : path_(std::move(path)) {}
  Outcome<void> reopen(std::uint64_t live_records);

  std::string path_;
  Descriptor file_;
  std::uint64_t size_ = 0;     // bytes that count
  std::uint64_t records_ = 0;  // lines but the first
  std::uint64_t live_at_rewrite_ = 0;
  bool damaged_ = false;  // an append failed and could not be cut off again
};

struct DefinitionStore::Opened {
  DefinitionStore store;
  Definitions definitions;
  std::string warning;  // what was set aside; empty when nothing was
};

}  // namespace miniredis::service
