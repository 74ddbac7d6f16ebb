#include "http_client.h"

#include <boost/beast/http.hpp>
#include <charconv>
#include <random>
#include <sstream>

#include "miniredis/commands.h"

namespace miniredis::mredis {
namespace {

namespace http = boost::beast::http;

[[noreturn]] void refuse_url(const std::string& url) {
  throw UsageError("'" + url + "' is not a URL like http://127.0.0.1:8080");
}

// What a problem+json answer says, for a person.
std::string problem_text(unsigned status, const Json& problem) {
  const auto member = [&](const char* name) -> std::string {
    if (!problem.is_object() || !problem.contains(name) || !problem[name].is_string()) return "";
    return problem[name].get<std::string>();
  };
  std::string text = member("title");
  if (text.empty()) text = "HTTP status " + std::to_string(status);
  if (!member("detail").empty()) text += ": " + member("detail");
  if (status == 401) {
    text +=
        "\nGive the admin token, an access token or an API key in MINIREDIS_TOKEN or with"
        " --token-file.";
  }
  return text;
}

std::string new_idempotency_key() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string key;
  while (key.size() < 32) key.push_back(kDigits[random() % 16]);
  return key;
}

}  // namespace

std::string url_quoted(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[octet >> 4]);
      out.push_back(kDigits[octet & 15]);
    }
  }
  return out;
}

HttpClient::HttpClient(const std::string& url, std::string token, const std::string& ca_file)
    : url_(url), token_(std::move(token)) {
  std::string rest = url;
  if (rest.starts_with("https://")) {
    endpoint_.tls = true;
    endpoint_.port = 443;
    rest.erase(0, 8);
  } else if (rest.starts_with("http://")) {
    endpoint_.port = 80;
    rest.erase(0, 7);
  } else {
    refuse_url(url);
  }
  endpoint_.ca_file = ca_file;
  if (rest.find_first_of("?#@ \t\r\n") != std::string::npos) refuse_url(url);
  const std::size_t slash = rest.find('/');
  if (slash != std::string::npos) {
    base_path_ = rest.substr(slash);
    rest.erase(slash);
    while (base_path_.ends_with('/')) base_path_.pop_back();
  }
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon != std::string::npos) {
    const std::string port = rest.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint_.port);
    if (error != std::errc{} || end != port.data() + port.size() || endpoint_.port == 0) {
      refuse_url(url);
    }
    rest.erase(colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) refuse_url(url);
  endpoint_.host = rest;
}

std::string HttpClient::serialize(const std::string& method, const std::string& path,
                                  const Json& body, const std::string& idempotency_key) const {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(method);
  message.target(base_path_ + path);
  message.set(http::field::host, to_string(endpoint_));
  message.set(http::field::user_agent, std::string("mredis/") + version());
  message.set(http::field::accept, "application/json, application/problem+json");
  if (!token_.empty()) message.set(http::field::authorization, "Bearer " + token_);
  if (!idempotency_key.empty()) message.set("Idempotency-Key", idempotency_key);
  if (!body.is_null()) {
    message.set(http::field::content_type, "application/json");
    message.body() = body.dump();
  }
  message.prepare_payload();
  std::ostringstream out;
  out << message;
  return out.str();
}

std::optional<HttpClient::Answer> HttpClient::exchange(const std::string& request) {
  connection_->write(request);
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{1} << 30);
  std::string bytes;
  while (!parser.is_done()) {
    const Connection::Outcome outcome = connection_->read(bytes);
    boost::system::error_code error;
    if (outcome == Connection::Outcome::kClosed) {
      if (!parser.got_some()) return std::nullopt;
      parser.put_eof(error);
      if (error) throw ConnectionError("the daemon's answer was cut off");
      break;
    }
    // The header has to be put in one piece; put() says how much of the bytes it took.
    while (!bytes.empty() && !parser.is_done()) {
      const std::size_t taken = parser.put(boost::asio::buffer(bytes), error);
      bytes.erase(0, taken);
      if (error == http::error::need_more) break;
      if (error) throw ConnectionError("the daemon's answer is not HTTP: " + error.message());
    }
  }
  if (!parser.keep_alive()) connection_.reset();
  return Answer{parser.get().result_int(), std::move(parser.get().body())};
}

HttpClient::Answer HttpClient::deliver(const std::string& message, bool repeatable) {
  std::optional<Answer> answer;
  try {
    if (connection_ && repeatable) {
      // A kept connection may have been closed meanwhile.
      try {
        answer = exchange(message);
      } catch (const ConnectionError&) {
        answer.reset();
      }
    }
    if (!answer) {
      connection_.emplace(endpoint_);
      answer = exchange(message);
    }
  } catch (...) {
    connection_.reset();
    throw;
  }
  if (!answer) {
    connection_.reset();
    throw ConnectionError("the daemon closed the connection without an answer");
  }
  return std::move(*answer);
}

Json HttpClient::json_of(const Answer& answer) const {
  Json json = Json::parse(answer.body, nullptr, false);
  if (answer.status >= 400) throw RefusedError(problem_text(answer.status, json));
  if (answer.body.empty()) return nullptr;
  if (answer.status >= 300 || json.is_discarded()) {
    throw RefusedError("this is no MiniRedis API at " + url_ + " (HTTP status " +
                       std::to_string(answer.status) + ")");
  }
  return json;
}

Json HttpClient::request(const std::string& method, const std::string& path, const Json& body) {
  return json_of(deliver(serialize(method, path, body, ""), method == "GET"));
}

Json HttpClient::create(const std::string& path, const Json& body) {
  const std::string message = serialize("POST", path, body, new_idempotency_key());
  connection_.emplace(endpoint_);  // who cannot be reached at all is said so at once
  return json_of(deliver(message, true));
}

}  // namespace miniredis::mredis
