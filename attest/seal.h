// Sealing: documents become labelled, salted leaves of one Merkle tree; only its root can leave
// (docs/formats.md §4). And the .sealed file that keeps what is needed to open it (§10).
//
// Deterministic: the seed is passed in, there is no randomness here. A seed is used for one seal
// only; two seals of one document under two seeds have no leaf in common.
// Limits: documents_max documents of together at most 64 MiB, 2^20 leaves with padding,
// 64 MiB of source labels.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/bytes.h"
#include "attest/core_profile.h"
#include "attest/digest.h"
#include "attest/merkle.h"
#include "attest/result.h"

namespace footproof {

inline constexpr std::size_t kSealDocumentsMax = 64;
inline constexpr std::size_t kSealBytesMax = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kSealLeavesMax = std::size_t{1} << 20;
inline constexpr std::size_t kSealLinksMax = 4096;
// Source labels together: each repeats its whole JSON pointer, so that a document of 16 MiB could
// otherwise demand terabytes.
inline constexpr std::size_t kSealLabelBytesMax = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kSealSizeClassMin = 64;
// A .sealed file holds the documents, their labels and little else.
inline constexpr std::size_t kSealedFileMax = std::size_t{256} * 1024 * 1024;

struct SourceDocument {
  std::string media_type;  // application/json and …+json are read as JSON; all else is only hashed
  Bytes bytes;

  friend bool operator==(const SourceDocument&, const SourceDocument&) = default;
};

// By file name ending, for the tools: .json, .jsonld, .pdf, .xml, .csv, .xlsx …
[[nodiscard]] std::string_view media_type_of(std::string_view file_name);

struct ReleaseRef {
  std::string database;
  std::string release;
  friend bool operator==(const ReleaseRef&, const ReleaseRef&) = default;
};

enum class LinkKind : std::uint8_t { component = 0, uses_dataset = 1, same_as = 2, supersedes = 3 };

// A hidden edge to another entry or to a dataset release.
struct Link {
  LinkKind kind = LinkKind::component;
  std::variant<Digest, ReleaseRef> target;  // entry id, or release (uses_dataset)
  std::optional<std::string> weight;        // a core decimal
  friend bool operator==(const Link&, const Link&) = default;
};

struct SealInput {
  Digest seed;  // 32 random bytes, new for every seal
  std::vector<SourceDocument> documents;
  std::map<std::string, Bytes> by_hand;  // slot → core value, where the documents say nothing
  std::vector<Link> links;
};

// Told now and then how many of how many leaves are hashed.
using SealProgress = std::function<void(std::size_t done, std::size_t total)>;

struct SealedLeaf {
  std::string label;
  Bytes value;  // CBOR
  Digest salt;
  Digest hash;
};

// The salt of a label, and a leaf's entry: CBOR [salt, label, value].
[[nodiscard]] Digest leaf_salt(const Digest& seed, std::string_view label);
[[nodiscard]] Bytes leaf_entry(const Digest& salt, std::string_view label, ByteView value);

// Only the documents that a sealed file holds; the file is well-formed, and nothing else is said
// of it. For tools that skip what they sealed before.
[[nodiscard]] Result<std::vector<SourceDocument>> sealed_documents(ByteView file);

class SealedDeclaration {
 public:
  // bad_value with document and JSON pointer where a number is too large or two documents disagree.
  [[nodiscard]] static Result<SealedDeclaration> seal(SealInput input,
                                                      const SealProgress& progress = {});

  // Re-derives every leaf and refuses a file that says otherwise.
  [[nodiscard]] static Result<SealedDeclaration> parse(ByteView file);
  [[nodiscard]] Bytes encode() const;

  [[nodiscard]] std::string_view profile() const { return kCoreProfileId; }
  [[nodiscard]] const std::vector<SourceDocument>& documents() const { return input_.documents; }
  [[nodiscard]] const std::vector<Link>& links() const { return input_.links; }
  [[nodiscard]] const std::vector<SealedLeaf>& leaves() const { return leaves_; }  // tree order
  [[nodiscard]] std::uint64_t tree_size() const { return leaves_.size(); }
  [[nodiscard]] const Digest& root() const { return root_; }
  [[nodiscard]] std::vector<Digest> leaf_hashes() const;
  // Position of a label in the tree.
  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view label) const;
  // The value of a core slot, by rank.
  [[nodiscard]] const Bytes& core_value(std::size_t rank) const { return leaves_[rank].value; }
  // Format found in each document ("pact-3", "catenax-9", "" for none).
  [[nodiscard]] const std::vector<std::string>& formats() const { return formats_; }
  // What a person should know: fields that a slot could not take, and why. Not part of the file.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  SealedDeclaration() = default;

  SealInput input_;
  std::vector<SealedLeaf> leaves_;
  std::vector<std::uint32_t> by_label_;  // positions of the leaves behind the core, by their label
  Digest root_;
  std::vector<std::string> formats_;
  std::vector<std::string> notes_;
};

}  // namespace footproof
