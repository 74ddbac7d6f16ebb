// Another role of the control plane, asked and waited for: in this process, or over HTTP.
#pragma once

#include <functional>
#include <utility>

#include "http/http_message.h"
#include "http/router.h"

namespace miniredis::service {

class Caller {
 public:
  virtual ~Caller() = default;
  // The answer; 503 or 504 with a problem when there is none. `request.principal` says on whose
  // behalf. Any thread may call; blocks.
  virtual HttpReply call(const HttpRequest& request) const = 0;
};

// A role in this process.
class LocalCaller : public Caller {
 public:
  // `router` must outlive it.
  explicit LocalCaller(const Router& router) : router_(router) {}
  HttpReply call(const HttpRequest& request) const override { return router_.call(request); }

 private:
  const Router& router_;
};

}  // namespace miniredis::service
