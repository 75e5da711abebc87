// POST /v1/statements and /v1/dry-run: from a request body to the port's Submissions and back.
#pragma once

#include <atomic>
#include <utility>
#include <vector>

#include "api/http.h"
#include "api/reader.h"
#include "api/routes.h"
#include "attest/result.h"

namespace footproof::api {

inline constexpr std::size_t kSequenceItemsMax = 4096;

// Cuts a CBOR sequence (RFC 8742) of statements into items of canonical form: unprotected headers
// emptied (docs/formats.md §3), nothing parsed further. What is not even a tagged array of four
// makes the whole sequence malformed: behind it nobody knows where the next item begins.
[[nodiscard]] Result<std::vector<Bytes>> split_statements(ByteView sequence);

class SubmitRoutes {
 public:
  SubmitRoutes(RoutesConfig config, Submissions& submissions)
      : config_(std::move(config)), submissions_(submissions) {}

  [[nodiscard]] Response submit(const Request& request);
  [[nodiscard]] Response dry_run(const Request& request);

 private:
  [[nodiscard]] Response submit_one(const Request& request, bool wait);
  [[nodiscard]] Response submit_sequence(const Request& request, bool wait);
  // Turns Accepted into what has become of it by the deadline, if a place to wait is free.
  void await(std::vector<Answer>& answers);

  const RoutesConfig config_;
  Submissions& submissions_;
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace footproof::api
