// One HTTP request and its response as plain values: what server.cc hands to the routes.
//
// The server has already refused everything that is malformed, too long, too slow or encoded in a
// way we do not take (docs/api.md "limits"), so a handler sees at most 1 MiB of body and a literal
// path. No header but Content-Type reaches a handler, so none can be reflected.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace footproof::api {

struct Request {
  std::string method;  // GET, POST
  std::string path;    // percent-decoding refused: only [A-Za-z0-9/._-]
  std::multimap<std::string, std::string> query;
  std::string content_type;  // lower case, without parameters
  std::string body;
  std::string peer;  // the socket's address, never what a header claims
};

struct Response {
  int status = 200;
  const char* content_type = "application/json";  // constants only
  std::string body;
  std::string location;        // of our making; empty = none
  unsigned retry_after_s = 0;  // 0 = none
  const char* cache_control = "no-store";
};

// Called from many threads at once. An exception becomes a 500 without text.
using Handler = std::function<Response(const Request&)>;

}  // namespace footproof::api
