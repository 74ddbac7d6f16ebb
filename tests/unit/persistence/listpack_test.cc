#include "persistence/listpack.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "persistence/old_blocks.h"

namespace miniredis::persistence {
namespace {

std::vector<std::string> items_in(Bytes block) {
  ListpackReader reader(block);
  std::vector<std::string> found;
  char scratch[base::kMaxIntChars];
  while (const auto item = reader.next()) found.emplace_back(item->text(scratch));
  return found;
}

std::string hex(const char* text) {
  std::string bytes;
  for (const char* at = text; *at != 0; at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(at, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace

TEST_CASE("elements of every kind and at every border come back") {
  std::vector<std::string> items = {"", "a", "01", "-0", "+1", "9223372036854775808"};
  for (const std::int64_t edge : {0LL, 127LL, 128LL, 4095LL, 4096LL, 32767LL, 32768LL, 8388607LL,
                                  8388608LL, 2147483647LL, 2147483648LL, 9223372036854775807LL}) {
    items.push_back(std::to_string(edge));
    items.push_back(std::to_string(-edge - 1));
  }
  for (const std::size_t size : {63, 64, 125, 126, 127, 128, 4095, 4096, 16377, 16378, 16379, 16384,
                                 2097140, 2097150, 2097160}) {
    items.emplace_back(size, 'x');
  }
  ListpackWriter writer;
  for (const std::string& item : items) writer.append(Bytes(item));
  const std::string block = writer.finish();
  CHECK(items_in(block) == items);
  CHECK(items_in(writer.finish()).empty());
}

TEST_CASE("the bytes are those of Redis") {
  ListpackWriter writer;
  writer.append(Bytes("a"));
  writer.append(Bytes("12"));
  writer.append(Bytes("-1"));
  writer.append(Bytes("300"));
  writer.append(Bytes("70000"));
  // Each with its length behind it: "a", 12, -1 and 300 in 13 bits, 70,000 in 24.
  CHECK(writer.finish() == hex("17000000"
                               "0500"
                               "816102"
                               "0c01"
                               "dfff02"
                               "c12c02"
                               "f270110104"
                               "ff"));
}

TEST_CASE("more elements than can be counted") {
  ListpackWriter writer;
  for (int i = 0; i < 70'000; ++i) writer.append(std::int64_t{i});
  CHECK(items_in(writer.finish()).size() == 70'000);
}

TEST_CASE("a block that was changed or cut anywhere is refused or read, and no byte beyond it") {
  ListpackWriter writer;
  for (const char* item : {"alpha", "1", "-200", "70000", "x", "123456789012"}) {
    writer.append(Bytes(item));
  }
  const std::string sound = writer.finish();
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = sound;
      broken[at] = static_cast<char>(broken[at] ^ 1 << bit);
      std::size_t found = 0;
      try {
        found = items_in(broken).size();
      } catch (const Malformed&) {
      }
      CHECK(found <= sound.size());
    }
    CHECK_THROWS_AS(items_in(Bytes(sound).substr(0, at)), Malformed);
  }
}

TEST_CASE("ziplists, zipmaps and blocks of integers are read") {
  // "ab", 5, 300, -1, 100000
  const std::string ziplist =
      hex("1f000000"
          "18000000"
          "0500"
          "00026162"
          "04f6"
          "02c02c01"
          "04feff"
          "03f0a08601"
          "ff");
  std::string sized = ziplist;
  sized[0] = static_cast<char>(sized.size());
  ZiplistReader list(sized);
  char scratch[base::kMaxIntChars];
  CHECK(list.next()->text(scratch) == "ab");
  CHECK(list.next()->integer() == 5);
  CHECK(list.next()->integer() == 300);
  CHECK(list.next()->integer() == -1);
  CHECK(list.next()->integer() == 100000);
  CHECK(!list.next());

  const std::string map =
      hex("02"
          "0161"
          "0200"
          "7676"
          "0162"
          "0102"
          "77"
          "0000"
          "ff");
  ZipmapReader pairs(map);
  auto pair = pairs.next();
  CHECK(pair->field == "a");
  CHECK(pair->value == "vv");
  pair = pairs.next();
  CHECK(pair->field == "b");
  CHECK(pair->value == "w");
  CHECK(!pairs.next());

  const std::string numbers =
      hex("02000000"
          "03000000"
          "ffff"
          "0100"
          "2c01");
  IntegerBlockReader integers(numbers);
  CHECK(integers.next() == -1);
  CHECK(integers.next() == 1);
  CHECK(integers.next() == 300);
  CHECK(!integers.next());
  CHECK_THROWS_AS(IntegerBlockReader(Bytes(numbers).substr(0, 9)), Malformed);
  const std::string wide =
      hex("03000000"
          "00000000");
  CHECK_THROWS_AS(IntegerBlockReader{Bytes(wide)}, Malformed);
}

}  // namespace miniredis::persistence
