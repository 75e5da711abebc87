// I2: R1 over all votes that a key ever signed, restarts included, and R2: no vote at or below the
// host's own finalized view. I5: no vote leaves, alone or inside a certificate, before its record
// is durable.
#include <algorithm>

#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Certificate;
using consensus::Record;
using consensus::View;
using consensus::Vote;
using consensus::VoteType;

class Votes final : public Checker {
  struct Books {
    View finalized = 0;
    std::map<std::uint64_t, Vote> unsynced;  // by log position
    std::vector<Vote> synced;                // of the last views
  };

  void started(World&, const Host& host) override {
    Books& books = books_[host.place()];
    books = Books{};
    for (const Record& record : host.disk_records()) {
      note(books, record);
      if (const auto* vote = std::get_if<Vote>(&record)) books.synced.push_back(*vote);
    }
    // What the store has applied is final, too.
    const auto applied = host.finalization_at(host.store_height());
    if (applied && applied->proposal.epoch == host.epoch()) {
      books.finalized = std::max(books.finalized, applied->proposal.view);
    }
  }

  static void note(Books& books, const Record& record) {
    const auto* certificate = std::get_if<Certificate>(&record);
    if (certificate != nullptr && certificate->type == VoteType::finalize) {
      books.finalized = std::max(books.finalized, certificate->proposal.view);
    }
  }

  void persisted(World& world, const Host& host, const consensus::Persist& effect,
                 const Record& record) override {
    Books& books = books_[host.place()];
    note(books, record);
    const auto* vote = std::get_if<Vote>(&record);
    if (vote == nullptr) return;
    if (vote->proposal.view <= books.finalized) world.fail("I2: R2: a vote for a finalized view");
    const auto nullified = [&](const Vote& before) {
      return before.type == VoteType::nullify && before.proposal.view == vote->proposal.view;
    };
    bool late = std::any_of(books.synced.begin(), books.synced.end(), nullified);
    for (const auto& [lsn, before] : books.unsynced) late = late || nullified(before);
    if (late && vote->type == VoteType::notarize) world.fail("I2: NOTARIZE after NULLIFY");
    books.unsynced.emplace(effect.lsn, *vote);
  }

  void synced(World&, const Host& host) override {
    Books& books = books_[host.place()];
    while (!books.unsynced.empty() && books.unsynced.begin()->first <= host.durable_lsn()) {
      books.synced.push_back(books.unsynced.begin()->second);
      books.unsynced.erase(books.unsynced.begin());
    }
    if (books.synced.size() > 2000)
      books.synced.erase(books.synced.begin(), books.synced.begin() + 1000);
  }

  static bool durable(const Books& books, VoteType type, const consensus::Proposal& proposal) {
    for (auto vote = books.synced.rbegin(); vote != books.synced.rend(); ++vote) {
      if (vote->type == type && vote->proposal == proposal) return true;
    }
    return false;
  }

  void vote_left(World& world, const Host& host, VoteType type,
                 const consensus::Proposal& proposal) {
    if (!durable(books_[host.place()], type, proposal)) {
      world.fail("I5: a vote for view " + std::to_string(proposal.view) + " left host " +
                 std::to_string(host.place()) + " before it was durable");
    }
    Vote vote{type, proposal, host.index(), {}};
    auto& said = said_[{host.who(), host.epoch(), proposal.view}];
    for (const Vote& before : said) {
      if (before.says_same(vote)) return;
      if (consensus::is_offence(before, vote)) {
        world.fail("I2: R1 broken by honest validator " + std::to_string(host.who()) + " in view " +
                   std::to_string(proposal.view));
      }
    }
    said.push_back(vote);
  }

  void sent(World& world, const Host& host, const consensus::Send& send) override {
    if (const auto* vote = std::get_if<Vote>(&send.message)) {
      if (vote->signer == host.index()) vote_left(world, host, vote->type, vote->proposal);
    } else if (const auto* propose = std::get_if<consensus::Propose>(&send.message)) {
      if (host.facts().membership.leader(propose->proposal.view) == host.index()) {
        vote_left(world, host, VoteType::notarize, propose->proposal);
      }
    } else if (const auto* certificate = std::get_if<Certificate>(&send.message)) {
      const bool mine = ((certificate->signers >> host.index()) & 1U) != 0;
      const Books& books = books_[host.place()];
      if (!mine || certificate->proposal.view + 32 < books.finalized) return;
      for (const auto& [lsn, mine_too] : books.unsynced) {
        if (mine_too.type == certificate->type && mine_too.proposal == certificate->proposal) {
          world.fail("I5: a certificate carries a vote that is not durable");
        }
      }
    }
  }

  std::map<std::size_t, Books> books_;
  std::map<std::tuple<Person, consensus::Epoch, View>, std::vector<Vote>> said_;
};

}  // namespace

std::unique_ptr<Checker> check_votes() { return std::make_unique<Votes>(); }

}  // namespace footproof::simulation
