// The header section of a request, parsed strictly before anything else looks at it.
//
// Two parsers that read one request differently are how requests are smuggled past a proxy, so
// everything that is not exactly RFC 9112 is refused here: bare LF or CR, NUL and other controls,
// folded lines, space before the colon, a second Content-Length, a Transfer-Encoding at all. Paths
// are literal: no percent-encoding, so there is nothing to decode twice. Pure; fuzzed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace footproof::api {

inline constexpr std::size_t kPathMax = 256;
inline constexpr std::size_t kQueryMax = 1024;
inline constexpr std::size_t kParametersMax = 16;

struct HeadLimits {
  std::size_t header_count_max = 64;
  std::size_t body_bytes_max = std::size_t{1024} * 1024;
};

struct RequestHead {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> query;
  std::string content_type;  // lower case, parameters cut off
  std::size_t content_length = 0;
  bool keep_alive = true;
};

// Why a request goes no further. Constants only: nothing that the client sent is in it.
struct HeadRefusal {
  int status = 400;
  const char* type = "malformed-request";  // the last part of the problem type
  const char* detail = "";
};

// The whole answer that says so: problem details (RFC 9457), and the end of the connection.
[[nodiscard]] std::string refusal_text(const HeadRefusal& refusal);

// `head` ends with the empty line.
[[nodiscard]] std::variant<RequestHead, HeadRefusal> parse_request_head(std::string_view head,
                                                                        const HeadLimits& limits);

}  // namespace footproof::api
