// What is told of a list that grew or shrank at an end.
#pragma once

#include "commands/events.h"
#include "types/list.h"

namespace miniredis::commands {

constexpr events::Event push_event(types::List::End end) {
  return end == types::List::End::kFront ? events::kLPush : events::kRPush;
}
constexpr events::Event pop_event(types::List::End end) {
  return end == types::List::End::kFront ? events::kLPop : events::kRPop;
}

}  // namespace miniredis::commands
