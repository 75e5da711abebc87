#include "api/history_route.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "api/answers.h"
#include "attest/identifier.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kRowsByDefault = 100;

Error wrong(const std::string& name, const std::string& why) {
  return {Errc::usage, name + ": " + why};
}

Result<Date> day_of(const std::string& name, const std::string& text) {
  auto date = Date::parse(text);
  if (!date) return fail(wrong(name, "give a day as YYYY-MM-DD"));
  return date;
}

// By kind of payload: what a person looking through a list wants to see.
struct PayloadMembers {
  ordered_json& row;

  void operator()(const Attestation& attestation) const {
    row["scope"] = attestation.scope;
    row["scheme"] = attestation.scheme.id;
    row["scheme_version"] = attestation.scheme.version;
    row["standards"] = joined(attestation.standards, " ");
    row["assurance"] = to_text(attestation.assurance);
    row["issued_on"] = attestation.issued_on.text();
    row["valid_from"] = attestation.valid_from.text();
    row["valid_until"] = attestation.valid_until.text();
    row["body"] = attestation.accreditation.body;
    row["accreditation"] = attestation.accreditation.id;
    row["count"] = attestation.count;
    if (attestation.supersedes) row["about"] = attestation.supersedes->hex();
  }
  void operator()(const StatusChange& change) const {
    row["about"] = change.target.hex();
    if (change.declaration) row["declaration"] = change.declaration->hex();
    row["action"] = to_text(change.action);
    row["reason"] = to_text(change.reason);
    row["effective"] = change.effective.text();
  }
  void operator()(const AccreditationChange& change) const {
    row["accreditation"] = change.id;
    row["action"] = to_text(change.action);
    if (change.reason) row["reason"] = to_text(*change.reason);
    row["effective"] = change.effective.text();
    if (change.verifier) row["party"] = *change.verifier;
  }
  void operator()(const KeyChange& change) const {
    row["action"] = to_text(change.action);
    row["party"] = change.party;
  }
  void operator()(const Ballot& ballot) const {
    row["action"] = ballot.approve ? "approve" : "reject";
    row["proposal"] = to_hex(ballot.proposal.nonce);
  }
  void operator()(const DatasetRelease& release) const {
    row["action"] = release.notice ? to_text(*release.notice) : "release";
    row["effective"] = release.released_on.text();
    row["database"] = release.database;
    row["release"] = release.release;
    if (release.replaces) row["about"] = release.replaces->hex();
  }
};

}  // namespace

Result<void> set_history_filter(ledger::HistoryFilter& filter, const std::string& name,
                                const std::string& value) {
  if (name == "issuer" || name == "body") {
    if (!is_party_uri(value)) return fail(wrong(name, "not a party URI"));
    (name == "issuer" ? filter.issuer : filter.body) = value;
  } else if (name == "scope" || name == "scheme" || name == "accreditation") {
    if (!is_id(value)) return fail(wrong(name, "not an id"));
    (name == "scope"    ? filter.scope
     : name == "scheme" ? filter.scheme
                        : filter.accreditation) = value;
  } else if (name == "kind") {
    filter.kind = to_statement_kind(value);
    if (!filter.kind) {
      return fail(wrong(name, "attestation, status, accreditation, key, ballot or dataset"));
    }
  } else if (name == "status") {
    filter.standing = ledger::to_standing(value);
    if (!filter.standing) {
      return fail(wrong(name, "active, suspended, revoked, superseded or void"));
    }
  } else if (name == "about") {
    const auto id = digest_from_hex(value);
    if (!id) return fail(wrong(name, "an entry id is 64 lower-case hex digits"));
    filter.about = *id;
  } else {
    const auto day = day_of(name, value);
    if (name == "from" && day) {
      filter.recorded_from = *day;
    } else if (name == "until" && day) {
      filter.recorded_until = *day;
    } else if (name == "as_of" && day) {
      filter.as_of = *day;
    } else if (name == "known_by" && day) {
      filter.known_by = *day;
    } else {
      const bool known = name == "from" || name == "until" || name == "as_of" || name == "known_by";
      return fail(known ? day.error() : wrong(name, "there is no such parameter"));
    }
  }
  return {};
}

ordered_json history_row(const ledger::HistoryEntry& entry) {
  ordered_json row;
  row["index"] = entry.index;
  row["recorded"] = Instant{entry.recorded_ms}.text();
  row["entry_id"] = entry.statement.entry_id().hex();
  row["kind"] = to_text(entry.statement.kind());
  row["issuer"] = entry.statement.issuer();
  if (entry.standing) row["status"] = to_text(*entry.standing);
  std::visit(PayloadMembers{row}, entry.statement.payload());
  return row;
}

const std::vector<std::string>& history_columns() {
  static const std::vector<std::string> columns = {
      "index",       "recorded",    "entry_id",       "kind",          "issuer",    "status",
      "scope",       "scheme",      "scheme_version", "standards",     "assurance", "issued_on",
      "valid_from",  "valid_until", "body",           "accreditation", "count",     "about",
      "declaration", "action",      "reason",         "effective",     "party",     "proposal",
      "database",    "release"};
  return columns;
}

namespace {

Result<std::uint64_t> number_of(const std::string& name, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(wrong(name, "give a decimal number"));
  }
  return value;
}

struct Asked {
  ledger::HistoryFilter filter;
  std::uint64_t begin = 0;
  std::uint64_t limit = kRowsByDefault;
};

Result<Asked> parse_query(const Request& request) {
  Asked asked;
  std::set<std::string> seen;
  for (const auto& [name, value] : request.query) {
    if (!seen.insert(name).second) return fail(wrong(name, "given twice"));
    if (name == "begin" || name == "limit") {
      const auto number = number_of(name, value);
      if (!number) return fail(number.error());
      (name == "begin" ? asked.begin : asked.limit) = *number;
    } else if (auto set = set_history_filter(asked.filter, name, value); !set) {
      return fail(set.error());
    }
  }
  if (asked.limit == 0 || asked.limit > ledger::kHistoryPageMax) {
    return fail(wrong("limit", "1 to " + std::to_string(ledger::kHistoryPageMax)));
  }
  return asked;
}

}  // namespace

Response answer_history(const Request& request, const Reader& reader) {
  const auto asked = parse_query(request);
  if (!asked) return problem(asked.error());
  const auto page = reader.history(asked->filter, asked->begin, asked->limit);
  if (!page) return problem(page.error());
  ordered_json answer{{"size", page->log_size}, {"entries", ordered_json::array()}};
  for (const auto& entry : page->entries) answer["entries"].push_back(history_row(entry));
  answer["next"] = page->next ? ordered_json(*page->next) : ordered_json();
  return json_answer(200, answer);
}

}  // namespace footproof::api
