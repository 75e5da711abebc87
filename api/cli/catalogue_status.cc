// footproof status FILE.catalogue: of the one attestation, and of each member. A node is asked for
// the receipt of the whole and for the members' status records, as many at once as a request takes;
// of the members whose absence of events earlier answers have shown nothing more is asked.
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "api/cli/catalogue.h"
#include "api/cli/status.h"
#include "api/cli/submitting.h"
#include "attest/state_check.h"
#include "attest/state_cover.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof::api {
namespace {

constexpr std::size_t kKeysOfRequest = 14;  // docs/api.md, proofs of state

constexpr std::array kStatuses = {Status::active, Status::suspended, Status::revoked,
                                  Status::superseded};

struct NotActive {
  std::string file;
  Digest root;
  Status status;
};

class CatalogueStatus {
 public:
  CatalogueStatus(const StatusOptions& options, const Catalogue& catalogue, const Digest& entry_id,
                  Client client, Policy policy)
      : options_(options),
        catalogue_(catalogue),
        entry_id_(entry_id),
        client_(std::move(client)),
        policy_(std::move(policy)) {}

  Result<void> ask() {
    Members members;
    if (!options_.members.empty()) {
      auto read = read_members(options_.members);
      if (!read) return fail(std::move(read.error()));
      members = std::move(*read);
    }
    if (auto placed = find_members(members); !placed) return placed;
    // The axes are fixed by the first answer, so that all members are judged as of one instant.
    if (auto first = ask_of_whole(); !first) return first;
    return ask_of_members(members);
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

  [[nodiscard]] Result<void> find_members(const Members& members) const {
    std::vector<bool> found(catalogue_.tree.leaves().size());
    for (std::size_t i = 0; i < members.files.size(); ++i) {
      const auto position = catalogue_.tree.find_leaf(members.leaves[i]);
      if (!position) {
        return fail(Errc::usage, members.files[i] + ": no member of " + options_.target);
      }
      if (found[*position]) {
        return fail(Errc::usage, members.files[i] + ": the same declaration as a file before it");
      }
      found[*position] = true;
    }
    return {};
  }

  Result<void> ask_of_whole() {
    const auto receipt = client_.receipt(entry_id_, std::nullopt);
    if (!receipt) return fail(receipt.error());
    auto check = judge_answer(*receipt, policy_);
    if (!check) return fail(std::move(check.error()));
    ++requests_;
    auto axes = read_axes(options_, *check);
    if (!axes) return fail(std::move(axes.error()));
    axes_ = *axes;
    whole_ = std::move(*check);
    return {};
  }

  Result<void> ask_of_members(const Members& members) {
    Progress progress("asking", members.files.size());
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < members.files.size(); ++i) {
      if (is_shown_absent(key_of(members.roots[i]))) {
        ++counts_[static_cast<std::size_t>(whole())];
      } else {
        waiting.push_back(i);
      }
      if (waiting.size() == kKeysOfRequest) {
        if (auto done = ask_of_some(members, waiting); !done) return done;
        waiting.clear();
      }
      progress.advance(i + 1);
    }
    if (!waiting.empty()) {
      if (auto done = ask_of_some(members, waiting); !done) return done;
    }
    asked_members_ = members.files.size();
    return {};
  }

  [[nodiscard]] Digest key_of(const Digest& root) const {
    return state_key::declaration_status(entry_id_, root);
  }

  // By what was answered so far: nothing has happened to that member alone.
  [[nodiscard]] bool is_shown_absent(const Digest& key) const {
    if (!cover_) return false;
    const auto shown = cover_->prove(std::span(&key, 1));
    return shown && !shown->value_hashes.front();
  }

  Result<void> ask_of_some(const Members& members, const std::vector<std::size_t>& waiting) {
    std::vector<Digest> keys;
    for (const std::size_t i : waiting) keys.push_back(key_of(members.roots[i]));
    auto answer = client_.state(keys);
    if (!answer) return fail(std::move(answer.error()));
    ++requests_;
    const auto head = verify_head(policy_, answer->checkpoint, answer->last_record);
    if (!head) return does_not_verify(head.error());
    if (const auto proven = verify_records(*head, answer->proof, keys, answer->records); !proven) {
      return does_not_verify(proven.error());
    }
    if (head->known() < whole_->known()) {
      return fail(Errc::mismatch,
                  "this node is behind the one that answered before; ask again, or that one alone");
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      auto counted = count(members, waiting[i], answer->records[i]);
      if (!counted) return does_not_verify(counted.error());
    }
    return remember(*head, *answer, keys);
  }

  static Result<void> does_not_verify(const Error& error) {
    return fail(Errc::bad_value,
                "the node's answer about members does not verify: " + error.detail);
  }

  Result<void> count(const Members& members, std::size_t member,
                     const std::optional<Bytes>& record) {
    StatusRecord status;
    if (record) {
      auto parsed = parse_status_record(*record);
      if (!parsed) return fail(std::move(parsed.error()));
      status = std::move(*parsed);
    }
    const Status own = status_on(record ? &status : nullptr, axes_->day, axes_->known).status;
    ++counts_[static_cast<std::size_t>(whole() != Status::active ? whole() : own)];
    if (own != Status::active) {
      not_active_.push_back({members.files[member], members.roots[member], own});
    }
    return {};
  }

  // What it has shown of the state serves for other members, as long as the head is the same.
  Result<void> remember(const ProvenHead& head, const StateReceipt& answer,
                        const std::vector<Digest>& keys) {
    const auto proof = parse_state_proof(answer.proof);
    if (!proof) return fail(proof.error());
    std::vector<StateClaim> claims;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& record = answer.records[i];
      claims.push_back({keys[i], record ? std::optional(state_value_hash(*record)) : std::nullopt});
    }
    const Digest& root = head.last_record.state_root;
    if (!cover_ || cover_->root() != root) cover_.emplace(root);
    return cover_->add(*proof, claims);
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
    shown["requests"] = requests_;
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
  std::optional<ReceiptCheck> whole_;  // of the first answer
  std::optional<Axes> axes_;
  std::optional<StateCover> cover_;  // of the newest head of which members were asked
  std::array<std::size_t, kStatuses.size()> counts_{};
  std::vector<NotActive> not_active_;  // by what was said of them alone
  std::size_t asked_members_ = 0;
  std::size_t requests_ = 0;  // that a node answered
};

}  // namespace

int status_of_catalogue(const StatusOptions& options, const Catalogue& catalogue, Context context) {
  const auto statement = parse_statement(catalogue.statement);
  if (!statement) return report(wrong_file(options.target, statement.error()));
  if (context.nodes.empty()) context.nodes = catalogue.nodes;
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto policy = policy_to_judge_by(options.policy, *client);
  if (!policy) return report(policy.error());
  CatalogueStatus status(options, catalogue, statement->entry_id(), std::move(*client),
                         std::move(*policy));
  if (auto asked = status.ask(); !asked) return report(asked.error());
  return status.show(context.json);
}

}  // namespace footproof::api
