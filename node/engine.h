// One validator over what is passed in: database, recovery, mempool, core loop, storage and what
// HTTP asks, without a socket, a thread or a clock of its own. node.h puts it on Asio and threads;
// the simulator of whole nodes on events in virtual time.
//
// start() refuses whatever could make this validator speak twice with one key: a database behind
// its anchor, a damaged log. Members are declared in the order of dependence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/store.h"
#include "node/config.h"
#include "node/core_loop.h"
#include "node/counters.h"
#include "node/data_folder.h"
#include "node/epoch_set.h"
#include "node/evidence_book.h"
#include "node/health.h"
#include "node/mempool.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/port.h"
#include "node/ports.h"
#include "node/refusals.h"
#include "node/verdict_cache.h"
#include "node/waiters.h"
#include "node/wal.h"

namespace footproof::node {

// Where database and anchor stand in a data folder.
[[nodiscard]] ledger::StorePaths store_paths(const std::filesystem::path& data);

// Files of a new validator in its folder, without a marker of an earlier one (node.h, init_data).
[[nodiscard]] Result<void> make_data(const DataFolder& folder, const Network& network,
                                     const KeyRing& keys, bool observer,
                                     std::size_t wal_segment_size = kWalSegmentSizeDefault);

// All of it outlives the engine.
struct EngineParts {
  const Outside& outside;
  const Config& config;  // data: a folder that make_data() has filled, and whose lock is held
  const Network& network;
  KeyRing& keys;
  std::function<void(const std::string&)> fatal;  // once, from any thread: the process must end
  std::size_t wal_segment_size = kWalSegmentSizeDefault;
};

class Engine {
 public:
  // On the reactor's thread, or before it runs.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> start(EngineParts parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The three parts of a clean stop; without them everything is left as a killed process leaves it.
  void refuse_requests();  // any thread: ends every wait
  void stop();             // on the reactor's thread
  void finish();           // then: executes and syncs what was delivered

  [[nodiscard]] Port& port() { return port_; }
  [[nodiscard]] Fed& fed() { return core_; }
  [[nodiscard]] const ledger::Store& store() const { return *store_; }
  [[nodiscard]] const FactBoard& facts() const { return facts_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const Mempool& mempool() const { return mempool_; }
  [[nodiscard]] std::uint16_t mesh_port() const { return mesh_port_; }
  [[nodiscard]] bool is_observer() const { return observer_; }

 private:
  Engine(const EngineParts& parts, std::unique_ptr<ledger::Store> store, EpochSet set,
         bool observer);

  std::unique_ptr<ledger::Store> store_;
  EvidenceBook evidence_;
  Mempool mempool_;
  Refusals refusals_;
  Waiters waiters_;
  FactBoard facts_;
  Counters counters_;
  VerdictCache verdicts_;
  CoreLoop core_;
  Port port_;
  std::uint16_t mesh_port_ = 0;
  bool observer_ = false;
};

}  // namespace footproof::node
