// Text in Prometheus' exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace miniredis::service {

class PrometheusText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // Opens a family: its samples follow. `type` is "gauge" or "counter".
  void family(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the family opened last.
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  void sample(std::uint64_t value) { sample({}, value); }

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(Labels labels);
  std::string text_;
  std::string name_;
};

}  // namespace miniredis::service
