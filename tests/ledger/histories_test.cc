// The ledger's rules against the naive ones over random histories: the same acceptance, reasons,
// answers on both time axes, and state. Every reason to refuse must occur, `malformed` among them.
// FOOTPROOF_HISTORIES=10000 runs that many of 200 statements (default: what takes seconds), seeds
// from FOOTPROOF_HISTORIES_FROM on (default 1), FOOTPROOF_HISTORY=<seed> one alone.
#include "tests/ledger/histories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "ledger/executor.h"
#include "ledger/genesis.h"
#include "tests/support/naive_state_tree.h"
#include "tests/support/sequencer.h"

namespace footproof::testing {
namespace {

using ledger::LoggedStatement;

constexpr std::uint64_t kHistoriesDefault = 200;
constexpr std::size_t kStatements = 200;

// The ledger in memory: what a store would answer, as plain maps.
class MemoryView final : public ledger::StateView {
 public:
  std::map<Digest, Bytes> records;
  std::map<Digest, LoggedStatement> statements;
  std::map<Digest, Digest> subjects;

  [[nodiscard]] Result<std::optional<Bytes>> record(const Digest& state_key) const override {
    const auto found = records.find(state_key);
    return found == records.end() ? std::optional<Bytes>() : std::optional(found->second);
  }
  [[nodiscard]] Result<std::optional<LoggedStatement>> logged(
      const Digest& entry_id) const override {
    const auto found = statements.find(entry_id);
    return found == statements.end() ? std::optional<LoggedStatement>()
                                     : std::optional(found->second);
  }
  [[nodiscard]] Result<std::optional<Digest>> entry_of(std::string_view issuer,
                                                       std::string_view subject) const override {
    const auto found = subjects.find(ledger::subject_key(issuer, subject));
    return found == subjects.end() ? std::optional<Digest>() : std::optional(found->second);
  }
  void apply(const ledger::BlockResult& block) {
    for (const auto& [key, record] : block.changes) {
      record ? void(records[key] = *record) : void(records.erase(key));
    }
    for (const ledger::LogItem& item : block.items) {
      if (item.kind != ledger::ItemKind::statement) continue;
      statements[item.entry_id] = {item.index, block.after.head.time_ms, item.bytes};
      subjects[item.subject] = item.entry_id;
    }
  }
};

// Made once: all histories begin here.
struct Beginning {
  Digest chain_id;
  ledger::BlockResult block;
  std::vector<std::string> parties;
};

AdmitParty party_of_genesis(const ledger::Genesis& genesis, const std::string& uri,
                            PartyRole role) {
  const Digest context = ledger::genesis_possession_context(genesis.domain, genesis.network);
  AdmitParty party;
  party.uri = uri;
  party.role = role;
  party.legal_name = "Party of genesis";
  if (role == PartyRole::accreditation_body) party.schemes = {"cbam"};
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    if (role == PartyRole::association && usage == KeyUsage::status) continue;
    const SigningKey key = party_key(uri, usage);
    party.keys.push_back({key.public_key(), usage, possession(key, context, uri, to_text(usage))});
  }
  return party;
}

// The cast of the tests, with this many associations.
Beginning begin_with(std::size_t associations, std::size_t validators = 4) {
  ledger::Genesis genesis = cast_genesis(validators, "histories");
  genesis.parties.push_back(
      party_of_genesis(genesis, cast::long_body(), PartyRole::accreditation_body));
  genesis.parties.push_back(
      party_of_genesis(genesis, cast::long_operator(), PartyRole::dataset_operator));
  for (std::size_t number = 4; number < associations; ++number) {
    genesis.parties.push_back(
        party_of_genesis(genesis, cast::association(number), PartyRole::association));
  }
  std::ranges::sort(genesis.parties, {}, &AdmitParty::uri);
  const Digest chain_id = ledger::chain_id_of(ledger::encode_genesis(genesis));
  Beginning begun{chain_id, ledger::genesis_block(genesis, chain_id, Digest{}).value(), {}};
  for (const AdmitParty& party : genesis.parties) begun.parties.push_back(party.uri);
  return begun;
}

const Beginning& beginning(Theme theme) {
  static const Beginning four = begin_with(4);
  static const Beginning crowd = begin_with(kAssociationsMax - 1);
  static const Beginning full_set = begin_with(4, kValidatorsMax);
  if (theme == Theme::full_set) return full_set;
  return theme == Theme::crowd ? crowd : four;
}

// What was said over all histories.
struct Counts {
  std::map<std::string, std::uint64_t> answers;
  std::array<std::uint64_t, std::variant_size_v<Change>> decided{};  // by what they changed
};

class History {
 public:
  explicit History(std::uint64_t seed)
      : begun_(beginning(theme_of(seed))),
        maker_(seed, begun_.chain_id),
        state_(begun_.block.after),
        naive_(begun_.chain_id, genesis_records(begun_), begun_.parties) {
    view_.apply(begun_.block);
  }

  void run(Counts& counts) {
    std::size_t offered = 0;
    while (offered < kStatements && !::testing::Test::HasFailure()) {
      offered += run_block(counts);
      compare_root();
    }
    compare_answers();
    compare_house();
    compare_releases();
    compare_state();
    for (const NaiveEntry& entry : naive_.list()) {
      if (const Change* change = entry.carried_out()) ++counts.decided.at(change->index());
    }
  }

 private:
  static std::map<Digest, Bytes> genesis_records(const Beginning& begun) {
    std::map<Digest, Bytes> records;
    for (const auto& [key, record] : begun.block.changes) records[key] = *record;
    return records;
  }

  // Both get the same block. The naive rules see one statement after the other, and so do ours
  // within the block.
  std::size_t run_block(Counts& counts) {
    Dice& dice = maker_.dice();
    ledger::OrderedBlock block;
    block.height = state_.head.height + 1;
    block.epoch = epoch_;
    block.first_of_epoch = block.epoch != state_.head.epoch;
    block.boundary = naive_.sets().waiting && dice.chance(15);
    block.time_ms =
        state_.head.time_ms + 1 + dice.below(dice.chance(70) ? 36'000'000 : 300'000'000);
    const Instant now{block.time_ms};
    times_.push_back(now);
    std::vector<std::string> expected;
    for (std::uint64_t count = 1 + dice.below(4); count != 0; --count) {
      const Offered offered = maker_.next(naive_, now);
      if (!offered.signature_verifies) junk_.insert(sha256(offered.bytes));
      block.statements.push_back(offered.bytes);
      expected.push_back(naive_.offer(offered.bytes, now, offered.signature_verifies));
      ++counts.answers[expected.back()];
    }
    const auto verify = [this](const PublicKey& key, const Statement& statement) {
      return statement.kid() == key.kid() && !junk_.contains(statement.statement_hash());
    };
    const auto result = ledger::execute(view_, state_, block, verify).value();
    for (std::size_t at = 0; at < expected.size(); ++at) {
      const auto& verdict = result.outcomes[at].verdict;
      const auto* refusal = std::get_if<ledger::Refusal>(&verdict);
      const std::string got = refusal != nullptr ? std::string(refusal->code())
                              : std::holds_alternative<ledger::KnownEntry>(verdict) ? "known"
                                                                                    : "accepted";
      EXPECT_EQ(got, expected[at]) << "height " << block.height << ", statement " << at << ": "
                                   << (refusal != nullptr ? refusal->detail : "");
    }
    view_.apply(result);
    state_ = result.after;
    EXPECT_EQ(result.next, naive_.sets().waiting && !block.boundary
                               ? naive_.sets().waiting
                               : std::optional<NextValidatorsRecord>());
    if (block.boundary) {
      naive_.end_epoch(block.height, state_.head.log_size);
      ++epoch_;
      EXPECT_EQ(result.begun->members, naive_.sets().in_force);
    }
    return expected.size();
  }

  [[nodiscard]] std::optional<Bytes> record(const Digest& key) const {
    return view_.record(key).value();
  }
  Instant some_time() { return maker_.dice().one_of(times_); }

  // Days and instants before, between and after what happened.
  void compare_answers() {
    Dice& dice = maker_.dice();
    for (const NaiveEntry& entry : naive_.list()) {
      const auto* attested = entry.statement.as<Attestation>();
      if (attested == nullptr) continue;
      const Digest& id = entry.statement.entry_id();
      for (int times = 0; times < 3; ++times) {
        const Date day = utc_day(some_time()).plus(dice.days(3, 3));
        const Instant known = some_time();
        std::optional<Digest> declaration;
        if (dice.chance(40)) {
          declaration = tagged_hash("declaration", {ByteWriter().u64(dice.below(2)).bytes()});
        }
        const auto bytes = record(declaration ? state_key::declaration_status(id, *declaration)
                                              : state_key::status(id));
        std::optional<StatusRecord> status;
        if (bytes) status = parse_status_record(*bytes).value();
        EXPECT_EQ(status_on(status ? &*status : nullptr, day, known).status,
                  naive_.status(id, declaration, day, known))
            << id.hex() << " on " << day.text() << " as known at " << known.text();
        const auto& [body, accreditation] = attested->accreditation;
        const auto granted =
            parse_accreditation_record(*record(state_key::accreditation(body, accreditation)))
                .value();
        EXPECT_EQ(to_text(covers(granted, coverage_question(*attested), day, known)),
                  naive_.coverage(body, accreditation, *attested, day, known));
        const auto key = parse_key_record(*record(state_key::key(entry.statement.kid()))).value();
        const Instant at = some_time();
        EXPECT_EQ(to_text(key_at(key, at, known, StatementKind::attestation)),
                  naive_.key_standing(entry.statement.kid(), at, known));
      }
    }
  }

  // Who was a member when, every key there ever was, the parameters, and how the votes stand.
  void compare_house() {
    Dice& dice = maker_.dice();
    for (const std::string& uri : naive_.party_uris()) {
      const auto party = parse_party_record(*record(state_key::party(uri))).value();
      const Date day = utc_day(some_time()).plus(dice.days(3, 3));
      const Instant known = some_time();
      EXPECT_EQ(admitted_on(party, day, known), naive_.member_on(uri, day, known)) << uri;
      for (const Digest& kid : party.keys) {
        const auto key = parse_key_record(*record(state_key::key(kid))).value();
        const Instant at = some_time();
        EXPECT_EQ(to_text(key_at(key, at, known, StatementKind::attestation)),
                  naive_.key_standing(kid, at, known))
            << kid.hex() << " at " << at.text() << " as known at " << known.text();
      }
    }
    EXPECT_EQ(parse_parameters(*record(state_key::parameters())).value(), naive_.parameters());
    const auto members = parse_associations_record(*record(state_key::associations())).value();
    for (const NaiveEntry& entry : naive_.list()) {
      const auto* ballot = entry.statement.as<Ballot>();
      if (ballot == nullptr) continue;
      const ProposalNonce& nonce = ballot->proposal.nonce;
      const auto stored =
          parse_proposal_record(*record(state_key::proposal(ByteView(nonce)))).value();
      const Tally ours = tally(stored, members);
      const NaiveRules::Count theirs = naive_.count(nonce);
      EXPECT_EQ(ours.members, theirs.members);
      EXPECT_EQ(ours.approve, theirs.approve);
      EXPECT_EQ(ours.reject, theirs.reject);
      EXPECT_EQ(state_at(stored, times_.back()) == ProposalState::accepted, theirs.decided);
    }
  }

  void compare_releases() {
    for (const NaiveEntry& entry : naive_.list()) {
      const auto* it = entry.statement.as<DatasetRelease>();
      if (it == nullptr) continue;
      const auto stored =
          parse_dataset_record(*record(state_key::dataset(it->database, it->release))).value();
      const NaiveRules::Release stands = naive_.release(it->database, it->release);
      EXPECT_EQ(stored.root(), stands.root);
      EXPECT_EQ(stored.withdrawn(), stands.withdrawn);
      EXPECT_EQ(stored.successor(), stands.successor);
    }
  }

  // After every block: a tree made anew from the records has the root that grew.
  void compare_root() {
    ledger::StateTree tree;
    for (const auto& [key, bytes] : view_.records) tree.put(key, state_value_hash(bytes));
    ASSERT_EQ(tree.root(), state_.head.state_root) << "height " << state_.head.height;
  }

  // The records one by one, then the root: by a tree that never saw this order of insertions, and
  // by one without a tree.
  void compare_state() {
    const auto expected = naive_.state();
    EXPECT_EQ(view_.records.size(), expected.size());
    std::vector<Digest> order;
    NaiveStateTree plain;
    for (const auto& [key, bytes] : expected) {
      const auto found = view_.records.find(key);
      ASSERT_NE(found, view_.records.end()) << key.hex();
      EXPECT_EQ(to_hex(found->second), to_hex(bytes));
      order.push_back(key);
      plain.put(key, bytes);
    }
    for (std::size_t at = order.size(); at > 1; --at) {
      std::swap(order[at - 1], order[maker_.dice().below(at)]);
    }
    ledger::StateTree tree;
    for (const Digest& key : order) {
      tree.put(key, sha256(as_bytes("something else first")));
      tree.put(key, state_value_hash(expected.at(key)));
    }
    EXPECT_EQ(tree.root(), state_.head.state_root);
    EXPECT_EQ(plain.root(), state_.head.state_root);
  }

  const Beginning& begun_;
  HistoryMaker maker_;
  MemoryView view_;
  ledger::LedgerState state_;
  NaiveRules naive_;
  std::set<Digest> junk_;
  std::vector<Instant> times_;
  std::uint64_t epoch_ = 0;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// In the order of their codes (docs/formats.md §3.5).
constexpr std::array<std::string_view, std::variant_size_v<Change>> kChanges = {
    "admit-validator", "remove-validator", "replace-validator", "admit-party", "remove-party",
    "renew-keys",      "set-parameter",    "replace-party",     "allow-party", "set-registrar"};

void print(const Counts& counts, std::uint64_t histories) {
  std::uint64_t all = 0;
  for (const auto& [answer, times] : counts.answers) all += times;
  std::cout << histories << " histories, " << all << " statements:";
  for (const auto& [answer, times] : counts.answers) std::cout << ' ' << answer << ' ' << times;
  std::cout << "\ncarried out:";
  for (std::size_t change = 0; change < kChanges.size(); ++change) {
    std::cout << ' ' << kChanges.at(change) << ' ' << counts.decided.at(change);
  }
  std::cout << '\n';
}

// A generator that never comes near a rule shows nothing about it: every reason there is, every
// change that there is.
void expect_everything(Counts& counts) {
  std::uint64_t all = 0;
  for (const auto& [answer, times] : counts.answers) all += times;
  EXPECT_GT(counts.answers["accepted"] * 100, all * 25);
  EXPECT_GT(counts.answers["known"], 0U);
  for (const ledger::ReasonEntry& reason : ledger::reason_table()) {
    EXPECT_GT(counts.answers[std::string(reason.code)], 0U) << reason.code << " was never provoked";
  }
  for (std::size_t change = 0; change < kChanges.size(); ++change) {
    EXPECT_GT(counts.decided.at(change), 0U) << kChanges.at(change) << " was never carried out";
  }
}

TEST(Histories, BothRuleBooksAgree) {
  Counts counts;
  const std::uint64_t only = from_environment("FOOTPROOF_HISTORY", 0);
  const std::uint64_t first = only != 0 ? only : from_environment("FOOTPROOF_HISTORIES_FROM", 1);
  const std::uint64_t count =
      only != 0 ? 1 : from_environment("FOOTPROOF_HISTORIES", kHistoriesDefault);
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("FOOTPROOF_HISTORY=" + std::to_string(seed));
    History(seed).run(counts);
    if ((seed - first + 1) % 1000 == 0) print(counts, seed - first + 1);
  }
  print(counts, count);
  if (count >= kHistoriesDefault && !HasFailure()) expect_everything(counts);
}

}  // namespace
}  // namespace footproof::testing
