// A role of the control plane in another process, asked over HTTP with the admin token.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "http/caller.h"
#include "http/http_client.h"

namespace miniredis::service {

// The request as it goes out: with the token, in the name of its principal, under its id.
OutgoingRequest outgoing(const HttpRequest& request, const std::string& token);
// What came back, as an answer; a problem when nothing sensible did.
HttpReply answer_of(Outcome<HttpReply> outcome);

class RemoteCaller : public Caller {
 public:
  // Both must outlive it.
  RemoteCaller(HttpClient& client, std::string token) : client_(client), token_(std::move(token)) {}
  HttpReply call(const HttpRequest& request) const override {
    return answer_of(client_.call(outgoing(request, token_)));
  }

 private:
  HttpClient& client_;
  const std::string token_;
};

}  // namespace miniredis::service
