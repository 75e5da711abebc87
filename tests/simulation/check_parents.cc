// I4: whoever is honest and notarizes holds what README.md §6 asks for: the parent's certificate
// and a nullification of every view between, all for the same block that was voted on. Judged from
// the host's own log, not from what the replica says.
#include "tests/simulation/world.h"

namespace footproof::simulation {
namespace {

using consensus::Certificate;
using consensus::Record;
using consensus::View;
using consensus::Vote;
using consensus::VoteType;

class Parents final : public Checker {
  struct Books {
    View finalized = 0;
    Digest finalized_id;
    std::map<View, Digest> won;
    std::set<View> nullified;
    std::map<Digest, consensus::BlockHeader> headers;
  };

  void started(World&, const Host& host) override {
    Books& books = books_[host.place()];
    books = Books{};
    books.won[0] = host.facts().root.block_id;
    for (const Record& record : host.disk_records()) note(books, record);
    const auto applied = host.finalization_at(host.store_height());
    if (applied && applied->proposal.epoch == host.epoch()) note(books, *applied);
  }

  static void note(Books& books, const Record& record) {
    if (const auto* block = std::get_if<consensus::Block>(&record)) {
      books.headers.emplace(consensus::block_id(block->header), block->header);
    }
    const auto* certificate = std::get_if<Certificate>(&record);
    if (certificate == nullptr) return;
    const View view = certificate->proposal.view;
    if (certificate->type == VoteType::nullify) {
      books.nullified.insert(view);
      return;
    }
    books.won[view] = certificate->proposal.block_id;
    if (certificate->type == VoteType::finalize && view > books.finalized) {
      books.finalized = view;
    }
  }

  void persisted(World& world, const Host& host, const consensus::Persist&,
                 const Record& record) override {
    Books& books = books_[host.place()];
    note(books, record);
    const auto* vote = std::get_if<Vote>(&record);
    if (vote == nullptr || vote->type != VoteType::notarize) return;
    const std::string where = "I4: host " + std::to_string(host.place()) + " notarized view " +
                              std::to_string(vote->proposal.view) + ": ";
    const auto header = books.headers.find(vote->proposal.block_id);
    if (header == books.headers.end()) {
      world.fail(where + "the block is not in its log");
      return;
    }
    const View parent = vote->proposal.parent_view;
    const auto won = books.won.find(parent);
    if (parent < books.finalized || parent >= vote->proposal.view) {
      world.fail(where + "parent view out of range");
      return;
    }
    // A boundary block follows itself in a later view.
    const bool again = header->second.boundary == 1 && header->second.view < vote->proposal.view;
    const Digest& below = again ? vote->proposal.block_id : header->second.parent;
    if (won == books.won.end() || won->second != below) {
      world.fail(where + "the parent has no certificate");
    } else if (!again && header->second.view != vote->proposal.view) {
      world.fail(where + "the block is of another view");
    }
    for (View skipped = parent + 1; skipped < vote->proposal.view; ++skipped) {
      if (!books.nullified.contains(skipped)) {
        world.fail(where + "view " + std::to_string(skipped) + " was skipped without proof");
        return;
      }
    }
  }

  std::map<std::size_t, Books> books_;
};

}  // namespace

std::unique_ptr<Checker> check_parents() { return std::make_unique<Parents>(); }

}  // namespace footproof::simulation
