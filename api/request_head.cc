#include "api/request_head.h"

#include <algorithm>
#include <cstdint>

namespace footproof::api {
namespace {

const char* reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// Visible ASCII, space, tab and bytes above 0x7f.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool made_of(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return is_alphanumeric(c) || extra.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

using Refused = std::optional<HeadRefusal>;

Refused parse_query(std::string_view text, RequestHead& head) {
  if (text.size() > kQueryMax) return HeadRefusal{414, "uri-too-long", "the query is too long"};
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return HeadRefusal{400, "malformed-request", "a query parameter is not name=value"};
    }
    if (!made_of(pair.substr(0, equals), "_") || !made_of(pair.substr(equals + 1), "-._~:,/")) {
      return HeadRefusal{400, "malformed-request",
                         "a query parameter has a character that none of ours has"};
    }
    if (head.query.size() == kParametersMax) {
      return HeadRefusal{400, "malformed-request", "too many query parameters"};
    }
    head.query.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return {};
}

Refused parse_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return HeadRefusal{400, "malformed-request", "the request line is not METHOD PATH HTTP/1.1"};
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return HeadRefusal{505, "http-version", "HTTP/1.1 is spoken here"};
  }
  head.keep_alive = version == "HTTP/1.1";
  if (method != "GET" && method != "POST") {
    return HeadRefusal{405, "method-not-allowed", "GET and POST are the methods there are"};
  }
  head.method = method;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path.size() > kPathMax) return HeadRefusal{414, "uri-too-long", "the path is too long"};
  if (!path.starts_with('/') || !made_of(path, "/._-")) {
    return HeadRefusal{400, "malformed-request",
                       "the path must begin with / and be of letters, digits and / . _ - alone"};
  }
  head.path = path;
  return path.size() == target.size() ? Refused{}
                                      : parse_query(target.substr(path.size() + 1), head);
}

// What the header fields said that decides how the body is read.
struct Framing {
  int content_lengths = 0;
  int hosts = 0;
  bool host_required = false;  // HTTP/1.1
  bool transfer_encoding = false;
};

Refused parse_content_length(std::string_view value, const HeadLimits& limits, RequestHead& head) {
  if (value.empty() || value.size() > 19 ||
      !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return HeadRefusal{400, "malformed-request", "Content-Length is not a number of bytes"};
  }
  std::uint64_t length = 0;
  for (const char c : value) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  if (length > limits.body_bytes_max) {
    return HeadRefusal{413, "body-too-large", "the body is larger than a request may have"};
  }
  head.content_length = static_cast<std::size_t>(length);
  return {};
}

Refused parse_field(std::string_view line, const HeadLimits& limits, RequestHead& head,
                    Framing& framing) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
      !is_field_value(line.substr(colon + 1))) {
    return HeadRefusal{400, "malformed-request", "a header line is not Name: value"};
  }
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "content-length") {
    if (++framing.content_lengths > 1) {
      return HeadRefusal{400, "malformed-request", "more than one Content-Length"};
    }
    return parse_content_length(value, limits, head);
  }
  if (name == "host") ++framing.hosts;
  if (name == "transfer-encoding") framing.transfer_encoding = true;
  if (name == "content-encoding" && lower(value) != "identity") {
    return HeadRefusal{415, "content-encoding", "send the body as it is, not compressed"};
  }
  if (name == "expect") return HeadRefusal{417, "expectation", "Expect is not served"};
  if (name == "range" || name == "upgrade") {
    return HeadRefusal{400, "unsupported-header", "Range and Upgrade are not served"};
  }
  if (name == "content-type") head.content_type = lower(trim(value.substr(0, value.find(';'))));
  if (name == "connection") {
    const std::string option = lower(value);
    if (option.find("close") != std::string::npos) head.keep_alive = false;
  }
  return {};
}

Refused check_framing(const RequestHead& head, const Framing& framing) {
  if (framing.transfer_encoding) {
    if (framing.content_lengths > 0) {
      return HeadRefusal{400, "malformed-request",
                         "Content-Length and Transfer-Encoding contradict each other"};
    }
    return HeadRefusal{411, "length-required", "send a Content-Length, not a Transfer-Encoding"};
  }
  if (framing.hosts > 1 || (framing.hosts == 0 && framing.host_required)) {
    return HeadRefusal{400, "malformed-request", "there must be one Host"};
  }
  if (head.method == "POST" && framing.content_lengths == 0) {
    return HeadRefusal{411, "length-required", "a POST needs a Content-Length"};
  }
  if (head.method == "GET" && head.content_length != 0) {
    return HeadRefusal{400, "malformed-request", "a GET has no body"};
  }
  return {};
}

}  // namespace

std::string refusal_text(const HeadRefusal& refusal) {
  const std::string status = std::to_string(refusal.status);
  const std::string reason = reason_of(refusal.status);
  // The texts are constants of ours without anything to escape.
  const std::string body = R"({"type":"urn:footproof:problem:)" + std::string(refusal.type) +
                           R"(","title":")" + reason + R"(","status":)" + status +
                           R"(,"detail":")" + refusal.detail + "\"}";
  std::string text = "HTTP/1.1 " + status + ' ' + reason +
                     "\r\nContent-Type: application/problem+json\r\nContent-Length: " +
                     std::to_string(body.size()) +
                     "\r\nConnection: close\r\nCache-Control: no-store\r\n"
                     "X-Content-Type-Options: nosniff\r\n"
                     "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                     "Referrer-Policy: no-referrer\r\n";
  if (refusal.status == 405) text += "Allow: GET, POST\r\n";
  if (refusal.status == 503) text += "Retry-After: 1\r\n";
  return text + "\r\n" + body;
}

std::variant<RequestHead, HeadRefusal> parse_request_head(std::string_view text,
                                                          const HeadLimits& limits) {
  RequestHead head;
  Framing framing;
  std::size_t lines = 0;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    if (end == std::string_view::npos) {
      return HeadRefusal{400, "malformed-request", "a header line does not end with CRLF"};
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty()) {
      if (lines == 0 || !text.empty()) break;
      const auto refused = check_framing(head, framing);
      if (refused) return *refused;
      return head;
    }
    if (lines > limits.header_count_max) {
      return HeadRefusal{431, "headers-too-large", "too many header lines"};
    }
    const auto refused =
        lines == 0 ? parse_request_line(line, head) : parse_field(line, limits, head, framing);
    if (refused) return *refused;
    if (lines == 0) framing.host_required = head.keep_alive;
    ++lines;
  }
  return HeadRefusal{400, "malformed-request", "the header section is not complete"};
}

}  // namespace footproof::api
