// The routes that show epochs: /v1/epochs, the validator sets there were and what each may cosign;
// /v1/epochs/<e>, the hop that ends one. The list is this node's word, as its trust policy is; a
// hop proves itself to whoever trusts the set that it ends.
#pragma once

#include <string_view>

#include "api/http.h"
#include "api/reader.h"

namespace footproof::api {

class EpochRoutes {
 public:
  explicit EpochRoutes(const Reader& reader) : reader_(reader) {}  // outlives this

  [[nodiscard]] static bool takes(std::string_view path);
  // GET of a path that it takes.
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  [[nodiscard]] Response all() const;
  [[nodiscard]] Response one(std::string_view epoch) const;

  const Reader& reader_;
};

}  // namespace footproof::api
