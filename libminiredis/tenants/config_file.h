// The text of a node's config file: lines `name value` with the names of CONFIG, `#` begins a
// comment. What has spaces in it is quoted as in a command line.
//
// Of requirepass only a digest is kept, so that a file that was written has it as a line of its
// own, `requirepass-sha256 <64 hex digits>`; a person may as well write `requirepass <password>`,
// which the next rewrite replaces. Several lines of one parameter: the last one counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "miniredis/error.h"
#include "tenants/settings.h"

namespace miniredis::tenants {

// Sets what the text says. kInvalidArgument: what is wrong with which line, and what is allowed;
// some settings may have been changed by then. A maxmemory above the node's cap is taken, as the
// cap holds all the same: an operator may have lowered it since.
Result<void> apply_config_file(Settings& settings, Bytes text, Bytes file_name);

struct SavedParameter {
  const Parameter* parameter;
  std::optional<std::string> line;  // nothing: it was never set
  bool differs;                     // from what it would be without a file
};

// What is to be saved of the settings of a node that, without its file, would have `original`.
std::vector<SavedParameter> saved_parameters(const Settings& settings, const Settings& original);

// The text with a line for each parameter that differs, or has a line already. All other lines are
// kept, those too that make no sense.
std::string rewritten_config_file(Bytes text, const std::vector<SavedParameter>& saved);

}  // namespace miniredis::tenants
