// The rule book a second time, in its plainest form: one list of what was accepted, scanned again
// for every question. Written from docs/rules.md and docs/formats.md §6, not from ledger/: it
// shares with the ledger the payloads, the codecs and the calendar, and no rule. So it can
// contradict.
//
// Kinds: attestation, status, accreditation, key. Ballots and datasets are judged elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof::testing {

// One line of the list.
struct NaiveEntry {
  Statement statement;
  Instant recorded;
  AuthorityRole role = AuthorityRole::issuer;  // in what capacity its issuer acted
  bool late = false;                           // an attestation recorded late
};

class NaiveRules {
 public:
  // What genesis put into the state, and its parameters.
  NaiveRules(Digest chain_id, std::map<Digest, Bytes> genesis, Parameters parameters,
             std::vector<std::string> parties);

  // "accepted", "known" or the code of the refusal; what is accepted joins the list. The caller
  // says whether the signature verifies under the key named.
  std::string offer(const Statement& statement, Instant now, bool signature_verifies);

  [[nodiscard]] const std::vector<NaiveEntry>& list() const { return list_; }
  [[nodiscard]] Status status(const Digest& target, const std::optional<Digest>& declaration,
                              Date day, Instant known) const;
  // "not granted", "suspended" …, as CoverageAnswer is spelled, for one question.
  [[nodiscard]] std::string coverage(const std::string& body, const std::string& id,
                                     const Attestation& asked, Date day, Instant known) const;
  // "good" …, as KeyAnswer is spelled, for an attestation recorded at `at`.
  [[nodiscard]] std::string key_standing(const Digest& kid, Instant at, Instant known) const;
  // Entry id of the last event under a status, or of an accreditation.
  [[nodiscard]] std::optional<Digest> last_of_status(
      const Digest& target, const std::optional<Digest>& declaration) const;
  [[nodiscard]] std::optional<Digest> last_of_accreditation(const std::string& body,
                                                            const std::string& id) const;
  // Kids that may sign for this party now.
  [[nodiscard]] std::vector<Digest> good_keys(const std::string& party, KeyUsage usage) const;
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

  std::string judge(const Statement& statement, Instant now, bool signature_verifies,
                    NaiveEntry& entry) const;
  std::string judge_signer(const Statement& statement, bool verifies) const;
  std::string judge_attestation(const NaiveEntry& entry, const Attestation& it, bool& late) const;
  std::string judge_countersignature(const NaiveEntry& entry, const Attestation& it) const;
  std::string judge_supersession(const NaiveEntry& entry, const Attestation& it) const;
  std::string judge_status(NaiveEntry& entry, const StatusChange& it) const;
  std::string judge_accreditation(NaiveEntry& entry, const AccreditationChange& it) const;
  std::string judge_key(NaiveEntry& entry, const KeyChange& it) const;

  [[nodiscard]] const NaiveEntry* find(const Digest& entry_id) const;
  [[nodiscard]] std::vector<Happening> status_history(
      const Digest& target, const std::optional<Digest>& declaration) const;
  [[nodiscard]] std::vector<Happening> accreditation_history(const std::string& body,
                                                             const std::string& id) const;
  [[nodiscard]] std::optional<PartyRecord> party(const std::string& uri) const;
  [[nodiscard]] std::optional<Key> key(const Digest& kid) const;
  [[nodiscard]] bool rotated(const Digest& kid) const;
  [[nodiscard]] std::optional<std::uint64_t> compromised_since(const Digest& kid) const;
  // As `coverage`, with all that is effective by `until`.
  [[nodiscard]] std::string coverage(const std::string& body, const std::string& id,
                                     const Attestation& asked, Date day, Date until,
                                     Instant known) const;
  [[nodiscard]] bool successor_is_gone(const Digest& successor) const;
  [[nodiscard]] EventOrigin origin(const NaiveEntry& entry, Date effective) const;

  Digest chain_id_;
  std::map<Digest, Bytes> genesis_;
  Parameters parameters_;
  std::vector<std::string> genesis_parties_;
  std::vector<NaiveEntry> list_;
};

}  // namespace footproof::testing
