#include "api/cli/ballot_show.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/ballot_view.h"
#include "api/cli/proven_state.h"
#include "api/cli/status.h"
#include "api/cli/submitting.h"
#include "attest/governance_record.h"
#include "attest/printable.h"
#include "attest/receipt_check.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kProposalDigits = 32;
constexpr int kTriesMax = 3;

// --- what the state holds ------------------------------------------------------------------------

struct Governance {
  AssociationsRecord associations;
  std::optional<Bytes> open;  // record of the open proposals
  std::optional<ProposalRecord> proposal;
  Instant time;
};

template <class Record>
Result<Record> parse_proven(const std::optional<Bytes>& bytes, std::string_view what,
                            Result<Record> (*parse)(ByteView)) {
  if (!bytes) return fail(Errc::corrupt, "the network's state has no " + std::string(what));
  auto record = parse(*bytes);
  if (!record) return fail(what, std::move(record.error()));
  return record;
}

// With the proposal of this name, where one is asked for: all of one head.
Result<Governance> read_governance(StateReader& state, const ProposalNonce* nonce) {
  std::vector<Digest> keys = {state_key::associations(), state_key::open_proposals()};
  if (nonce != nullptr) keys.push_back(state_key::proposal(*nonce));
  const std::string what = nonce != nullptr ? "proposal " + to_hex(*nonce) : "the open proposals";
  auto found = state.read(what, keys);
  if (!found) return fail(std::move(found.error()));
  auto associations =
      parse_proven(found->records[0], "record of associations", parse_associations_record);
  if (!associations) return fail(std::move(associations.error()));
  Governance read{std::move(*associations), std::move(found->records[1]), {}, found->time};
  if (nonce == nullptr || !found->records[2]) return read;
  auto proposal = parse_proven(found->records[2], what, parse_proposal_record);
  if (!proposal) return fail(std::move(proposal.error()));
  read.proposal = std::move(*proposal);
  return read;
}

Result<std::vector<ProposalNonce>> open_nonces(const Governance& governance) {
  std::vector<ProposalNonce> nonces;
  if (!governance.open) return nonces;
  const auto record = parse_open_proposals_record(*governance.open);
  if (!record) return fail("open proposals", record.error());
  for (const Proposer& proposer : record->proposers) {
    for (const OpenProposal& one : proposer.open) nonces.push_back(one.nonce);
  }
  return nonces;
}

Result<ProposalNonce> parse_nonce(const std::string& text) {
  const auto bytes = from_hex(text);
  ProposalNonce nonce{};
  if (text.size() != kProposalDigits || !bytes) {
    return fail(Errc::usage, "PROPOSAL: 32 lower-case hex digits, as ballot list shows them");
  }
  std::ranges::copy(*bytes, nonce.begin());
  return nonce;
}

// --- the ballots themselves ----------------------------------------------------------------------

// The signed ballot in the log that the state's record names: an error if it says something else,
// the reason where the node does not show it, and nothing where all is well.
Result<std::string> check_ballot(StateReader& state, const Proposal& proposal,
                                 const CastBallot& cast) {
  const auto receipt = state.client().receipt(cast.entry, std::nullopt);
  const std::string where = "ballot of " + cast.association;
  if (!receipt && receipt.error().code == Errc::bad_value) return fail(where, receipt.error());
  if (!receipt) return "the node does not show it: " + receipt.error().detail;
  const auto check = judge_answer(*receipt, state.policy());
  if (!check) return fail(where, check.error());
  const auto* ballot = check->statement->as<Ballot>();
  if (ballot == nullptr || check->statement->issuer() != cast.association ||
      ballot->proposal != proposal || ballot->approve != cast.approve) {
    return fail(Errc::bad_value, where + ": what it signed is not what the state says of it");
  }
  return std::string();
}

// Adds to each ballot whether the association's own signed statement was seen in the log.
Result<void> check_ballots(StateReader& state, const ProposalRecord& record, ordered_json& shown) {
  for (std::size_t i = 0; i < record.ballots.size(); ++i) {
    const auto missing = check_ballot(state, record.proposal, record.ballots[i]);
    if (!missing) return fail(missing.error());
    ordered_json& one = shown["ballots"][i];
    one["signed"] = missing->empty();
    if (!missing->empty()) one["not_checked"] = *missing;
  }
  return {};
}

// --- for people ----------------------------------------------------------------------------------

// The record was made by others: shown as text whatever it is.
std::string text_of(const ordered_json& body, const char* name) {
  const auto& found = body.at(name);
  return printable(found.is_string() ? found.get<std::string>() : found.dump());
}

void print_proposal(const ordered_json& body) {
  std::cout << text_of(body, "state") << "  " << text_of(body, "proposal") << "\n          "
            << text_of(body, "summary") << "\n          " << text_of(body, "approve") << " for, "
            << text_of(body, "reject") << " against; " << text_of(body, "needed") << " of "
            << text_of(body, "associations") << " associations are needed\n          lapses after "
            << text_of(body, "lapses") << '\n';
}

void print_ballots(const ordered_json& body) {
  std::cout << "          proposed by " << text_of(body, "proposer") << " on "
            << text_of(body, "proposed") << '\n';
  for (const ordered_json& ballot : body.at("ballots")) {
    std::cout << "          " << (ballot.at("approve").get<bool>() ? "for      " : "against  ")
              << text_of(ballot, "association") << " on " << text_of(ballot, "recorded")
              << (ballot.at("counts").get<bool>() ? "" : " (no member any more)") << '\n';
    if (ballot.contains("not_checked")) {
      std::cout << "                   its signed ballot: not checked, "
                << text_of(ballot, "not_checked") << '\n';
    }
  }
  if (!body.at("ready").is_null()) {
    std::cout << "          the new validator is ready: it has executed entry "
              << text_of(body.at("ready"), "entry_id") << ", recorded "
              << text_of(body.at("ready"), "recorded") << '\n';
  }
  if (!body.at("decided").is_null()) {
    std::cout << "          carried out on " << text_of(body.at("decided"), "recorded")
              << " by entry " << text_of(body.at("decided"), "entry_id") << '\n';
  }
  std::cout << "          " << printable(body.at("change").dump()) << '\n';
}

// Of a state that may be too old to go by, the exit code says so.
template <class Print>
int show(const StateReader& state, ordered_json body, bool json, const Print& print) {
  const bool stale = state.verified() && state.is_stale();
  if (json) {
    body["verified"] = state.verified();
    body["as_of_s"] = state.as_of().seconds();
    body["stale"] = state.is_stale();
    std::cout << body.dump(2) << '\n';
  } else {
    print(body);
    state.print_proof();
  }
  return stale ? kReservation : kOk;
}

// --- commands ------------------------------------------------------------------------------------

// A proposal that was decided between two reads is no longer open: then nothing is said.
Result<std::optional<ordered_json>> try_list(StateReader& state) {
  const auto first = read_governance(state, nullptr);
  if (!first) return fail(first.error());
  const auto nonces = open_nonces(*first);
  if (!nonces) return fail(nonces.error());
  ordered_json body;
  body["associations"] = ordered_json::array();
  for (const AssociationSeat& seat : first->associations.seats) {
    body["associations"].push_back({{"party", seat.uri}, {"since", seat.since.text()}});
  }
  body["needed"] = Tally{first->associations.seats.size(), 0, 0}.needed();
  body["ballots"] = ordered_json::array();
  for (const ProposalNonce& nonce : *nonces) {
    const auto one = read_governance(state, &nonce);
    if (!one) return fail(one.error());
    if (one->open != first->open || one->associations != first->associations) {
      return std::optional<ordered_json>();
    }
    if (!one->proposal) {
      return fail(Errc::corrupt, "proposal " + to_hex(nonce) + ": open, but the state has none");
    }
    body["ballots"].push_back(proposal_json(*one->proposal, one->associations, one->time));
  }
  return std::optional(std::move(body));
}

int list(const ProofOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto state = StateReader::make(*client, options);
  if (!state) return report(state.error());
  for (int tried = 0; tried < kTriesMax; ++tried) {
    auto body = try_list(*state);
    if (!body) return report(body.error());
    if (!*body) continue;
    return show(*state, std::move(**body), context.json, [](const ordered_json& shown) {
      const ordered_json& ballots = shown.at("ballots");
      if (ballots.empty()) {
        std::cout << "no open proposals; " << shown.at("associations").size()
                  << " associations, of which " << text_of(shown, "needed") << " decide\n";
      }
      for (const ordered_json& one : ballots) print_proposal(one);
    });
  }
  return report({Errc::too_busy, "the open proposals changed while they were read; ask again"});
}

int show_one(const std::string& text, const ProofOptions& options, const Context& context) {
  const auto nonce = parse_nonce(text);
  if (!nonce) return report(nonce.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto state = StateReader::make(*client, options);
  if (!state) return report(state.error());
  const auto read = read_governance(*state, &*nonce);
  if (!read) return report(read.error());
  if (!read->proposal) {
    if (!context.json) state->print_proof();
    return report({Errc::not_found, "no proposal of this name was ever made"});
  }
  auto body = proposal_json(*read->proposal, read->associations, read->time);
  if (const auto checked = check_ballots(*state, *read->proposal, body); !checked) {
    return report(checked.error());
  }
  return show(*state, std::move(body), context.json, [](const ordered_json& shown) {
    print_proposal(shown);
    print_ballots(shown);
  });
}

int parameters(const ProofOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto state = StateReader::make(*client, options);
  if (!state) return report(state.error());
  const auto found = state->read("the parameters", {state_key::parameters()});
  if (!found) return report(found.error());
  const auto record = parse_proven(found->records[0], "record of parameters", parse_parameters);
  if (!record) return report(record.error());
  ordered_json body{{"parameters", parameters_json(*record)}};
  return show(*state, std::move(body), context.json, [](const ordered_json& shown) {
    for (const ordered_json& one : shown.at("parameters")) {
      std::cout << text_of(one, "id") << "  " << text_of(one, "value") << ' '
                << text_of(one, "unit") << " (at first " << text_of(one, "initial") << ", "
                << text_of(one, "min") << " to " << text_of(one, "max")
                << ")\n    a statement is refused if " << text_of(one, "refused_if") << '\n';
    }
  });
}

}  // namespace

Result<ProposalRecord> proven_proposal(Client& client, const std::string& text,
                                       const std::string& policy_path) {
  const auto nonce = parse_nonce(text);
  if (!nonce) return fail(nonce.error());
  ProofOptions options;
  options.policy = policy_path;
  auto state = StateReader::make(client, options);
  if (!state) return fail(std::move(state.error()));
  auto read = read_governance(*state, &*nonce);
  if (!read) return fail(std::move(read.error()));
  if (!read->proposal) return fail(Errc::not_found, "there is no proposal " + text);
  if (!std::ranges::equal(read->proposal->proposal.nonce, *nonce)) {
    return fail(Errc::mismatch, "the node answered with another proposal");
  }
  return std::move(*read->proposal);
}

void add_ballot_show_commands(CLI::App& ballot, Context& context) {
  const auto options = std::make_shared<ProofOptions>();
  auto* listing = ballot.add_subcommand("list", "Open proposals and how their votes stand");
  add_proof_options(*listing, *options);
  listing->footer(
      "With --policy every line is proven by the network's state: the list is whole, and no vote\n"
      "is changed or left out, as of the time shown.\nExit code: 0, 1 older than --max-age, 3 the "
      "answer does not hold.\n\nExample:\n  footproof ballot list --policy korea.policy --node "
      "http://127.0.0.1:8101 --json\n");
  listing->callback([options, &context] { context.exit_code = list(*options, context); });

  auto proposal = std::make_shared<std::string>();
  auto* showing = ballot.add_subcommand("show", "One proposal, open, accepted or lapsed");
  showing->add_option("PROPOSAL", *proposal, "As ballot list shows it")->required();
  add_proof_options(*showing, *options);
  showing->footer(
      "With --policy it is proven by the network's state, and each ballot's signature in the log "
      "is\nverified.\n\nExample:\n  footproof ballot show 3f…c2 --policy korea.policy --node "
      "http://127.0.0.1:8101\n");
  showing->callback([proposal, options, &context] {
    context.exit_code = show_one(*proposal, *options, context);
  });

  auto* parameter =
      ballot.add_subcommand("parameters", "The parameters that ballots set, with their ranges");
  add_proof_options(*parameter, *options);
  parameter->footer(
      "Example:\n  footproof ballot parameters --policy korea.policy --node "
      "http://127.0.0.1:8101\n");
  parameter->callback([options, &context] { context.exit_code = parameters(*options, context); });
}

}  // namespace footproof::api
