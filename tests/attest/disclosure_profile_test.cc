#include "attest/disclosure_profile.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

SealedDeclaration declaration() {
  SealInput input{
      sha256(as_bytes("seed")), {{"application/json", to_bytes(as_bytes("{}"))}}, {}, {}};
  return *SealedDeclaration::seal(std::move(input));
}

TEST(DisclosureProfile, AreTheNineOfTheFormat) {
  std::vector<std::string_view> ids;
  for (const DisclosureProfile& profile : disclosure_profiles()) ids.push_back(profile.id);
  EXPECT_EQ(ids, (std::vector<std::string_view>{"none", "cbam-declarant", "cbam-review", "border",
                                                "battery-public", "battery-authority", "buyer-full",
                                                "label", "audit"}));
  EXPECT_EQ(find_disclosure_profile("unheard-of"), nullptr);
}

TEST(DisclosureProfile, SlotsExistAscendByRankAndSayWhy) {
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    EXPECT_FALSE(profile.reader.empty());
    std::optional<std::size_t> last;
    for (const DisclosedSlot& one : profile.slots) {
      const auto rank = core_profile().rank(one.slot);
      ASSERT_TRUE(rank.has_value()) << profile.id << " " << one.slot;
      EXPECT_TRUE(!last || *rank > *last) << profile.id << " " << one.slot;
      last = rank;
      EXPECT_FALSE(one.why.empty());
    }
  }
  EXPECT_TRUE(find_disclosure_profile("none")->slots.empty());
  EXPECT_EQ(find_disclosure_profile("audit")->slots.size(), core_profile().slots.size());
}

// Who must not see what, whatever else changes in the tables.
TEST(DisclosureProfile, KeepsFromEachReaderWhatIsNotTheirs) {
  const auto opens = [](std::string_view id, std::string_view slot) {
    return profile_labels(*find_disclosure_profile(id)).contains("core:" + std::string(slot));
  };
  for (const char* slot : {"value.exclBiogenic", "declarant.name", "lci", "quantity.verified"}) {
    EXPECT_FALSE(opens("border", slot)) << slot;
  }
  for (const char* slot : {"lci", "method.pds", "stage.production", "verif.signatory"}) {
    EXPECT_FALSE(opens("cbam-declarant", slot)) << slot;
  }
  for (const char* slot : {"product.cn", "period.start", "value.exclBiogenic"}) {
    EXPECT_FALSE(opens("label", slot)) << slot;
  }
  EXPECT_FALSE(opens("buyer-full", "quantity.verified"));
  EXPECT_FALSE(opens("buyer-full", "product.cn"));
  EXPECT_FALSE(opens("battery-public", "lci"));
  EXPECT_TRUE(opens("cbam-declarant", "value.exclBiogenic"));
  EXPECT_TRUE(opens("cbam-review", "verif.signatory"));
  EXPECT_TRUE(opens("battery-authority", "lci"));
}

TEST(DisclosureProfile, IsCompleteWhenEverySlotIsOpenedAbsentOrNot) {
  const auto sealed = declaration();
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    const auto openings = open_labels(sealed, profile_labels(profile));
    ASSERT_TRUE(openings.has_value());
    const Completeness whole = completeness(profile, *openings);
    EXPECT_TRUE(whole.complete()) << profile.id;
    EXPECT_TRUE(whole.extra.empty()) << profile.id;
    if (profile.slots.empty()) continue;
    auto labels = profile_labels(profile);
    const std::string left_out = *labels.begin();
    labels.erase(labels.begin());
    const Completeness part = completeness(profile, *open_labels(sealed, labels));
    EXPECT_EQ(part.missing, std::vector<std::string>{left_out});
  }
}

TEST(DisclosureProfile, NamesWhatIsOpenedBeyondIt) {
  const auto openings = open_labels(declaration(), {"core:lci", "src:0:"});
  ASSERT_TRUE(openings.has_value());
  const Completeness none = completeness(*find_disclosure_profile("none"), *openings);
  EXPECT_TRUE(none.complete());
  EXPECT_EQ(none.extra, (std::vector<std::string>{"core:lci", "src:0:"}));
}

}  // namespace
}  // namespace footproof
