// Checkpoints and cosignatures made for this project: every case of accept.jsonl must verify under
// the policy of the suite's README, every case of reject.jsonl must not.
#include <gtest/gtest.h>

#include <sstream>

#include "attest/note.h"
#include "tests/support/vectors.h"

namespace footproof {
namespace {

constexpr std::string_view kOrigin = "pcf-ledger.example/log1";
constexpr std::string_view kKeys[] = {
    "pcf-ledger.example/log1+57cd93d5+AWzW6sz24+0LFc+qNOO9A1ybGAx4j2tPrEBbS95Y4pHc",
    "witness-a.example+52ea795d+BLHwxug+O5mh/FCm54fuYdTWRpv1BB9LImo9vEZvw6Qm",
    "witness-b.example+f79e02b1+BB1NZQnja6Jt2J/jHX/EK/6c+USqmLkb09xr/K2BbpeL"};

std::vector<NoteKey> suite_keys() {
  std::vector<NoteKey> keys;
  for (const std::string_view vkey : kKeys) {
    auto key = NoteKey::parse(vkey);
    EXPECT_TRUE(key.has_value()) << vkey;
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

// The suite's policy: this log's own line must be there, no cosignature is required.
Result<void> judge(ByteView bytes, std::span<const NoteKey> keys) {
  const auto note = parse_note(bytes);
  if (!note) return fail(note.error());
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(checkpoint.error());
  if (checkpoint->origin != kOrigin) return fail(Errc::mismatch, "another origin");
  const auto lines = verify_note(*note, keys);
  if (!lines) return fail(lines.error());
  for (const VerifiedLine& line : *lines) {
    if (line.key == 0) return {};
  }
  return fail(Errc::bad_signature, "no line by the log");
}

std::vector<nlohmann::json> cases(const std::filesystem::path& file) {
  std::vector<nlohmann::json> found;
  std::istringstream lines(testing::read_text(file));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) found.push_back(nlohmann::json::parse(line));
  }
  return found;
}

TEST(OwnCheckpoints, AcceptsAndRefusesEveryCaseAsMarked) {
  const auto folder = testing::vector_folder("own-checkpoints");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  const std::vector<NoteKey> keys = suite_keys();
  ASSERT_EQ(keys.size(), 3U);
  std::size_t count = 0;
  for (const bool accept : {true, false}) {
    for (const auto& one : cases(folder / (accept ? "accept.jsonl" : "reject.jsonl"))) {
      const auto bytes = from_base64(one.at("note_base64").get<std::string>());
      ASSERT_TRUE(bytes.has_value());
      const auto judged = judge(*bytes, keys);
      EXPECT_EQ(judged.has_value(), accept)
          << one.at("id") << ": " << (judged ? "accepted" : judged.error().detail);
      // What parses has one spelling.
      if (const auto note = parse_note(*bytes)) {
        EXPECT_TRUE(equal(as_bytes(encode(*note)), *bytes)) << one.at("id");
      }
      ++count;
    }
  }
  testing::report_cases("own-checkpoints", count);
}

}  // namespace
}  // namespace footproof
