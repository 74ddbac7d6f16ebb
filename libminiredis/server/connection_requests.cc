// What a connection does with its input: requests out of bytes, and their turn under quotas.
#include "server/connection.h"
#include "server/frontend.h"

namespace miniredis::server {

namespace wire = commands::wire;
using engine::Outcome;

namespace {

// A request that has not come whole may take this much even while the node is full: it may be the
// one that makes room.
constexpr std::size_t kQueryAlways = 256 << 10;

// A peer that has not logged in may ask for this much.
constexpr resp::RequestLimits kUnauthenticated{10, 16 << 10, 16 << 10, true};
constexpr std::size_t kUnauthenticatedQuery = 64 << 10;

}  // namespace

resp::RequestLimits Connection::limits() const noexcept {
  if (!client_.authenticated) return kUnauthenticated;
  resp::RequestLimits limits;
  limits.max_bulk_bytes = static_cast<std::int64_t>(node_->settings.effective_max_bulk_bytes());
  return limits;
}

// Parses some requests, fetches what they will look up, then runs them.
std::size_t Connection::run_requests(Bytes input) {
  using Parsed = resp::RequestParser::Outcome;
  RequestBatch& batch = loop_.load()->batch();
  std::size_t used = 0;
  while (used < input.size() && !client_.closing && !client_.close_after_reply) {
    // Logging in changes the limits: until then requests are taken one by one.
    const std::size_t most = client_.authenticated ? RequestBatch::kMost : 1;
    const resp::RequestLimits allowed = limits();
    engine::Lookahead ahead;
    std::size_t count = 0;
    std::size_t parsed_to = used;
    Parsed outcome = Parsed::kRequest;
    while (count < most && parsed_to < input.size()) {
      outcome = parser_.parse(input.substr(parsed_to), allowed);
      if (outcome == Parsed::kIncomplete || outcome == Parsed::kError) break;
      parsed_to += parser_.consumed();
      if (outcome == Parsed::kRequest) {
        RequestBatch::Request& request = batch.requests[count++];
        parser_.swap_arguments(request.words);
        request.end = parsed_to;
        if (most > 1) engine::look_ahead(*node_, client_.database, ahead, request.words);
        if (parser_.was_inline()) break;
      }
    }
    if (count > 1) engine::fetch_ahead(*node_, client_.database, ahead);
    if (!run_batch(input, count, used)) {
      parser_.reset();
      return used;
    }
    if (client_.closing || client_.close_after_reply) break;
    used = parsed_to;
    if (outcome == Parsed::kIncomplete) return used;
    if (outcome == Parsed::kError) {
      answer_protocol_error();
      return input.size();
    }
  }
  // What follows QUIT is not read.
  return client_.close_after_reply ? input.size() : used;
}

bool Connection::run_batch(Bytes input, std::size_t count, std::size_t& used) {
  const RequestBatch& batch = loop_.load()->batch();
  engine::Throttle* const throttle = node_->throttle.get();
  std::size_t admitted = count;
  if (throttle != nullptr) [[unlikely]]
    admitted = throttle->admit(client_, count);
  std::size_t i = 0;
  bool goes_on = true;
  while (i < count && goes_on && !client_.closing && !client_.close_after_reply) {
    const RequestBatch::Request& request = batch.requests[i];
    if (throttle != nullptr) [[unlikely]] {
      if (i < admitted && !throttle->has_bytes(client_)) {
        throttle->give_back(admitted - i);
        admitted = i;
      }
      if (i == admitted) {
        using Verdict = engine::Throttle::Verdict;
        const std::size_t size = request.end - used;
        const std::size_t behind = (input.size() - request.end) / size;
        const Verdict verdict = throttle->hold(client_, request.words, size, behind);
        if (verdict == Verdict::kWait) return false;
        ++admitted;
        if (verdict == Verdict::kRefused) {
          used = request.end;
          ++i;
          continue;
        }
      }
    }
    const Outcome ran = engine::dispatch(*node_, client_, request.words);
    if (ran == Outcome::kMustWait) {
      goes_on = false;
      break;
    }
    used = request.end;
    ++i;
    goes_on = ran == Outcome::kDone;
  }
  if (throttle != nullptr) throttle->give_back(admitted - i);
  return goes_on;
}

void Connection::answer_protocol_error() {
  const std::string line = "ERR Protocol error: " + parser_.error();
  resp::Writer(client_.out, client_.protocol).error(line);
  if (node_ != nullptr) node_->statistics.count_error(line);
  client_.close_after_reply = true;
}

// Requests that have not come whole are bounded, and are part of the node's memory.
bool Connection::query_fits() {
  const std::uint64_t limit = client_.authenticated ? node_->settings.effective_query_buffer_limit()
                                                    : kUnauthenticatedQuery;
  if (query_.size() > limit) {
    ++node_->statistics.query_limit_closes;
    return false;
  }
  const std::size_t grown =
      query_.capacity() > client_.query_bytes ? query_.capacity() - client_.query_bytes : 0;
  if (grown == 0 || query_.capacity() <= kQueryAlways || node_->account.excess(grown) == 0) {
    return true;
  }
  // Nothing may go beneath a command that is under way; what comes is bounded by the limit above.
  if (node_->long_run != nullptr) return true;
  constexpr std::uint32_t kEvictions = 4096;
  if (node_->keyspace.make_room(kEvictions, grown) && node_->account.excess(grown) == 0) {
    return true;
  }
  ++node_->statistics.query_limit_closes;
  resp::Writer(client_.out, client_.protocol).error(wire::kOutOfMemory);
  query_.reset();
  client_.close_after_reply = true;
  return true;
}

}  // namespace miniredis::server
