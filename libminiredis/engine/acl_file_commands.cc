// ACL SAVE and ACL LOAD.
#include <string>
#include <utility>

#include "base/file.h"
#include "engine/acl_file.h"
#include "engine/call.h"
#include "engine/file_task.h"
#include "miniredis/error.h"

namespace miniredis::engine {
namespace {

using namespace commands;  // NOLINT(google-build-using-namespace): this file declares commands
namespace wire = commands::wire;

using Saved = Result<void>;
class SaveTask final : public FileTask<Saved> {
  using FileTask::FileTask;
  void finish(Call& call, Saved outcome) override {
    if (outcome)
      call.reply.ok();
    else
      call.fail(wire::kAclNotSaved);
  }
};

template <typename Task, typename Work>
void start(Call& call, Work&& work) {
  if (call.node.acl_file.empty())
    call.fail(wire::kNoAclFile);
  else
    start_file_task<Task>(call, std::forward<Work>(work), "the ACL file");
}

void run_save(Call& call) {
  start<SaveTask>(call, [path = call.node.acl_file, text = users_text(call.node.acl.users)] {
    return base::write_file_atomically(path, text);
  });
}

using Loaded = Result<std::optional<std::string>>;
class LoadTask final : public FileTask<Loaded> {
  using FileTask::FileTask;
  void finish(Call& call, Loaded outcome) override {
    NodeRuntime& node = call.node;
    if (!outcome || !outcome.value()) {
      call.fail("ERR Error loading ACLs, opening file '" + node.settings.acl_file +
                "': " + (outcome ? "No such file or directory" : "it cannot be read"));
      return;
    }
    std::string errors;
    auto users =
        parse_users(node.account, **outcome, node.settings.acl_file,
                    node.settings.acl_open_channels, node.acl.users.default_user(), errors);
    if (!users) {
      call.fail("ERR " + errors);
      return;
    }
    if (node.account.excess() > 0) {
      call.fail(wire::kOutOfMemory);
      return;
    }
    node.acl.replace_users(node, std::move(*users), &call.client);
    call.reply.ok();
  }
};

void run_load(Call& call) {
  start<LoadTask>(call, [path = call.node.acl_file] { return read_acl_file(path); });
}

}  // namespace

extern const Command kAclSave;
constexpr Command kAclSave = engine_plain_command<run_save>(
    "acl|save",
    {"Saves the users of the node in its ACL file.", "6.0.0",
     "O(N) where N is the number of users and their rules", Group::kServer, "ACL SAVE", "OK"},
    kAdministration);

extern const Command kAclLoad;
constexpr Command kAclLoad = engine_plain_command<run_load>(
    "acl|load",
    {"Reads the users of the node from its ACL file, and closes the connections of all but the "
     "user default.",
     "6.0.0", "O(N) where N is the number of users and their rules", Group::kServer, "ACL LOAD",
     "OK"},
    kAdministration);

}  // namespace miniredis::engine
