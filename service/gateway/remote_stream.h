// A stream of a role in another process: the gateway opens it as a WebSocket and passes messages
// on, both ways, whatever its own client speaks.
#pragma once

#include <boost/asio/io_context.hpp>

#include "http/router.h"

namespace miniredis::service {

struct ForwardTarget;

// Opens streams at the target with the path and query of the request. Both must outlive it.
StreamOpener opened_remotely(boost::asio::io_context& io, const ForwardTarget& target);

}  // namespace miniredis::service
