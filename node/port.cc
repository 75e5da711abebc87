#include "node/port.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "attest/block_record.h"
#include "attest/policy.h"
#include "ledger/epochs.h"
#include "ledger/next_set.h"
#include "ledger/rules.h"
#include "node/serve_chain.h"
#include "node/unserved.h"

namespace footproof::node {
namespace {

// Below the 2 s that api allows.
constexpr std::chrono::milliseconds kSubmitDeadline{1'800};
constexpr std::size_t kStatementsPerTask = 16;
// A node that is further behind than this is not given traffic.
constexpr std::uint64_t kBehindMax = 32;

api::Refusal to_api(const ledger::Refusal& refusal, bool final, std::uint64_t height) {
  return {std::string(refusal.code()),
          std::string(refusal.rule()),
          refusal.detail,
          std::string(refusal.remedy()),
          final,
          height};
}

ledger::RuleContext early_context(const Network& network, const ledger::Head& head,
                                  std::uint64_t wall_ms) {
  return {.chain_id = network.chain_id,
          .epoch = head.epoch,
          .time_ms = std::max(wall_ms, head.time_ms + 1)};
}

// The anchor outlives a power cut; what the database had not synced may not.
std::uint64_t shown_before(const ledger::Store& store) {
  const std::uint64_t cosigned = store.anchor().cosigned_size;
  return cosigned > store.snapshot()->head().log_size ? cosigned : 0;
}

}  // namespace

Port::Port(PortParts parts)
    : parts_(std::move(parts)), shown_size_(shown_before(parts_.store)), shelf_(parts_.store) {}

SignedVote signed_vote(const consensus::Vote& vote) {
  SignedVote out;
  out.kind = static_cast<VoteKind>(vote.type);
  out.epoch = vote.proposal.epoch;
  out.view = vote.proposal.view;
  out.parent_view = vote.proposal.parent_view;
  out.block_id = vote.proposal.block_id;
  out.signer = vote.signer;
  out.signature = vote.signature;
  return out;
}

// --- submissions --------------------------------------------------------------------------------

Port::Judged Port::judge(const Bytes& bytes) const {
  const auto snapshot = parts_.store.snapshot();
  const auto& head = snapshot->head();
  auto statement = parse_statement(bytes);
  if (!statement) {
    const ledger::Refusal malformed{ledger::RefusalReason::malformed, statement.error().detail};
    return {to_api(malformed, false, head.height), {}};
  }
  const Digest entry_id = statement->entry_id();
  const auto known = logged(entry_id);
  const auto executed = snapshot->logged(entry_id);
  if (!known || !executed) return {api::TooBusy{}, {}};
  if (*known) return {**known, {}};
  // Executed, not yet published: a refusal of an earlier time no longer counts.
  if (*executed) return {api::Accepted{entry_id}, {}};
  if (const auto refused =
          parts_.refusals.of_statement(statement->statement_hash(), clock().now())) {
    return {to_api(refused->refusal, true, refused->height), {}};
  }
  const auto verify = [this](const PublicKey& key, const Statement& signed_statement) {
    return parts_.verdicts.verify(key, signed_statement);
  };
  const auto judgement = ledger::judge(
      *snapshot, *statement, early_context(parts_.network, head, clock().wall_ms()), verify);
  if (!judgement) return {api::TooBusy{}, {}};
  if (const auto* refusal = std::get_if<ledger::Refusal>(&*judgement)) {
    return {to_api(*refusal, false, head.height), {}};
  }
  if (std::holds_alternative<ledger::KnownEntry>(*judgement)) {
    return {api::Accepted{entry_id}, {}};  // executed, not yet published
  }
  return {std::nullopt, {statement->statement_hash(), entry_id, statement->bytes()}};
}

// Nobody orders the batches of who has no place in the set.
std::string Port::elsewhere() const {
  const auto set = parts_.facts.get().set;
  if (!parts_.follow && set.member) return {};
  const auto& nodes = parts_.config.follow;
  return fmt::format("{}; submit to {}", parts_.follow ? "it follows and serves" : set.why_no_vote,
                     nodes.empty()
                         ? fmt::format("a node of the validators {}", fmt::join(set.members, ", "))
                         : fmt::format("{}", fmt::join(nodes, " or ")));
}

std::vector<api::Answer> Port::submit(const std::vector<Bytes>& statements) {
  const auto deadline = clock().now() + kSubmitDeadline;
  return settle(take_in(statements), deadline);
}

Port::Taken Port::take_in(const std::vector<Bytes>& statements) {
  Taken out;
  out.answers.assign(statements.size(), api::TooBusy{});
  if (!parts_.facts.get().set.member) return out;  // nobody would order them
  if (disk().grade() >= DiskGrade::refuse) return out;
  std::vector<Judged> judged(statements.size());
  std::vector<Workers::Task> tasks;
  for (std::size_t first = 0; first < statements.size(); first += kStatementsPerTask) {
    const std::size_t end = std::min(first + kStatementsPerTask, statements.size());
    tasks.emplace_back([this, &statements, &judged, first, end] {
      for (std::size_t i = first; i < end; ++i) judged[i] = judge(statements[i]);
    });
  }
  if (!parts_.outside.workers.run_all(std::move(tasks))) return out;

  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (judged[i].answer) {
      out.answers[i] = *std::move(judged[i].answer);
      continue;
    }
    const Digest hash = judged[i].pending.statement_hash;
    const Digest entry_id = judged[i].pending.entry_id;
    if (parts_.mempool.add(std::move(judged[i].pending)) == Mempool::Added::full) continue;
    out.answers[i] = api::Accepted{entry_id};
    out.hashes.push_back(hash);
    out.places.push_back(i);
  }
  if (!out.hashes.empty()) parts_.submitted();
  return out;
}

std::vector<api::Answer> Port::settle(Taken taken, MonoTime deadline) {
  auto& answers = taken.answers;
  if (!taken.hashes.empty()) {
    const auto durable = parts_.mempool.wait_durable(taken.hashes, deadline);
    for (std::size_t i = 0; i < durable.size(); ++i) {
      if (!durable[i]) answers[taken.places[i]] = api::TooBusy{};
    }
  }
  for (const auto& answer : answers) {
    if (std::holds_alternative<api::Accepted>(answer)) {
      ++parts_.counters.taken;
    } else if (std::holds_alternative<api::Logged>(answer)) {
      ++parts_.counters.known;
    } else if (std::holds_alternative<api::Refusal>(answer)) {
      ++parts_.counters.refused_early;
    } else {
      ++parts_.counters.busy;
    }
  }
  return std::move(answers);
}

Result<std::optional<api::Logged>> Port::logged(const Digest& entry_id) const {
  const auto snapshot = published();
  if (!snapshot && snapshot.error().code == Errc::not_found) return std::nullopt;
  if (!snapshot) return fail(snapshot.error());
  const auto found = (*snapshot)->logged(entry_id);
  if (!found) return fail(found.error());
  if (!*found) return std::nullopt;
  const auto record = (*snapshot)->own_record((*found)->index);
  if (!record) return fail(record.error());
  const auto parsed = parse_block_record(record->bytes);
  if (!parsed) return fail(parsed.error());
  return api::Logged{entry_id, (*found)->index, parsed->height, parsed->time.ms};
}

api::Answer Port::poll(const Digest& entry_id) {
  const auto known = logged(entry_id);
  // What cannot be read is not denied.
  if (!known) return api::TooBusy{};
  if (*known) return **known;
  if (parts_.mempool.has_entry(entry_id)) return api::Accepted{entry_id};
  const auto executed = parts_.store.snapshot()->logged(entry_id);
  if (!executed) return api::TooBusy{};
  if (*executed) return api::Accepted{entry_id};
  if (const auto refused = parts_.refusals.of_entry(entry_id, clock().now())) {
    return to_api(refused->refusal, true, refused->height);
  }
  return api::Unknown{};
}

std::vector<api::Answer> Port::await(const std::vector<Digest>& entry_ids, MonoTime deadline) {
  std::vector<api::Answer> answers(entry_ids.size(), api::Unknown{});
  std::vector<std::size_t> open(entry_ids.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (;;) {
    // Before looking, so that no change in between is missed.
    const auto generation = parts_.waiters.generation();
    std::erase_if(open, [&](std::size_t i) {
      answers[i] = poll(entry_ids[i]);
      return std::holds_alternative<api::Logged>(answers[i]) ||
             std::holds_alternative<api::Refusal>(answers[i]);
    });
    if (open.empty() || parts_.waiters.is_stopped() || clock().now() >= deadline) break;
    parts_.waiters.wait(generation, deadline);
  }
  for (const std::size_t i : open) {
    if (!std::holds_alternative<api::TooBusy>(answers[i])) answers[i] = api::Accepted{entry_ids[i]};
  }
  return answers;
}

Result<api::DryRun> Port::dry_run(const Bytes& bytes) {
  const auto statement = parse_statement(bytes);
  if (!statement) return fail(statement.error());
  const auto snapshot = parts_.store.snapshot();
  api::DryRun out;
  out.height = snapshot->head().height;
  // The rules alone: the signature is told apart.
  bool verifies = false;
  const auto verify = [this, &verifies](const PublicKey& key, const Statement& signed_statement) {
    verifies = parts_.verdicts.verify(key, signed_statement);
    return true;
  };
  const auto judgement =
      ledger::judge(*snapshot, *statement,
                    early_context(parts_.network, snapshot->head(), clock().wall_ms()), verify);
  if (!judgement) return fail(judgement.error());
  if (const auto* refusal = std::get_if<ledger::Refusal>(&*judgement)) {
    out.refusal = to_api(*refusal, false, out.height);
  }
  out.signature_verifies = verifies;
  return out;
}

// --- reads --------------------------------------------------------------------------------------

std::string Port::why_less_than_shown() const {
  const auto snapshot = parts_.store.published();
  if (shown_size_ == 0 || (snapshot && snapshot->head().log_size >= shown_size_)) return {};
  return fmt::format(
      "a power cut took the end of a log that this node may have shown up to size {}; it fetches "
      "it "
      "from the others, wait or ask another node",
      shown_size_);
}

Result<std::shared_ptr<const ledger::Snapshot>> Port::published() const {
  if (auto why = why_less_than_shown(); !why.empty()) return fail(Errc::too_busy, std::move(why));
  auto snapshot = parts_.store.published();
  if (!snapshot) {
    return fail(Errc::not_found, "no checkpoint with enough cosignatures yet; try again shortly");
  }
  return snapshot;
}

Result<Receipt> Port::receipt(const Digest& entry_id,
                              const std::optional<Digest>& declaration_root) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->make_receipt(entry_id, declaration_root);
}

Result<api::StateReceipt> Port::state_receipt(const std::vector<Digest>& keys) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  auto answer = (*snapshot)->prove_state(keys);
  if (!answer) return fail(answer.error());
  auto last = (*snapshot)->last_record();
  if (!last) return fail(last.error());
  return api::StateReceipt{(*snapshot)->checkpoint(), *std::move(last), std::move(answer->proof),
                           std::move(answer->records)};
}

Result<std::vector<Digest>> Port::inclusion(std::uint64_t index, std::uint64_t size) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->inclusion(index, size);
}

Result<std::vector<Digest>> Port::consistency(std::uint64_t from, std::uint64_t to) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->consistency(from, to);
}

Result<std::string> Port::checkpoint() const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->checkpoint();
}

Result<Bytes> Port::tile(std::uint32_t level, std::uint64_t index, std::uint32_t width) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->tile(level, index, width);
}

Result<Bytes> Port::entry_bundle(std::uint64_t index, std::uint32_t width) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->entry_bundle(index, width);
}

Result<Bytes> Port::statement_bundle(std::uint64_t index, std::uint32_t width) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return (*snapshot)->statement_bundle(index, width);
}

Result<ledger::HistoryPage> Port::history(const ledger::HistoryFilter& filter, std::uint64_t from,
                                          std::size_t limit) const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  return ledger::history(**snapshot, filter, from, limit);
}

std::vector<consensus::Evidence> Port::evidence_of(std::uint64_t epoch) const {
  std::vector<consensus::Evidence> found;
  std::set<consensus::EvidenceKey> keys;
  const auto add = [&](const consensus::Evidence& evidence) {
    if (evidence.first.proposal.epoch != epoch) return;
    if (keys.insert(consensus::key_of(evidence)).second) found.push_back(evidence);
  };
  for (const auto& ordered : parts_.evidence.all()) add(ordered.evidence);
  for (const auto& seen : parts_.facts.get().evidence) add(seen);
  return found;
}

Result<Accusation> Port::accusation() const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  const std::uint64_t epoch = (*snapshot)->head().epoch;
  const auto evidence = evidence_of(epoch);
  if (evidence.empty()) {
    return fail(Errc::not_found,
                "no votes of this epoch that exclude each other stand in the chain or were seen by "
                "this node");
  }
  auto state = state_receipt({state_key::validators(epoch)});
  if (!state) return fail(state.error());
  if (!state->records.front()) return fail(Errc::corrupt, "state: no record of the validators");
  VoteAccusation accusation{std::move(state->checkpoint),
                            std::move(state->last_record),
                            *std::move(state->records.front()),
                            std::move(state->proof),
                            {}};
  for (const auto& [first, second] : fair_share(evidence, kAccusedPairsMax)) {
    accusation.pairs.emplace_back(signed_vote(first), signed_vote(second));
  }
  return Accusation(std::move(accusation));
}

Result<std::string> Port::trust_policy() const {
  const auto snapshot = published();
  if (!snapshot) return fail(snapshot.error());
  const auto policy = ledger::trust_policy_of(**snapshot);
  if (!policy) return fail(policy.error());
  return encode(*policy);
}

Result<Hop> Port::hop(std::uint64_t epoch) const {
  auto hop = parts_.store.hop(epoch);
  if (!hop) return fail(hop.error());
  if (!*hop) return fail(Errc::not_found, fmt::format("epoch {} has no hop here", epoch));
  return std::move(**hop);
}

Result<Bytes> Port::genesis() const { return parts_.network.genesis_bytes; }

Result<Bytes> Port::large_answer(const std::function<Result<Bytes>()>& make) const {
  constexpr unsigned kLargeAnswersMax = 4;
  struct Place {
    std::atomic<unsigned>& taken;
    ~Place() { --taken; }
  };
  const unsigned others = large_answers_++;
  const Place place{large_answers_};
  if (others >= kLargeAnswersMax) return fail(Errc::too_busy, "others are fetching what is large");
  return make();
}

Result<Bytes> Port::chain(std::uint64_t from) const {
  return large_answer([&]() -> Result<Bytes> {
    const auto answer = serve_chain(parts_.store, from);
    if (!answer) return fail(answer.error());
    return encode_chain_answer(*answer);
  });
}

Result<Bytes> Port::snapshot_offer() const { return shelf_.offer(clock().now()); }

Result<Bytes> Port::snapshot_state(std::uint64_t size, const std::string& prefix) const {
  return large_answer([&] { return shelf_.part(size, prefix, clock().now()); });
}

// --- health -------------------------------------------------------------------------------------

DiskSpace Port::disk() const {
  return parts_.outside.disk_space().value_or(DiskSpace{0, UINT64_MAX});
}

std::string Port::why_not_ready(const CoreFacts& facts, DiskGrade disk) const {
  if (parts_.follow) return why_not_following(facts.alarm, parts_.follow(), disk);
  if (!facts.alarm.empty()) return "alarm: " + facts.alarm;
  if (!facts.set.member) {
    return fmt::format("no validator: {}; it takes no statements, send them to another node{}",
                       facts.set.why_no_vote,
                       !facts.follow
                           ? ""
                           : fmt::format(". It follows {} nodes, {} blocks behind",
                                         facts.follow->sources.size(), facts.follow->behind));
  }
  const std::size_t quorum = facts.set.quorum;
  const auto connected = static_cast<std::size_t>(
      std::ranges::count_if(facts.peers, [](const auto& peer) { return peer.connected; }));
  if (connected + 1 < quorum) {
    return fmt::format(
        "{} of {} other validators are connected, {} are needed to order "
        "statements; check their processes and [[mesh.peer]]{}",
        connected, facts.peers.size(), quorum - 1,
        parts_.config.follow.empty()
            ? ". If the set has changed without it, it hears of that over [node] follow alone"
            : "");
  }
  if (facts.replica.executed_height + kBehindMax < facts.replica.peers_height) {
    return fmt::format("catching up: at height {}, others are at {}; wait",
                       facts.replica.executed_height, facts.replica.peers_height);
  }
  if (disk >= DiskGrade::refuse) return std::string(to_text(disk));
  if (!parts_.store.published()) return "no checkpoint with enough cosignatures yet; wait";
  return why_less_than_shown();
}

std::string Port::why_not_following(const std::string& alarm, const api::FollowFacts& follow,
                                    DiskGrade disk) const {
  if (!alarm.empty()) return "alarm: " + alarm;
  if (auto why = why_unserved(follow); !why.empty()) return why;
  if (follow.behind > kBehindMax) {
    return fmt::format("{}: {} blocks behind; wait", follow.doing, follow.behind);
  }
  if (disk >= DiskGrade::refuse) return std::string(to_text(disk));
  if (!parts_.store.published()) return "no checkpoint with enough cosignatures yet; wait";
  return {};
}

void Port::tell_set(const CoreFacts& facts, api::Health& out) const {
  const auto& set = facts.set;
  if (parts_.follow) {
    const auto newest = ledger::newest_validators(*parts_.store.snapshot(), out.epoch);
    if (!newest) return;
    out.validators = static_cast<std::uint32_t>(newest->members.size());
    out.quorum = static_cast<std::uint32_t>(newest->quorum);
    out.set = api::SetFacts{.epoch = newest->epoch,
                            .members = {},
                            .why_no_vote = "it only follows: [node] names no validator",
                            .next_members = {}};
    for (const auto& member : newest->members) out.set->members.push_back(member.id);
    if (const auto next = ledger::next_validators(*parts_.store.snapshot()); next && *next) {
      for (const auto& member : (*next)->members) out.set->next_members.push_back(member.id);
    }
    return;
  }
  out.validators = static_cast<std::uint32_t>(set.members.size());
  out.quorum = static_cast<std::uint32_t>(set.quorum);
  out.set = api::SetFacts{
      set.epoch,       set.members,     set.member,
      set.votes,       set.why_no_vote, facts.replica.end ? facts.replica.end->boundary_height : 0,
      set.next_members};
}

api::Health Port::health() const {
  const CoreFacts facts = parts_.facts.get();
  const auto head = parts_.store.snapshot()->head();
  const auto snapshot = parts_.store.published();
  api::Health out;
  out.chain_id = parts_.network.chain_id;
  out.origin = parts_.network.origin;
  out.validator_id = parts_.config.validator;
  out.version = FOOTPROOF_VERSION;
  out.epoch = head.epoch;
  out.height = head.height;
  out.view = facts.replica.view;
  out.published_size = snapshot ? snapshot->head().log_size : 0;
  out.block_time_ms = head.time_ms;
  out.node_time_ms = clock().wall_ms();
  tell_set(facts, out);
  for (const auto& peer : facts.peers) {
    out.peers.push_back({peer.id, peer.connected, peer.height, peer.last_heard_ms});
  }
  out.follow = parts_.follow ? parts_.follow() : facts.follow;
  for (const auto& id : facts.set.members) out.evidence.push_back({id, 0});
  for (const auto& evidence : evidence_of(facts.replica.epoch)) {
    const auto signer = evidence.first.signer;
    if (signer < out.evidence.size()) ++out.evidence[signer].count;
  }
  out.tls_certificate_ends_s = facts.tls_ends_s;
  out.mempool_bytes = parts_.mempool.waiting_bytes();
  const DiskSpace space = disk();
  out.disk_free_bytes = space.free_bytes;
  out.not_ready_reason = why_not_ready(facts, space.grade());
  out.ready = out.not_ready_reason.empty();
  return out;
}

}  // namespace footproof::node
