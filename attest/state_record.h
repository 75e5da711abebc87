// The records of the state tree, the keys they stand under, and the questions readers ask of them
// (docs/formats.md §6). The ledger writes them, the verdict reads them: one implementation.
//
// A record keeps its whole history as events in log order. State on day D as known at instant K is
// that after the last event, in log order, that is effective on or before D and was recorded at or
// before K. Nothing is ever dropped from a record: at 64 KiB it takes no more, and its last 8 KiB
// take only what must never be refused (revoke, withdraw, compromised, a superior's suspension).
//
// Every record has one spelling. An empty history is no record: absence says it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kStateRecordSizeMax = std::size_t{64} * 1024;
inline constexpr std::size_t kStateRecordReserve = std::size_t{8} * 1024;
// Whether a record of this encoded size may be written; `must_not_be_refused` opens the reserve.
[[nodiscard]] constexpr bool state_record_fits(std::size_t size, bool must_not_be_refused) {
  return size <=
         (must_not_be_refused ? kStateRecordSizeMax : kStateRecordSizeMax - kStateRecordReserve);
}

// --- keys: H(CBOR ["footproof/state/v1", kind, part …]) -----------------------------------------

namespace state_key {
[[nodiscard]] Digest status(const Digest& entry_id);
[[nodiscard]] Digest declaration_status(const Digest& entry_id, const Digest& declaration_root);
[[nodiscard]] Digest accreditation(std::string_view body, std::string_view id);
[[nodiscard]] Digest key(const Digest& kid);
[[nodiscard]] Digest party(std::string_view uri);
[[nodiscard]] Digest validators(std::uint64_t epoch);
[[nodiscard]] Digest next_validators();
[[nodiscard]] Digest parameters();
[[nodiscard]] Digest dataset(std::string_view database, std::string_view release);
[[nodiscard]] Digest proposal(ByteView nonce);
}  // namespace state_key

// --- by whom ------------------------------------------------------------------------------------

// In what capacity somebody acted. Ascending power: a larger value is the superior of a smaller
// one.
enum class AuthorityRole : std::uint8_t {
  issuer,              // of the attestation; or the party itself, for its keys
  accreditation_body,  // of the accreditation named; or the registrar, for keys
  scheme_owner,
  ballot,  // the associations together; or genesis
};
[[nodiscard]] std::string_view to_text(AuthorityRole role);

struct Authority {
  AuthorityRole role = AuthorityRole::issuer;
  std::string party;  // URI; empty exactly where the role is ballot
  friend bool operator==(const Authority&, const Authority&) = default;
};

// What every event says. `entry` is the statement that made it; zero for genesis.
struct EventOrigin {
  Date effective;
  Instant recorded;
  Authority authority;
  Digest entry;
  friend bool operator==(const EventOrigin&, const EventOrigin&) = default;
};

// --- status -------------------------------------------------------------------------------------

struct StatusEvent {
  enum class What : std::uint8_t {
    suspend = 1,
    reinstate = 2,
    revoke = 3,
    supersede = 4,
    anchored_late = 5,  // changes no status; if it is there it is the first event
  };
  What what = What::suspend;
  EventOrigin origin;  // of a supersession: the successor's entry id; anchored late: its own
  std::optional<Reason> reason;  // none exactly for a supersession and for anchored late
  friend bool operator==(const StatusEvent&, const StatusEvent&) = default;
};

// Of an attestation, or of one declaration under it. Only where something happened.
struct StatusRecord {
  std::vector<StatusEvent> events;  // at least one

  // Recorded later than the rules let it without its accreditation body's countersignature.
  [[nodiscard]] bool anchored_late() const {
    return !events.empty() && events.front().what == StatusEvent::What::anchored_late;
  }
  friend bool operator==(const StatusRecord&, const StatusRecord&) = default;
};

enum class Status : std::uint8_t { active, suspended, revoked, superseded };
[[nodiscard]] std::string_view to_text(Status status);

struct StatusAnswer {
  Status status = Status::active;
  std::optional<StatusEvent> because;  // the last event that counts, if there is one
};

// `record` null: there is none, so nothing but active.
[[nodiscard]] StatusAnswer status_on(const StatusRecord* record, Date day, Instant known);

// --- accreditation ------------------------------------------------------------------------------

struct AccreditationEvent {
  AccreditationAction what = AccreditationAction::grant;
  EventOrigin origin;
  std::optional<Reason> reason;
  // As they stand from this event on, in full; there exactly where the event sets them.
  std::optional<std::vector<Scope>> scopes;
  std::optional<DateRange> validity;
  std::optional<std::vector<std::string>> regimes;
  friend bool operator==(const AccreditationEvent&, const AccreditationEvent&) = default;
};

struct AccreditationRecord {
  std::string verifier;                    // party URI
  std::vector<AccreditationEvent> events;  // the first is the grant, the only one
  friend bool operator==(const AccreditationRecord&, const AccreditationRecord&) = default;
};

// An accreditation on a day, as known at an instant.
struct AccreditationView {
  enum class Standing : std::uint8_t { not_granted, in_force, suspended, withdrawn };
  Standing standing = Standing::not_granted;
  std::vector<Scope> scopes;
  DateRange validity;
  std::vector<std::string> regimes;
  std::optional<AccreditationEvent> because;  // what set the standing
};
[[nodiscard]] AccreditationView accreditation_on(const AccreditationRecord& record, Date day,
                                                 Instant known);

struct CoverageQuestion {
  std::string_view scope;
  std::string_view scheme;
  std::span<const std::string> standards;  // all of them, by one scope entry
  Assurance assurance = Assurance::none;
};
[[nodiscard]] CoverageQuestion coverage_question(const Attestation& attestation);

enum class CoverageAnswer : std::uint8_t {
  covered,
  not_granted,
  suspended,
  withdrawn,
  outside_validity,
  scope_not_covered,
  scheme_not_covered,
  standard_not_covered,
  assurance_not_covered,
};
[[nodiscard]] std::string_view to_text(CoverageAnswer answer);

// The first reason why not, judged by the scope entry that comes closest.
[[nodiscard]] CoverageAnswer covers(const AccreditationRecord& record,
                                    const CoverageQuestion& question, Date day, Instant known);

// The coverage of an attestation that was recorded at `recorded`, or is about to be.
//
// A day begins in the Pacific 14 hours before it does in UTC. What an accreditation gains counts
// from the day of recording: the UTC day, or the issue date where that is later. What it loses
// counts from the first instant of its day anywhere, so that nobody can attest past a suspension
// of today until midnight in UTC. In hindsight the second does not apply: what was lost later on
// such a day leaves standing what was recorded before.
enum class Hindsight : bool { no, yes };
struct AttestationCoverage {
  CoverageAnswer when_issued = CoverageAnswer::not_granted;
  CoverageAnswer when_recorded = CoverageAnswer::not_granted;
  Date recorded_on;  // the day that when_recorded is about

  [[nodiscard]] bool holds() const {
    return when_issued == CoverageAnswer::covered && when_recorded == CoverageAnswer::covered;
  }
};
[[nodiscard]] AttestationCoverage coverage_of(const AccreditationRecord& record,
                                              const Attestation& attestation, Instant recorded,
                                              Instant known, Hindsight hindsight);

// Whether everything that `narrow` lets somebody attest, `wide` does too.
[[nodiscard]] bool includes(std::span<const Scope> wide, std::span<const Scope> narrow);

// --- key ----------------------------------------------------------------------------------------

struct KeyEvent {
  enum class What : std::uint8_t { add, rotate, compromised };
  What what = What::add;
  EventOrigin origin;
  std::optional<Digest> successor;  // rotate: kid of the key that takes over
  std::optional<Instant> since;     // compromised
  friend bool operator==(const KeyEvent&, const KeyEvent&) = default;
};

struct KeyRecord {
  std::string party;
  KeyUsage usage = KeyUsage::sign;
  PublicKey key;
  std::vector<KeyEvent> events;                  // the first is add, the only one
  std::optional<Digest> certificate_chain = {};  // attest/x509.h; what it was registered with
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

enum class KeyAnswer : std::uint8_t { good, not_yet_added, rotated, compromised };
[[nodiscard]] std::string_view to_text(KeyAnswer answer);

// Whether a statement recorded at `at` may stand on this key, as known at `known`. A rotated key is
// good up to the instant of its rotation: within that block, execution has judged the order
// already. Compromised since T voids only attestations, and those from T on: `voids` says for which
// kind the question is asked.
[[nodiscard]] KeyAnswer key_at(const KeyRecord& record, Instant at, Instant known,
                               StatementKind kind);
// The earliest "compromised since" known at `known`.
[[nodiscard]] std::optional<Instant> compromised_since(const KeyRecord& record, Instant known);

// What a stolen status key can add to its party's record: this many keys, until the registrar or a
// ballot steps in. And what anybody but a ballot can: a record holds about 1,650.
inline constexpr std::uint64_t kOwnKeysMax = 64;
inline constexpr std::size_t kPartyKeysMax = 1024;

// --- party --------------------------------------------------------------------------------------

struct PartyEvent {
  enum class What : std::uint8_t { admit, remove };
  What what = What::admit;
  EventOrigin origin;
  friend bool operator==(const PartyEvent&, const PartyEvent&) = default;
};

struct PartyRecord {
  PartyRole role = PartyRole::verifier;
  std::optional<std::string> legal_name;  // none for verifiers, which a grant creates
  std::optional<std::string> registrar;   // exactly for verifiers: the body whose grant created it
  std::vector<std::string> schemes;       // allowed; ascending
  std::vector<std::string> regimes;       // allowed; ascending
  std::vector<Digest> keys;               // every kid that it ever had; ascending
  std::vector<PartyEvent> events;         // at least one; the first admits
  // How many keys it has registered itself since its registrar or a ballot last did. Whoever
  // registers one for it sets it to 0; kOwnKeysMax ends it (docs/rules.md, key).
  std::uint64_t own_keys = 0;
  friend bool operator==(const PartyRecord&, const PartyRecord&) = default;
};

// Whether it was a member on that day, as known then.
[[nodiscard]] bool admitted_on(const PartyRecord& record, Date day, Instant known);

// --- validators ---------------------------------------------------------------------------------

inline constexpr std::size_t kValidatorsMin = 4;
inline constexpr std::size_t kValidatorsMax = 31;
[[nodiscard]] constexpr std::size_t faulty_max(std::size_t members) {
  return members == 0 ? 0 : (members - 1) / 3;
}
[[nodiscard]] constexpr std::size_t quorum_of(std::size_t members) {
  return members - faulty_max(members);
}

struct Member {
  std::string id;
  std::string party;        // URI of its association
  PublicKey vote_key;       // all three Ed25519
  std::string cosign_name;  // "<origin>/<id>"
  PublicKey cosign_key;
  PublicKey log_key;
  Digest tls_pin;  // SHA-256 of the SubjectPublicKeyInfo
  friend bool operator==(const Member&, const Member&) = default;
};

// 4 to 31 members in ascending order of id; no key twice, in whatever role.
[[nodiscard]] Bytes encode_members(std::span<const Member> members);
[[nodiscard]] Result<std::vector<Member>> parse_members(ByteView bytes);

struct ValidatorsRecord {
  std::uint64_t epoch = 0;
  std::uint64_t from_height = 0;
  std::uint64_t from_size = 0;  // S(e−1): this set alone cosigns larger sizes, up to S(e)
  std::uint64_t quorum = 0;     // always quorum_of(members)
  std::vector<Member> members;
  friend bool operator==(const ValidatorsRecord&, const ValidatorsRecord&) = default;
};

struct NextValidatorsRecord {
  std::vector<Member> members;
  Digest decided_by;  // entry id of the deciding ballot
  friend bool operator==(const NextValidatorsRecord&, const NextValidatorsRecord&) = default;
};

// --- parameters ---------------------------------------------------------------------------------

inline constexpr std::uint64_t kLateDaysMax = 3650;
struct LateAnchoring {
  std::string scheme;
  std::uint64_t days = 0;  // 1 to kLateDaysMax
  friend bool operator==(const LateAnchoring&, const LateAnchoring&) = default;
};

// Ids, units and ranges: attest/parameters.h.
struct Parameters {
  std::uint64_t issued_before_max_s = std::uint64_t{7} * 86400;  // iat ≥ block time − this
  std::uint64_t issued_ahead_max_s = 300;                        // iat ≤ block time + this
  std::uint64_t anchoring_days_max = 90;         // issued on ≥ recorded day − this
  std::uint64_t compromise_reach_days_max = 30;  // without the registrar
  // Schemes that allow late anchoring, ascending by scheme: how many days after the issue date.
  std::vector<LateAnchoring> late_days = {};

  // 0: the scheme does not allow it.
  [[nodiscard]] std::uint64_t late_days_of(std::string_view scheme) const;
  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// --- codecs -------------------------------------------------------------------------------------

[[nodiscard]] Bytes encode(const StatusRecord& record);
[[nodiscard]] Bytes encode(const AccreditationRecord& record);
[[nodiscard]] Bytes encode(const KeyRecord& record);
[[nodiscard]] Bytes encode(const PartyRecord& record);
[[nodiscard]] Bytes encode(const ValidatorsRecord& record);
[[nodiscard]] Bytes encode(const NextValidatorsRecord& record);
[[nodiscard]] Bytes encode(const Parameters& record);
[[nodiscard]] Result<StatusRecord> parse_status_record(ByteView bytes);
[[nodiscard]] Result<AccreditationRecord> parse_accreditation_record(ByteView bytes);
[[nodiscard]] Result<KeyRecord> parse_key_record(ByteView bytes);
[[nodiscard]] Result<PartyRecord> parse_party_record(ByteView bytes);
[[nodiscard]] Result<ValidatorsRecord> parse_validators_record(ByteView bytes);
[[nodiscard]] Result<NextValidatorsRecord> parse_next_validators_record(ByteView bytes);
[[nodiscard]] Result<Parameters> parse_parameters(ByteView bytes);

}  // namespace footproof
