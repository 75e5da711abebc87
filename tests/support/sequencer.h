// A network in one process: genesis, executor, store and q in-process validators that cosign, with
// nothing that orders. What a test submits becomes the next block at once; receipts and checkpoints
// that come out are real ones. For tests of the ledger and of everything above it.
//
// The cast: four associations, one accreditation body, a second body, one scheme owner, two
// dataset operators, all from genesis. The verifier (kVerifierUri of the fixture log) comes by
// admit_verifier(). Scheme "cbam" allows late anchoring for 120 days, others do not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attest/policy.h"
#include "attest/statement.h"
#include "ledger/executor.h"
#include "ledger/genesis.h"
#include "ledger/store.h"
#include "tests/support/fixture_log.h"

namespace footproof::testing {

inline constexpr std::string_view kOtherBodyUri = "https://kab.example";
inline constexpr std::string_view kSchemeOwnerUri = "https://kitech.example";
inline constexpr std::string_view kOperatorUri = "https://lci.example";
inline constexpr std::string_view kOtherOperatorUri = "https://other-lci.example";

// The genesis of the cast, with keys that key_from() makes: "<network>/<validator id>/<role>" and
// "<party URI>/<usage>".
[[nodiscard]] ledger::Genesis cast_genesis(std::size_t validators, const std::string& network);
// "<party URI>/<usage>" for parties, in the algorithm that they use here: ES256 to sign, EdDSA for
// status.
[[nodiscard]] SigningKey party_key(std::string_view party, KeyUsage usage);
[[nodiscard]] PossessionProof possession(const SigningKey& key, const Digest& chain_id,
                                         std::string_view owner, std::string_view role);

// Gives blocks their ids, and what is stored with them; without one they are numbers.
class Ordering {
 public:
  struct Ordered {
    Digest block_id;
    std::vector<ledger::OrderingBlob> blobs;
  };

  virtual ~Ordering() = default;
  virtual Digest genesis_id(ByteView genesis_file) = 0;
  virtual Ordered next(const ledger::Head& before, std::uint64_t time_ms,
                       const std::vector<Bytes>& statements, bool boundary) = 0;
};

class Sequencer {
 public:
  // Takes up the genesis file and the store below `folder` that are there, or makes them.
  // `ordering` outlives it.
  explicit Sequencer(const std::filesystem::path& folder, std::size_t validators = 4,
                     const std::string& network = "sequencer", Ordering* ordering = nullptr);

  [[nodiscard]] const ledger::Genesis& genesis() const { return genesis_; }
  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  // All epochs up to now.
  [[nodiscard]] Policy policy() const;
  [[nodiscard]] ledger::Store& store() const { return *store_; }
  [[nodiscard]] ledger::StorePaths paths() const { return paths_; }
  // Throws the store away, as a crash of the process would, and opens it again.
  void reopen();
  // Lets go of the store's files; only reopen() may follow.
  void close() { store_.reset(); }

  // Of the next block. Time only moves when told to, and by 1 ms a block.
  [[nodiscard]] Instant now() const { return {next_ms_}; }
  void advance(std::uint64_t seconds) { next_ms_ += seconds * 1000; }

  // A statement issued now, with a fresh subject.
  [[nodiscard]] Statement sign(std::string_view issuer, const SigningKey& key,
                               Payload payload) const;
  // By the party, with the key of its that the kind needs.
  [[nodiscard]] Statement sign(std::string_view issuer, Payload payload) const;

  // Executes the next block, stores, cosigns and publishes it.
  ledger::BlockResult run(const std::vector<Bytes>& statements);
  ledger::Verdict submit(const Statement& statement);
  // submit() that must be accepted; the entry id.
  Digest accept(const Statement& statement);
  // Only executes: what run() would give, or end_epoch() where it is a boundary block.
  [[nodiscard]] ledger::BlockResult execute(const std::vector<Bytes>& statements,
                                            bool boundary = false) const;

  // --- validators that come by ballot, with keys that key_from() makes:
  // "<network>/<id>[/<generation>]/<role>". Run by association number % 4.
  [[nodiscard]] ValidatorProposal validator(std::size_t number,
                                            const std::string& generation = "") const;
  // Its secret half, for whatever test signs in its name.
  [[nodiscard]] static SigningKey secret_of(const PublicKey& key);
  // Epoch of the set in force.
  [[nodiscard]] std::uint64_t epoch() const { return set_in_force().epoch; }
  [[nodiscard]] ValidatorsRecord set_in_force() const;
  // Proposes the change and votes for it until it is decided, with the new validator's word.
  void decide(const Change& change);
  // The boundary block, for the set that was decided: cosigned by the set that ends, which then has
  // made and kept its hop. What runs next is the first block of the next epoch.
  ledger::BlockResult end_epoch(const std::vector<Bytes>& statements = {});

  // The grant of an accreditation under which attestation() passes, and the verifier's two keys.
  void admit_verifier();
  [[nodiscard]] AccreditationChange grant(std::string_view verifier, std::string_view id,
                                          std::vector<std::string> regimes = {"iaf-mla"}) const;
  [[nodiscard]] KeyChange add_key(std::string_view party, const SigningKey& key,
                                  KeyUsage usage) const;
  [[nodiscard]] Attestation attestation(std::uint64_t number = 0) const;

  // q cosignatures and the log line of the first member, over the current head.
  [[nodiscard]] std::string checkpoint() const;

 private:
  void cosign_head();
  ledger::BlockResult order(const std::vector<Bytes>& statements, bool boundary);
  [[nodiscard]] ledger::BlockResult execute(const std::vector<Bytes>& statements, bool boundary,
                                            const Digest& block_id) const;

  ledger::StorePaths paths_;
  ledger::Genesis genesis_;
  Digest chain_id_;
  std::string origin_;
  std::unique_ptr<ledger::Store> store_;
  Ordering* ordering_ = nullptr;
  std::uint64_t next_ms_ = 0;
};

}  // namespace footproof::testing
