#include "ledger/rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "attest/check.h"
#include "attest/retired_key.h"
#include "ledger/next_set.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

std::optional<Refusal> judge_network(const Statement& statement, const RuleContext& context) {
  if (statement.chain_id() == context.chain_id) return std::nullopt;
  return refuse(R::wrong_network, "audience: chain id " + statement.chain_id().hex() +
                                      ", this network is " + context.chain_id.hex());
}

// A statement that was refused or withheld cannot be brought out months later.
std::optional<Refusal> judge_age(const Statement& statement, const RuleContext& context,
                                 const Parameters& parameters) {
  const std::uint64_t now = Instant{context.time_ms}.seconds();
  const std::uint64_t issued = statement.issued_at();
  if (issued < now && now - issued > parameters.issued_before_max_s) {
    return refuse(R::stale, "issued at: " + std::to_string(now - issued) +
                                " s before the block, at most " +
                                std::to_string(parameters.issued_before_max_s));
  }
  if (issued > now && issued - now > parameters.issued_ahead_max_s) {
    return refuse(R::from_the_future, "issued at: " + std::to_string(issued - now) +
                                          " s after the block, at most " +
                                          std::to_string(parameters.issued_ahead_max_s));
  }
  return std::nullopt;
}

// A `sign` key can do nothing but sign: what reports, suspends and registers is signed with a key
// that is kept elsewhere.
KeyUsage usage_for(StatementKind kind) {
  return kind == StatementKind::status || kind == StatementKind::key ? KeyUsage::status
                                                                     : KeyUsage::sign;
}

std::optional<Refusal> judge_key_record(const Statement& statement, const KeyRecord& record,
                                        Instant now) {
  if (record.party != statement.issuer()) {
    return refuse(R::wrong_issuer, "issuer: the key belongs to another party");
  }
  if (record.key.algorithm() != statement.algorithm()) {
    return refuse(R::wrong_algorithm,
                  "alg: the registered key is " + std::string(to_text(record.key.algorithm())));
  }
  const KeyUsage usage = usage_for(statement.kind());
  if (record.usage != usage) {
    return refuse(R::wrong_usage, "kid: " + std::string(to_text(statement.kind())) +
                                      " statements need a key of usage " +
                                      std::string(to_text(usage)));
  }
  // What was recorded before stands (docs/formats.md §3), but nothing new rests on such a key.
  if (const auto since = compromised_since(record, now)) {
    return refuse(R::key_compromised, "kid: compromised since " + since->text());
  }
  for (const KeyEvent& event : record.events) {
    if (event.what == KeyEvent::What::rotate) {
      return refuse(R::key_rotated, "kid: rotated at " + event.origin.recorded.text());
    }
  }
  return std::nullopt;
}

// Whoever was removed says nothing any more, whatever it holds keys for.
Result<std::optional<Refusal>> judge_party(const StateView& view, const Statement& statement,
                                           Instant now) {
  using Answer = std::optional<Refusal>;
  auto party = read_record(view, state_key::party(statement.issuer()), parse_party_record);
  if (!party) return fail(party.error());
  if (!*party) return fail(Errc::corrupt, "state: a registered key belongs to no party");
  if (is_member(**party, now)) return Answer();
  return Answer(refuse(R::party_removed, "issuer: removed by ballot"));
}

struct JudgePayload {
  const Case& it;
  Result<Judgement> operator()(const Attestation& payload) const {
    return judge_attestation(it, payload);
  }
  Result<Judgement> operator()(const StatusChange& payload) const {
    return judge_status(it, payload);
  }
  Result<Judgement> operator()(const AccreditationChange& payload) const {
    return judge_accreditation(it, payload);
  }
  Result<Judgement> operator()(const KeyChange& payload) const { return judge_key(it, payload); }
  Result<Judgement> operator()(const Ballot& payload) const { return judge_ballot(it, payload); }
  Result<Judgement> operator()(const DatasetRelease& payload) const {
    return judge_dataset(it, payload);
  }
};

}  // namespace

EventOrigin origin_of(const Case& it, Date effective, AuthorityRole role) {
  return EventOrigin{effective, it.now(), Authority{role, it.issuer()}, it.statement.entry_id()};
}

Result<bool> is_registered(const Case& it, const PublicKey& key) {
  auto record = it.view.record(state_key::key(key.kid()));
  if (!record) return fail(record.error());
  if (*record) return true;
  const auto retired = it.view.record(state_key::retired_key(key.kid()));
  if (!retired) return fail(retired.error());
  if (*retired) return true;
  const auto validators = newest_validators(it.view, it.context.epoch);
  if (!validators) return fail(validators.error());
  const auto next = next_validators(it.view);
  if (!next) return fail(next.error());
  const auto holds = [&](const Member& member) {
    return key == member.vote_key || key == member.cosign_key || key == member.log_key;
  };
  return std::ranges::any_of(validators->members, holds) ||
         (*next && std::ranges::any_of((*next)->members, holds));
}

Result<std::variant<Target, Refusal>> find_attestation(const StateView& view,
                                                       const Digest& entry_id,
                                                       std::string_view field) {
  using Found = std::variant<Target, Refusal>;
  auto logged = view.logged(entry_id);
  if (!logged) return fail(logged.error());
  if (!*logged) {
    return Found(refuse(R::unknown_target, std::string(field) + ": no entry " + entry_id.hex()));
  }
  auto statement = parse_statement((*logged)->statement);
  if (!statement) return fail(Errc::corrupt, "logged statement: " + statement.error().detail);
  if (statement->kind() != StatementKind::attestation) {
    return Found(refuse(R::wrong_target_kind, std::string(field) + ": entry " + entry_id.hex() +
                                                  " is a statement of kind " +
                                                  std::string(to_text(statement->kind()))));
  }
  return Found(Target{std::move(**logged), std::move(*statement)});
}

Result<Judgement> judge(const StateView& view, const Statement& statement,
                        const RuleContext& context, const VerifySignature& verify_signature) {
  auto known = view.logged(statement.entry_id());
  if (!known) return fail(known.error());
  if (*known) return Judgement(KnownEntry{statement.entry_id(), (*known)->index});

  auto parameters = read_record(view, state_key::parameters(), parse_parameters);
  if (!parameters) return fail(parameters.error());
  if (!*parameters) return fail(Errc::corrupt, "state: no record of parameters");

  if (auto refusal = judge_network(statement, context)) return Judgement(std::move(*refusal));
  if (auto refusal = judge_age(statement, context, **parameters)) {
    return Judgement(std::move(*refusal));
  }
  auto key = read_record(view, state_key::key(statement.kid()), parse_key_record);
  if (!key) return fail(key.error());
  if (!*key) {
    return Judgement(
        refuse(R::unknown_key, "kid: " + statement.kid().hex() + " is not registered"));
  }
  if (auto refusal = judge_key_record(statement, **key, Instant{context.time_ms})) {
    return Judgement(std::move(*refusal));
  }
  auto removed = judge_party(view, statement, Instant{context.time_ms});
  if (!removed) return fail(removed.error());
  if (*removed) return Judgement(std::move(**removed));
  if (!verify_signature((*key)->key, statement)) {
    return Judgement(refuse(R::bad_signature, "signature: does not verify under the key named"));
  }
  auto used = view.entry_of(statement.issuer(), statement.subject());
  if (!used) return fail(used.error());
  if (*used) {
    return Judgement(refuse(R::subject_used, "subject: used by entry " + (*used)->hex()));
  }
  const Case it{view, statement, context, **parameters};
  return std::visit(JudgePayload{it}, statement.payload());
}

}  // namespace footproof::ledger
