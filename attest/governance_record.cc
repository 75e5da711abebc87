#include "attest/governance_record.h"

#include <algorithm>
#include <utility>

#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/ready.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

Digest key_of(std::string_view kind) {
  cbor::Writer out;
  out.array(2).text("footproof/state/v1").text(kind);
  return sha256(std::move(out).take());
}

// `items`, or up to `optional` more: how many there are.
std::size_t begin_record(cbor::Reader& in, ByteView bytes, std::size_t items,
                         std::size_t optional = 0) {
  if (bytes.size() > kStateRecordSizeMax) in.reject(Errc::bad_length, "longer than 64 KiB");
  const std::size_t count = in.array_between(items, items + optional);
  fields::version(in);
  return count;
}

// Reads a list whose items ascend by a URI.
template <class Item>
std::vector<Item> read_ascending(cbor::Reader& in, std::string_view field, std::size_t max,
                                 Item (*read)(cbor::Reader&), std::string Item::*uri) {
  const std::size_t count = in.field(field).array_between(1, max);
  std::vector<Item> items;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    items.push_back(read(in));
    if (i > 0 && items[i].*uri <= items[i - 1].*uri) {
      in.field(field).reject(Errc::malformed, "must ascend by URI, none twice");
    }
  }
  return items;
}

AssociationSeat read_seat(cbor::Reader& in) {
  in.field("seat").array_of(2);
  std::string uri = fields::party_uri(in.field("association"));
  return {std::move(uri), Instant{in.field("since").uint()}};
}

ProposalNonce read_nonce(cbor::Reader& in) {
  ProposalNonce nonce{};
  std::ranges::copy(in.field("nonce").bytes_of(nonce.size()), nonce.begin());
  return nonce;
}

Proposer read_proposer(cbor::Reader& in) {
  in.field("proposer").array_of(2);
  Proposer proposer;
  proposer.uri = fields::party_uri(in.field("proposer"));
  const std::size_t count = in.field("open proposals").array_between(1, kOpenProposalsMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    in.field("open proposal").array_of(2);
    OpenProposal open;
    open.nonce = read_nonce(in);
    open.lapses = fields::date(in.field("lapses"));
    if (std::ranges::find(proposer.open, open.nonce, &OpenProposal::nonce) != proposer.open.end()) {
      in.field("nonce").reject(Errc::malformed, "one proposal stands there twice");
    }
    proposer.open.push_back(open);
  }
  return proposer;
}

CastBallot read_ballot(cbor::Reader& in) {
  in.field("ballot").array_of(4);
  CastBallot ballot;
  ballot.association = fields::party_uri(in.field("association"));
  ballot.approve = in.field("approve").boolean();
  ballot.recorded.ms = in.field("recorded").uint();
  ballot.entry = in.field("entry").digest();
  return ballot;
}

}  // namespace

Digest state_key::associations() { return key_of("associations"); }
Digest state_key::open_proposals() { return key_of("open-proposals"); }

const AssociationSeat* AssociationsRecord::find(std::string_view uri) const {
  const auto found = std::ranges::lower_bound(seats, uri, {}, &AssociationSeat::uri);
  return found != seats.end() && found->uri == uri ? &*found : nullptr;
}

Tally tally(const ProposalRecord& record, const AssociationsRecord& associations) {
  Tally tally;
  tally.members = associations.seats.size();
  for (const CastBallot& ballot : record.ballots) {
    const AssociationSeat* seat = associations.find(ballot.association);
    if (seat == nullptr || ballot.recorded < seat->since) continue;
    ++(ballot.approve ? tally.approve : tally.reject);
  }
  return tally;
}

std::string_view to_text(ProposalState state) {
  switch (state) {
    case ProposalState::open:
      return "open";
    case ProposalState::accepted:
      return "accepted";
    case ProposalState::lapsed:
      break;
  }
  return "lapsed";
}

ProposalState state_at(const ProposalRecord& record, Instant now) {
  if (record.decided) return ProposalState::accepted;
  return utc_day(now) > record.proposal.lapses ? ProposalState::lapsed : ProposalState::open;
}

Bytes encode(const AssociationsRecord& record) {
  cbor::Writer out;
  out.array(2).uint(1).array(record.seats.size());
  for (const AssociationSeat& seat : record.seats) {
    fields::write_text(out.array(2), seat.uri);
    out.uint(seat.since.ms);
  }
  return std::move(out).take();
}

Result<AssociationsRecord> parse_associations_record(ByteView bytes) {
  cbor::Reader in(bytes, "associations record");
  begin_record(in, bytes, 2);
  AssociationsRecord record;
  record.seats = read_ascending(in, "seats", kAssociationsMax, read_seat, &AssociationSeat::uri);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const OpenProposalsRecord& record) {
  cbor::Writer out;
  out.array(2).uint(1).array(record.proposers.size());
  for (const Proposer& proposer : record.proposers) {
    fields::write_text(out.array(2), proposer.uri);
    out.array(proposer.open.size());
    for (const OpenProposal& open : proposer.open) {
      fields::write(out.array(2).bytes(open.nonce), open.lapses);
    }
  }
  return std::move(out).take();
}

Result<OpenProposalsRecord> parse_open_proposals_record(ByteView bytes) {
  cbor::Reader in(bytes, "open proposals record");
  begin_record(in, bytes, 2);
  OpenProposalsRecord record;
  record.proposers =
      read_ascending(in, "proposers", kStateRecordSizeMax, read_proposer, &Proposer::uri);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const ProposalRecord& record) {
  cbor::Writer out;
  fields::write(out.array(record.ready ? 7 : 6).uint(1), record.proposal);
  fields::write_text(out, record.proposer);
  out.uint(record.proposed.ms).array(record.ballots.size());
  for (const CastBallot& ballot : record.ballots) {
    fields::write_text(out.array(4), ballot.association);
    out.boolean(ballot.approve).uint(ballot.recorded.ms).digest(ballot.entry);
  }
  if (record.decided) {
    out.array(2).uint(record.decided->recorded.ms).digest(record.decided->entry);
  } else {
    out.null();
  }
  if (record.ready) out.array(2).digest(record.ready->entry).uint(record.ready->recorded.ms);
  return std::move(out).take();
}

Result<ProposalRecord> parse_proposal_record(ByteView bytes) {
  cbor::Reader in(bytes, "proposal record");
  const std::size_t items = begin_record(in, bytes, 6, 1);
  auto proposal = fields::proposal(in);
  std::string proposer = fields::party_uri(in.field("proposer"));
  const Instant proposed{in.field("proposed").uint()};
  auto ballots =
      read_ascending(in, "ballots", kStateRecordSizeMax, read_ballot, &CastBallot::association);
  std::optional<Decision> decided;
  in.field("decision");
  if (!in.take_null()) {
    in.array_of(2);
    decided.emplace();
    decided->recorded.ms = in.field("decided").uint();
    decided->entry = in.field("deciding ballot").digest();
  }
  std::optional<ReadyMark> ready;
  if (items == 7) {
    in.field("ready").array_of(2);
    ready.emplace();
    ready->entry = in.field("ready entry").digest();
    ready->recorded.ms = in.field("ready recorded").uint();
    if (proposal && new_validator_of(proposal->change) == nullptr) {
      in.field("ready").reject(Errc::bad_value, "only where a validator comes in");
    }
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  if (!proposal) return fail(Errc::malformed, "proposal record: no proposal");
  return ProposalRecord{
      std::move(*proposal), std::move(proposer), proposed, std::move(ballots), decided, ready};
}

}  // namespace footproof
