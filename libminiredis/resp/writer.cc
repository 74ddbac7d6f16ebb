#include "resp/writer.h"

#include <string>

namespace miniredis::resp {

void Writer::status(Bytes text) {
  out_->push_back('+');
  out_->append(text);
  out_->append("\r\n");
}

void Writer::error(Bytes line) {
  out_->push_back('-');
  const std::size_t start = out_->size();
  out_->append(line);
  for (char* c = out_->data() + start; c != out_->data() + out_->size(); ++c) {
    if (*c == '\r' || *c == '\n') *c = ' ';
  }
  out_->append("\r\n");
}

void Writer::bulk_integer(std::int64_t n) {
  char digits[base::kMaxIntChars];
  bulk({digits, base::format_int(n, digits)});
}

void Writer::real(double d) {
  real_text(base::format_double(d));
}

void Writer::real_text(Bytes text) {
  if (!resp3()) {
    bulk(text);
    return;
  }
  out_->push_back(',');
  out_->append(text);
  out_->append("\r\n");
}

void Writer::big_number(Bytes digits) {
  if (!resp3()) {
    bulk(digits);
    return;
  }
  out_->push_back('(');
  out_->append(digits);
  out_->append("\r\n");
}

void Writer::verbatim(Bytes format, Bytes text) {
  if (!resp3()) {
    bulk(text);
    return;
  }
  header('=', static_cast<std::int64_t>(text.size() + 4));
  out_->append(format);
  out_->push_back(':');
  out_->append(text);
  out_->append("\r\n");
}

}  // namespace miniredis::resp
