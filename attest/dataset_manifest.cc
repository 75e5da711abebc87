#include "attest/dataset_manifest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/cbor.h"
#include "attest/fields.h"
#include "attest/merkle.h"

namespace footproof {
namespace {

constexpr std::string_view kManifestTag = "footproof/dataset-manifest/v1";
constexpr std::string_view kLeafTag = "footproof/dataset/v1";
constexpr std::string_view kSaltTag = "footproof/dataset-salt/v1";
// Of one dataset without its name: array head, heads, size, digest.
constexpr std::size_t kDatasetItems = 3;

Digest dataset_salt(const Digest& seed, std::string_view name) {
  constexpr std::array<std::uint8_t, 1> kZero = {0};
  return hmac_sha256(seed.view(), {as_bytes(kSaltTag), kZero, as_bytes(name)});
}

}  // namespace

const DatasetDigest* DatasetManifest::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(datasets, name, {}, &DatasetDigest::name);
  return found != datasets.end() && found->name == name ? &*found : nullptr;
}

Digest dataset_leaf(const std::optional<Digest>& seed, const DatasetDigest& dataset) {
  cbor::Writer out;
  out.array(5).text(kLeafTag);
  seed ? out.digest(dataset_salt(*seed, dataset.name)) : out.null();
  fields::write_text(out, dataset.name);
  out.uint(dataset.size).digest(dataset.digest);
  return leaf_hash(out.view());
}

Digest release_root(const DatasetManifest& manifest) {
  Frontier tree;
  for (const DatasetDigest& dataset : manifest.datasets) {
    tree.append(dataset_leaf(manifest.seed, dataset));
  }
  return tree.root();
}

Bytes encode(const DatasetManifest& manifest) {
  cbor::Writer out;
  out.array(5).text(kManifestTag);
  fields::write_text(out, manifest.database);
  fields::write_text(out, manifest.release);
  fields::write(out, manifest.seed);
  out.array(manifest.datasets.size());
  for (const DatasetDigest& dataset : manifest.datasets) {
    out.array(kDatasetItems);
    fields::write_text(out, dataset.name);
    out.uint(dataset.size).digest(dataset.digest);
  }
  return std::move(out).take();
}

Result<DatasetManifest> parse_dataset_manifest(ByteView bytes) {
  if (bytes.size() > kManifestSizeMax) {
    return fail(Errc::bad_length, "dataset manifest: larger than 192 MiB");
  }
  cbor::Reader in(bytes, "dataset manifest");
  DatasetManifest manifest;
  in.array_of(5);
  in.field("tag").text_equal(kManifestTag);
  manifest.database = fields::id(in.field("database id"));
  manifest.release = fields::id(in.field("release id"));
  manifest.seed = in.field("seed").digest_or_null();
  const std::size_t count = in.field("datasets").array_between(1, kDatasetsMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    DatasetDigest dataset;
    in.field("dataset").array_of(kDatasetItems);
    dataset.name = in.field("dataset name").text(kDatasetNameMax);
    dataset.size = in.field("dataset size").uint();
    dataset.digest = in.field("dataset digest").digest();
    if (dataset.name.empty() || (i > 0 && dataset.name <= manifest.datasets.back().name)) {
      in.field("datasets").reject(Errc::malformed, "must ascend by name without duplicates");
    }
    manifest.datasets.push_back(std::move(dataset));
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return manifest;
}

}  // namespace footproof
