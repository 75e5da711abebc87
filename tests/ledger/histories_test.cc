// The ledger's rules against the naive ones over random histories: the same acceptance, reasons,
// answers on both time axes, and state. FOOTPROOF_HISTORIES=10000 runs that many of 200 statements
// (default: what takes seconds), FOOTPROOF_HISTORY=<seed> one alone.
#include "tests/ledger/histories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
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
  Parameters parameters;
};

const Beginning& beginning() {
  static const Beginning made = [] {
    const ledger::Genesis genesis = cast_genesis(4, "histories");
    const Digest chain_id = ledger::chain_id_of(ledger::encode_genesis(genesis));
    Beginning begun{chain_id, ledger::genesis_block(genesis, chain_id, Digest{}).value(), {}, {}};
    for (const AdmitParty& party : genesis.parties) begun.parties.push_back(party.uri);
    begun.parameters = genesis.parameters;
    return begun;
  }();
  return made;
}

class History {
 public:
  explicit History(std::uint64_t seed)
      : maker_(seed, beginning().chain_id),
        state_(beginning().block.after),
        naive_(beginning().chain_id, genesis_records(), beginning().parameters,
               beginning().parties) {
    view_.apply(beginning().block);
  }

  void run(std::map<std::string, std::uint64_t>& answers) {
    std::size_t offered = 0;
    while (offered < kStatements && !::testing::Test::HasFailure()) {
      offered += run_block(answers);
      compare_root();
    }
    compare_answers();
    compare_state();
  }

 private:
  static std::map<Digest, Bytes> genesis_records() {
    std::map<Digest, Bytes> records;
    for (const auto& [key, record] : beginning().block.changes) records[key] = *record;
    return records;
  }

  // Both get the same block. The naive rules see one statement after the other, and so do ours
  // within the block.
  std::size_t run_block(std::map<std::string, std::uint64_t>& answers) {
    Dice& dice = maker_.dice();
    ledger::OrderedBlock block;
    block.height = state_.head.height + 1;
    block.time_ms =
        state_.head.time_ms + 1 + dice.below(dice.chance(70) ? 36'000'000 : 300'000'000);
    const Instant now{block.time_ms};
    times_.push_back(now);
    std::vector<std::string> expected;
    for (std::uint64_t count = 1 + dice.below(4); count != 0; --count) {
      const Offered offered = maker_.next(naive_, now);
      if (!offered.signature_verifies) junk_.insert(offered.statement.statement_hash());
      block.statements.push_back(offered.statement.bytes());
      expected.push_back(naive_.offer(offered.statement, now, offered.signature_verifies));
      ++answers[expected.back()];
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
    return expected.size();
  }

  Instant some_time() { return maker_.dice().one_of(times_); }

  // Days and instants before, between and after what happened.
  void compare_answers() {
    Dice& dice = maker_.dice();
    const auto record = [&](const Digest& key) {
      const auto found = view_.records.find(key);
      return found == view_.records.end() ? std::optional<Bytes>() : std::optional(found->second);
    };
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

  HistoryMaker maker_;
  MemoryView view_;
  ledger::LedgerState state_;
  NaiveRules naive_;
  std::set<Digest> junk_;
  std::vector<Instant> times_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Histories, BothRuleBooksAgree) {
  std::map<std::string, std::uint64_t> answers;
  const std::uint64_t only = from_environment("FOOTPROOF_HISTORY", 0);
  const std::uint64_t count =
      only != 0 ? 1 : from_environment("FOOTPROOF_HISTORIES", kHistoriesDefault);
  for (std::uint64_t at = 0; at < count && !HasFailure(); ++at) {
    const std::uint64_t seed = only != 0 ? only : at + 1;
    SCOPED_TRACE("FOOTPROOF_HISTORY=" + std::to_string(seed));
    History(seed).run(answers);
  }
  std::uint64_t all = 0;
  for (const auto& [answer, times] : answers) all += times;
  std::cout << count << " histories, " << all << " statements:";
  for (const auto& [answer, times] : answers) std::cout << ' ' << answer << ' ' << times;
  std::cout << '\n';
  if (only != 0 || HasFailure()) return;
  // A generator that never comes near a rule shows nothing about it.
  EXPECT_GT(answers["accepted"] * 100, all * 25);
  for (const char* reason : {"known",
                             "wrong-network",
                             "stale",
                             "from-the-future",
                             "subject-used",
                             "unknown-key",
                             "wrong-issuer",
                             "wrong-usage",
                             "key-rotated",
                             "key-compromised",
                             "bad-signature",
                             "unknown-accreditation",
                             "accreditation-of-another",
                             "accreditation-not-in-force",
                             "scope-not-covered",
                             "scheme-not-covered",
                             "standard-not-covered",
                             "assurance-not-covered",
                             "dates-out-of-order",
                             "issued-in-the-future",
                             "anchored-late",
                             "late-not-allowed",
                             "bad-countersignature",
                             "unknown-target",
                             "wrong-target-kind",
                             "not-the-issuer",
                             "already-superseded",
                             "not-supersedable",
                             "declaration-not-separate",
                             "effective-out-of-range",
                             "last-event-differs",
                             "illegal-transition",
                             "reason-not-allowed",
                             "not-the-suspender",
                             "no-authority",
                             "not-a-body",
                             "accreditation-exists",
                             "scheme-not-allowed",
                             "regime-not-allowed",
                             "not-an-extension",
                             "not-a-reduction",
                             "role-conflict",
                             "unknown-party",
                             "not-the-registrar",
                             "key-exists",
                             "bad-possession",
                             "nothing-to-replace",
                             "too-far-back"}) {
    EXPECT_GT(answers[reason], 0U) << reason << " was never provoked";
  }
}

}  // namespace
}  // namespace footproof::testing
