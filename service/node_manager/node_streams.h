// Streams of what happens on nodes: figures at intervals, changes of state, MONITOR.
//
// One thread takes the figures for all streams, each node's once a round, so ten pages that watch
// the same nodes cost as much as one. Any thread may call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "http/json_request.h"
#include "http/stream.h"
#include "node_manager/node_manager.h"
#include "node_manager/push_pump.h"

namespace miniredis::service {

class NodeStreams {
 public:
  // The figures of a node as the API shows them.
  using Figures = std::function<Json(const NodeRecord&)>;

  struct Wish {
    std::string node;              // id; empty: all of `tenant`
    std::string tenant;            // empty: all
    std::set<std::string> topics;  // of "metrics", "state", "monitor"
    std::chrono::milliseconds interval{1000};
  };

  // Both must outlive it.
  NodeStreams(NodeManager& manager, PushPump& pump, Figures figures);
  ~NodeStreams();
  NodeStreams(const NodeStreams&) = delete;
  NodeStreams& operator=(const NodeStreams&) = delete;

  // The first figures are sent at once. The stream closes itself when its one node is deleted.
  // `session` is of that node when the wish has the topic monitor.
  std::unique_ptr<StreamHandler> open(const Wish& wish, const std::shared_ptr<StreamSink>& sink,
                                      std::optional<Session> session);

  std::size_t count() const;

 private:
  class Stream;
  struct Watch;
  void run();
  void tell(const NodeStateChange& change);
  // Sends the figures of those that are due; returns when the next one is.
  std::chrono::steady_clock::time_point send_figures();

  NodeManager& manager_;
  PushPump& pump_;
  const Figures figures_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Watch>> watches_;
  bool stopping_ = false;
  ChangeFeed::Subscription subscription_;
  std::thread thread_;
};

}  // namespace miniredis::service
