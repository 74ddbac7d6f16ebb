#include "commands/transcript_stages.h"

#include <array>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "commands/tcp_link.h"

namespace miniredis::transcripts {
namespace {

// Woken when a push arrives; shared, because the session may outlive the link.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
  bool pending = false;
};

class SessionLink : public Link {
 public:
  explicit SessionLink(Session session) : session_(std::move(session)) {
    session_.on_push([bell = bell_] {
      const std::lock_guard lock(bell->mutex);
      bell->pending = true;
      bell->rung.notify_all();
    });
  }

  void send(const std::vector<std::string>& arguments, bool replies_awaited) override {
    const std::vector<std::string_view> views(arguments.begin(), arguments.end());
    Reply reply = reply_of(session_.execute(Arguments(views)));
    // SUBSCRIBE and its like are answered by pushes alone, the first of which is returned.
    if (reply.type == '>') {
      pushes_.push_back(std::move(reply));
    } else if (replies_awaited) {
      replies_.push_back(std::move(reply));
    }
    collect();
  }

  std::optional<Reply> next(bool push, std::chrono::milliseconds patience) override {
    std::deque<Reply>& queue = push ? pushes_ : replies_;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    collect();
    while (push && queue.empty() && wait_for_bell(deadline)) collect();
    if (queue.empty()) return std::nullopt;
    Reply reply = std::move(queue.front());
    queue.pop_front();
    return reply;
  }

  bool closed() override { return session_.closed(); }

 private:
  void collect() {
    for (const Value& value : session_.take_pushes()) pushes_.push_back(reply_of(value));
  }

  bool wait_for_bell(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(bell_->mutex);
    const bool rung = bell_->rung.wait_until(lock, deadline, [this] { return bell_->pending; });
    bell_->pending = false;
    return rung;
  }

  Session session_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::deque<Reply> replies_;
  std::deque<Reply> pushes_;
};

std::string text_of(double number) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return std::string(buffer.data(), end);
}

char type_of(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNil:
      return '_';
    case Value::Kind::kBoolean:
      return '#';
    case Value::Kind::kInteger:
      return ':';
    case Value::Kind::kDouble:
      return ',';
    case Value::Kind::kString:
      return '$';
    case Value::Kind::kStatus:
      return '+';
    case Value::Kind::kError:
      return '-';
    case Value::Kind::kVerbatim:
      return '=';
    case Value::Kind::kBigNumber:
      return '(';
    case Value::Kind::kArray:
      return '*';
    case Value::Kind::kMap:
      return '%';
    case Value::Kind::kSet:
      return '~';
    case Value::Kind::kPush:
      return '>';
  }
  return '?';
}

template <typename T>
T checked(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().detail);
  return std::move(result).value();
}

}  // namespace

Reply reply_of(const Value& value) {
  Reply reply;
  reply.type = type_of(value.kind());
  reply.is_null = value.is_nil();
  if (value.kind() == Value::Kind::kInteger) {
    reply.text = std::to_string(value.as_integer());
  } else if (value.kind() == Value::Kind::kBoolean) {
    reply.text.assign(1, value.as_integer() != 0 ? 't' : 'f');
  } else if (value.kind() == Value::Kind::kDouble) {
    reply.text = text_of(value.as_double());
  } else {
    reply.text = value.text();
  }
  for (const Value& item : value.items()) reply.items.push_back(reply_of(item));
  return reply;
}

SessionStage::~SessionStage() {
  (void)node_.remove().ok();
}

std::unique_ptr<Link> SessionStage::connect() {
  return std::make_unique<SessionLink>(checked(node_.open_session()));
}

PortStage::PortStage(Node node, Server server, Protocol protocol)
    : node_(std::move(node)),
      server_(std::move(server)),
      protocol_(protocol),
      port_(checked(server_.listen(node_, 0))) {}

PortStage::~PortStage() {
  (void)node_.remove().ok();
}

std::unique_ptr<Link> PortStage::connect() {
  return std::make_unique<TcpLink>(port_, protocol_);
}

}  // namespace miniredis::transcripts
