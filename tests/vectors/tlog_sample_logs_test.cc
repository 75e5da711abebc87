// Small tile logs of two other projects: every checkpoint parses, its Ed25519 lines verify, its
// root follows from the tiles, and no flipped bit of a checkpoint goes unnoticed.
#include <gtest/gtest.h>

#include <set>

#include "attest/merkle.h"
#include "attest/note.h"
#include "tests/support/vectors.h"

namespace footproof {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTesseraKey =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

NoteKey key_of(std::string_view vkey) {
  auto key = NoteKey::parse(vkey);
  EXPECT_TRUE(key.has_value()) << vkey << (key ? "" : key.error().detail);
  return std::move(*key);
}

struct SignedCheckpoint {
  Note note;
  Checkpoint checkpoint;
  std::vector<VerifiedLine> lines;
};

Result<SignedCheckpoint> open(ByteView bytes, const std::vector<NoteKey>& keys) {
  auto note = parse_note(bytes);
  if (!note) return fail(note.error());
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(checkpoint.error());
  auto lines = verify_note(*note, keys);
  if (!lines) return fail(lines.error());
  return SignedCheckpoint{std::move(*note), std::move(*checkpoint), std::move(*lines)};
}

// The first `size` leaf hashes out of a level 0 tile.
std::vector<Digest> hashes_in(const Bytes& tile) {
  std::vector<Digest> hashes;
  ByteReader in(tile);
  while (in.remaining() >= Digest::kSize) hashes.push_back(*to_digest(in.take(Digest::kSize)));
  EXPECT_TRUE(in.exhausted());
  return hashes;
}

std::vector<Bytes> entries_in(const Bytes& bundle) {
  std::vector<Bytes> entries;
  ByteReader in(bundle);
  while (in.remaining() > 0 && !in.failed()) {
    const std::size_t size = in.u16();
    entries.push_back(to_bytes(in.take(size)));
  }
  EXPECT_TRUE(in.exhausted());
  return entries;
}

// Every single-bit change is refused, leaves no line of a known key, or lies in a line of a key
// that we do not know: then the text and every line that verifies are what they were.
void expect_flips_noticed(const Bytes& bytes, const std::vector<NoteKey>& keys) {
  const auto original = open(bytes, keys);
  ASSERT_TRUE(original.has_value());
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes flipped = bytes;
    flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1U << (i % 8)));
    const auto opened = open(flipped, keys);
    if (!opened || opened->lines.empty()) continue;
    EXPECT_EQ(opened->note.text, original->note.text) << "bit " << i;
    for (const VerifiedLine& line : opened->lines) {
      EXPECT_EQ(opened->note.signatures[line.line], original->note.signatures[line.line]);
    }
  }
}

TEST(TlogSampleLogs, TesseraRootsProofsAndFlips) {
  const auto folder = testing::vector_folder("tlog-sample-logs") / "tessera";
  FOOTPROOF_REQUIRE_FOLDER(folder);
  const std::vector<NoteKey> keys = {key_of(kTesseraKey)};
  std::vector<SignedCheckpoint> by_size(16);
  std::vector<Digest> leaves;
  std::size_t count = 0;
  for (std::size_t size = 0; size <= 15; ++size) {
    const auto opened =
        open(testing::read_bytes(folder / ("checkpoint." + std::to_string(size))), keys);
    ASSERT_TRUE(opened.has_value()) << size << (opened ? "" : opened.error().detail);
    EXPECT_EQ(opened->checkpoint.size, size);
    ASSERT_EQ(opened->lines.size(), 1U);
    by_size[size] = *opened;
    ++count;
    if (size > 0) {
      leaves =
          hashes_in(testing::read_bytes(folder / "tile" / "0" / "000.p" / std::to_string(size)));
      ASSERT_EQ(leaves.size(), size);
      const auto entries = entries_in(
          testing::read_bytes(folder / "tile" / "entries" / "000.p" / std::to_string(size)));
      ASSERT_EQ(entries.size(), size);
      for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(leaf_hash(entries[i]), leaves[i]);
      ++count;
    }
    EXPECT_EQ(tree_root(leaves), opened->checkpoint.root) << size;
  }
  for (std::size_t size = 1; size <= 15; ++size) {
    const auto tree = std::span(leaves).first(size);
    for (std::size_t index = 0; index < size; ++index) {
      const auto path = inclusion_path(tree, index);
      ASSERT_TRUE(path.has_value());
      EXPECT_TRUE(verify_inclusion(leaves[index], index, size, *path, by_size[size].checkpoint.root)
                      .has_value());
      const auto consistency = consistency_path(tree, index + 1);
      ASSERT_TRUE(consistency.has_value());
      EXPECT_TRUE(verify_consistency(index + 1, size, *consistency,
                                     by_size[index + 1].checkpoint.root,
                                     by_size[size].checkpoint.root)
                      .has_value());
      count += 2;
    }
  }
  expect_flips_noticed(testing::read_bytes(folder / "checkpoint.15"), keys);
  testing::report_cases("tlog-sample-logs/tessera", count);
}

// Every verifier key that stands in a *.v0.json below the folder.
std::vector<NoteKey> keys_below(const fs::path& folder) {
  std::vector<NoteKey> keys;
  for (const fs::path& file : testing::files_below(folder)) {
    if (!file.filename().string().ends_with(".v0.json")) continue;
    const auto description = testing::read_json(file);
    for (const auto& vkey : description.at("verifier_keys")) {
      keys.push_back(key_of(vkey.get<std::string>()));
    }
  }
  return keys;
}

TEST(TlogSampleLogs, SunlightCheckpointsCosignaturesAndFlips) {
  const auto folder = testing::vector_folder("tlog-sample-logs") / "sunlight";
  FOOTPROOF_REQUIRE_FOLDER(folder);
  const std::vector<NoteKey> keys = keys_below(folder);
  ASSERT_EQ(keys.size(), 3U);
  std::size_t count = 0;
  std::size_t cosignatures = 0;
  for (const fs::path& file : testing::files_below(folder)) {
    if (file.filename() != "checkpoint") continue;
    const Bytes bytes = testing::read_bytes(file);
    ++count;
    if (as_text(bytes).starts_with("decoy")) {  // the files' own word for what is no checkpoint
      EXPECT_FALSE(parse_note(bytes).has_value()) << file;
      continue;
    }
    const auto opened = open(bytes, keys);
    ASSERT_TRUE(opened.has_value()) << file << (opened ? "" : opened.error().detail);
    EXPECT_EQ(opened->checkpoint.size, 300U);
    cosignatures += opened->lines.size();
    for (const VerifiedLine& line : opened->lines) EXPECT_GT(line.timestamp, 0U);
    expect_flips_noticed(bytes, keys);
  }
  EXPECT_EQ(cosignatures, 3U);  // of witness, mirror, witness2
  testing::report_cases("tlog-sample-logs/sunlight", count);
}

TEST(TlogSampleLogs, MirroredTilesLeadToTheMirroredRoot) {
  const auto folder = testing::vector_folder("tlog-sample-logs") / "sunlight" / "witness" /
                      "mirror" / "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706";
  FOOTPROOF_REQUIRE_FOLDER(folder);
  const auto note = parse_note(testing::read_bytes(folder / "checkpoint"));
  ASSERT_TRUE(note.has_value());
  const auto checkpoint = parse_checkpoint(note->text);
  ASSERT_TRUE(checkpoint.has_value());
  auto leaves = hashes_in(testing::read_bytes(folder / "tile" / "0" / "000"));
  const auto rest = hashes_in(testing::read_bytes(folder / "tile" / "0" / "001.p" / "44"));
  EXPECT_EQ(hashes_in(testing::read_bytes(folder / "tile" / "1" / "000.p" / "1")),
            std::vector<Digest>{tree_root(leaves)});
  leaves.insert(leaves.end(), rest.begin(), rest.end());
  ASSERT_EQ(leaves.size(), checkpoint->size);
  EXPECT_EQ(tree_root(leaves), checkpoint->root);
  testing::report_cases("tlog-sample-logs/mirror", 1);
}

}  // namespace
}  // namespace footproof
