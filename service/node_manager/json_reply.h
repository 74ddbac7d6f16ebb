// A node's replies as JSON, without losing what they are.
//
//   nil            null
//   boolean        true, false
//   integer        a number
//   double         a number, always with a point or exponent; inf and nan as {"double":"inf"}
//   string, status a string; bytes that are not UTF-8 as {"base64":"..."}
//   error          {"error":"WRONGTYPE ..."}
//   big number     {"big_number":"123..."}
//   array, set     an array
//   push           {"push":[...]}
//   map            an object when its keys are distinct UTF-8 strings, else
//   {"map":[[key,value],...]}
//
// An object of one member named like one of the marks above is never a map's: such a map is written
// in the second form.
#pragma once

#include <string>

#include "common/json.h"
#include "miniredis/value.h"

namespace miniredis::service {

enum class BulkEncoding : unsigned char { kText, kBase64 };

// kBase64: every bulk string as {"base64":"..."}, whatever it holds; map keys are then in the
// second form.
Json to_json(const Value& value, BulkEncoding encoding = BulkEncoding::kText);

// One message in one line; what is not UTF-8 in it becomes replacement characters.
std::string text_of(const Json& message);

}  // namespace miniredis::service
