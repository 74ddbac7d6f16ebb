// A role of the control plane in another process, asked over HTTP with the admin token.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
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
    OutgoingRequest sent = outgoing(request, token_);
    sent.timeouts.first_byte_ms = kFirstByteMs;
    return answer_of(client_.call(std::move(sent)));
  }

 private:
  // Less than whoever asked us waits for, lest it give up before it can be told what is away.
  static constexpr std::uint32_t kFirstByteMs = 5'000;

  HttpClient& client_;
  const std::string token_;
};

}  // namespace miniredis::service
