#include "attest/catalogue.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "attest/cbor.h"
#include "attest/core_profile.h"
#include "attest/seal.h"
#include "attest/statement.h"

namespace footproof {
namespace {

constexpr std::string_view kTag = "footproof/catalogue/v1";
constexpr std::size_t kNodeUrlMax = 256;

// The leaves, once they are known to be those that the statement attests.
Result<SubjectTree> tree_of(std::vector<Digest> leaves, const Attestation& attestation) {
  auto tree = SubjectTree::make(std::move(leaves));
  if (!tree) return fail("catalogue", std::move(tree.error()));
  if (tree->subject() != Subject{attestation.root, attestation.count}) {
    return fail(Errc::mismatch, "catalogue: its entries are not those that its statement attests");
  }
  return tree;
}

}  // namespace

bool looks_like_catalogue(ByteView bytes) {
  cbor::Reader in(bytes, "catalogue");
  in.array_of(5);
  in.text_equal(kTag);
  return !in.failed();
}

Bytes encode_catalogue(const Catalogue& catalogue) {
  cbor::Writer out;
  out.array(5).text(kTag).bytes(catalogue.statement);
  write_path(out, catalogue.tree.leaves());
  if (catalogue.receipt) {
    write_receipt(out, *catalogue.receipt);
  } else {
    out.null();
  }
  out.array(catalogue.nodes.size());
  for (const std::string& node : catalogue.nodes) out.text(node);
  return std::move(out).take();
}

Result<Catalogue> parse_catalogue(ByteView bytes) {
  if (bytes.size() > kCatalogueSizeMax) return fail(Errc::bad_length, "catalogue: too large");
  cbor::Reader in(bytes, "catalogue");
  in.array_of(5);
  in.text_equal(kTag);
  Bytes signed_bytes = to_bytes(in.field("statement").bytes(cose::kSign1SizeMax));
  std::vector<Digest> leaves = read_path(in.field("entries"), kSubjectCountMax);
  std::optional<Receipt> receipt;
  if (!in.field("receipt").take_null()) receipt = read_receipt(in);
  std::vector<std::string> nodes;
  const std::size_t count = in.field("nodes").array_up_to(kAttestedNodesMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) nodes.emplace_back(in.text(kNodeUrlMax));
  if (auto done = in.finish(); !done) return fail(std::move(done.error()));

  const auto statement = parse_statement(signed_bytes);
  if (!statement) return fail("catalogue", statement.error());
  const auto* attestation = statement->as<Attestation>();
  if (attestation == nullptr || attestation->count < 2) {
    return fail(Errc::bad_value, "catalogue: its statement does not attest several declarations");
  }
  if (receipt && receipt->statement != signed_bytes) {
    const auto logged = parse_statement(receipt->statement);
    if (!logged || logged->entry_id() != statement->entry_id()) {
      return fail(Errc::mismatch, "catalogue: its receipt is of another statement");
    }
  }
  auto tree = tree_of(std::move(leaves), *attestation);
  if (!tree) return fail(std::move(tree.error()));
  return Catalogue{std::move(signed_bytes), std::move(*tree), std::move(receipt), std::move(nodes)};
}

Result<Attested> member_of(const Catalogue& catalogue, const DeclarationTree& tree) {
  const auto position = catalogue.tree.find(tree);
  if (!position) return fail(Errc::not_found, "the declaration is no member of this catalogue");
  auto path = catalogue.tree.path(*position);
  if (!path) return fail(std::move(path.error()));
  return Attested{catalogue.statement, tree.root,         *position,
                  std::move(*path),    catalogue.receipt, catalogue.nodes};
}

bool has_member(const Catalogue& catalogue, const Digest& tree_root) {
  for (std::size_t size = kSealSizeClassMin; size <= kSealLeavesMax; size *= 2) {
    if (catalogue.tree.find({std::string(core_profile().id), size, tree_root})) return true;
  }
  return false;
}

}  // namespace footproof
