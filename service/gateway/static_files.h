// Serves a folder of files to browsers: the Studio's build.
//
// The files are held in memory, with their hashes, and read again when the folder has changed,
// which is looked at every `recheck`. A request is only ever looked up among them, so no path can
// lead out of the folder; links and names that begin with a dot are not read in the first place.
// Files with .br or .gz behind another's name are that file compressed. A path that is no file and
// looks like a page of the application ("/nodes/5") gets index.html, for the application draws it.
//
// Any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/clock.h"
#include "http/http_message.h"

namespace miniredis::service {

struct StaticFilesOptions {
  std::string directory;
  // Scripts and styles come from the folder alone; connections go to the same origin.
  std::string content_security_policy =
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
      "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
      "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
      "frame-ancestors 'none'";
  // Adds origins, with commas between, to those that pages may ask.
  void allow_connections_to(std::string origins);
  std::chrono::milliseconds recheck = std::chrono::seconds(2);
  std::size_t most_files = 4096;
  std::uint64_t most_bytes = 64ULL * 1024 * 1024;  // of all files together
};

struct StaticRequest {
  std::string_view method;
  std::string_view target;           // as sent; a query is ignored
  std::string_view accept;           // this and the following: the headers, empty when absent
  std::string_view accept_encoding;  // several joined with commas, as RFC 9110 allows
  std::string_view if_none_match;
};

class StaticFiles {
 public:
  StaticFiles(StaticFilesOptions options, SteadyClock clock);
  ~StaticFiles();

  // The answer to HEAD has the body too: whoever writes it leaves it out.
  HttpReply serve(const StaticRequest& request);

 private:
  struct Snapshot;

  std::shared_ptr<const Snapshot> current();

  const StaticFilesOptions options_;
  SteadyClock clock_;
  std::mutex mutex_;
  SteadyTime looked_at_;
  std::shared_ptr<const Snapshot> snapshot_;  // null before the first look
};

}  // namespace miniredis::service
