// Who may propose and vote, until when, how often.
#include <gtest/gtest.h>

#include <fstream>

#include "attest/parameters.h"
#include "tests/ledger/ballot_stage.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

SetParameter anchoring(std::uint64_t days) { return {"anchoring-days-max", days}; }

}  // namespace

const std::map<R, Case>& ballot_cases() {
  static const std::map<R, Case> cases = {
      {R::not_an_association,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60));
         EXPECT_EQ(vote(it, kBodyUri, made), "not-an-association");
         EXPECT_EQ(vote(it, kSchemeOwnerUri, made), "not-an-association");
         EXPECT_EQ(vote(it, kVerifierUri, made), "not-an-association");
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         // Neither does a vote on what is proposed already count.
         EXPECT_EQ(vote(it, kBodyUri, made), "not-an-association");
       }},
      {R::unknown_proposal,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60));
         EXPECT_EQ(vote(it, 0, made, false), "unknown-proposal");
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         EXPECT_EQ(vote(it, 1, made, false), kAccepted);
       }},
      {R::proposal_differs,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60));
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         Proposal other = made;
         other.change = anchoring(61);
         EXPECT_EQ(vote(it, 1, other), "proposal-differs");
         other = made;
         other.lapses = made.lapses.plus(1);
         EXPECT_EQ(vote(it, 1, other, false), "proposal-differs");
         EXPECT_EQ(vote(it, 1, made), kAccepted);
       }},
      {R::lapses_out_of_range,
       [](RulesStage& it) {
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(60), -1)), "lapses-out-of-range");
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(60), 181)), "lapses-out-of-range");
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(60), 0)), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(60), 180)), kAccepted);
       }},
      {R::proposal_lapsed,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60), 1);
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         it.network.advance(86400);
         EXPECT_EQ(vote(it, 1, made), kAccepted);  // its last day
         it.network.advance(86400);
         EXPECT_EQ(vote(it, 2, made), "proposal-lapsed");
         EXPECT_EQ(vote(it, 2, made, false), "proposal-lapsed");
         // Nor can its nonce be used again.
         Proposal again = made;
         again.lapses = it.today();
         EXPECT_EQ(vote(it, 2, again), "proposal-differs");
       }},
      {R::already_decided,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60));
         for (const std::size_t voter : {0U, 1U, 2U}) EXPECT_EQ(vote(it, voter, made), kAccepted);
         EXPECT_EQ(vote(it, 3, made), "already-decided");
         EXPECT_EQ(vote(it, 0, made, false), "already-decided");
         EXPECT_EQ(vote(it, 3, proposal(it, anchoring(61))), kAccepted);
       }},
      {R::already_voted,
       [](RulesStage& it) {
         const Proposal made = proposal(it, anchoring(60));
         EXPECT_EQ(vote(it, 0, made), kAccepted);
         EXPECT_EQ(vote(it, 0, made), "already-voted");
         // Changing one's mind is another vote.
         EXPECT_EQ(vote(it, 0, made, false), kAccepted);
         EXPECT_EQ(vote(it, 0, made, false), "already-voted");
         EXPECT_EQ(vote(it, 0, made), kAccepted);
       }},
      {R::too_many_proposals,
       [](RulesStage& it) {
         const Proposal first = proposal(it, anchoring(61));
         EXPECT_EQ(vote(it, 0, first), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(62), 0)), kAccepted);
         for (const std::uint64_t days : {63U, 64U}) {
           EXPECT_EQ(vote(it, 0, proposal(it, anchoring(days))), kAccepted);
         }
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(65))), "too-many-proposals");
         // Each has its own four; and what is decided or lapsed makes room.
         EXPECT_EQ(vote(it, 1, proposal(it, anchoring(65))), kAccepted);
         EXPECT_EQ(vote(it, 1, first), kAccepted);
         EXPECT_EQ(vote(it, 2, first), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(66))), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(67))), "too-many-proposals");
         it.network.advance(86400);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(67))), kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& ballot_change_cases() {
  static const std::map<R, Case> cases = {
      {R::not_a_member,
       [](RulesStage& it) {
         const std::string stranger = "https://stranger.example";
         const std::string body(kOtherBodyUri);
         const std::string verifier(kVerifierUri);
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveParty{stranger})), "not-a-member");
         EXPECT_EQ(vote(it, 0, proposal(it, ReplaceParty{stranger, new_body(it)})), "not-a-member");
         EXPECT_EQ(vote(it, 0, proposal(it, AllowParty{stranger, {}, {}})), "not-a-member");
         EXPECT_EQ(vote(it, 0, proposal(it, SetRegistrar{stranger, body})), "not-a-member");
         EXPECT_EQ(vote(it, 0, proposal(it, SetRegistrar{verifier, stranger})), "not-a-member");
         EXPECT_EQ(vote(it, 0, proposal(it, RenewPartyKeys{stranger, new_body(it).keys})),
                   "not-a-member");
         // A second time neither: the vote that comes too late is refused, not lost in the state.
         const Proposal slower = proposal(it, RemoveParty{body});
         EXPECT_EQ(vote(it, 0, slower), kAccepted);
         decide(it, RemoveParty{body});
         EXPECT_EQ(vote(it, 1, slower), "not-a-member");
         EXPECT_EQ(vote(it, 1, slower, false), kAccepted);
       }},
      {R::party_exists,
       [](RulesStage& it) {
         EXPECT_EQ(
             vote(it, 0, proposal(it, newcomer(it, kBodyUri, PartyRole::accreditation_body, "2"))),
             "party-exists");
         EXPECT_EQ(vote(it, 0,
                        proposal(it, ReplaceParty{std::string(kOtherBodyUri),
                                                  newcomer(it, kBodyUri,
                                                           PartyRole::accreditation_body, "2")})),
                   "party-exists");
         EXPECT_EQ(vote(it, 0, proposal(it, new_body(it))), kAccepted);
         // Two proposals for one party: the first to be accepted wins, the other cannot pass.
         const Proposal rival = proposal(it, new_body(it));
         EXPECT_EQ(vote(it, 1, rival), kAccepted);
         decide(it, new_body(it));
         EXPECT_EQ(vote(it, 2, rival), "party-exists");
       }},
      {R::not_for_this_role,
       [](RulesStage& it) {
         const std::string verifier(kVerifierUri);
         const std::string body(kBodyUri);
         const std::string other(kOtherBodyUri);
         const std::string owner(kSchemeOwnerUri);
         const std::vector<Change> wrong = {
             RemoveParty{verifier},
             RenewPartyKeys{verifier, {first_key(it, kVerifierUri, KeyUsage::sign, "2")}},
             ReplaceParty{owner, new_body(it)},
             newcomer(it, kVerifierUri, PartyRole::scheme_owner, "2"),
             AllowParty{association(0), {"cbam"}, {}},
             SetRegistrar{body, other},
             SetRegistrar{verifier, owner}};
         // A verifier is a party already: admitting it as another is refused for that.
         for (std::size_t at = 0; at < wrong.size(); ++at) {
           EXPECT_EQ(vote(it, 0, proposal(it, wrong[at])),
                     at == 3 ? "party-exists" : "not-for-this-role")
               << at;
         }
         decide(it, RemoveParty{owner});
         EXPECT_EQ(
             vote(it, 0, proposal(it, newcomer(it, owner, PartyRole::accreditation_body, "2"))),
             "not-for-this-role");
         EXPECT_EQ(vote(it, 0, proposal(it, newcomer(it, owner, PartyRole::scheme_owner, "2"))),
                   kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, SetRegistrar{verifier, other})), kAccepted);
       }},
      {R::no_status_key,
       [](RulesStage& it) {
         AdmitParty body = new_body(it);
         body.keys.pop_back();
         ASSERT_EQ(body.keys.front().usage, KeyUsage::sign);
         EXPECT_EQ(vote(it, 0, proposal(it, body)), "no-status-key");
         EXPECT_EQ(vote(it, 0, proposal(it, new_body(it))), kAccepted);
       }},
      {R::too_few_associations,
       [](RulesStage& it) {
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveParty{association(3)})), "too-few-associations");
         decide(it, fifth_association(it));
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveParty{std::string(kFifthUri)})), kAccepted);
       }},
      {R::too_many_associations,
       [](RulesStage& it) {
         // A network that has begun with one fewer than there may be.
         test::TempFolder folder;
         ledger::Genesis genesis = cast_genesis(4, "sequencer");
         const Digest context = ledger::genesis_possession_context(genesis.domain, genesis.network);
         for (std::size_t number = 4; number + 1 < kAssociationsMax; ++number) {
           AdmitParty party;
           party.uri = association(number);
           party.legal_name = "Association";
           const SigningKey key = party_key(party.uri, KeyUsage::sign);
           party.keys.push_back({key.public_key(), KeyUsage::sign,
                                 possession(key, context, party.uri, role::kSign)});
           genesis.parties.push_back(std::move(party));
         }
         std::ranges::sort(genesis.parties, {}, &AdmitParty::uri);
         std::ofstream(folder.path() / "genesis", std::ios::binary)
             << as_text(ledger::encode_genesis(genesis));
         RulesStage crowded(folder.path(), it);
         ASSERT_EQ(
             record_at(crowded, state_key::associations(), parse_associations_record).seats.size(),
             kAssociationsMax - 1);
         const Proposal late =
             proposal(crowded, newcomer(crowded, "https://late.example", PartyRole::association));
         EXPECT_EQ(vote(crowded, 0, late), kAccepted);
         decide(crowded, fifth_association(crowded), (kAssociationsMax - 1) * 2 / 3 + 1);
         EXPECT_EQ(vote(crowded, 1, late), "too-many-associations");
         // One for another is no more than before.
         EXPECT_EQ(vote(crowded, 0,
                        proposal(crowded, ReplaceParty{association(9),
                                                       newcomer(crowded, "https://late.example",
                                                                PartyRole::association)})),
                   kAccepted);
         it.refused.merge(crowded.refused);
         it.passed += crowded.passed;
       }},
      {R::runs_a_validator,
       [](RulesStage& it) {
         const AdmitParty fifth = fifth_association(it);
         EXPECT_EQ(vote(it, 0, proposal(it, ReplaceParty{association(3), fifth})),
                   "runs-a-validator");
         decide(it, fifth);
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveParty{association(3)})), "runs-a-validator");
         const std::string uri(kFifthUri);
         const AdmitParty sixth = newcomer(it, "https://sixth.example", PartyRole::association);
         EXPECT_EQ(vote(it, 0, proposal(it, RemoveParty{uri})), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, ReplaceParty{uri, sixth})), kAccepted);
       }},
      {R::unknown_parameter,
       [](RulesStage& it) {
         EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{"no-such", 1})), "unknown-parameter");
         EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{"late-days.", 1})), "unknown-parameter");
         EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{"issued-ahead-max-s", 60})), kAccepted);
       }},
      {R::parameter_out_of_range,
       [](RulesStage& it) {
         for (const ParameterEntry& entry : parameter_table()) {
           const std::string id(entry.id);
           EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{id, entry.max + 1})),
                     "parameter-out-of-range")
               << id;
           if (entry.min > 0) {
             EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{id, entry.min - 1})),
                       "parameter-out-of-range")
                 << id;
           }
           EXPECT_EQ(vote(it, 0, proposal(it, SetParameter{id, entry.max}, 0)), kAccepted) << id;
           EXPECT_EQ(vote(it, 1, proposal(it, SetParameter{id, entry.min}, 0)), kAccepted) << id;
         }
         EXPECT_EQ(vote(it, 2, proposal(it, SetParameter{"late-days.pact", kLateDaysMax + 1})),
                   "parameter-out-of-range");
         EXPECT_EQ(vote(it, 2, proposal(it, SetParameter{"late-days.pact", 0})),
                   "nothing-to-change");
         EXPECT_EQ(vote(it, 2, proposal(it, SetParameter{"late-days.pact", kLateDaysMax}, 0)),
                   kAccepted);
       }},
      {R::nothing_to_change,
       [](RulesStage& it) {
         const std::string body(kBodyUri);
         const std::string verifier(kVerifierUri);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(90))), "nothing-to-change");
         EXPECT_EQ(vote(it, 0, proposal(it, SetRegistrar{verifier, body})), "nothing-to-change");
         const AllowParty same{body, {"cbam", "kitech-cfp"}, {"iaf-mla"}};
         EXPECT_EQ(vote(it, 0, proposal(it, same)), "nothing-to-change");
         EXPECT_EQ(vote(it, 0, proposal(it, AllowParty{body, {"cbam"}, {"iaf-mla"}})), kAccepted);
         EXPECT_EQ(vote(it, 0, proposal(it, anchoring(91))), kAccepted);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
