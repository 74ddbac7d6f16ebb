#include "miniredis/value.h"

#include <utility>

#include "base/numbers.h"

namespace miniredis {
namespace {

void append_quoted(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    switch (c) {
      case '\\':
      case '"':
        out.push_back('\\');
        out.push_back(c);
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\a':
        out.append("\\a");
        break;
      case '\b':
        out.append("\\b");
        break;
      default:
        if (octet >= 0x20 && octet < 0x7f) {
          out.push_back(c);
        } else {
          out.append("\\x");
          out.push_back(kDigits[octet >> 4]);
          out.push_back(kDigits[octet & 15]);
        }
    }
  }
  out.push_back('"');
}

struct Drawing {
  char mark;  // behind the index
  const char* if_empty;
};

Drawing drawing_of(Value::Kind kind) noexcept {
  switch (kind) {
    case Value::Kind::kMap:
      return {'#', "(empty hash)"};
    case Value::Kind::kSet:
      return {'~', "(empty set)"};
    case Value::Kind::kPush:
      return {')', "(empty push)"};
    default:
      return {')', "(empty array)"};
  }
}

// A map's pairs count once.
std::size_t element_count(const Value& value) noexcept {
  const std::size_t count = value.items().size();
  return value.kind() == Value::Kind::kMap ? (count + 1) / 2 : count;
}

// One element in one element in ... is drawn in one line, however deep.
bool takes_several_lines(const Value& value) noexcept {
  const Value* inner = &value;
  while (element_count(*inner) == 1) inner = &inner->items().back();
  return element_count(*inner) > 1;
}

void append_value(std::string& out, const Value& value, const std::string& indent);

// One element a line: its index right-aligned, so that all elements start in one column, and what
// is nested indented to that column.
void append_aggregate(std::string& out, const Value& value, const std::string& indent) {
  const Drawing drawing = drawing_of(value.kind());
  const std::vector<Value>& items = value.items();
  if (items.empty()) {
    out.append(drawing.if_empty);
    return;
  }
  const std::size_t step = value.kind() == Value::Kind::kMap ? 2 : 1;
  const std::size_t lines = element_count(value);
  const std::size_t width = base::to_text(static_cast<std::int64_t>(lines)).size();
  const std::string deeper = indent + std::string(width + 2, ' ');
  for (std::size_t line = 0; line < lines; ++line) {
    if (line > 0) out.append("\n").append(indent);
    const std::string index = base::to_text(static_cast<std::int64_t>(line + 1));
    out.append(width - index.size(), ' ').append(index);
    out.push_back(drawing.mark);
    out.push_back(' ');
    append_value(out, items[line * step], deeper);
    if (step == 2 && line * 2 + 1 < items.size()) {
      const Value& mapped = items[line * 2 + 1];
      out.append(" => ");
      // What takes several lines begins on one of its own, so that its indices stand in a column.
      if (takes_several_lines(mapped)) out.append("\n").append(deeper);
      append_value(out, mapped, deeper);
    }
  }
}

void append_value(std::string& out, const Value& value, const std::string& indent) {
  switch (value.kind()) {
    case Value::Kind::kNil:
      out.append("(nil)");
      return;
    case Value::Kind::kBoolean:
      out.append(value.as_integer() != 0 ? "(true)" : "(false)");
      return;
    case Value::Kind::kInteger:
      out.append("(integer) ").append(base::to_text(value.as_integer()));
      return;
    case Value::Kind::kDouble:
      out.append("(double) ").append(base::format_double(value.as_double()));
      return;
    case Value::Kind::kBigNumber:
      out.append("(big number) ").append(value.text());
      return;
    case Value::Kind::kString:
      append_quoted(out, value.text());
      return;
    case Value::Kind::kStatus:
    case Value::Kind::kVerbatim:
      out.append(value.text());
      return;
    case Value::Kind::kError:
      out.append("(error) ").append(value.text());
      return;
    case Value::Kind::kArray:
    case Value::Kind::kMap:
    case Value::Kind::kSet:
    case Value::Kind::kPush:
      append_aggregate(out, value, indent);
      return;
  }
}

}  // namespace

Value Value::boolean(bool b) {
  Value value;
  value.kind_ = Kind::kBoolean;
  value.integer_ = b ? 1 : 0;
  return value;
}

Value Value::integer(std::int64_t n) {
  Value value;
  value.kind_ = Kind::kInteger;
  value.integer_ = n;
  return value;
}

Value Value::real(double d) {
  Value value;
  value.kind_ = Kind::kDouble;
  value.double_ = d;
  return value;
}

Value Value::text_of(Kind kind, std::string bytes) {
  Value value;
  value.kind_ = kind;
  value.text_ = std::move(bytes);
  return value;
}

Value Value::aggregate(Kind kind, std::vector<Value> items) {
  Value value;
  value.kind_ = kind;
  value.items_ = std::move(items);
  return value;
}

double Value::as_double() const noexcept {
  return kind_ == Kind::kInteger ? static_cast<double>(integer_) : double_;
}

std::string to_string(const Value& value) {
  std::string out;
  append_value(out, value, "");
  return out;
}

}  // namespace miniredis
