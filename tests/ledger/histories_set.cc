// The validators that ballots are about: who comes, with which keys, and what its word is worth.
#include <algorithm>
#include <utility>

#include "attest/ready.h"
#include "tests/ledger/histories.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using namespace cast;

// Keys are made once for all histories; secrets are looked up by their public half.
const SigningKey& validator_key(const std::string& name) {
  static std::map<std::string, SigningKey> keys;
  const auto found = keys.find(name);
  if (found != keys.end()) return found->second;
  return keys.emplace(name, key_from(name, Algorithm::eddsa)).first->second;
}
std::map<Digest, const SigningKey*>& secrets() {
  static std::map<Digest, const SigningKey*> all;
  return all;
}
PublicKey public_half(const std::string& name) {
  const SigningKey& key = validator_key(name);
  secrets()[key.public_key().kid()] = &key;
  return key.public_key();
}

}  // namespace

ValidatorProposal HistoryMaker::some_validator(const NaiveRules& ledger) {
  const auto set = ledger.sets().in_force;
  const std::string id = "validator-" + std::to_string(dice_.below(8));
  // Few generations: some keys are there already, or were.
  const std::string name =
      "histories/" + id + "/" + std::to_string(dice_.below(dice_.chance(80) ? 1000 : 2));
  const std::string party = dice_.chance(92) ? association(dice_.below(4)) : some_party(ledger);
  PublicKey vote = public_half(name + "/vote");
  PublicKey cosign = public_half(name + "/cosign");
  PublicKey log = public_half(name + "/log");
  Digest pin = sha256(as_bytes(name));
  const auto itself =
      std::find_if(set.begin(), set.end(), [&](const Member& member) { return member.id == id; });
  if (itself != set.end() && dice_.chance(50)) {  // keeps some of what it has
    if (dice_.chance(80)) vote = itself->vote_key;
    if (dice_.chance(80)) cosign = itself->cosign_key;
    if (dice_.chance(80)) log = itself->log_key;
    if (dice_.chance(80)) pin = itself->tls_pin;
  }
  if (dice_.chance(3)) vote = dice_.one_of(set).cosign_key;
  // A proposal with one key in two roles does not parse, and nobody signs what does not.
  if (vote == cosign || vote == log) vote = public_half(name + "/vote");
  if (dice_.chance(3)) pin = dice_.one_of(set).tls_pin;
  ValidatorProposal made{id, party, vote, cosign, log, pin};
  const auto prove = [&](const PublicKey& key, std::string_view role) {
    const auto secret = secrets().find(key.kid());
    if (secret == secrets().end() || dice_.chance(2)) return PossessionProof{};
    return possession(*secret->second, chain_id_, id, role);
  };
  made.vote_proof = prove(vote, role::kVote);
  made.cosign_proof = prove(cosign, role::kCosign);
  made.log_proof = prove(log, role::kLog);
  return made;
}

Change HistoryMaker::some_change_of_validators(const NaiveRules& ledger) {
  const auto set = ledger.sets().in_force;
  for (const Member& member : set) {  // those of genesis are nobody's yet
    for (const char* role : {"/vote", "/cosign", "/log"}) {
      static_cast<void>(public_half("histories/" + member.id + role));
    }
  }
  const std::string id = dice_.chance(85) ? dice_.one_of(set).id : "validator-x";
  // Four must stay, so the chance to see one go is taken while there are more.
  if (set.size() > 4 && dice_.chance(40)) return RemoveValidator{id};
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      return AdmitValidator{some_validator(ledger)};
    case 3:
      return RemoveValidator{id};
    default: {
      ValidatorProposal by = some_validator(ledger);
      return ReplaceValidator{dice_.chance(60) ? by.id : id, std::move(by)};
    }
  }
}

std::optional<Ready> HistoryMaker::some_word(const NaiveRules& ledger, const Proposal& proposal) {
  const ValidatorProposal* validator = new_validator_of(proposal.change);
  if (validator == nullptr || ledger.list().empty()) return std::nullopt;
  const auto secret = secrets().find(validator->vote_key.kid());
  if (secret == secrets().end()) return std::nullopt;
  Digest entry = ledger.list().back().statement.entry_id();
  if (dice_.chance(15)) entry = dice_.one_of(ledger.list()).statement.entry_id();
  if (dice_.chance(3)) entry = maker::number("nobody", 2);
  auto word = make_ready(*secret->second, chain_id_, proposal, entry);
  if (!word) return std::nullopt;
  if (dice_.chance(3)) word->signature[7] ^= 1;
  return *word;
}

}  // namespace footproof::testing
