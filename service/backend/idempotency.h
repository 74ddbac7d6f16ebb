// Requests that must not be carried out twice, told apart by the header Idempotency-Key.
//
// The key is the caller's own and taken in the transaction that does the work, or begins it; the
// answer is kept for a day and given again, without secrets, to whoever repeats the request. See
// docs/api.md.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "backend/backend.h"

namespace miniredis::service {

// The key of the request and what it stands for. kIdempotencyKeyRequired when there is none.
metadata::IdempotentAnswer idempotent_request(const ApiRequest& request);

// Takes the key: nothing when the work is to be done now; the answer to give again when it was
// done. Thrown: kRequestUnderWay, kKeyReused.
Outcome<std::optional<HttpReply>> begin(metadata::Transaction& transaction,
                                        const metadata::IdempotentAnswer& wanted);

// Writes the answer down. `again`: what is given later in place of the body, which shows a secret.
Outcome<void> finish(metadata::Transaction& transaction, metadata::IdempotentAnswer wanted,
                     const HttpReply& reply, const std::string& again = "");

// All of it for work that only changes the database: key, work and answer are one transaction.
// `work` returns the answer, and what is given later when that differs.
struct Made {
  HttpReply reply;
  std::string again;
};
HttpReply make_once(BackendContext& context, const ApiRequest& request,
                    const std::function<Outcome<Made>(metadata::Transaction&)>& work);

}  // namespace miniredis::service
