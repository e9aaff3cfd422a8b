// One JSON text from a client, taken apart: id, method and parameters, with numbers as written.
//
// The server's thread; one parser, kept. Text that is not JSON, too deep or too large is told apart
// from JSON that is no request, because the venue answers differently.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/server/request_params.h"

namespace mm::server {

enum class JsonKind : std::uint8_t {
  kNone,
  kNull,
  kString,
  kInteger,
  kFlag,
  kList,
  kObject,
  kOther
};

struct JsonItem {
  JsonKind kind = JsonKind::kNone;
  std::string text;  // of a string what it says, of anything else the JSON as written
};

struct WsMessage {
  std::string id = "null";  // JSON as written, to be echoed
  JsonKind id_kind = JsonKind::kNone;
  std::optional<std::string> method;
  JsonKind params_kind = JsonKind::kNone;
  std::vector<JsonItem> list;  // of "params" as an array
  RequestParams params;        // of "params" as an object
};

enum class WsMessageError : std::uint8_t { kNone, kBadJson, kNotAnObject, kTooManyParameters };

class WsMessageReader {
 public:
  static constexpr std::size_t kDepthMax = 16;

  WsMessageReader();
  ~WsMessageReader();
  // False with the error set.
  WsMessageError read(std::string_view text, WsMessage& out);

 private:
  struct Parsers;
  std::unique_ptr<Parsers> parsers_;
};

}  // namespace mm::server
