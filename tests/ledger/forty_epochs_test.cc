// Forty-one epochs of a real ledger: every set decided by ballots that the rules accepted, ended by
// a boundary block, cosigned by the keys of its own members. What a reader of the first day and one
// of the last day may conclude from the files of either.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "attest/presentation.h"
#include "attest/verdict.h"
#include "ledger/epochs.h"
#include "tests/support/fixture_presentation.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

constexpr std::size_t kChanges = 40;

// 4 → 7 by admissions, a validator's keys renewed, 7 → 4 by removals, another one's renewed.
class FortyEpochs : public ::testing::Test {
 protected:
  FortyEpochs() {
    network_.admit_verifier();
    Attestation attestation = network_.attestation();
    attestation.root = subject_of(fixture_declaration()).root;
    entry_ = network_.accept(network_.sign(kVerifierUri, attestation));
    first_ = network_.policy();
    for (std::size_t step = 0; step < kChanges; ++step) {
      if (step == 3) of_epoch_3_ = encode_presentation(shown());
      change(step);
      network_.advance(std::uint64_t{7} * 86'400);
      network_.end_epoch();
      network_.run({});
    }
  }

  void change(std::size_t step) {
    const auto set = network_.set_in_force().members;
    const std::size_t at = step % 8;
    if (at < 3) return network_.decide(AdmitValidator{network_.validator(next_++)});
    if (at >= 4 && at < 7) return network_.decide(RemoveValidator{set.front().id});
    const std::string id = set[step % set.size()].id;
    const auto number = static_cast<std::size_t>(std::stoul(id.substr(id.rfind('-') + 1)));
    network_.decide(
        ReplaceValidator{id, network_.validator(number, "renewed-" + std::to_string(step))});
  }

  [[nodiscard]] Presentation shown() const {
    return present(network_.store().published()->make_receipt(entry_, std::nullopt).value());
  }
  [[nodiscard]] std::vector<Hop> hops() const {
    std::vector<Hop> all;
    while (auto one = network_.store().hop(all.size()).value()) all.push_back(std::move(*one));
    return all;
  }
  [[nodiscard]] Verdict judge(const Bytes& presentation, const Policy& policy) const {
    VerdictOptions options;
    options.now = Instant{network_.now().ms + 60'000};
    return judge_presentation(presentation, policy, options);
  }

  test::TempFolder folder_;
  Sequencer network_{folder_.path()};
  Digest entry_;
  Policy first_;
  Bytes of_epoch_3_;
  std::size_t next_ = 4;
};

TEST_F(FortyEpochs, OldPoliciesAndOldFilesStayGood) {
  ASSERT_EQ(network_.epoch(), kChanges);
  const auto way = hops();
  ASSERT_EQ(way.size(), kChanges);

  // The reader of the first day, forty epochs later.
  Presentation fresh = shown();
  fresh.hops = way;
  const Bytes with_hops = encode_presentation(fresh);
  const Verdict late = judge(with_hops, first_);
  EXPECT_EQ(late.summary(), "certified") << late.at(Question::network).reason;
  EXPECT_EQ(late.receipt.last_record->epoch, kChanges);
  ASSERT_NE(late.walked, nullptr);
  EXPECT_EQ(judge(encode_presentation(shown()), first_).overall, Overall::cannot_evaluate);

  // The policy that a node exports today is the one that the hops lead to, and holds them all.
  const Policy today = ledger::trust_policy_of(*network_.store().published()).value();
  EXPECT_EQ(late.walked->epochs, today.epochs);
  ASSERT_EQ(today.epochs.size(), kChanges + 1);
  const Policy from_file = parse_policy(as_bytes(encode(today))).value();
  const Verdict old = judge(of_epoch_3_, from_file);
  EXPECT_EQ(old.summary(), "certified but stale");
  EXPECT_EQ(old.receipt.last_record->epoch, 3U);
  EXPECT_EQ(judge(with_hops, from_file).summary(), "certified");

  // Sizes really differ, and no key stands in two hands.
  EXPECT_EQ(today.epochs[3].members.size(), 7U);
  EXPECT_EQ(today.epochs[7].members.size(), 4U);
  EXPECT_TRUE(check(today));

  // What somebody leaves out, puts in another order, or takes from elsewhere is refused by name.
  const auto refusal = [&](const Presentation& lie) {
    const Verdict verdict = judge(encode_presentation(lie), first_);
    EXPECT_EQ(verdict.overall, Overall::not_certified);
    return verdict.at(Question::well_formed).reason;
  };
  Presentation lie = fresh;
  lie.hops.erase(lie.hops.begin() + 12);
  EXPECT_NE(refusal(lie).find("hop 12: leaves epoch 13"), std::string::npos) << refusal(lie);
  lie = fresh;
  std::swap(lie.hops[30], lie.hops[31]);
  EXPECT_NE(refusal(lie).find("hop 30"), std::string::npos) << refusal(lie);
  lie = fresh;
  lie.hops[25].checkpoint = lie.hops[24].checkpoint;
  EXPECT_NE(refusal(lie).find("hop 25"), std::string::npos) << refusal(lie);
  lie = fresh;
  lie.hops[39].validators = lie.hops[38].validators;
  EXPECT_NE(refusal(lie).find("hop 39"), std::string::npos) << refusal(lie);

  std::cout << "presentation of epoch 40: " << encode_presentation(shown()).size()
            << " bytes, with 40 hops " << with_hops.size() << " bytes; policy of 41 epochs "
            << encode(today).size() << " bytes\n";
}

}  // namespace
}  // namespace footproof::testing
