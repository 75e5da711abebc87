// The bytes of the state records (docs/formats.md §6). What they mean is in state_record.cc.
#include <algorithm>
#include <set>

#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/identifier.h"
#include "attest/note.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

using fields::write_code;

// An event is one flat array: what, then these five, then what its kind adds.
constexpr std::size_t kOriginItems = 4;

void write_origin(cbor::Writer& out, const EventOrigin& origin) {
  fields::write(out, origin.effective);
  out.uint(origin.recorded.ms).array(2);
  write_code(out, origin.authority.role);
  if (origin.authority.role == AuthorityRole::ballot) {
    out.null();
  } else {
    fields::write_text(out, origin.authority.party);
  }
  out.digest(origin.entry);
}

EventOrigin read_origin(cbor::Reader& in) {
  EventOrigin origin;
  origin.effective = fields::date(in.field("event effective from"));
  origin.recorded.ms = in.field("event recorded").uint();
  in.field("event authority").array_of(2);
  origin.authority.role = fields::code(in.field("authority role"), AuthorityRole::ballot);
  in.field("authority party");
  if (origin.authority.role == AuthorityRole::ballot) {
    in.null();
  } else {
    origin.authority.party = fields::party_uri(in);
  }
  origin.entry = in.field("event entry").digest();
  return origin;
}

void write_reason(cbor::Writer& out, const std::optional<Reason>& reason) {
  if (reason) {
    out.text(to_text(*reason));
  } else {
    out.null();
  }
}

std::optional<Reason> read_reason(cbor::Reader& in) {
  in.field("event reason");
  if (in.take_null()) return std::nullopt;
  return fields::reason(in);
}

void begin_event(cbor::Reader& in, std::size_t more) {
  in.field("event").array_of(1 + kOriginItems + more);
  in.field("event what");
}

// Begins a record: an array of `items`, the first of them the version. True where one more, which
// may be left out, stands at its end.
bool begin_record(cbor::Reader& in, ByteView bytes, std::size_t items, std::size_t optional = 0) {
  if (bytes.size() > kStateRecordSizeMax) in.reject(Errc::bad_length, "longer than 64 KiB");
  const bool more = in.array_between(items, items + optional) > items;
  fields::version(in);
  return more;
}

// Reads a history of at least one event, recorded in this order.
template <class Event>
std::vector<Event> read_events(cbor::Reader& in, Event (*read)(cbor::Reader&)) {
  const std::size_t count = in.field("events").array_between(1, kStateRecordSizeMax);
  std::vector<Event> events;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    events.push_back(read(in));
    if (i > 0 && events[i].origin.recorded < events[i - 1].origin.recorded) {
      in.field("events").reject(Errc::malformed, "must stand in the order they were recorded in");
    }
  }
  return events;
}

// The event that begins a history stands first and nowhere else.
template <class Event, class What>
void require_only_first(cbor::Reader& in, const std::vector<Event>& events, What what) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if ((events[i].what == what) != (i == 0)) {
      in.field("events").reject(Errc::bad_value, "the event that begins it is the first and only");
    }
  }
}

StatusEvent read_status_event(cbor::Reader& in) {
  StatusEvent event;
  begin_event(in, 1);
  event.what = fields::code(in, StatusEvent::What::anchored_late);
  if (event.what < StatusEvent::What::suspend) in.reject(Errc::bad_value, "must be 1 to 5");
  event.origin = read_origin(in);
  event.reason = read_reason(in);
  if (event.reason.has_value() == (event.what >= StatusEvent::What::supersede)) {
    in.reject(Errc::bad_value, "stands in every event but a supersession and late anchoring");
  }
  return event;
}

AccreditationEvent read_accreditation_event(cbor::Reader& in) {
  AccreditationEvent event;
  begin_event(in, 4);
  event.what = fields::code(in, AccreditationAction::withdraw);
  event.origin = read_origin(in);
  event.reason = read_reason(in);
  in.field("event scopes");
  if (!in.take_null()) event.scopes = fields::scopes(in);
  in.field("event validity");
  if (!in.take_null()) event.validity = fields::date_range(in);
  in.field("event regimes");
  if (!in.take_null()) event.regimes = fields::ids(in, 0, kRegimesMax);
  const bool grant = event.what == AccreditationAction::grant;
  const bool all = event.scopes && event.validity && event.regimes;
  if (grant && !all) in.reject(Errc::bad_value, "a grant sets scopes, validity and regimes");
  return event;
}

KeyEvent read_key_event(cbor::Reader& in) {
  KeyEvent event;
  begin_event(in, 2);
  event.what = fields::code(in, KeyEvent::What::compromised);
  event.origin = read_origin(in);
  event.successor = in.field("event successor").digest_or_null();
  in.field("event since");
  if (!in.take_null()) event.since = Instant{in.uint()};
  if (event.successor.has_value() != (event.what == KeyEvent::What::rotate)) {
    in.field("event successor").reject(Errc::bad_value, "stands in a rotation and only there");
  }
  if (event.since.has_value() != (event.what == KeyEvent::What::compromised)) {
    in.field("event since").reject(Errc::bad_value, "stands in a compromise and only there");
  }
  return event;
}

PartyEvent read_party_event(cbor::Reader& in) {
  PartyEvent event;
  begin_event(in, 0);
  event.what = fields::code(in, PartyEvent::What::remove);
  event.origin = read_origin(in);
  return event;
}

void write_members(cbor::Writer& out, std::span<const Member> members) {
  out.array(members.size());
  for (const Member& member : members) {
    out.array(7);
    fields::write_text(out, member.id);
    fields::write_text(out, member.party);
    out.bytes(member.vote_key.raw());
    fields::write_text(out, member.cosign_name);
    out.bytes(member.cosign_key.raw()).bytes(member.log_key.raw()).digest(member.tls_pin);
  }
}

std::optional<Member> read_member(cbor::Reader& in) {
  in.field("member").array_of(7);
  std::string id = fields::id(in.field("member id"));
  std::string party = fields::party_uri(in.field("member party"));
  auto vote = fields::ed25519_key(in.field("vote key"));
  std::string name(in.field("cosign name").text(kNoteNameSizeMax));
  if (!is_note_name(name) || !name.ends_with("/" + id)) {
    in.reject(Errc::bad_value, "must be <origin>/<member id>");
  }
  auto cosign = fields::ed25519_key(in.field("cosign key"));
  auto log = fields::ed25519_key(in.field("log key"));
  const Digest tls_pin = in.field("tls pin").digest();
  if (!vote || !cosign || !log) return std::nullopt;
  return Member{std::move(id),      std::move(party), std::move(*vote), std::move(name),
                std::move(*cosign), std::move(*log),  tls_pin};
}

std::string_view origin_of(const Member& member) {
  return std::string_view(member.cosign_name)
      .substr(0, member.cosign_name.size() - member.id.size() - 1);
}

std::vector<Member> read_members(cbor::Reader& in) {
  const std::size_t count = in.field("members").array_between(kValidatorsMin, kValidatorsMax);
  std::vector<Member> members;
  std::set<Bytes> keys;
  std::set<Digest> pins;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    auto member = read_member(in);
    if (!member || in.failed()) break;
    in.field("members");
    if (i > 0 && member->id <= members.back().id) {
      in.reject(Errc::malformed, "must ascend by id without duplicates");
    }
    if (i > 0 && origin_of(*member) != origin_of(members.front())) {
      in.reject(Errc::bad_value, "cosign names must share one origin");
    }
    bool fresh = pins.insert(member->tls_pin).second;
    for (const PublicKey* key : {&member->vote_key, &member->cosign_key, &member->log_key}) {
      fresh = keys.insert(to_bytes(key->raw())).second && fresh;
    }
    if (!fresh) in.reject(Errc::bad_value, "no key may stand there twice, in whatever role");
    members.push_back(std::move(*member));
  }
  return members;
}

void write_digests(cbor::Writer& out, const std::vector<Digest>& digests) {
  out.array(digests.size());
  for (const Digest& digest : digests) out.digest(digest);
}

std::vector<Digest> read_kids(cbor::Reader& in) {
  const std::size_t count = in.field("keys").array_up_to(kStateRecordSizeMax / Digest::kSize);
  std::vector<Digest> kids;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    kids.push_back(in.digest());
    if (i > 0 && kids[i] <= kids[i - 1]) {
      in.reject(Errc::malformed, "must ascend without duplicates");
    }
  }
  return kids;
}

}  // namespace

Bytes encode(const StatusRecord& record) {
  cbor::Writer out;
  out.array(2).uint(1).array(record.events.size());
  for (const StatusEvent& event : record.events) {
    out.array(1 + kOriginItems + 1);
    write_code(out, event.what);
    write_origin(out, event.origin);
    write_reason(out, event.reason);
  }
  return std::move(out).take();
}

Result<StatusRecord> parse_status_record(ByteView bytes) {
  cbor::Reader in(bytes, "status record");
  begin_record(in, bytes, 2);
  StatusRecord record{read_events(in, read_status_event)};
  for (std::size_t i = 1; i < record.events.size(); ++i) {
    if (record.events[i].what != StatusEvent::What::anchored_late) continue;
    in.field("events").reject(Errc::bad_value, "late anchoring is the first event or none");
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const AccreditationRecord& record) {
  cbor::Writer out;
  out.array(3).uint(1);
  fields::write_text(out, record.verifier);
  out.array(record.events.size());
  for (const AccreditationEvent& event : record.events) {
    out.array(1 + kOriginItems + 4);
    write_code(out, event.what);
    write_origin(out, event.origin);
    write_reason(out, event.reason);
    event.scopes ? fields::write(out, std::span<const Scope>(*event.scopes)) : void(out.null());
    event.validity ? fields::write(out, *event.validity) : void(out.null());
    event.regimes ? fields::write(out, std::span<const std::string>(*event.regimes))
                  : void(out.null());
  }
  return std::move(out).take();
}

Result<AccreditationRecord> parse_accreditation_record(ByteView bytes) {
  cbor::Reader in(bytes, "accreditation record");
  begin_record(in, bytes, 3);
  AccreditationRecord record;
  record.verifier = fields::party_uri(in.field("verifier"));
  record.events = read_events(in, read_accreditation_event);
  require_only_first(in, record.events, AccreditationAction::grant);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const KeyRecord& record) {
  cbor::Writer out;
  out.array(record.certificate_chain ? 6 : 5).uint(1);
  fields::write_text(out, record.party);
  write_code(out, record.usage);
  out.raw(record.key.cose_key()).array(record.events.size());
  for (const KeyEvent& event : record.events) {
    out.array(1 + kOriginItems + 2);
    write_code(out, event.what);
    write_origin(out, event.origin);
    fields::write(out, event.successor);
    event.since ? out.uint(event.since->ms) : out.null();
  }
  if (record.certificate_chain) out.digest(*record.certificate_chain);
  return std::move(out).take();
}

Result<KeyRecord> parse_key_record(ByteView bytes) {
  cbor::Reader in(bytes, "key record");
  const bool with_chain = begin_record(in, bytes, 5, 1);
  std::string party = fields::party_uri(in.field("party"));
  const KeyUsage usage = fields::code(in.field("usage"), KeyUsage::status);
  auto key = read_public_key(in.field("key"));
  auto events = read_events(in, read_key_event);
  require_only_first(in, events, KeyEvent::What::add);
  std::optional<Digest> chain;
  if (with_chain) chain = in.field("x5t").digest();
  if (const auto end = in.finish(); !end) return fail(end.error());
  if (!key) return fail(Errc::malformed, "key record: key: missing");
  return KeyRecord{std::move(party), usage, std::move(*key), std::move(events), chain};
}

Bytes encode(const PartyRecord& record) {
  cbor::Writer out;
  out.array(record.own_keys == 0 ? 8 : 9).uint(1);
  write_code(out, record.role);
  record.legal_name ? fields::write_text(out, *record.legal_name) : void(out.null());
  record.registrar ? fields::write_text(out, *record.registrar) : void(out.null());
  fields::write(out, std::span<const std::string>(record.schemes));
  fields::write(out, std::span<const std::string>(record.regimes));
  write_digests(out, record.keys);
  out.array(record.events.size());
  for (const PartyEvent& event : record.events) {
    out.array(1 + kOriginItems);
    write_code(out, event.what);
    write_origin(out, event.origin);
  }
  if (record.own_keys != 0) out.uint(record.own_keys);
  return std::move(out).take();
}

Result<PartyRecord> parse_party_record(ByteView bytes) {
  cbor::Reader in(bytes, "party record");
  const bool with_own_keys = begin_record(in, bytes, 8, 1);
  PartyRecord record;
  record.role = fields::code(in.field("role"), PartyRole::dataset_operator);
  in.field("legal name");
  if (!in.take_null()) record.legal_name = fields::legal_name(in);
  in.field("registrar");
  if (!in.take_null()) record.registrar = fields::party_uri(in);
  const bool verifier = record.role == PartyRole::verifier;
  if (verifier != record.registrar.has_value() || verifier == record.legal_name.has_value()) {
    in.reject(Errc::bad_value, "a verifier has a registrar, everybody else a legal name");
  }
  record.schemes = fields::ids(in.field("schemes"), 0, kSchemesMax);
  record.regimes = fields::ids(in.field("regimes"), 0, kRegimesMax);
  record.keys = read_kids(in);
  record.events = read_events(in, read_party_event);
  if (!record.events.empty() && record.events.front().what != PartyEvent::What::admit) {
    in.field("events").reject(Errc::bad_value, "the first event must admit");
  }
  if (with_own_keys) {
    record.own_keys = in.field("own keys").uint_up_to(kOwnKeysMax);
    if (record.own_keys == 0) in.reject(Errc::malformed, "is left out where it is 0");
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode_members(std::span<const Member> members) {
  cbor::Writer out;
  write_members(out, members);
  return std::move(out).take();
}

Result<std::vector<Member>> parse_members(ByteView bytes) {
  cbor::Reader in(bytes, "members");
  auto members = read_members(in);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return members;
}

Bytes encode(const ValidatorsRecord& record) {
  cbor::Writer out;
  out.array(6).uint(1).uint(record.epoch).uint(record.from_height).uint(record.from_size);
  out.uint(record.quorum);
  write_members(out, record.members);
  return std::move(out).take();
}

Result<ValidatorsRecord> parse_validators_record(ByteView bytes) {
  cbor::Reader in(bytes, "validators record");
  begin_record(in, bytes, 6);
  ValidatorsRecord record;
  record.epoch = in.field("epoch").uint();
  record.from_height = in.field("from height").uint();
  record.from_size = in.field("from size").uint();
  record.quorum = in.field("quorum").uint();
  record.members = read_members(in);
  if (record.quorum != quorum_of(record.members.size())) {
    in.field("quorum").reject(Errc::bad_value, "must be n − ⌊(n−1)/3⌋ of its members");
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const NextValidatorsRecord& record) {
  cbor::Writer out;
  out.array(3).uint(1);
  write_members(out, record.members);
  out.digest(record.decided_by);
  return std::move(out).take();
}

Result<NextValidatorsRecord> parse_next_validators_record(ByteView bytes) {
  cbor::Reader in(bytes, "next validators record");
  begin_record(in, bytes, 3);
  NextValidatorsRecord record;
  record.members = read_members(in);
  record.decided_by = in.field("decided by").digest();
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

namespace {

// Left out where it is empty, so at least one.
std::vector<LateAnchoring> read_late_days(cbor::Reader& in) {
  const std::size_t count = in.field("late days").array_between(1, kSchemesMax);
  std::vector<LateAnchoring> late;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    LateAnchoring one;
    in.field("late days").array_of(2);
    one.scheme = fields::id(in.field("late days: scheme"));
    one.days = in.field("late days: days").uint_up_to(kLateDaysMax);
    if (one.days == 0) in.reject(Errc::malformed, "is left out where it is 0");
    if (i > 0 && one.scheme <= late.back().scheme) {
      in.field("late days").reject(Errc::malformed, "must ascend by scheme without duplicates");
    }
    late.push_back(std::move(one));
  }
  return late;
}

}  // namespace

Bytes encode(const Parameters& record) {
  cbor::Writer out;
  out.array(record.late_days.empty() ? 5 : 6).uint(1);
  out.uint(record.issued_before_max_s).uint(record.issued_ahead_max_s);
  out.uint(record.anchoring_days_max).uint(record.compromise_reach_days_max);
  if (!record.late_days.empty()) {
    out.array(record.late_days.size());
    for (const auto& [scheme, days] : record.late_days) {
      fields::write_text(out.array(2), scheme);
      out.uint(days);
    }
  }
  return std::move(out).take();
}

Result<Parameters> parse_parameters(ByteView bytes) {
  cbor::Reader in(bytes, "parameters");
  if (bytes.size() > kStateRecordSizeMax) in.reject(Errc::bad_length, "longer than 64 KiB");
  const bool some_late = in.array_between(5, 6) == 6;
  fields::version(in);
  Parameters record;
  record.issued_before_max_s = in.field("issued before max").uint();
  record.issued_ahead_max_s = in.field("issued ahead max").uint();
  record.anchoring_days_max = in.field("anchoring days max").uint();
  record.compromise_reach_days_max = in.field("compromise reach days max").uint();
  if (some_late) record.late_days = read_late_days(in);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

}  // namespace footproof
