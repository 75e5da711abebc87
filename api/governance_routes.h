// The routes that show governance: /v1/ballots, /v1/ballots/<proposal>, /v1/parameters. Read from
// the state tree at the newest published checkpoint; each proposal is judged against the
// associations of the same snapshot.
#pragma once

#include <string_view>

#include "api/http.h"
#include "api/reader.h"

namespace footproof::api {

class GovernanceRoutes {
 public:
  explicit GovernanceRoutes(const Reader& reader) : reader_(reader) {}  // outlives this

  [[nodiscard]] static bool takes(std::string_view path);
  // GET of a path that it takes.
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  [[nodiscard]] Response open() const;
  [[nodiscard]] Response one(std::string_view nonce) const;
  [[nodiscard]] Response parameters() const;

  const Reader& reader_;
};

}  // namespace footproof::api
