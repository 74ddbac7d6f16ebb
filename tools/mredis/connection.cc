#include "connection.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <csignal>
#include <optional>

#include "failure.h"

namespace miniredis::mredis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using TlsStream = asio::ssl::stream<Socket>;

constexpr std::chrono::seconds kConnectTimeout{5};

[[noreturn]] void fail(const Endpoint& endpoint, const std::string& why) {
  throw ConnectionError("cannot connect to " + to_string(endpoint) + ": " + why);
}

bool is_end(const error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == asio::ssl::error::stream_truncated;
}

}  // namespace

struct Connection::Impl {
  asio::io_context io;
  Socket socket{io};
  std::optional<asio::ssl::context> tls_context;
  std::optional<TlsStream> tls;
  std::optional<asio::signal_set> signals;
  bool interrupted = false;
  std::array<char, 64 * 1024> buffer;

  void connect(const Endpoint& endpoint) {
    if (endpoint.unix_socket.empty()) {
      connect_tcp(endpoint);
    } else {
      connect_unix(endpoint);
    }
    if (endpoint.tls) start_tls(endpoint);
  }

  void connect_tcp(const Endpoint& endpoint) {
    error_code error;
    asio::ip::tcp::resolver resolver(io);
    const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), error);
    if (error) fail(endpoint, error.message());
    for (const auto& address : found) {
      asio::ip::tcp::socket candidate(io);
      error = connect_within_limit(candidate, address.endpoint());
      if (error) continue;
      error_code ignored;
      candidate.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket = Socket(std::move(candidate));
      return;
    }
    fail(endpoint, error.message());
  }

  error_code connect_within_limit(asio::ip::tcp::socket& candidate,
                                  const asio::ip::tcp::endpoint& address) {
    error_code result = asio::error::timed_out;
    candidate.async_connect(address, [&](const error_code& error) { result = error; });
    io.restart();
    io.run_for(kConnectTimeout);
    if (!io.stopped()) {
      candidate.close();
      io.run();
      return asio::error::timed_out;
    }
    return result;
  }

  void connect_unix(const Endpoint& endpoint) {
    try {
      asio::local::stream_protocol::socket candidate(io);
      candidate.connect(asio::local::stream_protocol::endpoint(endpoint.unix_socket));
      socket = Socket(std::move(candidate));
    } catch (const boost::system::system_error& error) {
      fail(endpoint, error.code().message());
    }
  }

  void start_tls(const Endpoint& endpoint) {
    try {
      tls_context.emplace(asio::ssl::context::tls_client);
      if (!endpoint.ca_file.empty()) {
        tls_context->load_verify_file(endpoint.ca_file);
      } else {
        tls_context->set_default_verify_paths();
      }
      tls.emplace(std::move(socket), *tls_context);
      if (endpoint.verify) {
        tls->set_verify_mode(asio::ssl::verify_peer);
        tls->set_verify_callback(asio::ssl::host_name_verification(endpoint.host));
      } else {
        tls->set_verify_mode(asio::ssl::verify_none);
      }
      // The server may choose the node by this name. An address is no name.
      error_code no_address;
      asio::ip::make_address(endpoint.host, no_address);
      if (no_address) SSL_set_tlsext_host_name(tls->native_handle(), endpoint.host.c_str());
    } catch (const boost::system::system_error& error) {
      fail(endpoint, error.code().message());
    }
    error_code result;
    tls->async_handshake(asio::ssl::stream_base::client,
                         [&](const error_code& error) { result = error; });
    io.restart();
    io.run_for(kConnectTimeout);
    if (!io.stopped()) {
      tls->lowest_layer().close();
      io.run();
      result = asio::error::timed_out;
    }
    if (result) fail(endpoint, "TLS: " + result.message());
  }

  template <typename Handler>
  void async_read(Handler handler) {
    if (tls) {
      tls->async_read_some(asio::buffer(buffer), std::move(handler));
    } else {
      socket.async_read_some(asio::buffer(buffer), std::move(handler));
    }
  }

  void cancel() {
    error_code ignored;
    if (tls) {
      tls->lowest_layer().cancel(ignored);
    } else {
      socket.cancel(ignored);
    }
  }

  // Runs one read. `drive` runs the io_context; what is unfinished after it is cancelled.
  template <typename Drive>
  Outcome read(std::string& out, Drive drive) {
    std::optional<error_code> result;
    std::size_t size = 0;
    async_read([&](const error_code& error, std::size_t count) {
      result = error;
      size = count;
      io.stop();
    });
    io.restart();
    drive();
    const bool waited_in_vain = !result.has_value();
    if (waited_in_vain) {
      cancel();
      io.restart();
      while (!result) io.run_one();
    }
    out.append(buffer.data(), size);
    if (size > 0 || !*result) return Outcome::kBytes;
    if (waited_in_vain && *result == asio::error::operation_aborted) return Outcome::kInterrupted;
    if (is_end(*result)) return Outcome::kClosed;
    throw ConnectionError("the connection broke: " + result->message());
  }
};

Connection::Connection(const Endpoint& endpoint) : impl_(std::make_unique<Impl>()) {
  impl_->connect(endpoint);
}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

void Connection::write(std::string_view bytes) {
  error_code error;
  if (impl_->tls) {
    asio::write(*impl_->tls, asio::buffer(bytes), error);
  } else {
    asio::write(impl_->socket, asio::buffer(bytes), error);
  }
  if (error) throw ConnectionError("the connection broke: " + error.message());
}

void Connection::watch_interrupts(bool on) {
  impl_->signals.reset();
  impl_->interrupted = false;
  if (!on) return;
  impl_->signals.emplace(impl_->io, SIGINT);
  impl_->signals->async_wait([impl = impl_.get()](const error_code& error, int) {
    if (error) return;
    impl->interrupted = true;
    impl->io.stop();
  });
}

Connection::Outcome Connection::read(std::string& out) {
  if (!impl_->interrupted) {
    const Outcome outcome = impl_->read(out, [&] { impl_->io.run(); });
    if (outcome != Outcome::kInterrupted) return outcome;
  }
  impl_->interrupted = false;
  return Outcome::kInterrupted;
}

Connection::Outcome Connection::poll(std::string& out) {
  const Outcome outcome = impl_->read(out, [&] { impl_->io.poll(); });
  return outcome == Outcome::kInterrupted ? Outcome::kBytes : outcome;
}

}  // namespace miniredis::mredis
