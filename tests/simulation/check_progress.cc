// I12: once the network is calm and everybody is up, no view of an honest leader is given up: its
// block is notarized, so it is finalized with the next one at the latest. The rest of I12, that all
// that was offered becomes final and views keep moving, is what World::run waits for.
#include <algorithm>

#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::View;

class Progress final : public Checker {
  void started(World& world, const Host& host) override {
    if (host.epoch() <= epoch_) return;
    epoch_ = host.epoch();
    highest_ = first_ = 0;
    counted_.clear();
    begun_ms_ = world.now();
  }

  // In an epoch that follows another only once all honest members are in it, and the first views,
  // in which some were not yet, are over.
  [[nodiscard]] bool strict(const World& world) {
    if (world.plan().strict_from_ms == 0 || world.now() < world.plan().strict_from_ms) return false;
    if (epoch_ == 0) return true;
    for (const SetMember& member : world.epochs().at(epoch_).set) {
      const Host& host = *world.hosts()[member.who];
      if (host.honest() && (!host.member() || host.epoch() != epoch_)) begun_ms_ = world.now();
    }
    return world.now() >= begun_ms_ + kSettleMs;
  }

  // Work of a member that some hold and the leader of the view does not: of a liar that showed it
  // to a few. Those who have it give an idle leader up (README.md §14).
  [[nodiscard]] bool work_is_hidden(const World& world, View view) const {
    const auto& epoch = world.epochs().at(epoch_);
    const auto leader = epoch.membership.leader(view);
    const Host* leading = nullptr;
    for (const auto& host : world.hosts()) {
      if (host->member() && host->epoch() == epoch_ && host->index() == leader)
        leading = host.get();
    }
    if (leading == nullptr) return false;
    return std::ranges::any_of(world.hosts(), [&](const auto& host) {
      if (!host->honest() || !host->member() || host->epoch() != epoch_) return false;
      return std::ranges::any_of(host->unordered_bodies(), [&](const Digest& digest) {
        return epoch.place_of(host->maker_of(digest)) && !leading->holds_body(digest);
      });
    });
  }

  void stepped(World& world, const Host& host) override {
    if (world.plan().strict_from_ms == 0 || host.epoch() != epoch_) return;
    const bool now = strict(world);
    const View view = host.replica().info().view;
    if (view <= highest_) return;
    highest_ = view;
    if (now && first_ == 0) first_ = view;
  }

  void persisted(World& world, const Host&, const consensus::Persist&,
                 const consensus::Record& record) override {
    const auto* certificate = std::get_if<consensus::Certificate>(&record);
    if (certificate == nullptr || first_ == 0) return;
    const View view = certificate->proposal.view;
    if (certificate->proposal.epoch != epoch_) return;
    if (view < first_ || !counted_.insert({view, certificate->type}).second) return;
    if (!world.is_honest(epoch_, world.epochs().at(epoch_).membership.leader(view))) return;
    if (certificate->type == consensus::VoteType::notarize) world.count("strict views");
    if (certificate->type != consensus::VoteType::nullify) return;
    if (work_is_hidden(world, view)) return world.count("views lost to hidden work");
    world.fail("I12: view " + std::to_string(view) + " of an honest leader was given up in calm");
  }

  static constexpr std::uint64_t kSettleMs = 3'000;
  consensus::Epoch epoch_ = 0;  // the highest
  std::uint64_t begun_ms_ = 0;
  View highest_ = 0;
  View first_ = 0;  // entered after strict_from_ms
  std::set<std::pair<View, consensus::VoteType>> counted_;
};

}  // namespace

std::unique_ptr<Checker> check_progress() { return std::make_unique<Progress>(); }

std::vector<std::unique_ptr<Checker>> all_checkers() {
  std::vector<std::unique_ptr<Checker>> checkers;
  checkers.push_back(check_agreement());
  checkers.push_back(check_votes());
  checkers.push_back(check_certificates());
  checkers.push_back(check_parents());
  checkers.push_back(check_bodies());
  checkers.push_back(check_evidence());
  checkers.push_back(check_cosignatures());
  checkers.push_back(check_memory());
  checkers.push_back(check_progress());
  checkers.push_back(check_rules());
  checkers.push_back(check_epochs());
  return checkers;
}

}  // namespace footproof::simulation
