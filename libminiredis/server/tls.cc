#include "server/tls.h"

#include <openssl/err.h>

#include <string>

namespace miniredis::server {
namespace {

Error tls_error(const std::string& what) {
  char reason[256] = "unknown reason";
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  return {ErrorCode::kInvalidArgument, what + ": " + reason};
}

}  // namespace

Result<TlsContext> make_tls_context(const TlsOptions& options) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return tls_error("cannot make a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // A write may be tried again from another place in memory, with more behind it.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate_file.c_str()) != 1) {
    return tls_error("cannot read TLS certificate '" + options.certificate_file + "'");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error("cannot read TLS key '" + options.key_file + "'");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return tls_error("TLS key '" + options.key_file + "' does not belong to certificate '" +
                     options.certificate_file + "'");
  }
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr) != 1) {
      return tls_error("cannot read TLS CA file '" + options.ca_file + "'");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace miniredis::server
