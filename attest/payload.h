// What a statement says: the six payloads of docs/formats.md §3, as plain structs, each with one
// strict parser and one encoder.
//
// parse_…(encode_…(x)) == x and encode_…(parse_…(b)) == b. Parsing judges form only, as a function
// of the bytes for ever: grammar, closed codes, order of dates, fields that belong together.
// Whether a statement is allowed is for ledger/rules. encode_…() writes what it is given; a struct
// that would not parse is the caller's bug and shows at sign_statement().
//
// Lists of ids (standards, regimes, schemes) ascend by bytes without duplicates, so that a set has
// one spelling. Limits are constants here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/key.h"

namespace footproof {

inline constexpr std::uint64_t kDeclarationCountMax = std::uint64_t{1} << 20;
inline constexpr std::size_t kStandardsMax = 16;
inline constexpr std::size_t kScopesMax = 128;
inline constexpr std::size_t kRegimesMax = 16;
inline constexpr std::size_t kSchemesMax = 64;
inline constexpr std::size_t kFirstKeysMax = 8;

enum class StatementKind : std::uint8_t {
  attestation,
  status,
  accreditation,
  key,
  ballot,
  dataset,
};
[[nodiscard]] std::string_view to_text(StatementKind kind);  // "attestation", …
[[nodiscard]] std::optional<StatementKind> to_statement_kind(std::string_view text);

// --- attestation -------------------------------------------------------------------------------

enum class AttestationType : std::uint8_t { verification, validation, programme_certification };
enum class Assurance : std::uint8_t { none, limited, reasonable };
enum class Coverage : std::uint8_t { product, programme, model, installation_and_period };
[[nodiscard]] std::string_view to_text(AttestationType type);
[[nodiscard]] std::string_view to_text(Assurance assurance);
[[nodiscard]] std::string_view to_text(Coverage coverage);

struct AccreditationRef {
  std::string body;  // party URI of the accreditation body
  std::string id;
  friend bool operator==(const AccreditationRef&, const AccreditationRef&) = default;
};

struct SchemeRef {
  std::string id;
  std::string version;
  friend bool operator==(const SchemeRef&, const SchemeRef&) = default;
};

// The accreditation body's signature over an attestation that is to be recorded late
// (attest/late_anchoring.h).
struct Countersignature {
  Digest kid;  // a sign key of the body
  std::array<std::uint8_t, kSignatureSize> signature{};
  friend bool operator==(const Countersignature&, const Countersignature&) = default;
};

// A verifier certifies the declarations under one Merkle root.
struct Attestation {
  Digest root;              // RFC 9162 root over `count` declaration entries
  std::uint64_t count = 1;  // a power of two, at most kDeclarationCountMax
  AccreditationRef accreditation;
  std::string scope;  // "steel.cbam"
  SchemeRef scheme;
  std::vector<std::string> standards;  // at least one, ascending
  AttestationType type = AttestationType::verification;
  Assurance assurance = Assurance::none;
  Coverage coverage = Coverage::product;
  Date issued_on;
  Date valid_from;
  Date valid_until;                  // inclusive; not before valid_from
  std::optional<Digest> supersedes;  // entry id
  std::optional<PublicKey> holder_key;
  std::optional<Countersignature> countersignature = {};
  friend bool operator==(const Attestation&, const Attestation&) = default;
};

// --- status ------------------------------------------------------------------------------------

enum class StatusAction : std::uint8_t { suspend = 1, reinstate = 2, revoke = 3 };
[[nodiscard]] std::string_view to_text(StatusAction action);

// The closed list of reasons. reason id = its spelling on the ledger.
enum class Reason : std::uint8_t {
  investigation,
  complaint,
  data_doubt,
  key_doubt,
  cleared,
  misstatement,
  fraud,
  key_compromise,
  withdrawn_by_declarant,
  issued_in_error,
};
inline constexpr std::size_t kReasonCount = 10;
[[nodiscard]] std::string_view to_text(Reason reason);  // "withdrawn-by-declarant"
[[nodiscard]] std::optional<Reason> to_reason(std::string_view text);

struct StatusChange {
  Digest target;                      // entry id of the attestation
  std::optional<Digest> declaration;  // tree root of one declaration; none: the whole attestation
  StatusAction action = StatusAction::suspend;
  Reason reason = Reason::investigation;
  Date effective;
  std::optional<Digest> previous;  // entry id of the last event under the same state key
  std::optional<Digest> evidence;  // salted digest
  friend bool operator==(const StatusChange&, const StatusChange&) = default;
};

// --- accreditation -----------------------------------------------------------------------------

enum class AccreditationAction : std::uint8_t {
  grant,
  extend,
  reduce,
  suspend,
  reinstate,
  withdraw,
};
[[nodiscard]] std::string_view to_text(AccreditationAction action);

struct Scope {
  std::string code;
  std::string scheme;
  std::vector<std::string> standards;  // at least one, ascending
  Assurance assurance_max = Assurance::none;
  friend bool operator==(const Scope&, const Scope&) = default;
};

struct DateRange {
  Date from;
  Date until;  // inclusive; not before from
  [[nodiscard]] bool contains(Date day) const { return from <= day && day <= until; }
  friend bool operator==(const DateRange&, const DateRange&) = default;
};

// An accreditation body changes one of its accreditations. Which fields there are depends on the
// action:
//   grant                       verifier, scopes, validity, regimes; no reason
//   extend, reduce              scopes and/or validity, in full as they stand from then on; no
//                               verifier, no regimes; a reason is optional
//   suspend, reinstate, withdraw  a reason; nothing else
struct AccreditationChange {
  std::string id;
  AccreditationAction action = AccreditationAction::grant;
  Date effective;
  std::optional<Digest> previous;  // entry id of the last event on it
  std::optional<std::string> verifier;
  std::optional<std::vector<Scope>> scopes;  // at least one; ascending by code, then scheme
  std::optional<DateRange> validity;
  std::optional<std::vector<std::string>> regimes;  // ascending; may be empty
  std::optional<Reason> reason;
  friend bool operator==(const AccreditationChange&, const AccreditationChange&) = default;
};

// --- key ---------------------------------------------------------------------------------------

enum class KeyAction : std::uint8_t { add, rotate, compromised };
enum class KeyUsage : std::uint8_t { sign, status };
[[nodiscard]] std::string_view to_text(KeyAction action);
[[nodiscard]] std::string_view to_text(KeyUsage usage);  // also the role of its possession proof

using PossessionProof = std::array<std::uint8_t, kSignatureSize>;

struct NewKey {
  PublicKey key;
  KeyUsage usage = KeyUsage::sign;
  PossessionProof proof{};  // over the party's URI and to_text(usage)
  friend bool operator==(const NewKey&, const NewKey&) = default;
};

//   add          added; certificate_chain is optional
//   rotate       added, kid (the key that it replaces); certificate_chain is optional
//   compromised  kid, since
struct KeyChange {
  KeyAction action = KeyAction::add;
  std::string party;
  std::optional<NewKey> added;
  std::optional<Digest> kid;
  std::optional<Instant> since;
  // Of the X.509 certificate chain that goes with the added key (attest/x509.h).
  std::optional<Digest> certificate_chain = {};
  friend bool operator==(const KeyChange&, const KeyChange&) = default;
};

// --- ballot ------------------------------------------------------------------------------------

// A validator as it is proposed. The proofs of possession are over its id and the roles vote,
// cosign and log.
struct ValidatorProposal {
  std::string id;
  std::string party;   // URI of the association that runs it
  PublicKey vote_key;  // all three Ed25519
  PublicKey cosign_key;
  PublicKey log_key;
  Digest tls_pin;  // SHA-256 of the SubjectPublicKeyInfo
  PossessionProof vote_proof{};
  PossessionProof cosign_proof{};
  PossessionProof log_proof{};
  friend bool operator==(const ValidatorProposal&, const ValidatorProposal&) = default;
};

enum class PartyRole : std::uint8_t {
  verifier,
  accreditation_body,
  association,
  scheme_owner,
  dataset_operator,
};
[[nodiscard]] std::string_view to_text(PartyRole role);

struct AdmitValidator {
  ValidatorProposal validator;
  friend bool operator==(const AdmitValidator&, const AdmitValidator&) = default;
};
struct RemoveValidator {
  std::string id;
  friend bool operator==(const RemoveValidator&, const RemoveValidator&) = default;
};
struct ReplaceValidator {
  std::string id;
  ValidatorProposal by;
  friend bool operator==(const ReplaceValidator&, const ReplaceValidator&) = default;
};
// Never a verifier: those come from grants.
struct AdmitParty {
  std::string uri;
  PartyRole role = PartyRole::association;
  std::string legal_name;
  std::vector<std::string> schemes;  // ascending; may be empty
  std::vector<std::string> regimes;  // ascending; may be empty
  std::vector<NewKey> keys;          // at least one
  friend bool operator==(const AdmitParty&, const AdmitParty&) = default;
};
struct RemoveParty {
  std::string uri;
  friend bool operator==(const RemoveParty&, const RemoveParty&) = default;
};
// New first keys for a party that lost all of its own.
struct RenewPartyKeys {
  std::string uri;
  std::vector<NewKey> keys;
  friend bool operator==(const RenewPartyKeys&, const RenewPartyKeys&) = default;
};
struct SetParameter {
  std::string id;
  std::uint64_t value = 0;
  friend bool operator==(const SetParameter&, const SetParameter&) = default;
};

// One party out, another in, at once: four associations can so change one of themselves.
struct ReplaceParty {
  std::string uri;
  AdmitParty by;
  friend bool operator==(const ReplaceParty&, const ReplaceParty&) = default;
};
// What an accreditation body may grant from then on, or of which schemes a party is the owner.
struct AllowParty {
  std::string uri;
  std::vector<std::string> schemes;  // ascending, in full; may be empty
  std::vector<std::string> regimes;  // ascending, in full; may be empty
  friend bool operator==(const AllowParty&, const AllowParty&) = default;
};
// Another accreditation body registers this verifier's keys from then on.
struct SetRegistrar {
  std::string verifier;
  std::string registrar;
  friend bool operator==(const SetRegistrar&, const SetRegistrar&) = default;
};

// In the order of their codes.
using Change =
    std::variant<AdmitValidator, RemoveValidator, ReplaceValidator, AdmitParty, RemoveParty,
                 RenewPartyKeys, SetParameter, ReplaceParty, AllowParty, SetRegistrar>;

using ProposalNonce = std::array<std::uint8_t, 16>;

struct Proposal {
  ProposalNonce nonce{};
  Change change;
  Date lapses;
  friend bool operator==(const Proposal&, const Proposal&) = default;
};

// A new validator's word that it has executed `entry` of this network (attest/ready.h).
struct Ready {
  Digest entry;                 // entry id
  PossessionProof signature{};  // with the vote key that the proposal names
  friend bool operator==(const Ready&, const Ready&) = default;
};

struct Ballot {
  Proposal proposal;
  bool approve = false;
  // Only where it approves of a change that brings a validator or new keys of one.
  std::optional<Ready> ready = {};
  friend bool operator==(const Ballot&, const Ballot&) = default;
};

// --- dataset -----------------------------------------------------------------------------------

enum class DatasetNotice : std::uint8_t { erratum, withdrawn };
[[nodiscard]] std::string_view to_text(DatasetNotice notice);

struct DatasetRelease {
  std::string database;
  std::string release;
  Date released_on;
  Digest root;                     // over its datasets
  std::optional<Digest> replaces;  // entry id; there where a notice is
  std::optional<DatasetNotice> notice;
  friend bool operator==(const DatasetRelease&, const DatasetRelease&) = default;
};

// --- all of them -------------------------------------------------------------------------------

// In the order of StatementKind.
using Payload =
    std::variant<Attestation, StatusChange, AccreditationChange, KeyChange, Ballot, DatasetRelease>;

[[nodiscard]] StatementKind kind_of(const Payload& payload);
[[nodiscard]] Bytes encode_payload(const Payload& payload);
[[nodiscard]] Result<Payload> parse_payload(StatementKind kind, ByteView bytes);

// Each alone; parse_payload() and encode_payload() choose among them.
[[nodiscard]] Bytes encode(const Attestation& attestation);
[[nodiscard]] Bytes encode(const StatusChange& change);
[[nodiscard]] Bytes encode(const AccreditationChange& change);
[[nodiscard]] Bytes encode(const KeyChange& change);
[[nodiscard]] Bytes encode(const Ballot& ballot);
[[nodiscard]] Bytes encode(const DatasetRelease& release);
[[nodiscard]] Result<Attestation> parse_attestation(ByteView bytes);
[[nodiscard]] Result<StatusChange> parse_status_change(ByteView bytes);
[[nodiscard]] Result<AccreditationChange> parse_accreditation_change(ByteView bytes);
[[nodiscard]] Result<KeyChange> parse_key_change(ByteView bytes);
[[nodiscard]] Result<Ballot> parse_ballot(ByteView bytes);
[[nodiscard]] Result<DatasetRelease> parse_dataset_release(ByteView bytes);

}  // namespace footproof
