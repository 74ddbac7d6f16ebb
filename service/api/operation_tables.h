// The operations of each owner, a table and a file each; operations() puts them together.
#pragma once

#include <span>

#include "api/operations.h"

namespace miniredis::service {

std::span<const Operation> node_manager_operations();
std::span<const Operation> backend_operations();
std::span<const Operation> gateway_operations();

}  // namespace miniredis::service
