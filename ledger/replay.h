// Replay: the whole log executed again from genesis, by the same rules, to see whether the network
// recorded what it had to.
//
// Entries come in log order. At each block record the block is executed on what was replayed so far
// and its record must come out to the byte: time and block id are taken from the record, state root
// and counts are not. A statement in the log that the rules refuse is a difference, too. What was
// refused then stands in no log and is not replayed.
// The state lies in a store of its own in a folder that must be empty: memory stays bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/block_record.h"
#include "attest/bytes.h"
#include "attest/result.h"
#include "ledger/genesis.h"
#include "ledger/store.h"

namespace footproof::ledger {

// The first height where log and rules part; nothing after it was looked at.
struct ReplayDifference {
  std::uint64_t height = 0;
  std::string what;  // for people
};

class Replay {
 public:
  // Errors: the genesis file does not parse, the folder cannot be used.
  [[nodiscard]] static Result<Replay> begin(const std::filesystem::path& folder,
                                            ByteView genesis_file);

  // The next statement of the log. It is judged once its block's record comes.
  void add_statement(Bytes statement) { statements_.push_back(std::move(statement)); }
  // None: all is as recorded. Errors are our own trouble. Not to be called after a difference.
  [[nodiscard]] Result<std::optional<ReplayDifference>> add_record(ByteView record);

  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] const Genesis& genesis() const { return genesis_; }
  // After the last record; before the first there is none.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    return store_ ? store_->snapshot() : nullptr;
  }
  [[nodiscard]] std::uint64_t statements() const { return executed_; }
  // What the last block changed in the state.
  [[nodiscard]] const StateChanges& changes() const { return changes_; }
  // What the last block added to the tiles.
  [[nodiscard]] const LogGrowth& growth() const { return growth_; }

 private:
  Replay() = default;

  [[nodiscard]] Result<std::optional<ReplayDifference>> add_genesis(const BlockRecord& record,
                                                                    ByteView bytes);
  [[nodiscard]] Result<std::optional<ReplayDifference>> execute_block(const BlockRecord& record,
                                                                      ByteView bytes);

  StorePaths paths_;
  Genesis genesis_;
  Digest chain_id_;
  std::unique_ptr<Store> store_;
  std::vector<Bytes> statements_;  // of the block in progress
  std::uint64_t executed_ = 0;
  StateChanges changes_;
  LogGrowth growth_;
};

}  // namespace footproof::ledger
