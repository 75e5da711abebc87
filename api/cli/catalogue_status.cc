// footproof status FILE.catalogue: of the one attestation, and of each member. A node is asked for
// a few receipts; of the members whose absence of events those prove nothing more is asked.
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/catalogue.h"
#include "api/cli/status.h"
#include "api/cli/submitting.h"
#include "attest/member_receipts.h"
#include "attest/statement.h"

namespace footproof::api {
namespace {

constexpr std::array kStatuses = {Status::active, Status::suspended, Status::revoked,
                                  Status::superseded};

struct NotActive {
  std::string file;
  Digest root;
  Status status;
};

class CatalogueStatus {
 public:
  CatalogueStatus(const StatusOptions& options, const Catalogue& catalogue, Statement statement,
                  Client client, Policy policy)
      : options_(options),
        catalogue_(catalogue),
        entry_id_(statement.entry_id()),
        client_(std::move(client)),
        policy_(std::move(policy)),
        receipts_(std::move(statement)) {}

  Result<void> ask() {
    Members members;
    if (!options_.members.empty()) {
      auto read = read_members(options_.members);
      if (!read) return fail(std::move(read.error()));
      members = std::move(*read);
    }
    for (std::size_t i = 0; i < members.files.size(); ++i) {
      if (catalogue_.tree.find_leaf(members.leaves[i])) continue;
      return fail(Errc::usage, members.files[i] + ": no member of " + options_.target);
    }
    // The axes are fixed by the first answer, so that all members are judged as of one instant.
    if (auto first = ask_node({}); !first) return first;
    Progress progress("asking", members.files.size());
    for (std::size_t i = 0; i < members.files.size(); ++i) {
      if (auto done = ask_member(members.files[i], members.roots[i]); !done) return done;
      progress.advance(i + 1);
    }
    asked_members_ = members.files.size();
    return {};
  }

  int show(bool json) const {
    json ? show_json() : show_text();
    return counts() && whole() == Status::active && not_active_.empty() ? kOk : kReservation;
  }

 private:
  // Recorded by then, with a key that was good.
  [[nodiscard]] bool counts() const {
    return known_then(*whole_, *axes_) && !is_void(*whole_, *axes_);
  }
  [[nodiscard]] Status whole() const { return worst_status(*whole_, *axes_); }
  [[nodiscard]] std::string_view whole_text() const {
    if (!known_then(*whole_, *axes_)) return "not yet recorded";
    return counts() ? to_text(whole()) : "void";
  }

  Result<void> ask_member(const std::string& file, const Digest& root) {
    // Shown before, and nothing has happened to it: as active as the whole.
    if (receipts_.make(root)) {
      ++counts_[static_cast<std::size_t>(whole())];
      return {};
    }
    if (auto answered = ask_node(root); !answered) return fail(file, answered.error());
    const Status own =
        status_on(declaration_ ? &*declaration_ : nullptr, axes_->day, axes_->known).status;
    ++counts_[static_cast<std::size_t>(whole() != Status::active ? whole() : own)];
    if (own != Status::active) not_active_.push_back({file, root, own});
    return {};
  }

  Result<void> ask_node(const std::optional<Digest>& declaration) {
    const auto receipt = client_.receipt(entry_id_, declaration);
    if (!receipt) return fail(receipt.error());
    auto check = judge_answer(*receipt, entry_id_, declaration, policy_);
    if (!check) return fail(std::move(check.error()));
    ++receipts_fetched_;
    declaration_ = std::move(check->declaration_status);
    if (whole_) {
      if (check->known() < whole_->known()) {
        return fail(
            Errc::mismatch,
            "this node is behind the one that answered before; ask again, or that one alone");
      }
    } else {
      auto axes = read_axes(options_, *check);
      if (!axes) return fail(std::move(axes.error()));
      axes_ = *axes;
      whole_ = std::move(*check);
    }
    return declaration ? receipts_.add(*receipt) : Result<void>();
  }

  void show_json() const {
    nlohmann::ordered_json shown;
    shown["entry_id"] = entry_id_.hex();
    shown["status"] = whole_text();
    shown["on"] = axes_->day.text();
    shown["known_ms"] = axes_->known.ms;
    shown["verified"] = options_.verifies();
    shown["anchored_late"] = whole_->status && whole_->status->anchored_late();
    shown["as_of_s"] = whole_->checkpoint->as_of;
    shown["places"] = catalogue_.tree.subject().count;
    if (options_.members.empty()) {
      shown["members"] = "not checked";
    } else {
      for (const Status status : kStatuses) {
        shown["members"][to_text(status)] =
            counts() ? counts_[static_cast<std::size_t>(status)] : 0;
      }
      shown["not_active"] = nlohmann::ordered_json::array();
      for (const NotActive& member : not_active_) {
        shown["not_active"].push_back({{"file", member.file},
                                       {"tree_root", member.root.hex()},
                                       {"status", to_text(member.status)}});
      }
    }
    shown["receipts_fetched"] = receipts_fetched_;
    std::cout << shown.dump(2) << '\n';
  }

  void show_text() const {
    std::cout << "catalogue    " << entry_id_.hex() << "\nissuer       "
              << whole_->statement->issuer() << "\nstatus       " << whole_text() << " on "
              << axes_->day.text() << ", as known at " << axes_->known.text() << '\n';
    if (whole_->status && whole_->status->anchored_late())
      std::cout << "             anchored late\n";
    if (options_.members.empty()) {
      std::cout << "members      not checked; name the sealed declarations with --members\n";
    } else if (counts()) {
      std::cout << "members      " << asked_members_ << ':';
      for (const Status status : kStatuses) {
        std::cout << ' ' << counts_[static_cast<std::size_t>(status)] << ' ' << to_text(status)
                  << (status == kStatuses.back() ? "\n" : ",");
      }
    }
    for (const NotActive& member : not_active_) {
      std::cout << "  " << to_text(member.status) << "  " << member.root.hex() << "  "
                << member.file << '\n';
    }
    print_proof(*whole_, options_.verifies());
  }

  const StatusOptions& options_;
  const Catalogue& catalogue_;
  const Digest entry_id_;
  Client client_;
  const Policy policy_;
  MemberReceipts receipts_;
  std::optional<ReceiptCheck> whole_;  // of the first answer
  std::optional<Axes> axes_;
  std::optional<StatusRecord> declaration_;  // of the last answer
  std::array<std::size_t, kStatuses.size()> counts_{};
  std::vector<NotActive> not_active_;  // by what was said of them alone
  std::size_t asked_members_ = 0;
  std::size_t receipts_fetched_ = 0;
};

}  // namespace

int status_of_catalogue(const StatusOptions& options, const Catalogue& catalogue, Context context) {
  auto statement = parse_statement(catalogue.statement);
  if (!statement) return report(wrong_file(options.target, statement.error()));
  if (context.nodes.empty()) context.nodes = catalogue.nodes;
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto policy = policy_to_judge_by(options.policy, *client);
  if (!policy) return report(policy.error());
  CatalogueStatus status(options, catalogue, std::move(*statement), std::move(*client),
                         std::move(*policy));
  if (auto asked = status.ask(); !asked) return report(asked.error());
  return status.show(context.json);
}

}  // namespace footproof::api
