// footproof ballot propose, vote: how associations change the network together. What is shown of
// proposals is in ballot_show.cc.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "api/ballot_view.h"
#include "api/cli/ballot_show.h"
#include "api/cli/inspect.h"
#include "api/cli/key_request.h"
#include "api/cli/submitting.h"
#include "api/cli/validator_request.h"
#include "attest/governance_record.h"
#include "attest/printable.h"
#include "attest/ready.h"

namespace footproof::api {
namespace {

constexpr std::int64_t kLapsesDays = 30;

struct ProposeOptions {
  SignOptions sign;
  std::string party;
  std::string by;
  std::string role;
  std::string name;
  std::vector<std::string> schemes;
  std::vector<std::string> regimes;
  std::vector<std::string> key_requests;
  std::string parameter;
  std::uint64_t value = 0;
  std::string validator;
  std::string request;
  std::string lapses;
};

struct VoteOptions {
  SignOptions sign;
  std::string proposal;
  bool approve = false;
  bool reject = false;
  std::string ready;
};

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

// The keys in the files, whose proofs of possession must be for this party and network.
Result<std::vector<NewKey>> read_keys(const std::vector<std::string>& paths,
                                      const std::string& party, const Digest& chain_id) {
  std::vector<NewKey> keys;
  for (const std::string& path : paths) {
    const auto bytes = read_file(path, kKeyRequestSizeMax);
    if (!bytes) return fail(bytes.error());
    auto request = parse_key_request(*bytes);
    if (!request) return fail(wrong_file(path, *bytes, "key request", request.error()));
    if (request->party != party) {
      return fail(Errc::usage, path + ": is of " + request->party + ", not of " + party);
    }
    const NewKey& added = request->added;
    if (!verify_possession_proof(added.key, chain_id, party, to_text(added.usage), added.proof)) {
      return fail(Errc::bad_signature,
                  path + ": its proof of possession is not for this network; make it again");
    }
    keys.push_back(added);
  }
  return keys;
}

Result<AdmitParty> party_of(const ProposeOptions& options, const std::string& uri,
                            const Digest& chain_id) {
  AdmitParty party;
  party.uri = uri;
  auto role = parse_party_role(options.role);
  if (!role) return fail(role.error());
  auto keys = read_keys(options.key_requests, uri, chain_id);
  if (!keys) return fail(keys.error());
  party.role = *role;
  party.legal_name = options.name;
  party.schemes = sorted(options.schemes);
  party.regimes = sorted(options.regimes);
  party.keys = std::move(*keys);
  return party;
}

// Makes the change once the network is known, which the keys' proofs are bound to.
using MakeChange = Result<Change> (*)(const ProposeOptions&, const Digest& chain_id);

Result<Change> admission(const ProposeOptions& options, const Digest& chain_id) {
  auto party = party_of(options, options.party, chain_id);
  if (!party) return fail(party.error());
  return std::move(*party);
}
Result<Change> removal(const ProposeOptions& options, const Digest&) {
  return RemoveParty{options.party};
}
Result<Change> replacement(const ProposeOptions& options, const Digest& chain_id) {
  auto party = party_of(options, options.by, chain_id);
  if (!party) return fail(party.error());
  return ReplaceParty{options.party, std::move(*party)};
}
Result<Change> renewal(const ProposeOptions& options, const Digest& chain_id) {
  auto keys = read_keys(options.key_requests, options.party, chain_id);
  if (!keys) return fail(keys.error());
  return RenewPartyKeys{options.party, std::move(*keys)};
}
Result<Change> allowance(const ProposeOptions& options, const Digest&) {
  return AllowParty{options.party, sorted(options.schemes), sorted(options.regimes)};
}
Result<Change> registrar(const ProposeOptions& options, const Digest&) {
  return SetRegistrar{options.party, options.by};
}
Result<Change> parameter(const ProposeOptions& options, const Digest&) {
  return SetParameter{options.parameter, options.value};
}

Result<ValidatorProposal> requested(const ProposeOptions& options, const Digest& chain_id) {
  const auto bytes = read_file(options.request, kValidatorRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto request = parse_validator_request(*bytes);
  if (!request)
    return fail(wrong_file(options.request, *bytes, "validator request", request.error()));
  if (request->chain_id != chain_id) {
    return fail(Errc::usage, options.request +
                                 ": its proofs of possession are for another network; make it "
                                 "again");
  }
  return std::move(request->validator);
}
Result<Change> validator_admission(const ProposeOptions& options, const Digest& chain_id) {
  auto validator = requested(options, chain_id);
  if (!validator) return fail(validator.error());
  return AdmitValidator{std::move(*validator)};
}
Result<Change> validator_removal(const ProposeOptions& options, const Digest&) {
  return RemoveValidator{options.validator};
}
Result<Change> validator_replacement(const ProposeOptions& options, const Digest& chain_id) {
  auto validator = requested(options, chain_id);
  if (!validator) return fail(validator.error());
  return ReplaceValidator{options.validator, std::move(*validator)};
}

int propose(const ProposeOptions& options, MakeChange make, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto chain_id = network_of(options.sign.policy, *client);
  if (!chain_id) return report(chain_id.error());
  auto change = make(options, *chain_id);
  if (!change) return report(change.error());
  Proposal proposal{{}, std::move(*change), utc_day(clock_now()).plus(kLapsesDays)};
  if (!options.lapses.empty()) {
    const auto lapses = date_or_today(options.lapses, "--lapses");
    if (!lapses) return report(lapses.error());
    proposal.lapses = *lapses;
  }
  std::ranges::copy(random_bytes(proposal.nonce.size()), proposal.nonce.begin());
  // The name is drawn anew each time: that of a check would never be found.
  std::cerr << "proposal  "
            << (options.sign.check ? "gets its id when it is made; this is a check"
                                   : to_hex(proposal.nonce))
            << "\n          " << printable(describe(proposal.change))
            << "\n          may be voted on until " << proposal.lapses.text() << '\n';
  return sign_and_submit(context, options.sign, *client, Ballot{std::move(proposal), true});
}

// The new validator's word must be for this proposal: the rules would refuse the ballot.
Result<std::optional<Ready>> word_in(const VoteOptions& options, const Proposal& proposal,
                                     const Digest& chain_id) {
  if (options.ready.empty()) return std::optional<Ready>();
  if (!options.approve) return fail(Errc::usage, "--ready: goes with --approve");
  const auto bytes = read_file(options.ready, kReadySizeMax);
  if (!bytes) return fail(bytes.error());
  const auto word = parse_ready(*bytes);
  if (!word)
    return fail(
        wrong_file(options.ready, *bytes, "validator's word that it keeps up", word.error()));
  if (!verify_ready(*word, chain_id, proposal)) {
    return fail(Errc::bad_signature, options.ready +
                                         ": is not the word of the validator that this proposal "
                                         "names, for this proposal");
  }
  return std::optional(*word);
}

int vote(const VoteOptions& options, const Context& context) {
  if (options.approve == options.reject) {
    return report({Errc::usage, "say what the vote is: --approve or --reject"});
  }
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto record = proven_proposal(*client, options.proposal, options.sign.policy);
  if (!record) return report(record.error());
  // What is signed is the whole proposal, so the node cannot show one and have another voted for.
  std::cerr << (options.approve ? "approve   " : "reject    ")
            << printable(describe(record->proposal.change)) << '\n';
  const auto chain_id = network_of(options.sign.policy, *client);
  if (!chain_id) return report(chain_id.error());
  const auto word = word_in(options, record->proposal, *chain_id);
  if (!word) return report(word.error());
  return sign_and_submit(context, options.sign, *client,
                         Ballot{std::move(record->proposal), options.approve, *word});
}

// --- the command line ----------------------------------------------------------------------------

void add_party_options(CLI::App& command, ProposeOptions& options) {
  command
      .add_option("--role", options.role,
                  "accreditation-body, association, scheme-owner or dataset-operator")
      ->required();
  command.add_option("--name", options.name, "Legal name of the organisation")->required();
}
void add_allowance_options(CLI::App& command, ProposeOptions& options) {
  command.add_option("--scheme", options.schemes, "Scheme that it may grant or owns; repeatable");
  command.add_option("--regime", options.regimes,
                     "Recognition regime that it may name, e.g. eu-nab; repeatable");
}
void add_key_options(CLI::App& command, ProposeOptions& options) {
  command
      .add_option("--key-request", options.key_requests,
                  "What the party made with footproof register request; repeatable, one file each")
      ->required();
}

class ProposeCommands {
 public:
  ProposeCommands(CLI::App& group, Context& context) : group_(group), context_(context) {}

  CLI::App& add(const char* name, const char* text, MakeChange make, const char* example) {
    auto* command = group_.add_subcommand(name, text);
    command->add_option("--lapses", options_->lapses,
                        "Last day to vote on it, at most 180 days ahead; default in 30 days");
    add_sign_options(*command, options_->sign);
    command->footer(std::string("Example:\n  footproof ballot propose ") + name + ' ' + example +
                    " \\\n    --key association-sign.pem --issuer https://association.example \\\n"
                    "    -o proposal.statement --node http://127.0.0.1:8101\n"
                    "With --check nothing is sent: a node says whether it could be carried out.\n");
    command->callback([options = options_, make, this_context = &context_] {
      this_context->exit_code = propose(*options, make, *this_context);
    });
    return *command;
  }
  CLI::App& add_for_party(const char* name, const char* text, MakeChange make,
                          const char* example) {
    CLI::App& command = add(name, text, make, example);
    command.add_option("PARTY", options_->party, "Party URI")->required();
    return command;
  }
  [[nodiscard]] ProposeOptions& options() { return *options_; }

 private:
  CLI::App& group_;
  Context& context_;
  std::shared_ptr<ProposeOptions> options_ = std::make_shared<ProposeOptions>();
};

void add_validator_proposals(ProposeCommands& commands, ProposeOptions& options) {
  const char* const kRequest = "What its operator made with footproof validator request";
  CLI::App& admit = commands.add("validator-admit", "Admit a validator to the set",
                                 validator_admission, "--request textile.request");
  admit.add_option("--request", options.request, kRequest)->required();

  CLI::App& remove = commands.add("validator-remove", "Remove a validator from the set",
                                  validator_removal, "textile");
  remove.add_option("VALIDATOR", options.validator, "Validator id")->required();

  CLI::App& replace =
      commands.add("validator-replace", "Replace a validator, or give it other keys",
                   validator_replacement, "textile --request textile-2.request");
  replace.add_option("VALIDATOR", options.validator, "Id of the validator in the set")->required();
  replace.add_option("--request", options.request, kRequest)->required();
}

void add_propose_commands(CLI::App& ballot, Context& context) {
  auto* group = ballot.add_subcommand("propose", "Propose a change; the proposer votes for it");
  group->require_subcommand(1);
  ProposeCommands commands(*group, context);
  ProposeOptions& options = commands.options();

  CLI::App& admit = commands.add_for_party(
      "admit", "Admit a party with its first keys", admission,
      "https://body.example --role accreditation-body --name \"A Body\" \\\n    --scheme cbam "
      "--regime eu-nab --key-request sign.keyrequest --key-request status.keyrequest");
  add_party_options(admit, options);
  add_allowance_options(admit, options);
  add_key_options(admit, options);

  commands.add_for_party("remove", "Remove a party: its statements are refused from then on",
                         removal, "https://body.example");

  CLI::App& replace = commands.add_for_party(
      "replace", "Put one party in the place of another, at once", replacement,
      "https://old.example --by https://new.example --role association \\\n    --name \"New "
      "Association\" --key-request sign.keyrequest --key-request status.keyrequest");
  replace.add_option("--by", options.by, "Party URI of the new one")->required();
  add_party_options(replace, options);
  add_allowance_options(replace, options);
  add_key_options(replace, options);

  CLI::App& keys = commands.add_for_party(
      "keys", "First keys again, for a party that lost its own; those of the same usage end",
      renewal, "https://body.example --key-request new.keyrequest");
  add_key_options(keys, options);

  CLI::App& allow = commands.add_for_party(
      "allow", "Set what an accreditation body may grant, in full", allowance,
      "https://body.example --scheme cbam --scheme pact --regime eu-nab");
  add_allowance_options(allow, options);

  CLI::App& other = commands.add_for_party(
      "registrar", "Let another accreditation body register a verifier's keys", registrar,
      "https://verifier.example --by https://body.example");
  other.add_option("--by", options.by, "Party URI of the accreditation body")->required();

  add_validator_proposals(commands, options);

  CLI::App& set = commands.add("parameter", "Set a parameter of the network", parameter,
                               "anchoring-days-max 60");
  set.add_option("ID", options.parameter, "As ballot parameters lists it")->required();
  set.add_option("VALUE", options.value, "In its unit, within its range")->required();
}

}  // namespace

void add_ballot_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand(
      "ballot", "Associations: admit and remove parties and validators, set rules");
  group->require_subcommand(1);
  add_propose_commands(*group, context);

  auto options = std::make_shared<VoteOptions>();
  auto* voting = group->add_subcommand("vote", "Vote on a proposal; the last vote counts");
  voting->add_option("PROPOSAL", options->proposal, "As ballot list shows it")->required();
  voting->add_flag("--approve", options->approve, "Vote for it");
  voting->add_flag("--reject", options->reject, "Vote against it");
  voting->add_option("--ready", options->ready,
                     "The new validator's word, made with footproof validator ready");
  add_sign_options(*voting, options->sign);
  voting->footer(
      "Example:\n  footproof ballot vote 3f…c2 --approve --key association-sign.pem \\\n"
      "    --issuer https://association.example -o ballot.statement --node "
      "http://127.0.0.1:8101\n");
  voting->callback([options, &context] { context.exit_code = vote(*options, context); });
  add_ballot_show_commands(*group, context);
}

}  // namespace footproof::api
