// Payloads of governance and of data: ballots on proposals, and dataset releases.
#include <algorithm>
#include <array>

#include "attest/admission.h"
#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/identifier.h"
#include "attest/payload.h"

namespace footproof {
namespace {

// The first item of a change, in the order of the variant.
constexpr std::uint64_t kChangeCodeMax = std::variant_size_v<Change> - 1;
constexpr std::array<std::string_view, 2> kNotices = {"erratum", "withdrawn"};

// Writes the items after the code.
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
    fields::write_items(out.array(1 + fields::kPartyItems).uint(3), change);
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
};

// The items after the code; `count` is the length of the whole array.
std::optional<Change> read_change(cbor::Reader& in) {
  constexpr std::array<std::size_t, kChangeCodeMax + 1> kCounts = {2, 2, 3, 7, 2, 3, 3};
  const std::size_t count = in.field("change").array_between(2, 7);
  const std::uint64_t code = in.field("change code").uint_up_to(kChangeCodeMax);
  if (!in.failed() && count != kCounts[code]) in.reject(Errc::malformed, "wrong number of items");
  if (in.failed()) return std::nullopt;
  switch (code) {
    case 0: {
      auto validator = fields::validator(in);
      if (!validator) return std::nullopt;
      return AdmitValidator{std::move(*validator)};
    }
    case 1:
      return RemoveValidator{fields::id(in.field("validator id"))};
    case 2: {
      std::string id = fields::id(in.field("validator id"));
      auto validator = fields::validator(in);
      if (!validator) return std::nullopt;
      return ReplaceValidator{std::move(id), std::move(*validator)};
    }
    case 3:
      return fields::party_items(in);
    case 4:
      return RemoveParty{fields::party_uri(in.field("party"))};
    case 5: {
      RenewPartyKeys change;
      change.uri = fields::party_uri(in.field("party"));
      change.keys = fields::new_keys(in);
      return change;
    }
    default: {
      SetParameter change;
      change.id = fields::id(in.field("parameter"));
      change.value = in.field("parameter value").uint();
      return change;
    }
  }
}

std::optional<Proposal> read_proposal(cbor::Reader& in) {
  in.field("proposal").array_of(3);
  std::array<std::uint8_t, 16> nonce{};
  std::ranges::copy(in.field("nonce").bytes_of(nonce.size()), nonce.begin());
  auto change = read_change(in);
  const Date lapses = fields::date(in.field("lapses"));
  if (!change) return std::nullopt;
  return Proposal{nonce, std::move(*change), lapses};
}

}  // namespace

Bytes encode(const Ballot& ballot) {
  cbor::Writer out;
  out.map(3).uint(1).uint(1);
  out.uint(2).array(3).bytes(ballot.proposal.nonce);
  std::visit(ChangeWriter{out}, ballot.proposal.change);
  fields::write(out, ballot.proposal.lapses);
  out.uint(3).boolean(ballot.approve);
  return std::move(out).take();
}

Result<Ballot> parse_ballot(ByteView bytes) {
  cbor::Reader in(bytes, "ballot");
  std::optional<Proposal> proposal;
  bool approve = false;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) proposal = read_proposal(in);
  if (map.require(3)) approve = in.field("approve").boolean();
  map.end();
  if (const auto end = in.finish(); !end) return fail(end.error());
  if (!proposal) return fail(Errc::malformed, "ballot: no proposal");
  return Ballot{std::move(*proposal), approve};
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
