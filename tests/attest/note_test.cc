#include "attest/note.h"

#include <gtest/gtest.h>

#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using samples::filled;
using samples::kOrigin;
using samples::public_key;
using samples::signing_key;

Checkpoint checkpoint() { return {std::string(kOrigin), 1234, filled(0xee), {}}; }

std::string cosigner(int i) { return cosigner_name(kOrigin, "v" + std::to_string(i)); }

NoteKey log_key() {
  return NoteKey::make(std::string(kOrigin), NoteKeyType::ed25519, public_key(40)).value();
}
NoteKey cosign_key(int i) {
  return NoteKey::make(cosigner(i), NoteKeyType::cosignature,
                       public_key(static_cast<std::uint8_t>(30 + i)))
      .value();
}
std::vector<NoteKey> all_keys() { return {log_key(), cosign_key(0), cosign_key(1), cosign_key(2)}; }

// The note of the golden file.
Note sample() {
  Note note{encode(checkpoint()), {}};
  note.signatures.push_back(sign_note(signing_key(40), kOrigin, note.text));
  const std::uint64_t timestamps[] = {1795478400, 1795478460, 1795478340};
  for (int i = 0; i < 3; ++i) {
    note.signatures.push_back(cosign(signing_key(static_cast<std::uint8_t>(30 + i)), cosigner(i),
                                     timestamps[i], note.text));
  }
  return note;
}

Result<Note> parse(std::string_view text) { return parse_note(as_bytes(text)); }

TEST(Note, CheckpointWithCosignaturesIsGolden) {
  EXPECT_EQ(encode(sample()), testing::golden_file("checkpoint.note"));
  const auto parsed = parse(testing::golden_file("checkpoint.note"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, sample());
  EXPECT_EQ(parse_checkpoint(parsed->text).value(), checkpoint());
}

TEST(Note, KnownLinesVerifyWithTheirTimes) {
  const auto lines = verify_note(sample(), all_keys());
  ASSERT_TRUE(lines.has_value()) << lines.error().detail;
  ASSERT_EQ(lines->size(), 4U);
  EXPECT_EQ((*lines)[0].timestamp, 0U);
  EXPECT_EQ((*lines)[2].timestamp, 1795478460U);
  EXPECT_EQ((*lines)[3].key, 3U);
}

TEST(Note, UnknownKeysAreIgnored) {
  const std::vector<NoteKey> known = {cosign_key(1)};
  const auto lines = verify_note(sample(), known);
  ASSERT_TRUE(lines.has_value());
  ASSERT_EQ(lines->size(), 1U);
  EXPECT_EQ(lines->front().line, 2U);
  EXPECT_TRUE(verify_note(sample(), {})->empty());
}

TEST(Note, AKnownKeyWithABadSignatureRefusesAll) {
  Note note = sample();
  note.signatures[2].signature.back() ^= 1U;
  EXPECT_FALSE(verify_note(note, all_keys()).has_value());
  note = sample();
  note.signatures[2].signature[7] ^= 1U;  // the timestamp
  EXPECT_FALSE(verify_note(note, all_keys()).has_value());
  note = sample();
  note.signatures[0].signature.push_back(0);
  EXPECT_FALSE(verify_note(note, all_keys()).has_value());
  note = sample();
  note.signatures.push_back(note.signatures[1]);
  EXPECT_FALSE(verify_note(note, all_keys()).has_value()) << "a key signs once";
  note = sample();
  note.text += "more\n";
  EXPECT_FALSE(verify_note(note, all_keys()).has_value());
}

// All nodes of a network sign under its origin, and four bytes of hash collide for whoever tries.
TEST(Note, AKeyIdIsAHintAndNeverHidesAnotherKey) {
  const auto signer = [](std::uint32_t number) {
    Bytes seed(32, 0);
    for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return SigningKey::from_ed25519_seed(seed).value();
  };
  const SigningKey one = signer(98243);
  const SigningKey other = signer(143069);
  const auto key_of = [](const SigningKey& key) {
    return NoteKey::make(std::string(kOrigin), NoteKeyType::ed25519, key.public_key()).value();
  };
  const std::vector<NoteKey> known = {key_of(one), key_of(other)};
  ASSERT_EQ(known[0].id(), known[1].id());
  for (std::size_t i = 0; i < 2; ++i) {
    Note note{encode(checkpoint()), {}};
    note.signatures.push_back(sign_note(i == 0 ? one : other, kOrigin, note.text));
    const auto lines = verify_note(note, known);
    ASSERT_TRUE(lines.has_value()) << lines.error().detail;
    ASSERT_EQ(lines->size(), 1U);
    EXPECT_EQ(lines->front().key, i);
    note.signatures.front().signature.back() ^= 1U;
    EXPECT_FALSE(verify_note(note, known).has_value());
  }
}

TEST(Note, ACosignatureNeverPassesAsALogSignature) {
  const std::string text = encode(checkpoint());
  // One key in both roles: what it cosigned must not count as the log's line, nor the reverse.
  const auto as_log = NoteKey::make("name", NoteKeyType::ed25519, public_key(1)).value();
  const auto as_cosigner = NoteKey::make("name", NoteKeyType::cosignature, public_key(1)).value();
  EXPECT_NE(as_log.id(), as_cosigner.id());
  NoteSignature line = cosign(signing_key(1), "name", 5, text);
  line.key_id = as_log.id();
  EXPECT_FALSE(verify_note({text, {line}}, std::vector{as_log}).has_value());
  line = sign_note(signing_key(1), "name", text);
  line.key_id = as_cosigner.id();
  EXPECT_FALSE(verify_note({text, {line}}, std::vector{as_cosigner}).has_value());
}

TEST(Note, EveryChangedBitIsSeen) {
  const std::string golden = testing::golden_file("checkpoint.note");
  const auto keys = all_keys();
  for (std::size_t i = 0; i < golden.size() * 8; ++i) {
    Bytes changed = to_bytes(as_bytes(golden));
    changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << (i % 8)));
    const auto note = parse_note(changed);
    if (!note) continue;
    EXPECT_EQ(encode(*note), as_text(changed)) << "bit " << i;
    const auto lines = verify_note(*note, keys);
    EXPECT_TRUE(!lines || lines->size() < 4) << "bit " << i;
  }
}

TEST(Note, ParsingIsStrict) {
  const std::string good = testing::golden_file("checkpoint.note");
  const std::string text = encode(checkpoint());
  const std::string line = signature_line(sample().signatures[0]);
  ASSERT_TRUE(parse(text + "\n" + line).has_value());
  EXPECT_FALSE(parse("").has_value());
  EXPECT_FALSE(parse(text).has_value()) << "no signatures";
  EXPECT_FALSE(parse(text + "\n").has_value()) << "no signature lines";
  EXPECT_FALSE(parse(text + line).has_value()) << "no blank line";
  EXPECT_FALSE(parse("\n\n" + line).has_value()) << "no text";
  EXPECT_FALSE(parse(good.substr(0, good.size() - 1)).has_value()) << "last line not ended";
  EXPECT_FALSE(parse(good + "\n").has_value()) << "blank line after the signatures";
  EXPECT_FALSE(parse(good + "junk\n").has_value());
  EXPECT_FALSE(parse(text + "\r\n" + line).has_value());
  EXPECT_FALSE(parse(text + "\n- name AAAAAAAA\n").has_value()) << "hyphen";
  EXPECT_FALSE(parse(text + "\n\u2014  AAAAAAAA\n").has_value()) << "empty name";
  EXPECT_FALSE(parse(text + "\n\u2014 na+me AAAAAAAA\n").has_value()) << "plus in a name";
  EXPECT_FALSE(parse(text + "\n\u2014 na\u3000me AAAAAAAA\n").has_value()) << "wide space";
  EXPECT_FALSE(parse(text + "\n\u2014 name AAAAAA==\n").has_value()) << "four bytes";
  EXPECT_TRUE(parse(text + "\n\u2014 name AAAAAAA=\n").has_value()) << "five bytes";
  EXPECT_FALSE(parse(text + "\n\u2014 name AAAAAAB=\n").has_value()) << "unused bits set";
  EXPECT_FALSE(parse(text + "\n\u2014 name AAAAAAA\n").has_value()) << "no padding";
  EXPECT_FALSE(parse(text + "\n\u2014 name  AAAAAAA=\n").has_value()) << "two spaces";
  EXPECT_FALSE(parse(text + "\n\u2014 name AAAAAAA= \n").has_value()) << "space at the end";
}

TEST(Note, LinesAndBytesAreBounded) {
  std::string text = encode(checkpoint()) + "\n";
  for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) text += "\u2014 name AAAAAAA=\n";
  EXPECT_TRUE(parse(text).has_value());
  EXPECT_FALSE(parse(text + "\u2014 name AAAAAAA=\n").has_value());
  EXPECT_FALSE(parse(std::string(kNoteSizeMax, 'x') + "\n\n\u2014 name AAAAAAA=\n").has_value());
}

TEST(Checkpoint, LinesHaveOneSpelling) {
  const std::string root = to_base64(filled(0xee).view()) + "\n";
  const auto accepted = [](const std::string& text) { return parse_checkpoint(text).has_value(); };
  EXPECT_TRUE(accepted("o\n0\n" + root));
  EXPECT_TRUE(accepted("o\n9223372036854775807\n" + root));
  EXPECT_TRUE(accepted("o\n1\n" + root + "extension\n"));
  for (const std::string size : {"", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "0x1",
                                 "9223372036854775808", "18446744073709551617", "1.0"}) {
    EXPECT_FALSE(accepted("o\n" + size + "\n" + root)) << size;
  }
  EXPECT_FALSE(accepted("\n1\n" + root));
  EXPECT_FALSE(accepted("cosignature/v1\n1\n" + root));
  EXPECT_FALSE(accepted("o\n1\n"));
  EXPECT_FALSE(accepted("o\n1\n" + root.substr(0, root.size() - 1)));
  EXPECT_FALSE(accepted("o\n1\nAAAA\n"));
  EXPECT_FALSE(accepted("o\n1\n" + root + "\n"));
  EXPECT_FALSE(accepted("o\n1\n" + root + "not ended"));
}

TEST(NoteKey, ReadsTheExampleOfTheStandard) {
  const std::string vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const auto key = NoteKey::parse(vkey);
  ASSERT_TRUE(key.has_value()) << key.error().detail;
  EXPECT_EQ(key->name(), "example.com/foo");
  EXPECT_EQ(key->id(), 0x530d903aU);
  EXPECT_EQ(key->vkey(), vkey);
}

TEST(NoteKey, RefusesWhatIsNoVerifierKey) {
  const std::string good = log_key().vkey();
  ASSERT_TRUE(NoteKey::parse(good).has_value());
  const std::size_t plus = good.find('+');
  for (std::string bad :
       {std::string(), good.substr(0, plus), good + "A", good + "=", "x" + good, good.substr(plus),
        " " + good, good.substr(0, plus) + "+00000000" + good.substr(plus + 9)}) {
    EXPECT_FALSE(NoteKey::parse(bad).has_value()) << bad;
  }
  EXPECT_FALSE(NoteKey::make("a b", NoteKeyType::ed25519, public_key(1)).has_value());
  EXPECT_FALSE(NoteKey::make(std::string(256, 'x'), NoteKeyType::ed25519, public_key(1)));
  const PublicKey p256 = SigningKey::generate(Algorithm::es256).public_key();
  EXPECT_FALSE(NoteKey::make("a", NoteKeyType::cosignature, p256).has_value());
  EXPECT_FALSE(NoteKey::make("a", NoteKeyType::ecdsa, public_key(1)).has_value());
}

TEST(Origin, NamesDomainNetworkAndChain) {
  const Digest chain = filled(0xcc);
  const auto origin = make_origin("footproof.example", "main", chain);
  ASSERT_TRUE(origin.has_value());
  EXPECT_EQ(*origin, kOrigin);
  EXPECT_TRUE(is_origin_of(*origin, chain));
  EXPECT_FALSE(is_origin_of(*origin, filled(0xcd)));
  for (const std::string_view domain : {"", "A.example", "a..b", ".a", "a.", "a/b", "a b", "ä"}) {
    EXPECT_FALSE(make_origin(domain, "main", chain).has_value()) << domain;
  }
  for (const std::string_view network : {"", "Main", "a/b", "a b"}) {
    EXPECT_FALSE(make_origin("a.example", network, chain).has_value()) << network;
  }
  for (const std::string_view bad :
       {"", "/", "main/cccccccccccccccc", "//cccccccccccccccc", "a.example/b/c/cccccccccccccccc",
        "a.example/main/CCCCCCCCCCCCCCCC"}) {
    EXPECT_FALSE(is_origin_of(bad, chain)) << bad;
  }
}

}  // namespace
}  // namespace footproof
