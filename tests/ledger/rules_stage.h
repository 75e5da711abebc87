// The stage of the rule tests: a network with its verifier, short ways to make statements, and
// what happened to those that were offered.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "attest/check.h"
#include "attest/late_anchoring.h"
#include "ledger/refusal.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {

inline constexpr std::string_view kOtherVerifierUri = "https://other-verifier.example";

class RulesStage {
 public:
  // Takes in a statement that the rules judge so; an accepted one must be in the log afterwards.
  using Door = std::function<void(Sequencer&, const Bytes&, const ledger::Verdict&)>;

  // Without a door, statements go straight into the next block.
  explicit RulesStage(Door door = {}) : network(folder.path()), door_(std::move(door)) {
    network.admit_verifier();
  }
  // On the genesis file that lies in this folder, with the door of another stage.
  RulesStage(const std::filesystem::path& genesis_folder, const RulesStage& like)
      : network(genesis_folder), door_(like.door_) {
    network.admit_verifier();
  }

  // Offers a statement to the next block. Refusals are only executed, never stored: they would
  // leave no trace (SequencerTest.ARefusedStatementLeavesNoTrace).
  ledger::Verdict offer(const Bytes& statement) {
    auto verdict = network.execute({statement}).outcomes.front().verdict;
    const auto* refusal = std::get_if<ledger::Refusal>(&verdict);
    if (door_) {
      door_(network, statement, verdict);
    } else if (refusal == nullptr) {
      network.run({statement});
    }
    if (refusal != nullptr) {
      refused.insert(refusal->reason);
    } else {
      ++passed;
    }
    return verdict;
  }
  ledger::Verdict offer(const Statement& statement) { return offer(statement.bytes()); }

  [[nodiscard]] static std::string code_of(const ledger::Verdict& verdict) {
    const auto* refusal = std::get_if<ledger::Refusal>(&verdict);
    return refusal == nullptr ? "accepted" : std::string(refusal->code());
  }

  // "accepted", or the code of the refusal.
  std::string by(std::string_view issuer, Payload payload) {
    return code_of(offer(network.sign(issuer, std::move(payload))));
  }
  std::string attest(const Attestation& attestation) { return by(kVerifierUri, attestation); }

  // Accepted for sure; the entry id.
  Digest logged(std::string_view issuer, Payload payload) {
    const Statement statement = network.sign(issuer, std::move(payload));
    CHECK(std::holds_alternative<ledger::Accepted>(offer(statement)));
    return statement.entry_id();
  }

  // By the accreditation body, for late anchoring by the verifier.
  [[nodiscard]] Attestation countersigned(Attestation attestation) const {
    attestation.countersignature = *countersign(party_key(kBodyUri, KeyUsage::sign),
                                                network.chain_id(), kVerifierUri, attestation);
    return attestation;
  }
  [[nodiscard]] Attestation attestation() { return network.attestation(next_number_++); }
  [[nodiscard]] Date today() const { return utc_day(network.now()); }

  [[nodiscard]] StatusChange status(const Digest& target, StatusAction action,
                                    std::optional<Digest> previous = {}) const {
    StatusChange change;
    change.target = target;
    change.action = action;
    change.reason = action == StatusAction::suspend     ? Reason::investigation
                    : action == StatusAction::reinstate ? Reason::cleared
                                                        : Reason::misstatement;
    change.effective = today();
    change.previous = previous;
    return change;
  }

  // Of the accreditation that admit_verifier() granted.
  [[nodiscard]] AccreditationChange accreditation(AccreditationAction action,
                                                  std::optional<Digest> previous) const {
    AccreditationChange change;
    change.id = kAccreditationId;
    change.action = action;
    change.effective = today();
    change.previous = previous;
    change.reason = Reason::investigation;
    return change;
  }
  // The last event of that accreditation.
  [[nodiscard]] Digest last_of_accreditation() {
    const auto bytes =
        network.store().snapshot()->record(state_key::accreditation(kBodyUri, kAccreditationId));
    return parse_accreditation_record(**bytes).value().events.back().origin.entry;
  }

  void admit_other_verifier() {
    logged(kOtherBodyUri, network.grant(kOtherVerifierUri, "KAB-001", {}));
    for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
      logged(kOtherBodyUri,
             network.add_key(kOtherVerifierUri, party_key(kOtherVerifierUri, usage), usage));
    }
  }

  [[nodiscard]] StatementDraft draft(std::string_view issuer, Payload payload) const {
    StatementDraft draft;
    draft.issuer = issuer;
    draft.subject = random_subject();
    draft.chain_id = network.chain_id();
    draft.issued_at = network.now().seconds();
    draft.payload = std::move(payload);
    return draft;
  }
  std::string offer_draft(const StatementDraft& draft, KeyUsage usage = KeyUsage::sign) {
    return code_of(offer(sign_statement(draft, party_key(draft.issuer, usage)).value()));
  }

  test::TempFolder folder;
  Sequencer network;
  std::set<ledger::RefusalReason> refused;
  std::size_t passed = 0;

 private:
  Door door_;
  std::uint64_t next_number_ = 0;
};

}  // namespace footproof::testing
