// The words of a command out of Python's values, and replies as Python's values. Everything needs
// the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert.h"
#include "miniredis/reply.h"

namespace miniredis::python {

// bytes-like objects and str as they are, int and float as Python prints them; TypeError for
// anything else, bool too. Nothing is copied but numbers and buffers that are not contiguous. The
// views live as long as this and the objects they were made of.
class Words {
 public:
  Words() = default;
  ~Words();
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  void read(std::span<PyObject* const> arguments);
  std::span<const std::string_view> views() const noexcept { return {data_, count_}; }
  // Before the GIL is released: what another thread could change meanwhile is copied, but for
  // buffers so large that whoever gives them is asked not to change them.
  void settle();

 private:
  struct Lent {
    Py_buffer buffer;
    std::size_t word;
  };
  std::string_view view_of(PyObject* argument, std::size_t word);
  std::string_view number(PyObject* argument);
  std::string_view lend(PyObject* argument, std::size_t word);
  std::string_view keep(PyObject* bytes);  // takes the reference

  static constexpr std::size_t kInline = 12;
  std::array<std::string_view, kInline> inline_;
  std::string_view* data_ = inline_.data();
  std::size_t count_ = 0;
  std::vector<std::string_view> many_;
  // Of the first numbers; those that are more have objects of their own.
  std::array<std::array<char, 24>, 4> digits_;
  std::size_t digits_used_ = 0;
  std::vector<pybind11::object> kept_;
  std::vector<Lent> lent_;
};

// The next reply of the reader as an object; an error raises, but among others it is an object.
pybind11::object next_reply(ReplyReader& reader, Strings strings);
pybind11::object next_reply_or_raise(ReplyReader& reader, Strings strings);

}  // namespace miniredis::python
