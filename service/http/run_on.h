// Work for the threads of a pool, waited for by a coroutine elsewhere. As asio::co_spawn() of a
// coroutine that does not wait, but with one wake-up of a thread of the pool rather than two.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace miniredis::service {

// Runs `work` on the pool; what it throws is thrown where it is waited for. `work` and what it
// refers to must live until then.
template <typename Work>
boost::asio::awaitable<void> run_on(boost::asio::thread_pool& pool, const Work& work) {
  namespace asio = boost::asio;
  const auto begin = [&pool, &work](auto handler) {
    asio::post(pool, [&work, handler = std::move(handler)]() mutable {
      std::exception_ptr thrown;
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      const auto home = asio::get_associated_executor(handler);
      asio::post(home,
                 [handler = std::move(handler), thrown]() mutable { std::move(handler)(thrown); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
      begin, asio::use_awaitable);
}

}  // namespace miniredis::service
