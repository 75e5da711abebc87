#include "attest/receipt_check.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::day;
using testing::FixtureLog;

Statement some_attestation(const FixtureLog& log, std::string_view name) {
  return log.sign(log.attestation({sha256(as_bytes(name)), 1}));
}

// One attestation in the last block, one three blocks earlier.
class ReceiptTest : public ::testing::Test {
 protected:
  ReceiptTest() : early(some_attestation(log, "early")), late(some_attestation(log, "late")) {
    log.append({some_attestation(log, "first"), early, some_attestation(log, "third")});
    log.advance(30);
    log.append({some_attestation(log, "between")});
    log.advance(30);
    log.append({late});
    policy = log.policy();
  }

  [[nodiscard]] ReceiptCheck verify(const Receipt& receipt) const {
    return verify_receipt(receipt, policy);
  }

  FixtureLog log;
  Statement early;
  Statement late;
  Policy policy;
};

TEST_F(ReceiptTest, HasOneSpelling) {
  for (const Statement* statement : {&early, &late}) {
    const Bytes bytes = encode_receipt(log.receipt(*statement));
    const auto parsed = parse_receipt(bytes);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(*parsed, log.receipt(*statement));
    EXPECT_EQ(encode_receipt(*parsed), bytes);
  }
}

TEST_F(ReceiptTest, HoldsWithAndWithoutARecordOfItsOwn) {
  const Receipt with = log.receipt(early);
  EXPECT_TRUE(with.own_record);
  EXPECT_TRUE(check_receipt(with, policy)) << check_receipt(with, policy).error().detail;
  const Receipt without = log.receipt(late);
  EXPECT_FALSE(without.own_record);
  EXPECT_TRUE(check_receipt(without, policy)) << check_receipt(without, policy).error().detail;
}

TEST_F(ReceiptTest, TellsWhenTheStatementWasRecorded) {
  const auto check = verify(log.receipt(early));
  ASSERT_TRUE(check.holds());
  EXPECT_EQ(check.own_record->time, testing::kFixtureGenesis);
  EXPECT_EQ(check.checkpoint->as_of, log.now().seconds());
  EXPECT_EQ(check.known(), log.now());
}

TEST_F(ReceiptTest, EveryKindOfStatementHasOne) {
  KeyChange key;
  key.party = testing::kVerifierUri;
  key.added = NewKey{testing::key_from("new", Algorithm::eddsa).public_key(), KeyUsage::sign, {}};
  StatusChange status;
  status.target = early.entry_id();
  status.effective = utc_day(log.now());
  AccreditationChange accreditation;
  accreditation.id = testing::kAccreditationId;
  accreditation.action = AccreditationAction::withdraw;
  accreditation.effective = utc_day(log.now());
  accreditation.previous = Digest{};
  accreditation.reason = Reason::misstatement;
  DatasetRelease dataset;
  dataset.database = "korea-lci";
  dataset.release = "2026.1";
  dataset.released_on = utc_day(log.now());
  const auto body_key = testing::key_from("body/sign", Algorithm::es256);
  const std::vector<Statement> statements = {log.sign(key), log.sign(status), log.sign(dataset),
                                             log.sign(accreditation, testing::kBodyUri, body_key)};
  log.append(statements);
  for (const Statement& statement : statements) {
    const auto checked = check_receipt(log.receipt(statement), policy);
    EXPECT_TRUE(checked) << to_text(statement.kind()) << ": " << checked.error().detail;
  }
}

TEST_F(ReceiptTest, SevenValidatorsNeedFiveCosignatures) {
  FixtureLog seven(7);
  const Statement statement = some_attestation(seven, "seven");
  seven.append({statement});
  Receipt receipt = seven.receipt(statement);
  EXPECT_TRUE(check_receipt(receipt, seven.policy()));
  receipt.checkpoint = seven.checkpoint({0, 1, 2, 3}, seven.now().seconds());
  EXPECT_TRUE(verify_receipt(receipt, seven.policy()).quorum.failed());
}

TEST_F(ReceiptTest, RecordOfAnotherStatementIsNoOwnRecord) {
  Receipt receipt = log.receipt(early);
  const Statement other = some_attestation(log, "other");
  receipt.own_record = log.receipt(late).last_record;
  EXPECT_TRUE(verify(receipt).well_formed.failed());
  receipt = log.receipt(early);
  receipt.own_record.reset();  // claims the last record for its own
  EXPECT_TRUE(verify(receipt).well_formed.failed());
}

TEST_F(ReceiptTest, OwnRecordIsLeftOutWhereItIsTheLast) {
  Receipt receipt = log.receipt(late);
  receipt.own_record = receipt.last_record;
  EXPECT_TRUE(verify(receipt).well_formed.failed());
}

TEST_F(ReceiptTest, IndexOfAnotherStatementIsRefused) {
  Receipt receipt = log.receipt(early);
  for (const std::uint64_t index : {1U, 3U, 4U, 5U, 1000U}) {
    receipt.index = index;
    EXPECT_FALSE(verify(receipt).holds()) << index;
  }
}

TEST_F(ReceiptTest, UnknownCosignerLineIsRefused) {
  const Receipt good = log.receipt(early);
  const auto stranger = testing::key_from("stranger", Algorithm::eddsa);
  const std::string text = log.checkpoint_text();
  for (const std::string_view name : {"aaa", "zzz/validator-9"}) {
    Receipt receipt = good;
    receipt.checkpoint += signature_line(cosign(stranger, name, log.now().seconds(), text));
    EXPECT_TRUE(verify(receipt).quorum.failed()) << name;
  }
  // Under the name of a validator that has not signed.
  Receipt receipt = good;
  receipt.checkpoint += signature_line(
      cosign(stranger, cosigner_name(log.origin(), "validator-3"), log.now().seconds(), text));
  EXPECT_TRUE(verify(receipt).quorum.failed());
}

TEST_F(ReceiptTest, ExactlyAQuorumInAscendingOrder) {
  const std::vector<std::vector<std::size_t>> wrong = {
      {}, {0, 1}, {0, 1, 2, 3}, {1, 0, 2}, {0, 2, 1}, {0, 0, 1}, {0, 1, 1}};
  Receipt receipt = log.receipt(early);
  for (const auto& cosigners : wrong) {
    receipt.checkpoint = log.checkpoint(cosigners, log.now().seconds());
    EXPECT_TRUE(verify(receipt).quorum.failed()) << ::testing::PrintToString(cosigners);
  }
  receipt.checkpoint = log.checkpoint({0, 2, 3}, log.now().seconds());
  EXPECT_TRUE(verify(receipt).holds());
}

TEST_F(ReceiptTest, AsOfTimeBeforeTheLastRecordIsRefused) {
  Receipt receipt = log.receipt(early);
  receipt.checkpoint = log.checkpoint({0, 1, 2}, log.now().seconds() - 1);
  EXPECT_TRUE(verify(receipt).quorum.failed());
}

TEST_F(ReceiptTest, CosignaturesOfAnotherHeadAreRefused) {
  FixtureLog older = log;
  log.advance(60);
  log.append({some_attestation(log, "newest")});
  Receipt receipt = log.receipt(early);
  receipt.checkpoint = older.checkpoint();
  EXPECT_FALSE(verify(receipt).holds());
}

TEST_F(ReceiptTest, StatementOfAnotherNetworkIsRefused) {
  FixtureLog elsewhere(4, "elsewhere");
  const Statement foreign = some_attestation(elsewhere, "foreign");
  log.append({foreign});
  EXPECT_TRUE(verify(log.receipt(foreign)).well_formed.failed());
  elsewhere.append({foreign});
  const auto check = verify(elsewhere.receipt(foreign));
  EXPECT_TRUE(check.network.failed());
  EXPECT_EQ(check.quorum.outcome, Outcome::not_checked);
}

TEST_F(ReceiptTest, ForeignLeafIsNoAbsenceProof) {
  log.add_status(early, log.status_event(StatusEvent::What::suspend, utc_day(log.now()),
                                         Reason::investigation));
  log.advance(60);
  log.append({});
  Receipt receipt = log.receipt(early);
  ASSERT_TRUE(verify(receipt).holds());
  const auto keys = receipt_state_keys(early, {});
  const auto status = std::ranges::find(keys, state_key::status(early.entry_id())) - keys.begin();
  ASSERT_TRUE(receipt.state_records[static_cast<std::size_t>(status)]);
  // Withheld, with the proof as it is.
  receipt.state_records[static_cast<std::size_t>(status)].reset();
  EXPECT_TRUE(verify(receipt).inclusion.failed());
  // Withheld, with the record's own leaf passed off as a foreign one.
  auto proof = parse_state_proof(receipt.state_proof).value();
  bool passed_off = false;
  for (auto& terminal : proof.terminals) {
    if (terminal.kind != StateTerminal::Kind::leaf || passed_off) continue;
    terminal.kind = StateTerminal::Kind::foreign;
    terminal.key = keys[static_cast<std::size_t>(status)];
    terminal.value_hash = state_value_hash(*log.state.find(terminal.key));
    passed_off = true;
    receipt.state_proof = encode(proof);
    EXPECT_FALSE(verify(receipt).holds());
  }
  EXPECT_TRUE(passed_off);
  // Withheld, with the proof of another key's absence.
  auto others = keys;
  others[static_cast<std::size_t>(status)] = state_key::status(late.entry_id());
  receipt.state_proof = encode(log.state.prove(others));
  EXPECT_TRUE(verify(receipt).inclusion.failed());
}

TEST_F(ReceiptTest, StateOfAnOlderHeadIsRefused) {
  const FixtureLog before = log;
  log.add_status(early,
                 log.status_event(StatusEvent::What::revoke, utc_day(log.now()), Reason::fraud));
  log.advance(60);
  log.append({});
  Receipt receipt = log.receipt(early);
  const Receipt old = before.receipt(early);
  receipt.state_records = old.state_records;
  receipt.state_proof = old.state_proof;
  EXPECT_TRUE(verify(receipt).inclusion.failed());
}

TEST_F(ReceiptTest, SigningKeyMustBeTheIssuersAndForThisUse) {
  const auto by_status_key = log.sign(log.attestation({sha256(as_bytes("usage")), 1}),
                                      testing::kVerifierUri, log.status_key());
  const auto by_body_key =
      log.sign(log.attestation({sha256(as_bytes("party")), 1}), testing::kVerifierUri,
               testing::key_from("body/sign", Algorithm::es256));
  const auto by_nobody =
      log.sign(log.attestation({sha256(as_bytes("nobody")), 1}), testing::kVerifierUri,
               testing::key_from("nobody", Algorithm::es256));
  log.append({by_status_key, by_body_key, by_nobody});
  EXPECT_TRUE(verify(log.receipt(by_status_key)).key.failed());
  EXPECT_TRUE(verify(log.receipt(by_body_key)).key.failed());
  EXPECT_TRUE(verify(log.receipt(by_nobody)).signature.failed());
}

TEST_F(ReceiptTest, SignatureOfAnotherStatementIsRefused) {
  Bytes junk = early.bytes();
  junk.back() ^= 1;
  const Statement forged = parse_statement(junk).value();
  log.append({forged});
  EXPECT_TRUE(verify(log.receipt(forged)).signature.failed());
}

TEST_F(ReceiptTest, CompromisedSinceVoidsWhatWasRecordedFromThenOn) {
  auto record = log.key_record();
  KeyEvent event;
  event.what = KeyEvent::What::compromised;
  event.origin = log.event(utc_day(log.now()), AuthorityRole::issuer, testing::kVerifierUri);
  event.since = Instant{testing::kFixtureGenesis.ms + 1};
  record.events.push_back(event);
  log.put_key(record);
  log.advance(60);
  log.append({});
  EXPECT_TRUE(verify(log.receipt(early)).key.passed());
  EXPECT_TRUE(verify(log.receipt(late)).key.failed());
}

TEST_F(ReceiptTest, PolicyThatDoesNotReachTheEpochDecidesNothing) {
  Receipt receipt = log.receipt(early);
  auto last = parse_block_record(receipt.last_record.record).value();
  last.epoch = 1;
  receipt.last_record.record = encode(last);
  const auto check = verify(receipt);
  EXPECT_EQ(check.network.outcome, Outcome::not_checked);
  EXPECT_FALSE(check.holds());
}

TEST_F(ReceiptTest, LastRecordIsTheOneAtTheEndOfTheLog) {
  Receipt receipt = log.receipt(early);
  ASSERT_TRUE(receipt.own_record);
  receipt.last_record = *receipt.own_record;  // in the log, with a good path, and not the last
  EXPECT_TRUE(verify(receipt).well_formed.failed());
}

TEST_F(ReceiptTest, RetiredSetCosignsNoLaterSize) {
  // A second epoch begins after size 3; the log's records all say epoch 0.
  PolicyEpoch second = policy.epochs[0];
  second.epoch = 1;
  second.first_size = 4;
  policy.epochs[0].last_size = 3;
  policy.epochs[0].last_root = Digest{};
  policy.epochs[0].last_day = utc_day(log.now());
  policy.epochs.push_back(second);
  ASSERT_GT(log.size(), 3U);
  // The same validators: their cosignatures are good, the record is of the wrong epoch.
  EXPECT_TRUE(verify(log.receipt(early)).quorum.failed());
  // Others: the old ones are unknown lines.
  policy.epochs[1].members = FixtureLog(4, "elsewhere").policy().epochs[0].members;
  EXPECT_TRUE(verify(log.receipt(early)).quorum.failed());
  // Up to the boundary the first set stays good for ever.
  policy.epochs[0].last_size = log.size();
  policy.epochs[0].last_root = parse_checkpoint(log.checkpoint_text()).value().root;
  policy.epochs[1].first_size = log.size() + 1;
  EXPECT_TRUE(verify(log.receipt(early)).holds());
}

TEST_F(ReceiptTest, DeclarationRootBelongsToSeveralDeclarationsOnly) {
  Receipt receipt = log.receipt(early, sha256(as_bytes("declaration")));
  EXPECT_TRUE(verify(receipt).well_formed.failed());
}

TEST_F(ReceiptTest, EveryChangedByteIsNoticed) {
  ASSERT_TRUE(verify(log.receipt(early)).holds());
  const Bytes good = encode_receipt(log.receipt(early));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::size_t bit : {i % 8, 7 - i % 8}) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << bit));
      const auto parsed = parse_receipt(bad);
      if (!parsed) continue;
      ASSERT_FALSE(verify(*parsed).holds()) << "byte " << i << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace footproof
