#include "attest/dataset_manifest.h"

#include <gtest/gtest.h>

#include "attest/merkle.h"

namespace footproof {
namespace {

DatasetManifest manifest(bool licensed) {
  DatasetManifest made;
  made.database = "kr-lci";
  made.release = "2026.1";
  if (licensed) made.seed = sha256(as_bytes("seed"));
  for (const std::string_view name : {"flows/electricity.xml", "processes/coil.xml", "readme"}) {
    made.datasets.push_back({std::string(name), name.size(), sha256(as_bytes(name))});
  }
  return made;
}

TEST(DatasetManifest, HasOneSpelling) {
  for (const bool licensed : {false, true}) {
    const Bytes bytes = encode(manifest(licensed));
    ASSERT_EQ(parse_dataset_manifest(bytes).value(), manifest(licensed));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes changed = bytes;
      changed[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
      if (const auto other = parse_dataset_manifest(changed)) {
        ASSERT_EQ(encode(*other), changed) << i;
        // Every byte but the two names is bound by the root.
        const bool same_names =
            other->database == manifest(licensed).database && other->release == "2026.1";
        if (same_names) {
          ASSERT_NE(release_root(*other), release_root(manifest(licensed))) << i;
        }
      }
      ASSERT_FALSE(parse_dataset_manifest(ByteView(bytes).first(i)));
    }
  }
}

TEST(DatasetManifest, RefusesNamesOutOfOrder) {
  DatasetManifest swapped = manifest(false);
  std::swap(swapped.datasets[0], swapped.datasets[1]);
  EXPECT_FALSE(parse_dataset_manifest(encode(swapped)));
  DatasetManifest twice = manifest(false);
  twice.datasets[1] = twice.datasets[0];
  EXPECT_FALSE(parse_dataset_manifest(encode(twice)));
  DatasetManifest none = manifest(false);
  none.datasets.clear();
  EXPECT_FALSE(parse_dataset_manifest(encode(none)));
}

// The leaf of a public dataset can be made by whoever has it: from the words of the format alone.
TEST(DatasetManifest, ALeafIsThatOfTheFormat) {
  const DatasetDigest one{"a", 5, sha256(as_bytes("bytes"))};
  Bytes entry = from_hex("85").value();
  append(entry, from_hex("74").value());
  append(entry, as_bytes("footproof/dataset/v1"));
  append(entry, from_hex("f6").value());
  append(entry, from_hex("6161").value());
  append(entry, from_hex("05").value());
  append(entry, from_hex("5820").value());
  append(entry, one.digest.view());
  EXPECT_EQ(dataset_leaf({}, one), leaf_hash(entry));
  DatasetManifest alone{"kr-lci", "1", {}, {one}};
  EXPECT_EQ(release_root(alone), leaf_hash(entry));
}

// Whoever guesses a licensed dataset to the last byte cannot see that it is there.
TEST(DatasetManifest, ASaltedLeafCannotBeGuessed) {
  const DatasetManifest licensed = manifest(true);
  const DatasetDigest& known = licensed.datasets[1];
  EXPECT_EQ(dataset_leaf({}, known), dataset_leaf({}, manifest(false).datasets[1]));
  EXPECT_NE(dataset_leaf(licensed.seed, known), dataset_leaf({}, known));
  EXPECT_NE(dataset_leaf(licensed.seed, known), dataset_leaf(sha256(as_bytes("other")), known));
  EXPECT_NE(release_root(licensed), release_root(manifest(false)));
}

TEST(DatasetManifest, FindsByName) {
  const DatasetManifest made = manifest(false);
  ASSERT_NE(made.find("readme"), nullptr);
  EXPECT_EQ(made.find("readme")->size, 6U);
  EXPECT_EQ(made.find("readm"), nullptr);
  EXPECT_EQ(made.find("z"), nullptr);
}

}  // namespace
}  // namespace footproof
