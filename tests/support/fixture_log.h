// A small ledger in memory for tests of receipts, presentations and verdicts. It is made from
// attest alone and shares nothing with ledger/: leaves in a list, a naive state tree, and whatever
// records a test puts there. It obeys no rule, so that it can also say what an honest ledger never
// would.
//
// Copy it to keep an older head: keys are shared, everything else is copied.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/block_record.h"
#include "attest/hop.h"
#include "attest/note.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/state_record.h"
#include "attest/statement.h"
#include "attest/subject.h"
#include "tests/support/naive_state_tree.h"

namespace footproof::testing {

inline constexpr std::string_view kBodyUri = "https://kolas.example";
inline constexpr std::string_view kVerifierUri = "https://verifier.example";
inline constexpr std::string_view kAccreditationId = "KOLAS-PCF-001";
// 2026-03-02T00:00:00Z, when the fixture's genesis is.
inline constexpr Instant kFixtureGenesis{1772409600000};

[[nodiscard]] SigningKey key_from(std::string_view name, Algorithm algorithm);
[[nodiscard]] Date day(std::string_view text);

class FixtureLog {
 public:
  explicit FixtureLog(std::size_t validators = 4, std::string network = "fixture",
                      Instant genesis = kFixtureGenesis);

  // --- the network
  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] std::size_t validators() const { return members_.size(); }
  [[nodiscard]] std::size_t quorum() const { return quorum_of(members_.size()); }
  [[nodiscard]] Policy policy() const;
  [[nodiscard]] const SigningKey& cosign_key(std::size_t validator) const;
  [[nodiscard]] const SigningKey& log_key(std::size_t validator) const;

  // Ends the epoch with a boundary record and begins the next with a record of its own, by this
  // many validators with keys of their own. Their rules are the ballot's business, not the
  // fixture's.
  void begin_epoch(std::size_t validators);
  [[nodiscard]] std::uint64_t epoch() const { return ended_.size(); }
  // One for each epoch that ended, cosigned by the first q of its set.
  [[nodiscard]] const std::vector<Hop>& hops() const { return hops_; }

  // --- parties and statements. The verifier's keys: ES256 to sign, EdDSA for status.
  [[nodiscard]] const SigningKey& sign_key() const { return *sign_key_; }
  [[nodiscard]] const SigningKey& status_key() const { return *status_key_; }
  // In force for three years from the fixture's first day, under the fixture's accreditation.
  [[nodiscard]] Attestation attestation(const Subject& subject) const;
  [[nodiscard]] Statement sign(Payload payload) const;  // by the verifier, with the right key
  [[nodiscard]] Statement sign(Payload payload, std::string_view issuer,
                               const SigningKey& key) const;

  // --- state: what the records say is the test's business
  NaiveStateTree state;
  [[nodiscard]] EventOrigin event(Date effective, AuthorityRole role, std::string_view party) const;
  [[nodiscard]] StatusEvent status_event(StatusEvent::What what, Date effective,
                                         std::optional<Reason> reason) const;
  // Appends to the record of the attestation, or of one declaration under it.
  void add_status(const Statement& target, const StatusEvent& event,
                  const std::optional<Digest>& declaration_root = {});
  [[nodiscard]] AccreditationRecord accreditation() const;
  void put_accreditation(const AccreditationRecord& record);
  [[nodiscard]] KeyRecord key_record() const;  // of sign_key()
  void put_key(const KeyRecord& record);

  // --- time and the log
  [[nodiscard]] Instant now() const { return now_; }
  void advance(std::uint64_t seconds) { now_.ms += seconds * 1000; }
  // One block: the statements, then its record with the state root. The first one's index.
  std::uint64_t append(const std::vector<Statement>& statements);
  [[nodiscard]] std::uint64_t size() const { return leaves_.size(); }
  [[nodiscard]] std::uint64_t index_of(const Statement& statement) const;
  [[nodiscard]] const BlockRecord& last_record() const { return records_.rbegin()->second; }

  // --- proofs of the current head
  [[nodiscard]] std::string checkpoint_text() const;
  // Served by validator 0, cosigned by the first q at the current time.
  [[nodiscard]] std::string checkpoint() const;
  [[nodiscard]] std::string checkpoint(const std::vector<std::size_t>& cosigners,
                                       std::uint64_t timestamp_s) const;
  [[nodiscard]] Receipt receipt(const Statement& statement,
                                const std::optional<Digest>& declaration_root = {}) const;
  [[nodiscard]] std::vector<Digest> path(std::uint64_t index) const;

 private:
  struct MemberKeys {
    SigningKey vote;
    SigningKey cosign;
    SigningKey log;
  };
  void make_members(std::size_t validators, const std::string& keys_of);
  void put_parties();
  void append_leaf(const Digest& entry);

  std::string network_;
  Digest chain_id_;
  std::string origin_;
  std::vector<PolicyEpoch> ended_;
  std::vector<Hop> hops_;
  std::vector<Member> members_;
  std::vector<std::shared_ptr<const MemberKeys>> keys_;
  std::shared_ptr<const SigningKey> sign_key_;
  std::shared_ptr<const SigningKey> status_key_;
  Instant now_;
  std::vector<Digest> leaves_;                       // leaf hashes
  std::map<std::uint64_t, BlockRecord> records_;     // by index
  std::map<Digest, std::uint64_t> statement_index_;  // by statement hash
};

}  // namespace footproof::testing
