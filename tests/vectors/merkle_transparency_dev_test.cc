// transparency-dev/merkle: inclusion and consistency proofs, good and bad, every file.
#include <gtest/gtest.h>

#include <optional>

#include "attest/merkle.h"
#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

// Empty where the text is absent or does not hold exactly 32 bytes: our types cannot say that, so
// such a case counts as refused.
std::optional<Digest> digest_member(const nlohmann::json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto bytes = from_base64(value.get<std::string>());
  if (!bytes) return std::nullopt;
  const auto digest = to_digest(*bytes);
  return digest ? std::optional(*digest) : std::nullopt;
}

std::optional<std::vector<Digest>> path_member(const nlohmann::json& value) {
  std::vector<Digest> path;
  if (value.is_null()) return path;
  for (const auto& item : value) {
    const auto digest = digest_member(item);
    if (!digest) return std::nullopt;
    path.push_back(*digest);
  }
  return path;
}

bool accepts_inclusion(const nlohmann::json& test) {
  const auto leaf = digest_member(test["leafHash"]);
  const auto root = digest_member(test["root"]);
  const auto path = path_member(test["proof"]);
  return leaf && root && path &&
         verify_inclusion(*leaf, test["leafIdx"].get<std::uint64_t>(),
                          test["treeSize"].get<std::uint64_t>(), *path, *root)
             .has_value();
}

bool accepts_consistency(const nlohmann::json& test) {
  const auto old_root = digest_member(test["root1"]);
  const auto new_root = digest_member(test["root2"]);
  const auto path = path_member(test["proof"]);
  return old_root && new_root && path &&
         verify_consistency(test["size1"].get<std::uint64_t>(), test["size2"].get<std::uint64_t>(),
                            *path, *old_root, *new_root)
             .has_value();
}

TEST(MerkleTransparencyDev, EveryCase) {
  const auto folder = vector_folder("merkle-transparency-dev");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  for (const auto& file : files_below(folder)) {
    if (file.extension() != ".json") continue;
    SCOPED_TRACE(file.string());
    const auto test = read_json(file);
    const bool inclusion = test.contains("leafIdx");
    bool expected = !test["wantErr"].get<bool>();
    // Its roots are 12 bytes of text: right for a library of byte strings, never for one of ours.
    if (file.filename() == "sizes-are-equal-one-and-proof-is-empty.json") expected = false;
    EXPECT_EQ(inclusion ? accepts_inclusion(test) : accepts_consistency(test), expected);
    ++count;
  }
  report_cases("merkle-transparency-dev", count);
}

}  // namespace
}  // namespace footproof::testing
