#include "gateway/static_files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <random>
#include <thread>

#include "common/log.h"
#include "http/http_headers.h"
#include "temporary_directory.h"

namespace miniredis::service {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBrowser = "text/html,application/xhtml+xml,*/*;q=0.8";

struct FilesFixture {
  FilesFixture() {
    log::configure("off", "text");
    folder = outside.file("studio");
    std::filesystem::create_directories(folder + "/assets");
    put("index.html", "<page>");
    put("assets/index-BfX2_k-a.js", "script");
    put("assets/index-BfX2_k-a.js.br", "brotli");
    put("assets/index-BfX2_k-a.js.gz", "gzip");
    put("assets/logo.svg", "<svg/>");
    put("robots.txt", "no");
    outside.write("secret", "secret");
    outside.write("secret.txt", "secret");
  }
  void put(const std::string& name, const std::string& content) const {
    outside.write("studio/" + name, content);
  }
  StaticFiles& files() {
    if (!served) served.emplace(StaticFilesOptions{.directory = folder}, [this] { return now; });
    return *served;
  }
  HttpReply get(std::string_view target, std::string_view accept = "*/*",
                std::string_view encoding = "", std::string_view tag = "") {
    return files().serve({"GET", target, accept, encoding, tag});
  }
  static std::string header(const HttpReply& reply, std::string_view name) {
    return std::string(header_value(reply.headers, name));
  }

  TemporaryDirectory outside;
  std::string folder;
  SteadyTime now{1h};
  std::optional<StaticFiles> served;
};

}  // namespace

TEST_CASE("the policy names whom pages may ask besides their own origin") {
  StaticFilesOptions options;
  const std::string before = options.content_security_policy;
  options.allow_connections_to("");
  CHECK(options.content_security_policy == before);
  options.allow_connections_to("https://a.example,https://b.example:8443");
  CHECK(options.content_security_policy.find(
            "connect-src 'self' https://a.example https://b.example:8443; ") != std::string::npos);
}

TEST_CASE_FIXTURE(FilesFixture, "files come with their type and what browsers must know") {
  const HttpReply page = get("/");
  CHECK(page.status == 200);
  CHECK(page.body == "<page>");
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(header(page, "Cache-Control") == "no-cache");
  CHECK(header(page, "X-Content-Type-Options") == "nosniff");
  CHECK(header(page, "Referrer-Policy") == "same-origin");
  const std::string policy = header(page, "Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'self'; script-src 'self';"));
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(get("/index.html?v=1").body == "<page>");
  CHECK(get("/assets/logo.svg").content_type == "image/svg+xml");
  CHECK(get("/assets/%6cogo.svg").body == "<svg/>");
  CHECK(get("/robots.txt").content_type == "text/plain; charset=utf-8");
  CHECK(files().serve({.method = "HEAD", .target = "/"}).status == 200);
  const HttpReply refused = files().serve({.method = "POST", .target = "/"});
  CHECK(refused.status == 405);
  CHECK(header(refused, "Allow") == "GET, HEAD");
}

TEST_CASE_FIXTURE(FilesFixture, "only names with a hash are kept for ever") {
  for (const char* name : {"assets/a-deadbeef01.css", "assets/a-0123456789abcdef.css",
                           "assets/a-A_-bcdef.js", "assets/deep/a-Zz345678.woff2"}) {
    std::filesystem::create_directories(folder + "/assets/deep");
    put(name, "x");
    served.reset();
    CAPTURE(name);
    CHECK(header(get("/" + std::string(name)), "Cache-Control") ==
          "public, max-age=31536000, immutable");
  }
  for (const char* name :
       {"assets/my-versions.js", "assets/my-component-name.js", "assets/a.js", "a-Zz345678.js",
        "assets/Zz345678.js", "assets/a-Zz34567.js", "assets/a-Zz345678"}) {
    put(name, "x");
    served.reset();
    CAPTURE(name);
    CHECK(header(get("/" + std::string(name)), "Cache-Control") == "no-cache");
  }
}

TEST_CASE_FIXTURE(FilesFixture, "compressed forms go to who wants them, each with its own tag") {
  const std::string script = "/assets/index-BfX2_k-a.js";
  CHECK(get(script).body == "script");
  CHECK(header(get(script), "Vary") == "Accept-Encoding");
  CHECK(header(get("/"), "Vary").empty());
  const HttpReply brotli = get(script, "*/*", "gzip, deflate, br");
  CHECK(brotli.body == "brotli");
  CHECK(header(brotli, "Content-Encoding") == "br");
  CHECK(brotli.content_type == "text/javascript; charset=utf-8");
  CHECK(get(script, "*/*", "GZIP;q=0.5").body == "gzip");
  CHECK(get(script, "*/*", "br;q=0, gzip").body == "gzip");
  CHECK(get(script, "*/*", "br;q=0.000,gzip;q=0.0").body == "script");
  CHECK(get(script, "*/*", "*").body == "brotli");
  CHECK(get(script, "*/*", "br;q=0, *;q=0.1").body == "gzip");
  CHECK(get(script, "*/*", "identity, ,;,;q=1,x").body == "script");
  CHECK(header(brotli, "ETag") != header(get(script), "ETag"));
  CHECK(get(script + ".br").status == 404);
  CHECK(get("/", "*/*", "br").body == "<page>");
}

TEST_CASE_FIXTURE(FilesFixture, "a tag that still holds saves the body") {
  const std::string tag = header(get("/"), "ETag");
  CHECK(tag.size() == 34);
  for (const std::string& sent : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const HttpReply reply = get("/", "*/*", "", sent);
    CHECK(reply.status == 304);
    CHECK(reply.body.empty());
    CHECK(header(reply, "ETag") == tag);
    CHECK(header(reply, "Cache-Control") == "no-cache");
  }
  for (const std::string& sent : {std::string("\"other\""), tag.substr(1), std::string(",,"),
                                  tag.substr(0, 33), std::string(100'000, ',')}) {
    CHECK(get("/", "*/*", "", sent).status == 200);
  }
}

TEST_CASE_FIXTURE(FilesFixture, "pages of the application are index.html, missing files are not") {
  for (const char* page :
       {"/nodes", "/nodes/5", "/nodes/", "/a.b/c", "/log%20in", "/n?x=a.b", "/n?a=1&a=%zz"}) {
    CAPTURE(page);
    CHECK(get(page, kBrowser).body == "<page>");
    CHECK(header(get(page, kBrowser), "Cache-Control") == "no-cache");
    CHECK(get(page, "application/json").status == 404);
    CHECK(get(page, "*/*").status == 404);
    CHECK(get(page, "text/html;q=0").status == 404);
    CHECK(get(page, "").status == 404);
  }
  for (const char* missing : {"/missing.js", "/nodes/x.png", "/assets/x.js"}) {
    const HttpReply reply = get(missing, kBrowser);
    CHECK(reply.status == 404);
    CHECK(reply.content_type == "application/problem+json");
  }
}

TEST_CASE_FIXTURE(FilesFixture, "no path leads out of the folder or to what is hidden") {
  put(".env", "secret");
  std::filesystem::create_directories(folder + "/.git");
  put(".git/config", "secret");
  std::filesystem::create_symlink(outside.file("secret"), folder + "/link");
  std::filesystem::create_symlink(outside.file("secret.txt"), folder + "/link.txt");
  std::filesystem::create_directory_symlink(outside.path(), folder + "/up");
  REQUIRE(::mkfifo((folder + "/pipe.txt").c_str(), 0600) == 0);
  for (const std::string& target : {std::string("/../secret"),
                                    std::string("/..%2fsecret"),
                                    std::string("/%2e%2e/secret"),
                                    std::string("/%2E%2E%2Fsecret"),
                                    std::string("/assets/../../secret"),
                                    std::string("/assets/..%5c..%5csecret"),
                                    std::string("/assets/..\\..\\secret"),
                                    std::string("/./index.html"),
                                    std::string("//index.html"),
                                    std::string("//etc/passwd"),
                                    std::string("/%2fetc/passwd"),
                                    std::string("/assets//logo.svg"),
                                    std::string("/.env"),
                                    std::string("/%2eenv"),
                                    std::string("/.git/config"),
                                    std::string("/.git"),
                                    std::string("/index.html%00"),
                                    std::string("/%00"),
                                    std::string("/a\0b", 4),
                                    std::string("/%252e%252e/secret"),
                                    std::string("/%"),
                                    std::string("/%2"),
                                    std::string("/%zz"),
                                    std::string("/assets%2flogo.svg"),
                                    std::string(""),
                                    std::string("secret"),
                                    std::string("/\x01"),
                                    std::string("/%0d%0aX:1"),
                                    std::string("/a%7f"),
                                    "/" + std::string(5000, 'a'),
                                    std::string("/..;/secret"),
                                    std::string("/link.txt"),
                                    std::string("/up/secret.txt"),
                                    std::string("/pipe.txt"),
                                    std::string("/assets/.."),
                                    std::string("file:///etc/passwd")}) {
    CAPTURE(target);
    const HttpReply reply = get(target, kBrowser);
    CHECK(reply.status == 404);
    CHECK(reply.body.find("secret\"") == std::string::npos);
  }
  CHECK(get("/link", kBrowser).body == "<page>");
  CHECK(get("/up/secret", kBrowser).body == "<page>");
}

TEST_CASE_FIXTURE(FilesFixture, "any target is a file, the page or nothing") {
  std::mt19937 random(9);
  constexpr std::string_view kPieces = "/.%2eEfFcC0\\as-?#&;:";
  for (int i = 0; i < 20'000; ++i) {
    std::string target = "/";
    const std::size_t length = random() % 24;
    for (std::size_t j = 0; j < length; ++j) target += kPieces[random() % kPieces.size()];
    const HttpReply reply = get(target, kBrowser, target, target);
    CHECK((reply.status == 200 || reply.status == 404));
    if (reply.status == 200) CHECK(reply.body == "<page>");
  }
}

TEST_CASE_FIXTURE(FilesFixture, "a folder that is missing, empty or too large is a clear 404") {
  const auto detail = [this](StaticFilesOptions options) {
    StaticFiles missing(std::move(options), [this] { return now; });
    const HttpReply reply = missing.serve({.method = "GET", .target = "/", .accept = kBrowser});
    CHECK(reply.status == 404);
    CHECK(reply.content_type == "application/problem+json");
    CHECK(reply.body.find(outside.path()) == std::string::npos);
    return reply.body;
  };
  CHECK(detail({.directory = folder + "/nowhere"}).find("not installed") != std::string::npos);
  CHECK(detail({.directory = ""}).find("not installed") != std::string::npos);
  CHECK(detail({.directory = folder + "/assets"}).find("not installed") != std::string::npos);
  CHECK(detail({.directory = folder + "/index.html"}).find("not installed") != std::string::npos);
  detail({.directory = folder, .most_files = 3});
  detail({.directory = folder, .most_bytes = 10});
}

TEST_CASE_FIXTURE(FilesFixture, "a new build is seen after a while") {
  CHECK(get("/").body == "<page>");
  put("index.html", "<new page>");
  put("new.txt", "new");
  CHECK(get("/").body == "<page>");
  CHECK(get("/new.txt").status == 404);
  now += 2s;
  CHECK(get("/").body == "<new page>");
  CHECK(get("/new.txt").body == "new");
  std::filesystem::remove_all(folder);
  now += 2s;
  CHECK(get("/").status == 404);
  std::filesystem::create_directories(folder);
  put("index.html", "<back>");
  now += 2s;
  CHECK(get("/").body == "<back>");
}

TEST_CASE_FIXTURE(FilesFixture, "threads read while the folder changes") {
  std::atomic<std::int64_t> seconds{1};
  StaticFiles shared({.directory = folder},
                     [&] { return SteadyTime(std::chrono::seconds(seconds)); });
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        if (shared.serve({.method = "GET", .target = "/robots.txt"}).body == "no") ++good;
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    put("extra.txt", std::string(static_cast<std::size_t>(i), 'x'));
    seconds += 2;
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == 600);
}

}  // namespace miniredis::service
