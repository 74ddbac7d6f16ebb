// TLS contexts out of certificate files.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "miniredis/error.h"
#include "miniredis/options.h"

namespace miniredis::server {

struct TlsContextDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsContextDeleter>;

// TLS 1.2 and later. With a CA file, clients have to show a certificate that it signed.
Result<TlsContext> make_tls_context(const TlsOptions& options);

}  // namespace miniredis::server
