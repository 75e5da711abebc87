// The rule book a second time, in its plainest form: one list of what was accepted, scanned again
// for every question. Written from docs/rules.md and docs/formats.md §3 and §6, not from ledger/:
// it shares with the ledger the payloads, the codecs and the calendar, and no rule. So it can
// contradict.
//
// Every kind of statement, one file for each idea: naive_rules.cc (envelope, key of the issuer,
// attestation, status), naive_authority.cc (accreditation, key), naive_dataset.cc,
// naive_ballots.cc (who votes and counts), naive_changes.cc (what a ballot changes),
// naive_validators.cc (the same of validators, and the epochs that follow),
// naive_answers.cc (what stands), naive_state.cc (the records).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attest/bytes.h"
#include "attest/dataset_record.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/governance_record.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof::testing {

// One line of the list.
struct NaiveEntry {
  Statement statement;
  Instant recorded;
  AuthorityRole role = AuthorityRole::issuer;  // in what capacity its issuer acted
  bool late = false;                           // an attestation recorded late
  bool decides = false;                        // a ballot that carried its proposal out

  // What it carried out, or null.
  [[nodiscard]] const Change* carried_out() const {
    return decides ? &statement.as<Ballot>()->proposal.change : nullptr;
  }
};

class NaiveRules {
 public:
  // What genesis put into the state.
  NaiveRules(Digest chain_id, std::map<Digest, Bytes> genesis, std::vector<std::string> parties);

  // "accepted", "known" or the code of the refusal; what is accepted joins the list. The caller
  // says whether the signature verifies under the key named.
  std::string offer(const Bytes& bytes, Instant now, bool signature_verifies);

  // The block of this height, which ends with this log size, ends the epoch: what stands on the
  // list came before. A set must be waiting.
  void end_epoch(std::uint64_t height, std::uint64_t log_size) {
    ends_.push_back({list_.size(), height, log_size});
  }

  [[nodiscard]] const std::vector<NaiveEntry>& list() const { return list_; }

  // --- what stands ---
  [[nodiscard]] Status status(const Digest& target, const std::optional<Digest>& declaration,
                              Date day, Instant known) const;
  // "not granted", "suspended" …, as CoverageAnswer is spelled, for one question.
  [[nodiscard]] std::string coverage(const std::string& body, const std::string& id,
                                     const Attestation& asked, Date day, Instant known) const;
  // "good" …, as KeyAnswer is spelled, for an attestation recorded at `at`.
  [[nodiscard]] std::string key_standing(const Digest& kid, Instant at, Instant known) const;
  [[nodiscard]] bool member_on(const std::string& uri, Date day, Instant known) const;
  // Entry id of the last event under a status, of an accreditation, or of a release.
  [[nodiscard]] std::optional<Digest> last_of_status(
      const Digest& target, const std::optional<Digest>& declaration) const;
  [[nodiscard]] std::optional<Digest> last_of_accreditation(const std::string& body,
                                                            const std::string& id) const;
  [[nodiscard]] std::optional<Digest> last_of_release(const std::string& database,
                                                      const std::string& release) const;
  // The root that stands, "withdrawn" and whether something replaced it; of a release that exists.
  struct Release {
    Digest root;
    bool withdrawn = false;
    std::optional<Digest> successor;  // entry id
  };
  [[nodiscard]] Release release(const std::string& database, const std::string& release) const;
  // Kids that may sign for this party now.
  [[nodiscard]] std::vector<Digest> good_keys(const std::string& party, KeyUsage usage) const;
  // A party that somebody admitted once, as it stands; none: nobody did.
  [[nodiscard]] std::optional<PartyRecord> party(const std::string& uri) const;
  [[nodiscard]] std::vector<std::string> party_uris() const;  // of all that somebody admitted
  [[nodiscard]] Parameters parameters() const;
  // Those that are members now, ascending.
  [[nodiscard]] std::vector<std::string> association_uris() const;
  // As it was proposed, or null.
  [[nodiscard]] const NaiveEntry* first_ballot(const ProposalNonce& nonce) const;
  // How the ballots on it stand among the members of now.
  struct Count {
    std::size_t members = 0;
    std::size_t approve = 0;
    std::size_t reject = 0;
    bool decided = false;
  };
  [[nodiscard]] Count count(const ProposalNonce& nonce) const;

  // The validators, in force and decided.
  struct Sets {
    std::vector<Member> in_force;
    std::optional<NextValidatorsRecord> waiting;
    std::vector<Member> ever;         // of every set there was, this one and the next among them
    std::map<Digest, Bytes> records;  // of the epochs after the first, and of retired keys
    std::uint64_t epoch = 0;
  };
  [[nodiscard]] Sets sets() const;

  // The whole state, made anew from the list.
  [[nodiscard]] std::map<Digest, Bytes> state() const;

 private:
  // What happened to one thing, gathered from the list in its order.
  struct Happening {
    const NaiveEntry* entry = nullptr;
    int what = 0;  // the code of the event that it makes
    Date effective;
  };
  struct Key {
    std::string party;
    KeyUsage usage = KeyUsage::sign;
    PublicKey key;
  };
  // An association, and when it was last admitted.
  struct Seat {
    std::string uri;
    Instant since;
  };
  using Records = std::vector<std::pair<Digest, Bytes>>;

  std::string judge(const Statement& statement, Instant now, bool signature_verifies,
                    NaiveEntry& entry) const;
  std::string judge_signer(const Statement& statement, bool verifies) const;
  std::string judge_attestation(const NaiveEntry& entry, const Attestation& it, bool& late) const;
  std::string judge_countersignature(const NaiveEntry& entry, const Attestation& it) const;
  std::string judge_supersession(const NaiveEntry& entry, const Attestation& it) const;
  std::string judge_status(NaiveEntry& entry, const StatusChange& it) const;
  std::string judge_accreditation(NaiveEntry& entry, const AccreditationChange& it) const;
  std::string judge_key(NaiveEntry& entry, const KeyChange& it) const;
  std::string judge_dataset(const NaiveEntry& entry, const DatasetRelease& it) const;
  std::string judge_notice(const DatasetRelease& it) const;
  std::string judge_replacement(const DatasetRelease& it) const;
  std::string judge_ballot(NaiveEntry& entry, const Ballot& it) const;
  std::string judge_new_proposal(const NaiveEntry& entry, const Ballot& it) const;
  // What a ballot would carry out. `now` is the block's.
  std::string judge_change(const Change& change) const;
  std::string judge_validators(const Change& change) const;
  std::string judge_validator(const ValidatorProposal& it, const std::string& in_the_place_of,
                              const std::vector<Member>& set) const;
  // The word of a new validator that comes with this ballot, or came with one before.
  std::string judge_word(const NaiveEntry& entry, const Ballot& it, bool decides) const;
  [[nodiscard]] std::optional<ReadyMark> newest_word(const ProposalNonce& nonce) const;
  std::string judge_admission(const AdmitParty& it, bool in_the_place_of_another) const;
  std::string judge_removal(const std::string& uri) const;
  std::string judge_replacement(const ReplaceParty& it) const;
  std::string judge_first_keys(const std::string& uri, const std::vector<NewKey>& keys) const;
  std::string judge_renewal(const RenewPartyKeys& it) const;
  std::string judge_parameter(const SetParameter& it) const;
  std::string judge_allowance(const AllowParty& it) const;
  std::string judge_registrar(const SetRegistrar& it) const;
  // Whether what `entry`, the last of the list, changed has become larger than a record may be.
  [[nodiscard]] bool overflows(const NaiveEntry& entry) const;

  [[nodiscard]] const NaiveEntry* find(const Digest& entry_id) const;
  [[nodiscard]] std::vector<Happening> status_history(
      const Digest& target, const std::optional<Digest>& declaration) const;
  [[nodiscard]] std::vector<Happening> accreditation_history(const std::string& body,
                                                             const std::string& id) const;
  [[nodiscard]] std::vector<DatasetEvent> release_history(const std::string& database,
                                                          const std::string& release) const;
  // Who has released under this database id, as it changed hands.
  [[nodiscard]] std::vector<DatabaseHolding> holdings(const std::string& database) const;
  // A member now. A party of genesis is one from the beginning.
  [[nodiscard]] bool is_member(const std::string& uri) const;
  [[nodiscard]] bool has_role(const std::string& uri, PartyRole role) const;
  [[nodiscard]] std::optional<Key> key(const Digest& kid) const;
  // Registered by whomever, in whatever role; a validator's too.
  [[nodiscard]] bool taken(const Digest& kid) const;
  [[nodiscard]] bool runs_a_validator(const std::string& uri) const;
  [[nodiscard]] std::vector<KeyEvent> key_history(const Digest& kid) const;
  [[nodiscard]] bool rotated(const Digest& kid) const;
  [[nodiscard]] std::optional<std::uint64_t> compromised_since(const Digest& kid) const;
  // As `coverage`, with all that is effective by `until`.
  [[nodiscard]] std::string coverage(const std::string& body, const std::string& id,
                                     const Attestation& asked, Date day, Date until,
                                     Instant known) const;
  [[nodiscard]] bool successor_is_gone(const Digest& successor, std::size_t looked_at) const;
  // After the first `entries` of the list.
  [[nodiscard]] std::vector<Seat> associations(std::size_t entries) const;
  // The last ballot of an association on a proposal among those entries, or null; what it said
  // before its last admission is no ballot.
  [[nodiscard]] const NaiveEntry* last_ballot(const ProposalNonce& nonce, const Seat& seat,
                                              std::size_t entries) const;

  [[nodiscard]] EventOrigin origin(const NaiveEntry& entry, Date effective) const;
  [[nodiscard]] StatusRecord status_record(const Digest& target,
                                           const std::optional<Digest>& declaration) const;
  [[nodiscard]] AccreditationRecord accreditation_record(const std::string& body,
                                                         const std::string& id) const;
  [[nodiscard]] KeyRecord key_record(const Digest& kid) const;
  [[nodiscard]] ProposalRecord proposal_record(const ProposalNonce& nonce) const;
  [[nodiscard]] OpenProposalsRecord open_proposals() const;
  // Every record that this entry has changed, as they stand after the whole list.
  [[nodiscard]] Records touched(const NaiveEntry& entry) const;
  void touch_party(const std::string& uri, Records& records) const;
  void touch_key(const Digest& kid, Records& records) const;
  void touch_status(const Digest& target, const std::optional<Digest>& declaration,
                    Records& records) const;
  void touch_release(const DatasetRelease& it, Records& records) const;
  void touch_change(const Change& change, Records& records) const;

  Digest chain_id_;
  std::map<Digest, Bytes> genesis_;
  std::vector<std::string> genesis_parties_;
  // Read once.
  std::map<std::string, PartyRecord> first_parties_;
  std::map<Digest, KeyRecord> first_keys_;
  std::vector<Member> validators_;
  std::vector<NaiveEntry> list_;
  // Where epochs ended: after so many entries of the list.
  struct End {
    std::size_t entries = 0;
    std::uint64_t height = 0;
    std::uint64_t log_size = 0;
  };
  std::vector<End> ends_;
};

// Days as the rules count them (docs/rules.md, in what order).
namespace naive {
inline constexpr const char* kFine = "";  // a rule that forbids nothing
[[nodiscard]] Date day_at(Instant at, std::uint64_t hours_ahead);
[[nodiscard]] inline Date today(Instant at) { return day_at(at, 0); }
[[nodiscard]] inline Date furthest_day(Instant at) { return day_at(at, 14); }
[[nodiscard]] bool holds(const std::vector<std::string>& list, const std::string& text);
}  // namespace naive

}  // namespace footproof::testing
