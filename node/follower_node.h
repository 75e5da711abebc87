// The composition root of a node that follows: from its configuration to an open HTTP port, with no
// link, no key and no vote. Its data folder is made at the first start: nothing can be said twice
// that is never said. A folder of a validator is refused, and so is one of another network.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "attest/result.h"
#include "node/config.h"
#include "node/data_folder.h"
#include "node/network.h"

namespace footproof::node {

// Files of a node that follows in its folder, which has no marker yet: with the ledger of the
// genesis file, or without one where a snapshot is to be fetched.
[[nodiscard]] Result<void> make_follower_data(const DataFolder& folder, const Network& network,
                                              CatchUp how);

class FollowerNode {
 public:
  // `on_fatal` may be called once from any thread: the process must end and be started again.
  [[nodiscard]] static Result<std::unique_ptr<FollowerNode>> start(
      const Config& config, std::function<void(const std::string&)> on_fatal);
  // NOLINTNEXTLINE(bugprone-exception-escape): what cannot be stopped ends the process.
  ~FollowerNode();
  FollowerNode(const FollowerNode&) = delete;
  FollowerNode& operator=(const FollowerNode&) = delete;

  [[nodiscard]] std::uint16_t http_port() const;

 private:
  struct Parts;
  explicit FollowerNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace footproof::node
