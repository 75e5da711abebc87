#include "api/governance_routes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "api/answers.h"
#include "api/ballot_view.h"
#include "attest/block_record.h"
#include "attest/governance_record.h"
#include "attest/state_proof.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kBallots = "/v1/ballots";
constexpr std::string_view kParameters = "/v1/parameters";

// Records of one snapshot, with the time of its last block record.
struct Snapshot {
  std::vector<std::optional<Bytes>> records;
  Instant time;
};

Result<Snapshot> read_state(const Reader& reader, const std::vector<Digest>& keys) {
  auto found = reader.state_receipt(keys);
  if (!found) return fail(found.error());
  const auto record = parse_block_record(found->last_record.record);
  if (!record) return fail(Errc::corrupt, record.error().detail);
  return Snapshot{std::move(found->records), record->time};
}

template <class Record>
Result<Record> parse_at(const Snapshot& snapshot, std::size_t at,
                        Result<Record> (*parse)(ByteView)) {
  if (!snapshot.records[at]) return fail(Errc::corrupt, "state: a record is missing");
  auto record = parse(*snapshot.records[at]);
  if (!record) return fail(Errc::corrupt, record.error().detail);
  return record;
}

// The proposals with these nonces, as many as one proof takes.
Result<ordered_json> proposals(const Reader& reader, std::span<const ProposalNonce> nonces) {
  std::vector<Digest> keys = {state_key::associations()};
  for (const ProposalNonce& nonce : nonces) keys.push_back(state_key::proposal(nonce));
  const auto snapshot = read_state(reader, keys);
  if (!snapshot) return fail(snapshot.error());
  const auto associations = parse_at(*snapshot, 0, parse_associations_record);
  if (!associations) return fail(associations.error());
  ordered_json shown = ordered_json::array();
  for (std::size_t at = 1; at < keys.size(); ++at) {
    if (!snapshot->records[at]) continue;
    const auto record = parse_at(*snapshot, at, parse_proposal_record);
    if (!record) return fail(record.error());
    shown.push_back(proposal_json(*record, *associations, snapshot->time));
  }
  return shown;
}

}  // namespace

bool GovernanceRoutes::takes(std::string_view path) {
  return path == kParameters || path == kBallots ||
         (path.starts_with(kBallots) && path[kBallots.size()] == '/');
}

Response GovernanceRoutes::answer(const Request& request) const {
  const std::string_view path = request.path;
  if (path == kParameters) return parameters();
  if (path == kBallots) return open();
  return one(path.substr(kBallots.size() + 1));
}

Response GovernanceRoutes::open() const {
  const auto snapshot =
      read_state(reader_, {state_key::associations(), state_key::open_proposals()});
  if (!snapshot) return problem(snapshot.error());
  const auto associations = parse_at(*snapshot, 0, parse_associations_record);
  if (!associations) return problem(associations.error());
  std::vector<ProposalNonce> nonces;
  if (snapshot->records[1]) {
    const auto record = parse_at(*snapshot, 1, parse_open_proposals_record);
    if (!record) return problem(record.error());
    for (const Proposer& proposer : record->proposers) {
      for (const OpenProposal& one : proposer.open) nonces.push_back(one.nonce);
    }
  }
  ordered_json body;
  body["associations"] = ordered_json::array();
  for (const AssociationSeat& seat : associations->seats) {
    body["associations"].push_back({{"party", seat.uri}, {"since", seat.since.text()}});
  }
  body["needed"] = Tally{associations->seats.size(), 0, 0}.needed();
  body["ballots"] = ordered_json::array();
  for (std::span<const ProposalNonce> rest(nonces); !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), kStateProofKeysMax - 1));
    rest = rest.subspan(some.size());
    const auto shown = proposals(reader_, some);
    if (!shown) return problem(shown.error());
    for (const auto& one : *shown) body["ballots"].push_back(one);
  }
  return json_answer(200, body);
}

Response GovernanceRoutes::one(std::string_view nonce) const {
  const auto bytes = from_hex(nonce);
  ProposalNonce wanted{};
  if (!bytes || bytes->size() != wanted.size()) {
    return problem(400, "bad-request", "Bad request",
                   "the proposal is named by 32 lower-case hex digits");
  }
  std::ranges::copy(*bytes, wanted.begin());
  const auto shown = proposals(reader_, std::span(&wanted, 1));
  if (!shown) return problem(shown.error());
  if (shown->empty()) {
    return problem(404, "not-found", "Not found", "no proposal of this name was ever made");
  }
  return json_answer(200, shown->front());
}

Response GovernanceRoutes::parameters() const {
  const auto snapshot = read_state(reader_, {state_key::parameters()});
  if (!snapshot) return problem(snapshot.error());
  const auto record = parse_at(*snapshot, 0, parse_parameters);
  if (!record) return problem(record.error());
  return json_answer(200, {{"parameters", parameters_json(*record)}});
}

}  // namespace footproof::api
