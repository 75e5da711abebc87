// Openings: what is shown is what was sealed, at the place where it must stand, and nothing else.
#include "attest/opening.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "attest/leaf_value.h"

namespace footproof {
namespace {

constexpr std::string_view kPact =
    R"({"specVersion":"3.0.0","id":"3893bb5d-da16-4dc1-9185-11d97476c254",)"
    R"("companyName":"Acme","pcf":{"fossilGhgEmissions":"3.0","primaryDataShare":"40"}})";

const SealedDeclaration& declaration() {
  static const SealedDeclaration sealed = [] {
    SealInput input{sha256(as_bytes("seed")),
                    {{"application/json", to_bytes(as_bytes(kPact))},
                     {"application/pdf", to_bytes(as_bytes("%PDF-1.4"))}},
                    {},
                    {{LinkKind::component, sha256(as_bytes("part")), std::nullopt}}};
    return *SealedDeclaration::seal(std::move(input));
  }();
  return sealed;
}

DeclarationTree tree_of(const SealedDeclaration& sealed) {
  return {std::string(sealed.profile()), sealed.tree_size(), sealed.root()};
}

Openings opened(const std::set<std::string>& labels) {
  auto openings = open_labels(declaration(), labels);
  EXPECT_TRUE(openings.has_value()) << openings.error().detail;
  return std::move(*openings);
}

bool holds(const Openings& openings) {
  return verify_openings(tree_of(declaration()), openings).has_value();
}

// Openings of leaves made by somebody who may put into a tree what he likes.
struct Forger {
  std::vector<OpenedEntry> leaves;

  explicit Forger(const SealedDeclaration& sealed) {
    for (std::uint64_t i = 0; i < sealed.tree_size(); ++i) {
      const SealedLeaf& leaf = sealed.leaves()[i];
      leaves.push_back({i, leaf.salt, leaf.label, leaf.value});
    }
  }

  Result<void> verdict(const std::vector<std::uint64_t>& positions) const {
    std::vector<Digest> hashes;
    for (const OpenedEntry& leaf : leaves) {
      hashes.push_back(leaf_hash(leaf_entry(leaf.salt, leaf.label, leaf.value)));
    }
    Openings openings;
    for (const std::uint64_t position : positions) openings.entries.push_back(leaves[position]);
    openings.proof = *multi_proof(hashes, positions);
    return verify_openings({std::string(kCoreProfileId), leaves.size(), tree_root(hashes)},
                           openings);
  }
};

TEST(Opening, OpensExactlyTheLabelsAsked) {
  const auto openings = opened({"core:value.fossil", "src:0:/companyName", "link:0"});
  EXPECT_EQ(openings.entries.size(), 3U);
  EXPECT_TRUE(holds(openings));
  ASSERT_NE(find_opened(openings, "core:value.fossil"), nullptr);
  EXPECT_EQ(value_text(find_opened(openings, "core:value.fossil")->value), "3");
  EXPECT_EQ(find_opened(openings, "core:value.luc"), nullptr);
}

TEST(Opening, NothingOpenedIsTheRootAlone) {
  const auto openings = opened({});
  EXPECT_EQ(openings.proof, std::vector<Digest>{declaration().root()});
  EXPECT_TRUE(holds(openings));
}

TEST(Opening, EverythingOpenedNeedsNoHashOfPads) {
  std::set<std::string> labels;
  for (const SealedLeaf& leaf : declaration().leaves()) {
    if (!leaf.label.starts_with("pad:") && !leaf.label.starts_with("doc:"))
      labels.insert(leaf.label);
  }
  EXPECT_TRUE(holds(opened(labels)));
}

TEST(Opening, AnAbsentSlotIsProvenAbsent) {
  const auto openings = opened({"core:value.luc"});
  EXPECT_TRUE(is_absent(openings.entries[0].value));
  EXPECT_TRUE(holds(openings));
}

TEST(Opening, DocumentsAndDecoysStayClosed) {
  EXPECT_EQ(open_labels(declaration(), {"doc:0"}).error().code, Errc::refused);
  EXPECT_EQ(open_labels(declaration(), {"pad:0"}).error().code, Errc::refused);
  EXPECT_EQ(open_labels(declaration(), {"core:unheardOf"}).error().code, Errc::not_found);
  EXPECT_EQ(open_labels(declaration(), {"src:0:/nothing"}).error().code, Errc::not_found);
}

TEST(Opening, ADocumentGoesOnlyWithItsBytes) {
  const auto openings = open_labels_with_documents(declaration(), {"core:value.fossil"}, {1});
  ASSERT_TRUE(openings.has_value());
  EXPECT_TRUE(holds(*openings));
  EXPECT_TRUE(verify_document(*openings, 1, as_bytes("%PDF-1.4")).has_value());
  EXPECT_EQ(verify_document(*openings, 1, as_bytes("%PDF-1.5")).error().code, Errc::mismatch);
  EXPECT_EQ(verify_document(*openings, 0, as_bytes(kPact)).error().code, Errc::not_found);
  EXPECT_EQ(open_labels_with_documents(declaration(), {}, {2}).error().code, Errc::not_found);
}

TEST(Opening, EveryChangedPartIsRefused) {
  const auto good = opened({"core:value.fossil", "core:method.pds", "src:0:/companyName"});
  ASSERT_TRUE(holds(good));
  for (std::size_t i = 0; i < good.entries.size(); ++i) {
    auto bad = good;
    bad.entries[i].salt.bytes[31] ^= 1;
    EXPECT_FALSE(holds(bad));
    bad = good;
    bad.entries[i].label += "x";
    EXPECT_FALSE(holds(bad));
    bad = good;
    bad.entries[i].value = absent_value();
    EXPECT_FALSE(holds(bad));
    bad = good;
    bad.entries[i].index ^= 1;
    EXPECT_FALSE(holds(bad));
    bad = good;
    bad.entries.erase(bad.entries.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(holds(bad));
  }
  for (std::size_t i = 0; i < good.proof.size(); ++i) {
    auto bad = good;
    bad.proof[i].bytes[0] ^= 1;
    EXPECT_FALSE(holds(bad));
    bad = good;
    bad.proof.erase(bad.proof.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(holds(bad));
  }
  auto bad = good;
  bad.proof.push_back(declaration().root());
  EXPECT_FALSE(holds(bad));
  bad = good;
  std::swap(bad.entries[0], bad.entries[1]);
  EXPECT_FALSE(holds(bad));
}

TEST(Opening, TheTreeIsPartOfWhatIsProven) {
  const auto openings = opened({"core:value.fossil"});
  auto tree = tree_of(declaration());
  for (const std::uint64_t size : {0U, 64U, 127U, 129U, 256U}) {
    tree.size = size;
    EXPECT_FALSE(verify_openings(tree, openings).has_value()) << size;
  }
  tree = tree_of(declaration());
  tree.profile = "footproof-core-2";
  EXPECT_EQ(verify_openings(tree, openings).error().code, Errc::bad_version);
}

// The declarant builds the tree: the verifier of an opening must not depend on its honesty.
TEST(Opening, CoreSlotAtAWrongRankIsRefused) {
  Forger forger(declaration());
  const std::uint64_t rank = *core_profile().rank("value.fossil");
  ASSERT_TRUE(forger.verdict({rank}).has_value());
  // A second, lower value of the slot among the other leaves.
  Forger elsewhere = forger;
  elsewhere.leaves[100].label = "core:value.fossil";
  elsewhere.leaves[100].value = elsewhere.leaves[*core_profile().rank("value.luc")].value;
  EXPECT_FALSE(elsewhere.verdict({100}).has_value());
  // Two core slots that have changed places.
  Forger swapped = forger;
  std::swap(swapped.leaves[rank].label, swapped.leaves[rank + 1].label);
  EXPECT_FALSE(swapped.verdict({rank}).has_value());
  // Another leaf where a core slot belongs.
  Forger covered = forger;
  covered.leaves[rank].label = "src:0:/pcf/fossilGhgEmissions";
  covered.leaves[rank].value = source_value("oo", "\"1\"");
  EXPECT_FALSE(covered.verdict({rank}).has_value());
}

TEST(Opening, ALabelOpenedTwiceIsRefused) {
  Forger forger(declaration());
  for (const std::uint64_t at : {100U, 101U}) {
    forger.leaves[at].label = "src:0:/companyName";
    forger.leaves[at].value = source_value("o", at == 100 ? "\"A\"" : "\"B\"");
  }
  EXPECT_TRUE(forger.verdict({100}).has_value());  // the attester vouches for uniqueness
  EXPECT_FALSE(forger.verdict({100, 101}).has_value());
}

TEST(Opening, MalformedLabelsAndValuesAreRefused) {
  const Forger forger(declaration());
  const auto forged = [&](std::string label, Bytes value) {
    Forger copy = forger;
    copy.leaves[100].label = std::move(label);
    copy.leaves[100].value = std::move(value);
    return copy.verdict({100}).has_value();
  };
  EXPECT_TRUE(forged("src:0:/a", source_value("o", "1")));
  EXPECT_TRUE(forged("src:12:", source_value("", "{}")));
  for (const char* label :
       {"", "src", "src:", "src:0", "src:00:/a", "src:0:a", "src:0:/~", "src:0:/~2", "src:-1:/a",
        "src:1234567890:/a", "SRC:0:/a", "core:", "doc:0x", "link:", "pad:0", "foo:0"}) {
    EXPECT_FALSE(forged(label, source_value("o", "1"))) << label;
  }
  EXPECT_FALSE(forged("src:0:/a", source_value("", "1")));
  EXPECT_FALSE(forged("src:0:/a", source_value("x", "1")));
  EXPECT_FALSE(forged("src:0:/a", source_value("oo", "1")));
  EXPECT_FALSE(forged("src:0:/a", source_value("o", "")));
  EXPECT_FALSE(forged("src:0:/a", source_value("o", "1 ")));
  EXPECT_FALSE(forged("src:0:/a", source_value("o", "[1]")));
  EXPECT_FALSE(forged("src:0:/a", source_value("o", "\"unfinished")));
  EXPECT_FALSE(forged("src:0:/a", absent_value()));
  EXPECT_FALSE(forged("doc:0", source_value("o", "1")));
  EXPECT_FALSE(forged("link:0", source_value("o", "1")));
}

TEST(Opening, HasOneSpelling) {
  const auto openings = opened({"core:value.fossil", "core:value.luc", "src:0:/companyName"});
  cbor::Writer out;
  write_openings(out, openings);
  const Bytes encoded = std::move(out).take();
  cbor::Reader in(encoded, "openings");
  EXPECT_EQ(read_openings(in), openings);
  EXPECT_TRUE(in.finish().has_value());
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    cbor::Reader cut(ByteView(encoded).first(size), "openings");
    static_cast<void>(read_openings(cut));
    EXPECT_FALSE(cut.finish().has_value()) << size;
  }
}

TEST(Opening, RandomSubsetsVerify) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    std::set<std::string> labels;
    for (const SealedLeaf& leaf : declaration().leaves()) {
      const bool allowed = !leaf.label.starts_with("doc:") && !leaf.label.starts_with("pad:");
      if (allowed && random() % 4 == 0) labels.insert(leaf.label);
    }
    const auto openings = opened(labels);
    ASSERT_EQ(openings.entries.size(), labels.size());
    ASSERT_TRUE(holds(openings));
  }
}

}  // namespace
}  // namespace footproof
