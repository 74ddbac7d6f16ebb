#include "persistence/value_payload.h"

#include "persistence/crc64.h"
#include "persistence/rdb_save.h"

namespace miniredis::persistence {
namespace {

constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kFrameBytes = kVersionBytes + kChecksumBytes;

}  // namespace

std::string dump_value(const types::Environment& environment, const keyspace::Entry& entry) {
  RdbWriter out;
  close_frame(out, save_value(out, environment, entry));
  return out.take();
}

void close_frame(RdbWriter& out, std::uint16_t version) {
  out.little(version, kVersionBytes);
  out.little(crc64(0, out.bytes()), kChecksumBytes);
}

Bytes framed_bytes(Bytes payload) noexcept {
  return payload.substr(0, payload.size() - kFrameBytes);
}

bool has_sound_frame(Bytes payload) noexcept {
  if (payload.size() < kFrameBytes) return false;
  const std::size_t covered = payload.size() - kChecksumBytes;
  std::uint16_t version = 0;
  std::uint64_t checksum = 0;
  std::memcpy(&version, payload.data() + payload.size() - kFrameBytes, kVersionBytes);
  std::memcpy(&checksum, payload.data() + covered, kChecksumBytes);
  if (version > kRdbVersionOfTimedHashes) return false;
  return checksum == crc64(0, payload.substr(0, covered));
}

bool restore_value(LoadedValue& value, Bytes payload, std::uint64_t most_text) {
  RdbReader in(framed_bytes(payload), most_text);
  try {
    const std::uint8_t type = in.byte();
    value.load(in, type);
    return in.at_end();
  } catch (const Malformed&) {
    return false;
  }
}

}  // namespace miniredis::persistence
