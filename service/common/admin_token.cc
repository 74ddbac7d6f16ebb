#include "common/admin_token.h"

#include "common/files.h"
#include "common/json.h"
#include "common/secure_bytes.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kLeastLength = 16;

Failure broken(const std::string& path, const std::string& why) {
  return {FailureKind::kInvalidValue,
          path + " is broken: " + why + "; remove it and start again to get a new token", ""};
}

}  // namespace

Outcome<AdminToken> AdminToken::from_settings(const std::string& value, const std::string& file) {
  std::string token = value;
  if (token.empty()) {
    auto content = read_file(file);
    if (!content) return content.failure();
    if (!content->has_value()) {
      return Failure{FailureKind::kNotFound, "admin_token_file: there is no " + file, ""};
    }
    token = (*content)->substr(0, (*content)->find_first_of("\r\n"));
  }
  if (token.size() < kLeastLength) {
    return Failure{
        FailureKind::kInvalidValue,
        "the admin token has " + std::to_string(token.size()) + " characters; allowed: 16 or more",
        ""};
  }
  AdminToken made(to_hex(sha256(token)));
  made.text_ = std::move(token);
  return made;
}

Outcome<AdminToken> AdminToken::open(const std::string& directory) {
  const std::string path = directory + "/admin-token.json";
  auto content = read_file(path);
  if (!content) return content.failure();
  if (content->has_value()) {
    const Json document = Json::parse(**content, nullptr, false);
    if (!document.is_object()) return broken(path, "it is not a JSON object");
    const auto digest = document.find("sha256");
    if (digest == document.end() || !digest->is_string() ||
        digest->get_ref<const std::string&>().size() != 64) {
      return broken(path, "`sha256` is not 64 hex digits");
    }
    return AdminToken(digest->get<std::string>());
  }
  const std::string token = "mra_" + to_base64(random_bytes(32), true);
  AdminToken made(to_hex(sha256(token)));
  const Json document = {
      {"version", 1}, {"sha256", made.digest_}, {"created_at", format_time(now_unix_ms())}};
  auto written = write_file_atomically(path, document.dump(2) + "\n");
  if (!written) return written.failure();
  made.fresh_token_ = token;
  return made;
}

bool AdminToken::matches(std::string_view presented) const {
  return equal_in_constant_time(to_hex(sha256(presented)), digest_);
}

}  // namespace miniredis::service
