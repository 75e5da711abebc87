// A sealed file that parses says exactly its bytes; any JSON that seals opens and verifies;
// openings that parse have one spelling.
#include "attest/check.h"
#include "attest/opening.h"
#include "attest/seal.h"

namespace {

using namespace footproof;

void check_opens(const SealedDeclaration& sealed) {
  // About one label in three, by its salt, so that inputs of all kinds are opened.
  std::set<std::string> labels;
  for (const SealedLeaf& leaf : sealed.leaves()) {
    const bool allowed = !leaf.label.starts_with("doc:") && !leaf.label.starts_with("pad:");
    const bool fits =
        leaf.label.size() <= kOpeningLabelMax && leaf.value.size() <= kOpeningValueMax;
    if (allowed && fits && leaf.salt.bytes[0] % 3 == 0) labels.insert(leaf.label);
  }
  const auto openings = open_labels(sealed, labels);
  CHECK(openings.has_value());
  const DeclarationTree tree{std::string(sealed.profile()), sealed.tree_size(), sealed.root()};
  CHECK(verify_openings(tree, *openings).has_value());
}

void check_sealed_file(ByteView bytes) {
  const auto sealed = SealedDeclaration::parse(bytes);
  if (!sealed) return;
  CHECK(equal(sealed->encode(), bytes));
  check_opens(*sealed);
}

void check_document(ByteView bytes) {
  SealInput input{sha256(bytes), {{"application/json", to_bytes(bytes)}}, {}, {}};
  const auto sealed = SealedDeclaration::seal(std::move(input));
  if (!sealed) return;
  check_opens(*sealed);
  const Bytes file = sealed->encode();
  const auto again = SealedDeclaration::parse(file);
  CHECK(again.has_value() && again->root() == sealed->root());
}

void check_openings(ByteView bytes) {
  cbor::Reader in(bytes, "openings");
  const Openings openings = read_openings(in);
  if (!in.finish()) return;
  cbor::Writer out;
  write_openings(out, openings);
  CHECK(equal(out.view(), bytes));
  // Must come to an end, and can only be right for a root that it leads to.
  for (const std::uint64_t size : {128U, 1U << 20}) {
    const DeclarationTree tree{std::string(kCoreProfileId), size, Digest{}};
    CHECK(!verify_openings(tree, openings).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_sealed_file(bytes);
  check_document(bytes);
  check_openings(bytes);
  return 0;
}
