// A node that another one follows, as a port: the public HTTP interface, GET alone. What it answers
// is not to be believed. The composition root passes HTTP in (http_source.h), tests whatever they
// like.
#pragma once

#include <cstddef>
#include <string>

#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::node {

// One thread.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // its URL
  // The body of a 200, in bounded time and of at most `size_max` bytes. Errors: too_busy,
  // not_found, usage as the node says; io: no connection, too slow, too large.
  [[nodiscard]] virtual Result<Bytes> get(const std::string& path, std::size_t size_max) = 0;
};

}  // namespace footproof::node
