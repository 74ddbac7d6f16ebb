// A job queue between threads: no job is lost when a worker dies in the middle of one.
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "example.h"

namespace {

constexpr int kWorkers = 3;
constexpr int kJobs = 200;

// Jobs wait in one list; those at work are in a list of their worker's.
class Worker {
 public:
  Worker(const miniredis::Node& node, std::string name)
      : session_(node.open_session().value()), at_work_("at-work:" + std::move(name)) {}

  // Waits for a job for at most half a second; it stays in our list until done() is called.
  std::optional<std::string> take() {
    const std::array<std::string_view, 6> words = {"BLMOVE", "jobs", at_work_,
                                                   "RIGHT",  "LEFT", "0.5"};
    std::optional<miniredis::Value> job = session_.start(words);
    while (!job) job = session_.wait(1000);
    if (job->is_nil()) return std::nullopt;
    return job->text();
  }

  void done(const std::string& job) { session_.execute({"LREM", at_work_, "1", job}); }

  // Puts back what a worker of this name left; returns how many jobs.
  int give_back() {
    int count = 0;
    while (!session_.execute({"LMOVE", at_work_, "jobs", "LEFT", "RIGHT"}).is_nil()) ++count;
    return count;
  }

 private:
  miniredis::Session session_;
  std::string at_work_;
};

// Works until nothing has come for a while, or until it dies over its job number `dies_at`.
void work(const miniredis::Node& node, const std::string& name, int dies_at) {
  Worker worker(node, name);
  for (int taken = 1; const std::optional<std::string> job = worker.take(); ++taken) {
    if (taken == dies_at) return;
    node.execute({"INCRBY", "sum", *job});
    worker.done(*job);
  }
}

}  // namespace

int main() {
  const example::Opened opened = example::open_node({.name = "queue"});
  const miniredis::Node& node = opened.node;
  std::vector<std::thread> threads;
  for (int n = 0; n < kWorkers; ++n) {
    threads.emplace_back([&node, n] { work(node, "w" + std::to_string(n), n == 0 ? 10 : 0); });
  }
  for (int n = 0; n < kJobs; ++n) node.execute({"LPUSH", "jobs", std::to_string(n)});
  for (std::thread& thread : threads) thread.join();

  const int left = Worker(node, "w0").give_back();
  work(node, "w9", 0);
  const std::string sum = node.execute({"GET", "sum"}).text();
  std::printf("%d job was given back; sum %s\n", left, sum.c_str());
  example::require(left <= 1, "a worker that dies leaves one job");
  example::require(sum == std::to_string(kJobs * (kJobs - 1) / 2), "each job is done once");
}
