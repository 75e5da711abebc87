// What a dataset release holds: one digest for each dataset, and the root over them that the ledger
// records (docs/formats.md §10). The datasets themselves, their names and their number stay with
// the operator; only the root leaves.
//
// A public release has no seed: whoever holds a dataset and its place can recompute the root. A
// licensed one is salted: without the seed nobody can tell from root and leaf hashes whether a
// dataset that he guesses is part of it. Seeds are 32 random bytes, new for every release.
// Deterministic, no I/O. Limits: kDatasetsMax datasets, names of kDatasetNameMax bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kDatasetsMax = std::size_t{1} << 18;
inline constexpr std::size_t kDatasetNameMax = 512;
inline constexpr std::size_t kManifestSizeMax = std::size_t{192} * 1024 * 1024;

// One dataset: a file of whatever format, ILCD or other.
struct DatasetDigest {
  std::string name;  // path below the release's folder, parts divided by '/'
  std::uint64_t size = 0;
  Digest digest;  // H(bytes)
  friend bool operator==(const DatasetDigest&, const DatasetDigest&) = default;
};

struct DatasetManifest {
  std::string database;
  std::string release;
  std::optional<Digest> seed;           // there where the release is licensed
  std::vector<DatasetDigest> datasets;  // at least one; ascending by name, none twice

  [[nodiscard]] const DatasetDigest* find(std::string_view name) const;
  friend bool operator==(const DatasetManifest&, const DatasetManifest&) = default;
};

// leaf = H(0x00 ‖ CBOR ["footproof/dataset/v1", salt / null, name, size, digest]),
// salt = HMAC-SHA-256(seed, "footproof/dataset-salt/v1" ‖ 0x00 ‖ name).
[[nodiscard]] Digest dataset_leaf(const std::optional<Digest>& seed, const DatasetDigest& dataset);
// RFC 9162 over the leaves in the order of the manifest.
[[nodiscard]] Digest release_root(const DatasetManifest& manifest);

[[nodiscard]] Bytes encode(const DatasetManifest& manifest);
[[nodiscard]] Result<DatasetManifest> parse_dataset_manifest(ByteView bytes);

}  // namespace footproof
