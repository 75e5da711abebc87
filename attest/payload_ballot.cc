// Payloads of governance and of data: ballots on proposals, and dataset releases.
#include <algorithm>
#include <array>

#include "attest/admission.h"
#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/identifier.h"
#include "attest/payload.h"
#include "attest/ready.h"

namespace footproof {
namespace {

// The first item of a change, in the order of the variant.
constexpr std::uint64_t kChangeCodeMax = std::variant_size_v<Change> - 1;
constexpr std::array<std::string_view, 2> kNotices = {"erratum", "withdrawn"};

// Writes the array with its code.
struct ChangeWriter {
  cbor::Writer& out;
  void operator()(const AdmitValidator& change) const {
    fields::write(out.array(2).uint(0), change.validator);
  }
  void operator()(const RemoveValidator& change) const {
    fields::write_text(out.array(2).uint(1), change.id);
  }
  void operator()(const ReplaceValidator& change) const {
    fields::write_text(out.array(3).uint(2), change.id);
    fields::write(out, change.by);
  }
  void operator()(const AdmitParty& change) const {
    fields::write_items(out.array(7).uint(3), change);
  }
  void operator()(const RemoveParty& change) const {
    fields::write_text(out.array(2).uint(4), change.uri);
  }
  void operator()(const RenewPartyKeys& change) const {
    fields::write_text(out.array(3).uint(5), change.uri);
    fields::write(out, change.keys);
  }
  void operator()(const SetParameter& change) const {
    fields::write_text(out.array(3).uint(6), change.id);
    out.uint(change.value);
  }
  void operator()(const ReplaceParty& change) const {
    fields::write_text(out.array(3).uint(7), change.uri);
    fields::write_items(out.array(fields::kPartyItems), change.by);
  }
  void operator()(const AllowParty& change) const {
    fields::write_text(out.array(4).uint(8), change.uri);
    fields::write(out, std::span<const std::string>(change.schemes));
    fields::write(out, std::span<const std::string>(change.regimes));
  }
  void operator()(const SetRegistrar& change) const {
    fields::write_text(out.array(3).uint(9), change.verifier);
    fields::write_text(out, change.registrar);
  }
};

// One of the first three changes, or none where it does not parse.
std::optional<Change> read_validator_change(cbor::Reader& in, std::uint64_t code) {
  std::string id;
  if (code > 0) id = fields::id(in.field("validator id"));
  if (code == 1) return RemoveValidator{std::move(id)};
  auto validator = fields::validator(in);
  if (!validator) return std::nullopt;
  if (code == 0) return AdmitValidator{std::move(*validator)};
  return ReplaceValidator{std::move(id), std::move(*validator)};
}

Change read_party_change(cbor::Reader& in, std::uint64_t code) {
  if (code == 3) return fields::party_items(in);
  std::string uri = fields::party_uri(in.field("party"));
  switch (code) {
    case 4:
      return RemoveParty{std::move(uri)};
    case 5:
      return RenewPartyKeys{std::move(uri), fields::new_keys(in)};
    case 7:
      in.field("replacement").array_of(fields::kPartyItems);
      return ReplaceParty{std::move(uri), fields::party_items(in)};
    case 8: {
      auto schemes = fields::ids(in.field("schemes"), 0, kSchemesMax);
      return AllowParty{std::move(uri), std::move(schemes),
                        fields::ids(in.field("regimes"), 0, kRegimesMax)};
    }
    default:
      return SetRegistrar{std::move(uri), fields::party_uri(in.field("registrar"))};
  }
}

std::optional<Change> read_change(cbor::Reader& in) {
  // How many items each has, the code among them.
  constexpr std::array<std::size_t, kChangeCodeMax + 1> kCounts = {2, 2, 3, 7, 2, 3, 3, 3, 4, 3};
  const std::size_t count = in.field("change").array_between(2, 7);
  const std::uint64_t code = in.field("change code").uint_up_to(kChangeCodeMax);
  if (!in.failed() && count != kCounts[code]) in.reject(Errc::malformed, "wrong number of items");
  if (in.failed()) return std::nullopt;
  if (code < 3) return read_validator_change(in, code);
  if (code != 6) return read_party_change(in, code);
  std::string id = fields::id(in.field("parameter"));
  return SetParameter{std::move(id), in.field("parameter value").uint()};
}

}  // namespace

namespace fields {

void write(cbor::Writer& out, const Proposal& proposal) {
  out.array(3).bytes(proposal.nonce);
  std::visit(ChangeWriter{out}, proposal.change);
  write(out, proposal.lapses);
}

std::optional<Proposal> proposal(cbor::Reader& in) {
  in.field("proposal").array_of(3);
  ProposalNonce nonce{};
  std::ranges::copy(in.field("nonce").bytes_of(nonce.size()), nonce.begin());
  auto change = read_change(in);
  const Date lapses = fields::date(in.field("lapses"));
  if (!change) return std::nullopt;
  return Proposal{nonce, std::move(*change), lapses};
}

void write(cbor::Writer& out, const Ready& ready) {
  out.array(2).digest(ready.entry).bytes(ready.signature);
}

Ready ready(cbor::Reader& in) {
  in.field("ready").array_of(2);
  Ready ready;
  ready.entry = in.field("ready entry").digest();
  ready.signature = possession_proof(in.field("ready signature"));
  return ready;
}

}  // namespace fields

Bytes encode(const Ballot& ballot) {
  cbor::Writer out;
  out.map(ballot.ready ? 4 : 3).uint(1).uint(1);
  fields::write(out.uint(2), ballot.proposal);
  out.uint(3).boolean(ballot.approve);
  if (ballot.ready) fields::write(out.uint(4), *ballot.ready);
  return std::move(out).take();
}

Result<Ballot> parse_ballot(ByteView bytes) {
  cbor::Reader in(bytes, "ballot");
  std::optional<Proposal> proposal;
  bool approve = false;
  std::optional<Ready> ready;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) proposal = fields::proposal(in);
  if (map.require(3)) approve = in.field("approve").boolean();
  if (map.key(4)) ready = fields::ready(in);
  map.end();
  if (ready && proposal && (!approve || new_validator_of(proposal->change) == nullptr)) {
    in.field("ready").reject(Errc::bad_value, "only where a validator comes in and is approved of");
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  if (!proposal) return fail(Errc::malformed, "ballot: no proposal");
  return Ballot{std::move(*proposal), approve, ready};
}

Bytes encode(const DatasetRelease& release) {
  cbor::Writer out;
  const bool replaces = release.replaces.has_value();
  const bool notice = release.notice.has_value();
  out.map(5 + (replaces ? 1U : 0U) + (notice ? 1U : 0U));
  out.uint(1).uint(1);
  fields::write_text(out.uint(2), release.database);
  fields::write_text(out.uint(3), release.release);
  fields::write(out.uint(4), release.released_on);
  out.uint(5).digest(release.root);
  if (replaces) out.uint(6).digest(*release.replaces);
  if (notice) out.uint(7).text(to_text(*release.notice));
  return std::move(out).take();
}

Result<DatasetRelease> parse_dataset_release(ByteView bytes) {
  cbor::Reader in(bytes, "dataset");
  DatasetRelease release;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) release.database = fields::id(in.field("database id"));
  if (map.require(3)) release.release = fields::id(in.field("release id"));
  if (map.require(4)) release.released_on = fields::date(in.field("released on"));
  if (map.require(5)) release.root = in.field("root").digest();
  if (map.key(6)) release.replaces = in.field("replaces").digest();
  if (map.key(7)) {
    const auto found = std::ranges::find(kNotices, in.field("notice").text(kIdSizeMax));
    if (found == kNotices.end()) {
      in.reject(Errc::bad_value, "must be erratum or withdrawn");
    } else {
      release.notice = static_cast<DatasetNotice>(found - kNotices.begin());
    }
  }
  map.end();
  if (release.notice && !release.replaces) {
    in.field("replaces").reject(Errc::bad_value, "a notice names the entry that it is about");
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return release;
}

}  // namespace footproof
