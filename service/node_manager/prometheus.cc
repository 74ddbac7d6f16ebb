#include "node_manager/prometheus.h"

#include <array>
#include <charconv>
#include <cmath>

namespace miniredis::service {
namespace {

void append_escaped(std::string& text, std::string_view raw, bool quotes) {
  for (const char c : raw) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '"' && quotes) {
      text += "\\\"";
    } else {
      text += c;
    }
  }
}

}  // namespace

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += "# HELP " + name_ + ' ';
  append_escaped(text_, help, false);
  text_ += "\n# TYPE " + name_ + ' ';
  text_ += type;
  text_ += '\n';
}

void PrometheusText::begin_sample(Labels labels) {
  text_ += name_;
  if (labels.size() != 0) {
    char separator = '{';
    for (const auto& [label, value] : labels) {
      text_ += separator;
      text_ += label;
      text_ += "=\"";
      append_escaped(text_, value, true);
      text_ += '"';
      separator = ',';
    }
    text_ += '}';
  }
  text_ += ' ';
}

void PrometheusText::sample(Labels labels, std::uint64_t value) {
  begin_sample(labels);
  text_ += std::to_string(value) + '\n';
}

void PrometheusText::sample(Labels labels, double value) {
  begin_sample(labels);
  if (std::isnan(value)) {
    text_ += "NaN";
  } else if (std::isinf(value)) {
    text_ += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text_.append(digits.data(), written.ptr);
  }
  text_ += '\n';
}

}  // namespace miniredis::service
