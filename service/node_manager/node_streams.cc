#include "node_manager/node_streams.h"

#include <algorithm>
#include <unordered_map>

#include "common/units.h"
#include "node_manager/json_reply.h"

namespace miniredis::service {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kLongTime = std::chrono::hours(1);

}  // namespace

struct NodeStreams::Watch {
  Wish wish;
  std::shared_ptr<StreamSink> sink;
  SteadyClock::time_point due;

  bool covers(const std::string& node, const std::string& tenant) const {
    if (!wish.node.empty()) return wish.node == node;
    return wish.tenant.empty() || wish.tenant == tenant;
  }
};

// Holds a watch in the list as long as its stream lives, and follows MONITOR.
class NodeStreams::Stream : public StreamHandler {
 public:
  Stream(NodeStreams& streams, std::shared_ptr<Watch> watch, std::optional<Session> session)
      : streams_(streams), watch_(std::move(watch)) {
    if (!session) return;
    follower_ = streams.pump_.follow(
        std::move(*session),
        {[sink = watch_->sink](const Value& push) {
           const Value& line = push.items().empty() ? push : push.items().back();
           sink->send(
               text_of({{"topic", "monitor"}, {"line", to_json(line, BulkEncoding::kText)}}));
         },
         [sink = watch_->sink] {
           sink->close(close_codes::kNormal, "the node closed the client");
         }});
    const Value reply = follower_->execute({"MONITOR"});
    if (reply.is_error()) watch_->sink->close(close_codes::kNormal, reply.text());
  }

  ~Stream() override {
    const std::lock_guard lock(streams_.mutex_);
    std::erase(streams_.watches_, watch_);
  }

  void message(std::string) override {}

 private:
  NodeStreams& streams_;
  std::shared_ptr<Watch> watch_;
  std::unique_ptr<PushPump::Follower> follower_;
};

NodeStreams::NodeStreams(NodeManager& manager, PushPump& pump, Figures figures)
    : manager_(manager), pump_(pump), figures_(std::move(figures)) {
  subscription_ = manager.feed().listen([this](const NodeStateChange& change) { tell(change); });
  thread_ = std::thread([this] { run(); });
}

NodeStreams::~NodeStreams() {
  subscription_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<StreamHandler> NodeStreams::open(const Wish& wish,
                                                 const std::shared_ptr<StreamSink>& sink,
                                                 std::optional<Session> session) {
  auto watch = std::make_shared<Watch>(Watch{wish, sink, SteadyClock::now()});
  {
    const std::lock_guard lock(mutex_);
    watches_.push_back(watch);
  }
  changed_.notify_all();
  return std::make_unique<Stream>(*this, std::move(watch), std::move(session));
}

std::size_t NodeStreams::count() const {
  const std::lock_guard lock(mutex_);
  return watches_.size();
}

void NodeStreams::tell(const NodeStateChange& change) {
  const std::string text = text_of({{"topic", "state"},
                                    {"node", change.node},
                                    {"name", change.name},
                                    {"tenant", change.tenant},
                                    {"from", change.from.empty() ? Json() : Json(change.from)},
                                    {"to", change.to},
                                    {"at", format_time(change.at_ms)}});
  std::vector<std::shared_ptr<Watch>> told;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(watches_, std::back_inserter(told), [&](const auto& watch) {
      return watch->covers(change.node, change.tenant);
    });
  }
  for (const auto& watch : told) {
    if (watch->wish.topics.contains("state")) watch->sink->send(text);
    if (change.to == "deleted" && !watch->wish.node.empty()) {
      watch->sink->close(close_codes::kNormal, "the node was deleted");
    }
  }
}

void NodeStreams::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const SteadyClock::time_point next = send_figures();
    lock.lock();
    if (stopping_) return;
    const bool fresh = std::ranges::any_of(watches_, [&](const auto& w) { return w->due < next; });
    if (!fresh) changed_.wait_until(lock, next);
  }
}

SteadyClock::time_point NodeStreams::send_figures() {
  const SteadyClock::time_point now = SteadyClock::now();
  SteadyClock::time_point next = now + kLongTime;
  std::vector<std::shared_ptr<Watch>> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& watch : watches_) {
      if (!watch->wish.topics.contains("metrics")) {
        watch->due = now + 2 * kLongTime;
        continue;
      }
      if (watch->due <= now) {
        due.push_back(watch);
        watch->due = now + watch->wish.interval;
      }
      next = std::min(next, watch->due);
    }
  }
  std::unordered_map<std::string, std::string> figures;
  const auto figures_of = [&](const NodePointer& record) -> const std::string& {
    auto [entry, fresh] = figures.try_emplace(record->definition.id);
    if (fresh) entry->second = text_of(figures_(*record));
    return entry->second;
  };
  for (const auto& watch : due) {
    std::vector<NodePointer> nodes;
    if (!watch->wish.node.empty()) {
      if (NodePointer record = manager_.index().find(watch->wish.node)) nodes.push_back(record);
    } else {
      nodes = watch->wish.tenant.empty() ? manager_.index().all()
                                         : manager_.index().nodes_of(watch->wish.tenant);
    }
    std::string text =
        R"({"topic":"metrics","at":")" + format_time(now_unix_ms()) + R"(","items":[)";
    bool first = true;
    for (const NodePointer& record : nodes) {
      if (!first) text += ',';
      first = false;
      text += figures_of(record);
    }
    watch->sink->send(text + "]}");
  }
  return next;
}

}  // namespace miniredis::service
