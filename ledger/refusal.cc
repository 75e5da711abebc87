#include "ledger/refusal.h"

#include <array>

#include "attest/check.h"

namespace footproof::ledger {
namespace {

using R = RefusalReason;

constexpr std::array kTable = {
    ReasonEntry{R::malformed, "malformed", "envelope",
                "Send a COSE_Sign1 statement as docs/formats.md §3 describes it."},
    ReasonEntry{R::wrong_network, "wrong-network", "envelope",
                "Sign for this network: its chain id stands in its trust policy."},
    ReasonEntry{R::stale, "stale", "envelope",
                "Sign the statement again: it was signed too long ago."},
    ReasonEntry{R::from_the_future, "from-the-future", "envelope",
                "Set the signing machine's clock, then sign again."},
    ReasonEntry{R::subject_used, "subject-used", "envelope",
                "Sign with a fresh random subject; each is used once by an issuer."},

    ReasonEntry{R::unknown_key, "unknown-key", "issuer-key",
                "Have the key registered first, or sign with a registered one."},
    ReasonEntry{R::wrong_issuer, "wrong-issuer", "issuer-key",
                "Name the party that the key belongs to as issuer, or sign with its key."},
    ReasonEntry{R::wrong_usage, "wrong-usage", "issuer-key",
                "Sign status and key statements with a status key, all others with a sign key."},
    ReasonEntry{R::wrong_algorithm, "wrong-algorithm", "issuer-key",
                "Use the algorithm of the registered key."},
    ReasonEntry{R::key_rotated, "key-rotated", "issuer-key",
                "Sign with the key that took this one's place."},
    ReasonEntry{R::key_compromised, "key-compromised", "issuer-key",
                "Sign with another key; this one was reported compromised."},
    ReasonEntry{R::bad_signature, "bad-signature", "issuer-key",
                "Sign again with the private half of the key that is named."},
    ReasonEntry{R::party_removed, "party-removed", "issuer-key",
                "The associations removed this party; only their ballot admits it again."},

    ReasonEntry{R::unknown_accreditation, "unknown-accreditation", "accreditation-named",
                "Name an accreditation that its body has granted on this network."},
    ReasonEntry{R::accreditation_of_another, "accreditation-of-another", "attestation",
                "Name an accreditation of your own."},
    ReasonEntry{R::body_removed, "body-removed", "attestation",
                "The associations removed this body; name an accreditation of an admitted one."},
    ReasonEntry{R::accreditation_not_in_force, "accreditation-not-in-force", "attestation",
                "Ask the accreditation body; attest only while the accreditation is in force."},
    ReasonEntry{R::scope_not_covered, "scope-not-covered", "attestation",
                "Attest within the scopes granted, or ask the body to extend them."},
    ReasonEntry{R::scheme_not_covered, "scheme-not-covered", "attestation",
                "Attest under a scheme granted for this scope, or ask for an extension."},
    ReasonEntry{R::standard_not_covered, "standard-not-covered", "attestation",
                "Name only standards that one granted scope entry covers together."},
    ReasonEntry{R::assurance_not_covered, "assurance-not-covered", "attestation",
                "Lower the assurance level to what was granted for this scope."},
    ReasonEntry{R::dates_out_of_order, "dates-out-of-order", "attestation",
                "Correct the dates: an attestation ends on or after its issue date."},
    ReasonEntry{R::issued_in_the_future, "issued-in-the-future", "attestation",
                "Submit on or after the issue date."},
    ReasonEntry{R::anchored_late, "anchored-late", "attestation",
                "Issue the attestation again, or have its accreditation body countersign it."},
    ReasonEntry{R::late_not_allowed, "late-not-allowed", "attestation",
                "Issue the attestation again: the scheme's time for late anchoring is over, or it "
                "allows none."},
    ReasonEntry{R::bad_countersignature, "bad-countersignature", "attestation",
                "Have the accreditation body countersign this very attestation with its sign key."},
    ReasonEntry{R::unknown_target, "unknown-target", "target",
                "Name the entry id of an entry of this log."},
    ReasonEntry{R::wrong_target_kind, "wrong-target-kind", "target",
                "Name the entry id of an attestation."},
    ReasonEntry{R::not_the_issuer, "not-the-issuer", "attestation",
                "Only the issuer of an attestation may supersede it."},
    ReasonEntry{R::already_superseded, "already-superseded", "attestation",
                "Name its successor instead: an attestation, and a release, has one."},
    ReasonEntry{R::not_supersedable, "not-supersedable", "attestation",
                "Only an active attestation may be superseded; have it reinstated first."},
    ReasonEntry{R::holder_key_registered, "holder-key-registered", "attestation",
                "Ask the holder for a fresh key: this one is registered for another role."},

    ReasonEntry{R::declaration_not_separate, "declaration-not-separate", "status",
                "Leave the declaration out: this attestation has only one."},
    ReasonEntry{R::effective_out_of_range, "effective-out-of-range", "effective-date",
                "Give an effective date that is not in the future nor before the issue date."},
    ReasonEntry{R::last_event_differs, "last-event-differs", "last-event",
                "Look at the events recorded meanwhile, name the last one and sign again."},
    ReasonEntry{R::illegal_transition, "illegal-transition", "transition",
                "Look up the present state; from it this change is not possible."},
    ReasonEntry{R::reason_not_allowed, "reason-not-allowed", "status",
                "Give a reason that goes with this action."},
    ReasonEntry{R::not_the_suspender, "not-the-suspender", "status",
                "Only who suspended it, or a superior, may reinstate it."},
    ReasonEntry{R::no_authority, "no-authority", "status",
                "Only the issuer, the accreditation body or the scheme owner may change this."},
    ReasonEntry{R::record_full, "record-full", "record",
                "The history of this record is full; it takes only what ends it."},

    ReasonEntry{R::not_a_body, "not-a-body", "accreditation",
                "Only an admitted accreditation body may grant and change accreditations."},
    ReasonEntry{R::accreditation_exists, "accreditation-exists", "accreditation",
                "Choose an accreditation id that this body has not used."},
    ReasonEntry{R::scheme_not_allowed, "scheme-not-allowed", "accreditation",
                "Grant only schemes that the body itself was admitted for."},
    ReasonEntry{R::regime_not_allowed, "regime-not-allowed", "accreditation",
                "Name only recognition regimes that the body itself was admitted for."},
    ReasonEntry{R::not_an_extension, "not-an-extension", "accreditation",
                "Keep all that stands and add to it; take away with a reduction of its own."},
    ReasonEntry{R::not_a_reduction, "not-a-reduction", "accreditation",
                "Take away from what stands and add nothing; add with an extension of its own."},
    ReasonEntry{R::role_conflict, "role-conflict", "accreditation",
                "Give the verifier a URI of its own: this one is a party with another role."},

    ReasonEntry{R::unknown_party, "unknown-party", "key",
                "Register keys only for parties of this network; a grant creates a verifier."},
    ReasonEntry{R::not_the_registrar, "not-the-registrar", "key",
                "Sign with a status key of the party itself or of its registrar."},
    ReasonEntry{R::key_exists, "key-exists", "key",
                "Make a fresh key: this one is registered already."},
    ReasonEntry{R::bad_possession, "bad-possession", "key",
                "Prove possession with the new key, for this network, party and usage."},
    ReasonEntry{R::nothing_to_replace, "nothing-to-replace", "key",
                "Name a key of this party, of the same usage, that is still in use."},
    ReasonEntry{R::too_far_back, "too-far-back", "key",
                "Let the registrar report it: the party itself may not reach back so far."},
    ReasonEntry{R::too_many_keys, "too-many-keys", "key",
                "Have the registrar, or a ballot, register the next key of this party."},

    ReasonEntry{R::not_an_operator, "not-an-operator", "dataset",
                "Only an admitted dataset operator may release datasets."},
    ReasonEntry{R::database_of_another, "database-of-another", "dataset",
                "Release under a database id of your own."},
    ReasonEntry{R::release_exists, "release-exists", "dataset",
                "Choose a release id that this database has not used, or publish an erratum."},
    ReasonEntry{R::not_a_release, "not-a-release", "dataset",
                "Name a release of the same database that stands in this log."},
    ReasonEntry{R::wrong_root, "wrong-root", "dataset",
                "Give a withdrawal the root that it withdraws, and an erratum a new one."},

    ReasonEntry{R::not_an_association, "not-an-association", "ballot",
                "Only admitted associations propose and vote; ask one of them."},
    ReasonEntry{R::unknown_proposal, "unknown-proposal", "ballot",
                "Vote on a proposal that was made; a new one begins with an approving ballot."},
    ReasonEntry{R::proposal_differs, "proposal-differs", "ballot",
                "Vote on the proposal as it stands on the ledger, or propose with a fresh nonce."},
    ReasonEntry{R::lapses_out_of_range, "lapses-out-of-range", "ballot",
                "Let the proposal lapse on a day from today to 180 days from now."},
    ReasonEntry{R::proposal_lapsed, "proposal-lapsed", "ballot",
                "Its last day is over: propose the change again."},
    ReasonEntry{R::already_decided, "already-decided", "ballot",
                "It was accepted and carried out; to undo it, propose the opposite."},
    ReasonEntry{R::already_voted, "already-voted", "ballot",
                "Your last ballot says the same; send one only to change your vote."},
    ReasonEntry{R::too_many_proposals, "too-many-proposals", "ballot",
                "Wait until one of your four open proposals is decided or lapses."},

    ReasonEntry{R::not_a_member, "not-a-member", "ballot-change",
                "Name a party that is admitted now."},
    ReasonEntry{R::party_exists, "party-exists", "ballot-change",
                "It is admitted already: propose to replace it or to change what it may do."},
    ReasonEntry{R::not_for_this_role, "not-for-this-role", "ballot-change",
                "Propose a change that is meant for parties of this role."},
    ReasonEntry{R::no_status_key, "no-status-key", "ballot-change",
                "Give it a key of usage status too: without one it can report no compromise."},
    ReasonEntry{R::too_few_associations, "too-few-associations", "ballot-change",
                "Admit another association first, or replace this one: four must remain."},
    ReasonEntry{R::too_many_associations, "too-many-associations", "ballot-change",
                "Remove or replace an association: there is room for 128."},
    ReasonEntry{R::runs_a_validator, "runs-a-validator", "ballot-change",
                "Remove or replace its validator first."},
    ReasonEntry{R::unknown_parameter, "unknown-parameter", "ballot-change",
                "Name a parameter that docs/formats.md §6.7 lists."},
    ReasonEntry{R::parameter_out_of_range, "parameter-out-of-range", "ballot-change",
                "Propose a value within the range that docs/formats.md §6.7 gives."},
    ReasonEntry{R::nothing_to_change, "nothing-to-change", "ballot-change",
                "It is so already: nothing needs to be decided."},

    ReasonEntry{R::not_ready, "not-ready", "ballot-validators",
                "Let the new validator's node catch up, then vote with its word of today that it "
                "is ready."},
    ReasonEntry{R::validator_exists, "validator-exists", "ballot-validators",
                "Propose to replace the validator of this id, or give the new one another id."},
    ReasonEntry{R::unknown_validator, "unknown-validator", "ballot-validators",
                "Name a validator of the set in force."},
    ReasonEntry{R::too_few_validators, "too-few-validators", "ballot-validators",
                "Admit another validator first, or replace this one: four must remain."},
    ReasonEntry{R::too_many_validators, "too-many-validators", "ballot-validators",
                "Remove or replace a validator: there is room for 31."},
    ReasonEntry{R::change_pending, "change-pending", "ballot-validators",
                "Wait until the set that was decided is in force; one change is made at a time."},
};

constexpr bool in_order() {
  for (std::size_t at = 0; at < kTable.size(); ++at) {
    if (static_cast<std::size_t>(kTable[at].reason) != at) return false;
  }
  return kTable.size() == static_cast<std::size_t>(R::change_pending) + 1;
}
static_assert(in_order(), "one entry for each reason, in the order of the enumeration");

}  // namespace

std::span<const ReasonEntry> reason_table() { return kTable; }

const ReasonEntry& entry_of(RefusalReason reason) {
  const auto at = static_cast<std::size_t>(reason);
  CHECK(at < kTable.size());
  return kTable[at];
}

}  // namespace footproof::ledger
