// The composition root: one validator, from its configuration to open ports.
//
// Members are declared in the order of dependence, so destruction is right by reading. start()
// refuses whatever could make this validator speak twice with one key: another process on the data
// folder, a folder of another network or key, a database behind its anchor, a damaged log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "attest/result.h"
#include "node/config.h"

namespace footproof::node {

// Whether all that the configuration names is there and belongs together: genesis file, our place
// in it, keys, TLS certificate. Opens no port and changes nothing.
[[nodiscard]] Result<void> check_files(const Config& config);

// The explicit first step, once in a validator's life: makes the data folder with the genesis state
// and the marker. Fails if there is one already; one that was cut off may be repeated. After a lost
// disk it must not be used with the old vote key unless `observer`: the key may have voted. A
// folder of a node that followed is taken over with what it holds (adopt.h).
[[nodiscard]] Result<void> init_data(const Config& config, bool observer);

class Node {
 public:
  // `on_fatal` may be called once from any thread: the process must end and be started again.
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(
      const Config& config, std::function<void(const std::string&)> on_fatal);
  // Stops cleanly: no request is taken any more, what was delivered is executed and synced.
  // NOLINTNEXTLINE(bugprone-exception-escape): what cannot be stopped ends the process.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] std::uint16_t mesh_port() const;
  [[nodiscard]] std::uint16_t http_port() const;

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace footproof::node
