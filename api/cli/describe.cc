#include "api/cli/describe.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "api/ballot_view.h"
#include "attest/block_record.h"
#include "attest/cbor.h"
#include "attest/core_profile.h"
#include "attest/note.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

std::string scope_text(const Scope& scope) {
  return scope.code + ": " + scope.scheme + ", " + joined_or_none(scope.standards) + ", up to " +
         std::string(to_text(scope.assurance_max)) + " assurance";
}

// What each kind of payload says.
struct PayloadFacts {
  Facts& facts;

  void add(std::string label, std::string value) const {
    facts.emplace_back(std::move(label), std::move(value));
  }
  void operator()(const Attestation& attestation) const { describe(attestation, facts); }
  void operator()(const StatusChange& change) const {
    add("action", std::string(to_text(change.action)) + ", " + std::string(to_text(change.reason)));
    add("of entry", change.target.hex());
    if (change.declaration) add("of declaration", change.declaration->hex());
    add("effective from", change.effective.text());
    if (change.previous) add("after event", change.previous->hex());
  }
  void operator()(const AccreditationChange& change) const {
    add("action", std::string(to_text(change.action)));
    add("accreditation", change.id);
    add("effective from", change.effective.text());
    if (change.verifier) add("verifier", *change.verifier);
    if (change.scopes) {
      for (const Scope& scope : *change.scopes) add("scope", scope_text(scope));
    }
    if (change.validity) {
      add("valid", change.validity->from.text() + " until " + change.validity->until.text());
    }
    if (change.regimes) add("regimes", joined_or_none(*change.regimes));
    if (change.reason) add("reason", std::string(to_text(*change.reason)));
    if (change.previous) add("after event", change.previous->hex());
  }
  void operator()(const KeyChange& change) const {
    add("action", std::string(to_text(change.action)));
    add("party", change.party);
    if (change.added) {
      add("new key",
          change.added->key.kid().hex() + ", to " + std::string(to_text(change.added->usage)));
    }
    if (change.kid) add("key", change.kid->hex());
    if (change.certificate_chain) add("x5t of its certificates", change.certificate_chain->hex());
    if (change.since) add("compromised since", change.since->text());
  }
  void operator()(const Ballot& ballot) const {
    add("vote", ballot.approve ? "approve" : "reject");
    add("proposal", to_hex(ballot.proposal.nonce));
    add("change", describe(ballot.proposal.change));
    add("lapses", ballot.proposal.lapses.text());
  }
  void operator()(const DatasetRelease& release) const {
    add("dataset release", release.database + ' ' + release.release);
    add("released on", release.released_on.text());
    add("root", release.root.hex());
    if (release.notice) add("notice", std::string(to_text(*release.notice)));
    if (release.replaces) {
      add(release.notice ? "about entry" : "replaces entry", release.replaces->hex());
    }
  }
};

std::string_view part_name(StatePart part) {
  switch (part) {
    case StatePart::status:
      return "status";
    case StatePart::declaration_status:
      return "status of the declaration";
    case StatePart::accreditation:
      return "accreditation";
    case StatePart::signing_key:
      return "signing key";
    case StatePart::party:
      return "party";
    case StatePart::added_key:
      return "added key";
    case StatePart::countersigning_key:
      return "countersigning key";
    case StatePart::proposal:
      return "proposal";
    case StatePart::dataset:
      return "dataset release";
  }
  return "record";
}

void describe_record(std::string label, const LoggedRecord& logged, Facts& facts) {
  const auto record = parse_block_record(logged.record);
  facts.emplace_back(std::move(label), record ? "height " + std::to_string(record->height) +
                                                    ", epoch " + std::to_string(record->epoch) +
                                                    ", " + record->time.text()
                                              : "malformed: " + record.error().detail);
}

}  // namespace

void print_facts(std::ostream& out, const Facts& facts) {
  std::size_t width = 0;
  for (const auto& [label, value] : facts)
    width = std::max(width, std::min<std::size_t>(label.size(), 40));
  for (const auto& [label, value] : facts) {
    // Here, and not only where a fact is made: what a verdict quotes comes from a file as well.
    out << printable(label) << std::string(label.size() < width ? width - label.size() : 0, ' ')
        << "  " << printable(value) << '\n';
  }
}

std::string facts_json(const Facts& facts) {
  std::map<std::string, int> count;
  for (const auto& [label, value] : facts) ++count[label];
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [label, value] : facts) {
    if (count[label] > 1) {
      object[label].push_back(value);
    } else {
      object[label] = value;
    }
  }
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void describe(const Attestation& attestation, Facts& facts) {
  const auto add = [&facts](std::string label, std::string value) {
    facts.emplace_back(std::move(label), std::move(value));
  };
  add("accreditation", attestation.accreditation.id + " of " + attestation.accreditation.body);
  add("scope", attestation.scope);
  add("scheme", attestation.scheme.id + ' ' + attestation.scheme.version);
  add("standards", joined_or_none(attestation.standards));
  add("type", std::string(to_text(attestation.type)) + " of a " +
                  std::string(to_text(attestation.coverage)));
  add("assurance", std::string(to_text(attestation.assurance)));
  add("issued on", attestation.issued_on.text());
  add("valid", attestation.valid_from.text() + " until " + attestation.valid_until.text());
  add("declarations", attestation.count == 1 ? "1" : "up to " + std::to_string(attestation.count));
  add("subject root", attestation.root.hex());
  if (attestation.supersedes) add("supersedes", attestation.supersedes->hex());
  if (attestation.countersignature) {
    add("countersigned by", attestation.countersignature->kid.hex() + ", to be recorded late");
  }
  add("holder key", attestation.holder_key ? attestation.holder_key->kid().hex() : "none");
}

void describe(const Statement& statement, Facts& facts) {
  facts.emplace_back("statement", std::string(to_text(statement.kind())));
  facts.emplace_back("entry id", statement.entry_id().hex());
  facts.emplace_back("issuer", statement.issuer());
  facts.emplace_back("signed at", instant_from_seconds(statement.issued_at()).text());
  facts.emplace_back("network", statement.chain_id().hex());
  facts.emplace_back("key id", statement.kid().hex());
  std::visit(PayloadFacts{facts}, statement.payload());
}

void describe_checkpoint(std::string_view bytes, Facts& facts) {
  const auto note = parse_note(as_bytes(bytes));
  if (!note) {
    facts.emplace_back("checkpoint", "malformed: " + note.error().detail);
    return;
  }
  if (const auto checkpoint = parse_checkpoint(note->text)) {
    facts.emplace_back("checkpoint", checkpoint->origin);
    facts.emplace_back("log size", std::to_string(checkpoint->size));
    facts.emplace_back("log root", checkpoint->root.hex());
  } else {
    facts.emplace_back("note", printable(note->text));
  }
  for (const auto& line : note->signatures) {
    facts.emplace_back("signature line", printable(line.name) + " (not checked here)");
  }
}

void describe(const Receipt& receipt, Facts& facts) {
  const auto statement = parse_statement(receipt.statement);
  if (statement) {
    describe(*statement, facts);
  } else {
    facts.emplace_back("statement", "malformed: " + statement.error().detail);
  }
  facts.emplace_back("index", std::to_string(receipt.index));
  describe_record("recorded", receipt.own_record.value_or(receipt.last_record), facts);
  describe_record("last record", receipt.last_record, facts);
  describe_checkpoint(receipt.checkpoint, facts);
  if (receipt.declaration_root)
    facts.emplace_back("about declaration", receipt.declaration_root->hex());
  if (!statement) return;
  const auto queries = state_queries(*statement, receipt.declaration_root);
  for (std::size_t i = 0; i < std::min(queries.size(), receipt.state_records.size()); ++i) {
    const auto& record = receipt.state_records[i];
    facts.emplace_back(
        part_name(queries[i].part),
        record ? "record of " + std::to_string(record->size()) + " bytes" : "shown to be absent");
  }
}

std::string leaf_text(std::string_view label, ByteView value) {
  if (label.starts_with("src:")) {
    cbor::Reader in(value);
    in.array_of(2);
    in.text(value.size());  // kinds of the containers above it
    const std::string_view token = in.text(value.size());
    if (in.finish()) return printable(token);
  }
  return printable(value_text(value));
}

void describe(const Openings& openings, Facts& facts) {
  for (const auto& entry : openings.entries) {
    std::string label = printable(entry.label);
    if (label.starts_with("core:")) label.erase(0, 5);
    facts.emplace_back(std::move(label), leaf_text(entry.label, entry.value));
  }
}

void describe(const Presentation& presentation, Facts& facts) {
  describe(presentation.receipt, facts);
  facts.emplace_back("core profile", printable(presentation.core_profile));
  facts.emplace_back("tree size", std::to_string(presentation.tree_size));
  facts.emplace_back("position", std::to_string(presentation.position));
  facts.emplace_back("disclosure profile", printable(presentation.disclosure_profile));
  if (presentation.holder) {
    const auto& holder = *presentation.holder;
    facts.emplace_back("made for", printable(holder.audience));
    if (holder.nonce) facts.emplace_back("nonce", to_hex(*holder.nonce));
    if (holder.expiry) facts.emplace_back("expires", holder.expiry->text());
  }
  describe(presentation.openings, facts);
}

void describe(const Policy& policy, Facts& facts) {
  facts.emplace_back("policy of", policy.origin);
  facts.emplace_back("chain id", policy.chain_id.hex());
  facts.emplace_back("made on", policy.made_on.text());
  for (const auto& epoch : policy.epochs) {
    facts.emplace_back("epoch " + std::to_string(epoch.epoch),
                       "sizes from " + std::to_string(epoch.first_size) +
                           (epoch.last_size ? " to " + std::to_string(*epoch.last_size) : " on") +
                           ", " + std::to_string(epoch.quorum()) + " of " +
                           std::to_string(epoch.members.size()));
    for (const auto& member : epoch.members)
      facts.emplace_back("validator", member.cosign_key.vkey());
  }
}

}  // namespace footproof::api
