#include "api/ballot_view.h"

#include <array>
#include <nlohmann/json.hpp>
#include <variant>

#include "attest/parameters.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

// In the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<Change>> kKinds = {
    "admit-validator", "remove-validator", "replace-validator", "admit", "remove",
    "renew-keys",      "set-parameter",    "replace",           "allow", "set-registrar"};

std::string describe_party(const AdmitParty& party) {
  std::string text =
      party.uri + " (" + party.legal_name + ") as " + std::string(to_text(party.role));
  if (!party.schemes.empty()) text += ", schemes " + joined_or_none(party.schemes);
  if (!party.regimes.empty()) text += ", regimes " + joined_or_none(party.regimes);
  return text;
}

struct Describe {
  std::string operator()(const AdmitValidator& change) const {
    return "admit validator " + change.validator.id + " of " + change.validator.party;
  }
  std::string operator()(const RemoveValidator& change) const {
    return "remove validator " + change.id;
  }
  std::string operator()(const ReplaceValidator& change) const {
    return "replace validator " + change.id + " by " + change.by.id + " of " + change.by.party;
  }
  std::string operator()(const AdmitParty& change) const {
    return "admit " + describe_party(change);
  }
  std::string operator()(const RemoveParty& change) const { return "remove " + change.uri; }
  std::string operator()(const RenewPartyKeys& change) const {
    return "give " + change.uri + " " + std::to_string(change.keys.size()) + " new first key(s)";
  }
  std::string operator()(const SetParameter& change) const {
    return "set " + change.id + " to " + std::to_string(change.value);
  }
  std::string operator()(const ReplaceParty& change) const {
    return "replace " + change.uri + " by " + describe_party(change.by);
  }
  std::string operator()(const AllowParty& change) const {
    return "allow " + change.uri + " schemes " + joined_or_none(change.schemes) + "; regimes " +
           joined_or_none(change.regimes);
  }
  std::string operator()(const SetRegistrar& change) const {
    return "let " + change.registrar + " register the keys of " + change.verifier;
  }
};

ordered_json keys_json(const std::vector<NewKey>& keys) {
  ordered_json array = ordered_json::array();
  for (const NewKey& key : keys) {
    array.push_back({{"kid", key.key.kid().hex()},
                     {"algorithm", to_text(key.key.algorithm())},
                     {"usage", to_text(key.usage)}});
  }
  return array;
}

ordered_json party_json(const AdmitParty& party) {
  return {
      {"party", party.uri},       {"role", to_text(party.role)}, {"legal_name", party.legal_name},
      {"schemes", party.schemes}, {"regimes", party.regimes},    {"keys", keys_json(party.keys)}};
}

ordered_json validator_json(const ValidatorProposal& validator) {
  return {{"id", validator.id},
          {"association", validator.party},
          {"vote_kid", validator.vote_key.kid().hex()},
          {"cosign_kid", validator.cosign_key.kid().hex()},
          {"log_kid", validator.log_key.kid().hex()},
          {"tls_pin", validator.tls_pin.hex()}};
}

struct ChangeJson {
  ordered_json operator()(const AdmitValidator& change) const {
    return {{"validator", validator_json(change.validator)}};
  }
  ordered_json operator()(const RemoveValidator& change) const { return {{"id", change.id}}; }
  ordered_json operator()(const ReplaceValidator& change) const {
    return {{"id", change.id}, {"by", validator_json(change.by)}};
  }
  ordered_json operator()(const AdmitParty& change) const { return party_json(change); }
  ordered_json operator()(const RemoveParty& change) const { return {{"party", change.uri}}; }
  ordered_json operator()(const RenewPartyKeys& change) const {
    return {{"party", change.uri}, {"keys", keys_json(change.keys)}};
  }
  ordered_json operator()(const SetParameter& change) const {
    return {{"parameter", change.id}, {"value", change.value}};
  }
  ordered_json operator()(const ReplaceParty& change) const {
    return {{"party", change.uri}, {"by", party_json(change.by)}};
  }
  ordered_json operator()(const AllowParty& change) const {
    return {{"party", change.uri}, {"schemes", change.schemes}, {"regimes", change.regimes}};
  }
  ordered_json operator()(const SetRegistrar& change) const {
    return {{"verifier", change.verifier}, {"registrar", change.registrar}};
  }
};

}  // namespace

std::string describe(const Change& change) { return std::visit(Describe{}, change); }

std::string_view kind_of(const Change& change) { return kKinds[change.index()]; }

ordered_json change_json(const Change& change) {
  ordered_json body;
  body["what"] = kind_of(change);
  body.update(std::visit(ChangeJson{}, change));
  return body;
}

ordered_json proposal_json(const ProposalRecord& record, const AssociationsRecord& associations,
                           Instant now) {
  const Tally votes = tally(record, associations);
  ordered_json ballots = ordered_json::array();
  for (const CastBallot& ballot : record.ballots) {
    const AssociationSeat* seat = associations.find(ballot.association);
    ballots.push_back({{"association", ballot.association},
                       {"approve", ballot.approve},
                       {"counts", seat != nullptr && ballot.recorded >= seat->since},
                       {"recorded", ballot.recorded.text()},
                       {"entry_id", ballot.entry.hex()}});
  }
  ordered_json body;
  body["proposal"] = to_hex(record.proposal.nonce);
  body["state"] = to_text(state_at(record, now));
  body["summary"] = describe(record.proposal.change);
  body["change"] = change_json(record.proposal.change);
  body["proposer"] = record.proposer;
  body["proposed"] = record.proposed.text();
  body["lapses"] = record.proposal.lapses.text();
  body["associations"] = votes.members;
  body["needed"] = votes.needed();
  body["approve"] = votes.approve;
  body["reject"] = votes.reject;
  body["ballots"] = std::move(ballots);
  body["ready"] = nullptr;  // the word of a new validator
  if (record.ready) {
    body["ready"] = {{"entry_id", record.ready->entry.hex()},
                     {"recorded", record.ready->recorded.text()}};
  }
  body["decided"] = nullptr;
  if (record.decided) {
    body["decided"] = {{"recorded", record.decided->recorded.text()},
                       {"entry_id", record.decided->entry.hex()}};
  }
  return body;
}

ordered_json parameters_json(const Parameters& parameters) {
  ordered_json list = ordered_json::array();
  for (const ParameterEntry& entry : parameter_table()) {
    list.push_back({{"id", entry.id},
                    {"value", entry.value_in(parameters)},
                    {"unit", entry.unit},
                    {"initial", entry.initial()},
                    {"min", entry.min},
                    {"max", entry.max},
                    {"refused_if", entry.meaning}});
  }
  for (const LateAnchoring& late : parameters.late_days) {
    list.push_back({{"id", "late-days." + late.scheme},
                    {"value", late.days},
                    {"unit", "days"},
                    {"initial", 0},
                    {"min", 0},
                    {"max", kLateDaysMax},
                    {"refused_if",
                     "its attestation under this scheme is recorded late, more days "
                     "after its issue date"}});
  }
  return list;
}

}  // namespace footproof::api
