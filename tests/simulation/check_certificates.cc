// I3: no nullification beside a finalization of one view, at most one notarized proposal a view.
// I6: every certificate that an honest host keeps or sends verifies, with exactly q signatures.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Certificate;
using consensus::VoteType;

class Certificates final : public Checker {
  struct ByView {
    std::optional<consensus::Proposal> notarized;
    std::optional<consensus::Proposal> finalized;
    bool nullified = false;
  };

  void check(World& world, const Certificate& certificate) {
    const consensus::Epoch epoch = certificate.proposal.epoch;
    const auto key = std::tuple(epoch, certificate.proposal.view, certificate.type);
    auto& seen = seen_[key];
    if (seen && *seen == certificate) return;
    seen = certificate;
    if (epoch > world.epochs().highest() ||
        !world.epochs().at(epoch).membership.verify(certificate, world.keys())) {
      world.fail("I6: an honest host holds a certificate that does not verify");
    }
    ByView& view = views_[{epoch, certificate.proposal.view}];
    if (certificate.type == VoteType::nullify) view.nullified = true;
    if (certificate.type == VoteType::notarize) one(world, view.notarized, certificate);
    if (certificate.type == VoteType::finalize) one(world, view.finalized, certificate);
    if (view.nullified && view.finalized) {
      world.fail("I3: view " + std::to_string(certificate.proposal.view) +
                 " is nullified and finalized");
    }
    if (view.notarized && view.finalized && *view.notarized != *view.finalized) {
      world.fail("I3: notarized and finalized proposals of a view differ");
    }
  }

  static void one(World& world, std::optional<consensus::Proposal>& place,
                  const Certificate& certificate) {
    if (place && *place != certificate.proposal) {
      world.fail("I3: two proposals certified in view " +
                 std::to_string(certificate.proposal.view));
    }
    place = certificate.proposal;
  }

  void persisted(World& world, const Host&, const consensus::Persist&,
                 const consensus::Record& record) override {
    if (const auto* certificate = std::get_if<Certificate>(&record)) check(world, *certificate);
  }

  void sent(World& world, const Host&, const consensus::Send& send) override {
    if (const auto* certificate = std::get_if<Certificate>(&send.message)) {
      check(world, *certificate);
    } else if (const auto* end = std::get_if<consensus::EndOfEpoch>(&send.message)) {
      check(world, end->finalization);
    } else if (const auto* status = std::get_if<consensus::Status>(&send.message)) {
      if (status->entry) check(world, *status->entry);
      if (status->finalization) check(world, *status->finalization);
    }
  }

  void ended(World& world) override {
    for (const auto& [number, view] : views_) {
      world.count("views");
      if (view.nullified) world.count("nullified");
      if (view.nullified && view.notarized) world.count("nullified and notarized");
      if (view.notarized && !view.finalized) world.count("notarized, never finalized directly");
    }
  }

  std::map<std::tuple<consensus::Epoch, consensus::View, VoteType>, std::optional<Certificate>>
      seen_;
  std::map<std::pair<consensus::Epoch, consensus::View>, ByView> views_;
};

}  // namespace

std::unique_ptr<Checker> check_certificates() { return std::make_unique<Certificates>(); }

}  // namespace footproof::simulation
