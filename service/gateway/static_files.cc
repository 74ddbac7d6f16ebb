#include "gateway/static_files.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "common/log.h"
#include "common/secure_bytes.h"
#include "gateway/static_folder.h"
#include "http/http_headers.h"
#include "http/problem.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostTargetBytes = 4096;
constexpr std::string_view kIndex = "index.html";

struct ContentType {
  std::string_view extension;
  std::string_view type;
};
constexpr std::array<ContentType, 22> kContentTypes = {{
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/plain; charset=utf-8"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/x-icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"wasm", "application/wasm"},
    {"pdf", "application/pdf"},
}};

std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t slash = name.rfind('/');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)) return "";
  return name.substr(dot + 1);
}

std::string_view content_type_of(std::string_view name) {
  for (const auto& [extension, type] : kContentTypes) {
    if (extension == extension_of(name)) return type;
  }
  return "application/octet-stream";
}

bool is_base64_url(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

// "assets/index-BfX2_k-a.js": eight characters in base64url, as bundlers make them, or at least as
// many hex digits. A word of eight small letters is taken for a word, so it is asked for again.
bool has_hash(std::string_view name) {
  constexpr std::size_t kLength = 8;
  if (!name.starts_with("assets/")) return false;
  const std::string_view stem = name.substr(0, name.size() - extension_of(name).size() - 1);
  if (stem.size() <= kLength || extension_of(name).empty()) return false;
  const std::string_view hash = stem.substr(stem.size() - kLength);
  const bool tells = std::any_of(hash.begin(), hash.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
  if (stem[stem.size() - kLength - 1] == '-' && tells &&
      std::all_of(hash.begin(), hash.end(), is_base64_url)) {
    return true;
  }
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view digits = stem.substr(dash + 1);
  return digits.size() >= kLength && tells &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct Variant {
  std::string body;
  std::string etag;
};

struct File {
  std::string_view content_type;
  std::string_view cache_control;
  Variant plain;
  std::optional<Variant> brotli;
  std::optional<Variant> gzip;
};

Variant variant_of(std::string body) {
  std::string etag = "\"" + to_hex(sha256(body)).substr(0, 32) + "\"";
  return {std::move(body), std::move(etag)};
}

// The path of a target, decoded: "" for "/", "assets/app.js". Nothing for whatever no browser asks
// for: dots to climb, encoded slashes, control characters, hidden files, doubled escapes.
std::optional<std::string> path_of(std::string_view target) {
  if (target.size() > kMostTargetBytes) return std::nullopt;
  const auto parsed = parse_target(target.substr(0, target.find('?')));
  if (!parsed) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < parsed->segments.size(); ++i) {
    const std::string& segment = parsed->segments[i];
    const bool last = i + 1 == parsed->segments.size();
    const bool fine = (!segment.empty() || last) && !segment.starts_with('.') &&
                      std::all_of(segment.begin(), segment.end(), [](char c) {
                        const auto byte = static_cast<unsigned char>(c);
                        return byte >= 0x20 && byte != 0x7f && c != '/' && c != '\\' && c != '%';
                      });
    if (!fine) return std::nullopt;
    if (i > 0) path += '/';
    path += segment;
  }
  return path;
}

// Calls `take(member, parameters)` for each member of a list such as "br;q=0.5, gzip".
template <typename Take>
void for_each_member(std::string_view list, Take take) {
  const auto trimmed = [](std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return std::string_view();
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
  };
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view member = list.substr(0, comma);
    const std::size_t semicolon = std::min(member.size(), member.find(';'));
    take(trimmed(member.substr(0, semicolon)), trimmed(member.substr(semicolon)));
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
}

// Whether the parameters hold no "q=0", in any of its spellings.
bool is_wanted(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return true;
  return parameters.substr(at + 2).find_first_of("123456789") != std::string_view::npos;
}

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> named;
  bool any = false;
  for_each_member(accept_encoding, [&](std::string_view member, std::string_view parameters) {
    if (is_same_header(member, coding)) named = is_wanted(parameters);
    if (member == "*") any = is_wanted(parameters);
  });
  return named.value_or(any);
}

bool accepts_pages(std::string_view accept) {
  bool accepted = false;
  for_each_member(accept, [&](std::string_view member, std::string_view parameters) {
    if (is_same_header(member, "text/html") && is_wanted(parameters)) accepted = true;
  });
  return accepted;
}

bool names_tag(std::string_view if_none_match, std::string_view etag) {
  bool named = false;
  for_each_member(if_none_match, [&](std::string_view member, std::string_view) {
    if (member.starts_with("W/")) member.remove_prefix(2);
    if (member == etag || member == "*") named = true;
  });
  return named;
}

}  // namespace

void StaticFilesOptions::allow_connections_to(std::string origins) {
  if (origins.empty()) return;
  std::replace(origins.begin(), origins.end(), ',', ' ');
  const std::string_view own = "connect-src 'self'";
  content_security_policy.insert(content_security_policy.find(own) + own.size(), " " + origins);
}

struct StaticFiles::Snapshot {
  std::vector<FolderEntry> entries;
  std::map<std::string, File, std::less<>> files;

  const File* find(std::string_view path) const {
    const auto found = files.find(path);
    return found == files.end() ? nullptr : &found->second;
  }

  void load(const StaticFilesOptions& options) {
    for (const FolderEntry& entry : entries) {
      auto body = read_folder_file(options.directory, entry.name, options.most_bytes);
      if (!body) continue;
      files.emplace(entry.name,
                    File{content_type_of(entry.name),
                         has_hash(entry.name) ? "public, max-age=31536000, immutable" : "no-cache",
                         variant_of(std::move(*body)), std::nullopt, std::nullopt});
    }
    attach(".br", &File::brotli);
    attach(".gz", &File::gzip);
  }

 private:
  void attach(std::string_view ending, std::optional<Variant> File::*member) {
    for (auto file = files.begin(); file != files.end();) {
      const std::string& name = file->first;
      const auto plain = name.ends_with(ending)
                             ? files.find(name.substr(0, name.size() - ending.size()))
                             : files.end();
      if (plain == files.end()) {
        ++file;
        continue;
      }
      plain->second.*member = std::move(file->second.plain);
      file = files.erase(file);
    }
  }
};

StaticFiles::StaticFiles(StaticFilesOptions options, SteadyClock clock)
    : options_(std::move(options)), clock_(std::move(clock)) {}

StaticFiles::~StaticFiles() = default;

std::shared_ptr<const StaticFiles::Snapshot> StaticFiles::current() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_();
  if (snapshot_ && now - looked_at_ < options_.recheck) return snapshot_;
  looked_at_ = now;
  auto entries = list_folder(options_.directory, {options_.most_files, options_.most_bytes});
  if (!entries) {
    // Said once, not at every look.
    if (!snapshot_ || !snapshot_->files.empty()) {
      log::warning("the folder of static files cannot be served",
                   {{"directory", options_.directory}, {"reason", entries.failure().detail}});
    }
    snapshot_ = std::make_shared<const Snapshot>();
    return snapshot_;
  }
  if (snapshot_ && snapshot_->entries == *entries) return snapshot_;
  auto fresh = std::make_shared<Snapshot>();
  fresh->entries = std::move(*entries);
  fresh->load(options_);
  snapshot_ = std::move(fresh);
  return snapshot_;
}

HttpReply StaticFiles::serve(const StaticRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = reply_of({problem_kinds::kMethodNotAllowed, "allowed: GET, HEAD", ""});
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  const auto snapshot = current();
  if (snapshot->find(kIndex) == nullptr) {
    return reply_of({problem_kinds::kNotFound,
                     "the application's files are not installed: there is no index.html", ""});
  }
  const auto path = path_of(request.target);
  const File* file = nullptr;
  if (path) file = snapshot->find(path->empty() ? kIndex : std::string_view(*path));
  if (path && file == nullptr) {
    const std::size_t slash = path->rfind('/');
    const bool page = path->find('.', slash == std::string::npos ? 0 : slash) == std::string::npos;
    if (page && accepts_pages(request.accept)) file = snapshot->find(kIndex);
  }
  if (file == nullptr) return reply_of({problem_kinds::kNotFound, "there is no such file", ""});

  const Variant* chosen = &file->plain;
  HttpReply reply;
  if (file->brotli && accepts_coding(request.accept_encoding, "br")) {
    chosen = &file->brotli.value();
    reply.headers.emplace_back("Content-Encoding", "br");
  } else if (file->gzip && accepts_coding(request.accept_encoding, "gzip")) {
    chosen = &file->gzip.value();
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
  reply.content_type = file->content_type;
  reply.headers.emplace_back("ETag", chosen->etag);
  reply.headers.emplace_back("Cache-Control", file->cache_control);
  if (file->brotli || file->gzip) reply.headers.emplace_back("Vary", "Accept-Encoding");
  reply.headers.emplace_back("Content-Security-Policy", options_.content_security_policy);
  reply.headers.emplace_back("X-Content-Type-Options", "nosniff");
  reply.headers.emplace_back("Referrer-Policy", "same-origin");
  reply.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  if (names_tag(request.if_none_match, chosen->etag)) {
    reply.status = 304;
  } else {
    reply.body = chosen->body;
  }
  return reply;
}

}  // namespace miniredis::service
