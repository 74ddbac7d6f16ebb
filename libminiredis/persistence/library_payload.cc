#include "persistence/library_payload.h"

#include "persistence/rdb_reader.h"
#include "persistence/rdb_writer.h"
#include "persistence/value_payload.h"

namespace miniredis::persistence {
namespace {

constexpr std::uint8_t kLibrary = 0xf5;

}  // namespace

std::string dump_libraries(const std::vector<Bytes>& codes) {
  RdbWriter out;
  for (const Bytes code : codes) {
    out.byte(kLibrary);
    out.string(code);
  }
  close_frame(out, kRdbVersion);
  return out.take();
}

std::optional<std::vector<std::string>> read_libraries(Bytes payload, std::uint64_t most_text) {
  RdbReader in(framed_bytes(payload), most_text);
  std::vector<std::string> codes;
  try {
    while (!in.at_end()) {
      require(in.byte() == kLibrary);
      codes.emplace_back(in.string().bytes());
    }
  } catch (const Malformed&) {
    return std::nullopt;
  }
  return codes;
}

}  // namespace miniredis::persistence
