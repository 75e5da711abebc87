#include "attest/presentation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "attest/cbor.h"
#include "attest/disclosure_profile.h"
#include "attest/merkle.h"
#include "attest/state_proof.h"
#include "attest/verdict.h"
#include "tests/support/fixture_presentation.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using testing::Certified;
using testing::fixture_declaration;
using testing::present;

constexpr std::string_view kGoldenEntryId =
    "493afe265bb5ea5fa790299b5c04180fd5d7d748771f3831e5ce9233bcd8ca8d";

bool certifies(const Certified& it, ByteView bytes) {
  const auto verdict = judge_presentation(bytes, it.policy, testing::options_at(it.log));
  return verdict.overall == Overall::certified || verdict.overall == Overall::certified_but;
}

const SigningKey& holder_key() {
  static const SigningKey key = testing::key_from("holder", Algorithm::es256);
  return key;
}

// With everything that a presentation can hold.
Presentation signed_by_holder(Certified& it) {
  Attestation attestation = it.log.attestation(testing::subject_of(fixture_declaration()));
  attestation.holder_key = holder_key().public_key();
  it.attestation = it.log.sign(attestation);
  it.log.append({it.attestation});
  Presentation presentation = present(it.log, it.attestation, "label");
  presentation.holder =
      HolderBinding{"https://buyer.example", Bytes(16, 7), Instant{it.log.now().ms * 2}, {}};
  EXPECT_TRUE(sign_presentation(presentation, holder_key()));
  return presentation;
}

TEST(Presentation, HasOneSpelling) {
  Certified it;
  std::vector<Presentation> all;
  for (const auto& profile : disclosure_profiles()) {
    all.push_back(present(it.log, it.attestation, std::string(profile.id)));
  }
  all.push_back(signed_by_holder(it));
  for (const Presentation& presentation : all) {
    const Bytes bytes = encode_presentation(presentation);
    const auto parsed = parse_presentation(bytes);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(*parsed, presentation);
    EXPECT_EQ(encode_presentation(*parsed), bytes);
  }
}

// Made once, by version 1: every later version must read it and judge it the same.
TEST(Presentation, GoldenFileStaysCertified) {
  const std::string file = testing::golden_file("coil.footproof");
  const auto parsed = parse_presentation(as_bytes(file));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_TRUE(equal(encode_presentation(*parsed), as_bytes(file)));
  const auto policy = parse_policy(as_bytes(testing::golden_file("coil.policy")));
  ASSERT_TRUE(policy) << policy.error().detail;
  VerdictOptions options;
  options.now = Instant{testing::kFixtureGenesis.ms + 86'400'000};
  options.audience = "https://customs.example";
  options.nonce = Bytes(16, 7);
  options.regime = "iaf-mla";
  options.disclosure_profile = "border";
  const Verdict verdict = judge_presentation(as_bytes(file), *policy, options);
  EXPECT_EQ(verdict.summary(), "certified");
  EXPECT_EQ(verdict.receipt.statement->entry_id().hex(), kGoldenEntryId);
}

TEST(Presentation, IsSmallerThan8KibWithEightOpenings) {
  // A log of a million entries has paths of 20 hashes, three of them, where the fixture has four;
  // one attestation in a hundred has a status record.
  constexpr std::size_t kMillionMore = std::size_t{3} * 16 * Digest::kSize;
  Certified it;
  for (int i = 0; i < 10'000; ++i) {
    it.log.state.put(sha256(as_bytes("record " + std::to_string(i))), Bytes(200, 1));
  }
  it.log.append({});
  std::set<std::string> labels;
  for (const auto& slot : core_profile().slots) {
    if (labels.size() < 8) labels.insert("core:" + std::string(slot.name));
  }
  const Presentation presentation = present(it.log, it.attestation, "none", labels);
  ASSERT_EQ(presentation.openings.entries.size(), 8U);
  ASSERT_EQ(it.judge(presentation).overall, Overall::certified);
  const std::size_t eight = encode_presentation(presentation).size() + kMillionMore;
  const std::size_t none =
      encode_presentation(present(it.log, it.attestation, "none")).size() + kMillionMore;
  std::printf("presentation: %zu bytes with 8 openings, %zu with none (log of 10^6)\n", eight,
              none);
  EXPECT_LT(eight, 8U * 1024);
}

TEST(Presentation, RefusesHopsForNow) {
  const Certified it;
  const Bytes bytes = it.presentation();
  // The map of 8 members becomes one of 9, and ends with key 9: an empty array.
  Bytes with_hops = bytes;
  ASSERT_EQ(with_hops[3], 0xa8);
  with_hops[3] = 0xa9;
  append(with_hops, Bytes{0x09, 0x80});
  const auto parsed = parse_presentation(with_hops);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().detail.find("hops"), std::string::npos) << parsed.error().detail;
}

TEST(Presentation, AudienceNeedsASignature) {
  Certified it;
  Presentation presentation = signed_by_holder(it);
  // holder_payload() is exactly such a presentation: audience, nonce and expiry, and no signature.
  EXPECT_FALSE(parse_presentation(holder_payload(presentation)));
}

TEST(Presentation, OnlyAnAudienceThatParsesIsSignedFor) {
  Certified it;
  Presentation presentation = signed_by_holder(it);
  for (const std::string& audience : {std::string(), std::string("\xff"), std::string(257, 'a')}) {
    presentation.holder->audience = audience;
    EXPECT_FALSE(sign_presentation(presentation, holder_key())) << audience.size();
  }
  presentation.holder->audience = std::string(256, 'a');
  presentation.holder->nonce = Bytes(7, 1);
  EXPECT_FALSE(sign_presentation(presentation, holder_key()));
  presentation.holder->nonce = Bytes(8, 1);
  ASSERT_TRUE(sign_presentation(presentation, holder_key()));
  EXPECT_TRUE(parse_presentation(encode_presentation(presentation)));
}

TEST(Presentation, HolderSignatureHasLowS) {
  Certified it;
  Presentation presentation = signed_by_holder(it);
  ASSERT_TRUE(verify_holder(presentation, holder_key().public_key()));
  // n − s verifies as ECDSA, and would be a second spelling.
  constexpr std::array<std::uint8_t, 32> kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                                   0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  Bytes& signature = presentation.holder->signature;
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    std::uint8_t& s = signature[signature.size() - 32 + i];
    const int difference = kOrder[i] - s - borrow;
    borrow = difference < 0 ? 1 : 0;
    s = static_cast<std::uint8_t>(difference & 0xff);
  }
  EXPECT_FALSE(verify_holder(presentation, holder_key().public_key()));
  EXPECT_FALSE(certifies(it, encode_presentation(presentation)));
}

TEST(Presentation, FlippingAnyBitOfAnyByteNeverCertifies) {
  Certified it;
  const Bytes good = encode_presentation(signed_by_holder(it));
  ASSERT_TRUE(certifies(it, good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1U << bit));
      ASSERT_FALSE(certifies(it, bad)) << "byte " << i << ", bit " << bit;
    }
  }
}

TEST(Presentation, EveryOtherValueOfSomeBytesNeverCertifies) {
  const Certified it;
  const Bytes good = it.presentation();
  std::mt19937 random(1);  // NOLINT: reproducible on purpose
  for (int round = 0; round < 40; ++round) {
    const std::size_t at = random() % good.size();
    for (unsigned change = 1; change < 256; ++change) {
      Bytes bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ change);
      ASSERT_FALSE(certifies(it, bad)) << "byte " << at << ", change " << change;
    }
  }
}

TEST(Presentation, TwentyThousandRandomFlipsOfOthersNeverCertify) {
  constexpr int kFlips = 20'000;
  Certified it;
  std::vector<Bytes> all;
  for (const auto& profile : disclosure_profiles()) {
    all.push_back(encode_presentation(present(it.log, it.attestation, std::string(profile.id))));
  }
  all.push_back(encode_presentation(
      present(it.log, it.attestation, "none", {"src:0:/id", "src:0:/pcf/geographyCountry"})));
  Presentation with_document = present(it.log, it.attestation, "none");
  with_document.openings = open_labels_with_documents(fixture_declaration(), {}, {1}).value();
  all.push_back(encode_presentation(with_document));
  for (const Bytes& good : all) ASSERT_TRUE(certifies(it, good));
  std::mt19937 random(2);  // NOLINT: reproducible on purpose
  for (int flip = 0; flip < kFlips; ++flip) {
    Bytes bad = all[random() % all.size()];
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U + random() % 255));
    ASSERT_FALSE(certifies(it, bad)) << "flip " << flip << " at byte " << at;
  }
}

TEST(Presentation, CutShortOrContinuedNeverParses) {
  const Certified it;
  const Bytes good = it.presentation();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_presentation(ByteView(good).first(size))) << size;
  }
  for (const std::uint8_t more : Bytes{0x00, 0xa0, 0xf6, 0xff}) {
    Bytes longer = good;
    longer.push_back(more);
    EXPECT_FALSE(parse_presentation(longer));
  }
}

// --- attacks
// --------------------------------------------------------------------------------------

// The holder shows the head from before the suspension and gets fewer validators than a quorum, or
// keys that are none, to put today's time on it.
TEST(Attack, StaleHeadWithFreshLookingCosignatures) {
  Certified it;
  const testing::FixtureLog before = it.log;
  it.log.advance(86'400 * 20);
  it.log.add_status(it.attestation, it.log.status_event(StatusEvent::What::suspend,
                                                        utc_day(it.log.now()), Reason::data_doubt));
  it.log.append({});
  const VerdictOptions options = testing::options_at(it.log);
  const std::uint64_t fresh = it.log.now().seconds();

  Presentation presentation = present(before, it.attestation);
  EXPECT_EQ(it.judge(presentation, options).summary(), "certified but stale");

  // Fresh timestamps with old signatures.
  auto note = parse_note(as_bytes(presentation.receipt.checkpoint)).value();
  for (std::size_t i = 1; i < note.signatures.size(); ++i) {
    Bytes time = std::move(ByteWriter().u64(fresh)).take();
    std::ranges::copy(time, note.signatures[i].signature.begin());
  }
  presentation.receipt.checkpoint = encode(note);
  EXPECT_EQ(it.judge(presentation, options).overall, Overall::not_certified);

  // f liars put today's time on the old head; T is still the honest one's.
  note = parse_note(as_bytes(before.checkpoint())).value();
  note.signatures[1] = cosign(it.log.cosign_key(0), note.signatures[1].name, fresh, note.text);
  presentation.receipt.checkpoint = encode(note);
  EXPECT_EQ(it.judge(presentation, options).summary(), "certified but stale");

  // Cosignatures of today's head under the old text.
  const auto today = parse_note(as_bytes(it.log.checkpoint())).value();
  note.signatures = today.signatures;
  presentation.receipt.checkpoint = encode(note);
  EXPECT_EQ(it.judge(presentation, options).overall, Overall::not_certified);

  // Today's head with the old head's proofs.
  presentation.receipt.checkpoint = it.log.checkpoint();
  EXPECT_EQ(it.judge(presentation, options).overall, Overall::not_certified);
  presentation.receipt.last_record = it.log.receipt(it.attestation).last_record;
  EXPECT_EQ(it.judge(presentation, options).overall, Overall::not_certified);
}

TEST(Attack, StatementOfAnotherNetwork) {
  Certified it;
  testing::FixtureLog elsewhere(4, "elsewhere");
  const Statement foreign =
      elsewhere.sign(elsewhere.attestation(testing::subject_of(fixture_declaration())));
  elsewhere.append({foreign});
  EXPECT_EQ(it.judge(present(elsewhere, foreign)).overall, Overall::cannot_evaluate);
  // A network that logs it all the same.
  it.log.append({foreign});
  const Verdict verdict = it.judge(present(it.log, foreign));
  EXPECT_EQ(verdict.overall, Overall::not_certified);
  EXPECT_TRUE(verdict.at(Question::well_formed).failed());
}

// Signed when only the first suspension stood, kept back, sent after the second. The ledger refuses
// it, because it names the wrong event before it; what an offline check adds: nobody can show a
// state in which it was accepted, nor pass the older state off as the present one.
TEST(Attack, WithheldReinstateSentAfterALaterSuspension) {
  Certified it;
  const Date today = utc_day(it.log.now());
  it.log.add_status(it.attestation,
                    it.log.status_event(StatusEvent::What::suspend, today, Reason::complaint));
  it.log.advance(60);
  it.log.append({});
  const testing::FixtureLog first_suspension = it.log;
  it.log.add_status(it.attestation,
                    it.log.status_event(StatusEvent::What::suspend, today, Reason::data_doubt));
  it.log.advance(60);
  it.log.append({});
  EXPECT_EQ(it.judge_now().summary(), "certified but suspended");

  testing::FixtureLog imagined = first_suspension;
  imagined.add_status(it.attestation,
                      imagined.status_event(StatusEvent::What::reinstate, today, Reason::cleared));
  Presentation presentation = present(it.log, it.attestation);
  const Receipt wanted = imagined.receipt(it.attestation);
  presentation.receipt.state_records = wanted.state_records;
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
  presentation.receipt.state_proof = wanted.state_proof;
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);

  // Even in a record where it came last but one, the last event in log order decides, whatever
  // dates the events name.
  it.log.add_status(it.attestation,
                    it.log.status_event(StatusEvent::What::reinstate, today, Reason::cleared));
  it.log.add_status(it.attestation, it.log.status_event(StatusEvent::What::suspend, today.plus(-1),
                                                        Reason::key_doubt));
  it.log.append({});
  EXPECT_EQ(it.judge_now().summary(), "certified but suspended");
}

TEST(Attack, CoreSlotOpenedAtAWrongRank) {
  // A declaration made by hand, honest but for one leaf: a second value for a core slot, behind the
  // slots, where a decoy would be. Its root is attested; it must not be shown as the slot's value.
  Certified it;
  const SealedDeclaration& sealed = fixture_declaration();
  const auto& slot = core_profile().slots[*core_profile().rank("value.exclBiogenic")];
  const std::string label = "core:" + std::string(slot.name);
  const Bytes value = core_value_from_text(slot, "0.01").value();
  const Digest salt = sha256(as_bytes("forged"));
  std::vector<Digest> leaves = sealed.leaf_hashes();
  const std::uint64_t at = leaves.size() - 1;
  leaves[at] = leaf_hash(leaf_entry(salt, label, value));

  Presentation presentation;
  presentation.core_profile = sealed.profile();
  presentation.tree_size = sealed.tree_size();
  presentation.disclosure_profile = "none";
  presentation.openings.entries = {{at, salt, label, value}};
  presentation.openings.proof = multi_proof(leaves, std::vector<std::uint64_t>{at}).value();
  const DeclarationTree tree{presentation.core_profile, presentation.tree_size, tree_root(leaves)};
  it.attestation = it.log.sign(it.log.attestation(single_subject(tree)));
  it.log.append({it.attestation});
  presentation.receipt = it.log.receipt(it.attestation);
  const Verdict verdict = it.judge(presentation);
  EXPECT_TRUE(verdict.at(Question::membership).passed());
  EXPECT_TRUE(verdict.at(Question::openings).failed());
  EXPECT_EQ(verdict.overall, Overall::not_certified);

  // And the other way round: another label where the slot must stand.
  leaves = sealed.leaf_hashes();
  leaves[0] = leaf_hash(leaf_entry(salt, label, value));
  presentation.openings.entries = {{0, salt, label, value}};
  presentation.openings.proof = multi_proof(leaves, std::vector<std::uint64_t>{0}).value();
  const DeclarationTree other{presentation.core_profile, presentation.tree_size, tree_root(leaves)};
  it.attestation = it.log.sign(it.log.attestation(single_subject(other)));
  it.log.append({it.attestation});
  presentation.receipt = it.log.receipt(it.attestation);
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
}

TEST(Attack, ForeignLeafInAnAbsenceProof) {
  Certified it;
  it.log.add_status(it.attestation, it.log.status_event(StatusEvent::What::revoke,
                                                        utc_day(it.log.now()), Reason::fraud));
  it.log.advance(60);
  it.log.append({});
  Presentation presentation = present(it.log, it.attestation);
  ASSERT_EQ(it.judge(presentation).overall, Overall::not_certified);
  const Digest key = state_key::status(it.attestation.entry_id());
  const auto keys = receipt_state_keys(it.attestation, {});
  const auto slot = static_cast<std::size_t>(std::ranges::find(keys, key) - keys.begin());
  presentation.receipt.state_records[slot].reset();
  const StateProof honest = parse_state_proof(presentation.receipt.state_proof).value();
  std::vector<Digest> candidates = keys;
  for (const char* name : {"x", "y", "z"}) candidates.push_back(sha256(as_bytes(name)));
  // Every terminal in turn becomes a foreign leaf of every likely key.
  for (std::size_t i = 0; i < honest.terminals.size(); ++i) {
    for (const Digest& foreign : candidates) {
      StateProof forged = honest;
      forged.terminals[i].kind = StateTerminal::Kind::foreign;
      forged.terminals[i].key = foreign;
      const Bytes* record = it.log.state.find(foreign);
      forged.terminals[i].value_hash = record == nullptr ? Digest{} : state_value_hash(*record);
      presentation.receipt.state_proof = encode(forged);
      EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
    }
    StateProof forged = honest;
    forged.terminals[i].kind = StateTerminal::Kind::empty;
    presentation.receipt.state_proof = encode(forged);
    EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
  }
}

TEST(Attack, RecordOfAnotherStatementAsOwnRecord) {
  Certified it;
  // Would move the recorded time before a compromise, or before a withdrawal.
  Presentation presentation = present(it.log, it.attestation);
  ASSERT_TRUE(presentation.receipt.own_record);
  const auto parsed = parse_block_record(presentation.receipt.own_record->record).value();
  const std::uint64_t genesis = 0;
  BlockRecord earlier = parsed;
  earlier.time = testing::kFixtureGenesis;
  presentation.receipt.own_record->record = encode(earlier);
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
  presentation.receipt.own_record->path = it.log.path(genesis);
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
  presentation.receipt.own_record = presentation.receipt.last_record;
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
  presentation.receipt.own_record.reset();
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
}

TEST(Attack, UnknownCosignerLineAdded) {
  const Certified it;
  const auto stranger = testing::key_from("stranger", Algorithm::eddsa);
  const std::string text = it.log.checkpoint_text();
  const std::uint64_t now = it.log.now().seconds();
  const std::vector<NoteSignature> lines = {
      cosign(stranger, "witness.example/7", now, text),
      cosign(stranger, cosigner_name(it.log.origin(), "validator-9"), now, text),
      cosign(stranger, cosigner_name(it.log.origin(), "validator-3"), now, text),
      cosign(it.log.cosign_key(3), cosigner_name(it.log.origin(), "validator-3"), now, text),
      sign_note(stranger, it.log.origin(), text),
      sign_note(it.log.log_key(1), it.log.origin(), text)};
  for (const NoteSignature& line : lines) {
    auto note = parse_note(as_bytes(it.log.checkpoint())).value();
    for (std::size_t at = 0; at <= note.signatures.size(); ++at) {
      auto with_line = note;
      with_line.signatures.insert(with_line.signatures.begin() + static_cast<std::ptrdiff_t>(at),
                                  line);
      Presentation presentation = present(it.log, it.attestation);
      presentation.receipt.checkpoint = encode(with_line);
      EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified) << line.name << at;
    }
  }
}

// The quorum's signatures are right, but the entry was never in the log.
TEST(Attack, EntryThatIsNotInTheLog) {
  Certified it;
  const Statement never = it.log.sign(it.log.attestation({sha256(as_bytes("never")), 1}));
  Presentation presentation = present(it.log, it.attestation);
  presentation.receipt.statement = never.bytes();
  EXPECT_EQ(it.judge(presentation).overall, Overall::not_certified);
}

}  // namespace
}  // namespace footproof
