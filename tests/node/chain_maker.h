// A chain whose blocks, certificates, batches and checkpoints are real, made in one process at the
// speed of its execution: the sequencer of tests/support orders by consensus' own formats. For
// tests of what follows a chain, and for logs of a million statements.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/network.h"
#include "node/storage_writer.h"
#include "tests/support/sequencer.h"

namespace footproof::node::test {

class ChainMaker final : public testing::Ordering {
 public:
  explicit ChainMaker(const std::filesystem::path& folder, std::size_t validators = 4,
                      const std::string& network = "chain");

  [[nodiscard]] testing::Sequencer& sequencer() { return *sequencer_; }
  [[nodiscard]] const Network& network() const { return *network_; }
  [[nodiscard]] ledger::Store& store() const { return sequencer_->store(); }
  [[nodiscard]] ledger::Head head() const { return store().snapshot()->head(); }

  // The next block.
  void add(const std::vector<Bytes>& statements) { (void)sequencer_->run(statements); }
  // The next block, and so many planned ones behind it, without statements: the certificate of each
  // names the last of them.
  void begin_stretch(const std::vector<Bytes>& first, std::size_t more);
  // Executes the next that is planned.
  void go_on();
  // One more is planned, and the certificates of all planned ones name it.
  void finalise_later();
  // The next that is planned gets a certificate of its own.
  void finalise_next();
  // `blocks` blocks of `each` attestations; admits the verifier first where it is not there.
  void grow(std::size_t blocks, std::size_t each = 1);
  // Of a folder that an earlier process grew: goes on where it ended.
  void take_up() { attestations_ = head().log_size; }
  [[nodiscard]] Bytes attestation();

  // q votes of this network's validators on it.
  [[nodiscard]] consensus::Certificate certify(const consensus::Block& block) const;
  // The block that would come next.
  [[nodiscard]] consensus::Block make_block(const ledger::Head& before, std::uint64_t time_ms,
                                            const std::vector<HeldBatch>& batches) const;
  // What a node that has all of it answers.
  [[nodiscard]] Bytes answer(consensus::Height from) const;

 private:
  Digest genesis_id(ByteView genesis_file) override;
  Ordered next(const ledger::Head& before, std::uint64_t time_ms,
               const std::vector<Bytes>& statements, bool boundary) override;
  [[nodiscard]] const ValidatorsRecord& set() const;  // in force
  [[nodiscard]] std::vector<HeldBatch> cut(const std::vector<Bytes>& statements);

  std::unique_ptr<Network> network_;
  mutable std::optional<ValidatorsRecord> set_;
  std::unique_ptr<testing::Sequencer> sequencer_;
  std::uint64_t sequence_ = 0;
  std::uint64_t attestations_ = 0;
  struct Planned {
    consensus::Block block;
    consensus::Certificate finalization;
    std::vector<HeldBatch> batches;
  };
  std::size_t more_ = 0;  // to plan behind the next block
  std::deque<Planned> planned_;
};

}  // namespace footproof::node::test
