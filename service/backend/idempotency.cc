#include "backend/idempotency.h"

#include "common/secure_bytes.h"
#include "common/units.h"

namespace miniredis::service {
namespace {

constexpr std::size_t kMostKeyBytes = 255;

Failure as_failure(FailureKind kind, const std::string& detail) {
  return {kind, detail, "Idempotency-Key"};
}

}  // namespace

metadata::IdempotentAnswer idempotent_request(const ApiRequest& request) {
  const std::string_view key = request.http.header("Idempotency-Key");
  if (key.empty()) {
    throw Problem{problem_kinds::kIdempotencyKeyRequired,
                  "send the header Idempotency-Key, made anew for each thing that is to be made",
                  "Idempotency-Key"};
  }
  bool fine = key.size() <= kMostKeyBytes;
  for (const char c : key) fine = fine && c > ' ' && c < 127;
  if (!fine) {
    throw invalid_value("Idempotency-Key", std::to_string(key.size()) + " bytes",
                        "1 to 255 visible ASCII characters");
  }
  metadata::IdempotentAnswer wanted;
  wanted.principal = request.principal().actor + "@" + request.principal().tenant;
  wanted.key = key;
  const std::string target = request.http.target.substr(0, request.http.target.find('?'));
  wanted.fingerprint =
      to_hex(sha256(request.http.method + "\n" + target + "\n" + request.http.body));
  wanted.created_at_ms = now_unix_ms();
  return wanted;
}

Outcome<std::optional<HttpReply>> begin(metadata::Transaction& transaction,
                                        const metadata::IdempotentAnswer& wanted) {
  auto taken = metadata::begin_idempotent(transaction, wanted);
  if (!taken) return taken.failure();
  if (!taken->has_value()) return std::optional<HttpReply>();
  const metadata::IdempotentAnswer& known = **taken;
  if (known.fingerprint != wanted.fingerprint) {
    return as_failure(FailureKind::kKeyReused, "the key was used for another request");
  }
  if (known.status == 0) {
    return as_failure(FailureKind::kUnderWay, "the first request with the key is still under way");
  }
  HttpReply reply;
  reply.status = static_cast<int>(known.status);
  reply.body = known.body;
  const Json headers = Json::parse(known.headers, nullptr, false);
  if (headers.is_object()) {
    for (const auto& [name, value] : headers.items()) {
      if (value.is_string()) reply.headers.emplace_back(name, value.get<std::string>());
    }
  }
  reply.headers.emplace_back("Idempotency-Replayed", "true");
  return std::optional<HttpReply>(std::move(reply));
}

Outcome<void> finish(metadata::Transaction& transaction, metadata::IdempotentAnswer wanted,
                     const HttpReply& reply, const std::string& again) {
  wanted.status = static_cast<std::uint32_t>(reply.status);
  wanted.body = again.empty() ? reply.body : again;
  Json headers = Json::object();
  for (const auto& [name, value] : reply.headers) headers[name] = value;
  wanted.headers = headers.dump();
  return metadata::finish_idempotent(transaction, wanted);
}

HttpReply make_once(BackendContext& context, const ApiRequest& request,
                    const std::function<Outcome<Made>(metadata::Transaction&)>& work) {
  const metadata::IdempotentAnswer wanted = idempotent_request(request);
  return transact(context, [&](metadata::Transaction& transaction) -> Outcome<HttpReply> {
    auto begun = begin(transaction, wanted);
    if (!begun) return begun.failure();
    if (begun->has_value()) return std::move(**begun);
    auto made = work(transaction);
    if (!made) return made.failure();
    if (auto kept = finish(transaction, wanted, made->reply, made->again); !kept) {
      return kept.failure();
    }
    return std::move(made->reply);
  });
}

}  // namespace miniredis::service
