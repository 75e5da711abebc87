// footproof history: what was logged, by issuer, scope, scheme, status and date; as a table, CSV or
// JSON lines, with a receipt for each row if asked.
#include <CLI/CLI.hpp>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/submitting.h"
#include "api/history_route.h"
#include "attest/printable.h"
#include "attest/receipt_check.h"

namespace footproof::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kPageBytesMax = std::size_t{4} * 1024 * 1024;

struct HistoryOptions {
  std::vector<std::pair<std::string, std::string>> filter;  // parameter, value
  std::uint64_t begin = 0;
  std::uint64_t count_max = std::numeric_limits<std::uint64_t>::max();
  std::string format;  // text where none is given, jsonl with --json
  bool prove = false;
  std::string policy;
};

std::string csv_cell(const ordered_json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// Prints rows as they come. Nothing is held back: a long history may be piped.
class Rows {
 public:
  Rows(const HistoryOptions& options, Client& client, const Policy* policy)
      : options_(options), client_(client), policy_(policy) {
    columns_ = history_columns();
    if (options.prove) columns_.insert(columns_.end(), {"key", "receipt"});
    if (options.format == "csv") {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::cout << (i == 0 ? "" : ",") << columns_[i];
      }
      std::cout << '\n';
    }
  }

  Result<void> print(ordered_json row) {
    if (!row.is_object() || !row.contains("entry_id") || !row["entry_id"].is_string()) {
      return fail(Errc::malformed, "the node's answer has a row without entry id");
    }
    if (options_.prove) {
      if (auto proven = prove(row); !proven) return proven;
    }
    ++count_;
    if (options_.format == "csv") {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::cout << (i == 0 ? "" : ",")
                  << (row.contains(columns_[i]) ? csv_cell(row[columns_[i]]) : "");
      }
      std::cout << '\n';
    } else if (options_.format == "jsonl") {
      std::cout << row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    } else {
      print_text(row);
    }
    return {};
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static std::string cell(const ordered_json& row, const char* name) {
    if (!row.contains(name)) return "";
    return row[name].is_string() ? printable(row[name].get<std::string>()) : row[name].dump();
  }

  static void print_text(const ordered_json& row) {
    std::cout << cell(row, "index") << "  " << cell(row, "recorded") << "  " << cell(row, "kind")
              << (row.contains("status") ? "  " + cell(row, "status") : "") << "  "
              << cell(row, "issuer");
    for (const char* name :
         {"scope", "scheme", "assurance", "valid_until", "accreditation", "action", "reason",
          "effective", "party", "proposal", "database", "release"}) {
      if (row.contains(name)) std::cout << "  " << cell(row, name);
    }
    std::cout << "\n    " << cell(row, "entry_id");
    if (row.contains("about")) std::cout << " about " << cell(row, "about");
    if (row.contains("proven")) std::cout << "  proven: " << cell(row, "proven");
    if (row.contains("key")) std::cout << "\n    " << cell(row, "key");
    std::cout << '\n';
  }

  // The receipt holds the statement itself: what the row says must be what it says.
  Result<void> prove(ordered_json& row) {
    const auto id = digest_from_hex(row["entry_id"].get<std::string>());
    if (!id) return fail(Errc::malformed, "the node's answer has a malformed entry id");
    const auto receipt = client_.receipt(*id, std::nullopt);
    if (!receipt) return fail(receipt.error());
    const auto statement = parse_statement(receipt->statement);
    if (!statement || receipt->index != row.value("index", 0ULL) ||
        statement->issuer() != row.value("issuer", "")) {
      return fail(Errc::mismatch, "row " + row.value("entry_id", "") + " is not what is logged");
    }
    if (policy_ != nullptr) {
      const ReceiptCheck check = verify_receipt(*receipt, *policy_);
      if (auto proven = check_entry(check); !proven) {
        return fail("receipt of " + id->hex(), proven.error());
      }
      // It is logged, and may be void: the row says which.
      row["key"] = check.key.reason;
    }
    row["proven"] = policy_ != nullptr ? "against the policy" : "not checked";
    row["receipt"] = to_base64(encode_receipt(*receipt));
    return {};
  }

  const HistoryOptions& options_;
  Client& client_;
  const Policy* policy_;
  std::vector<std::string> columns_;
  std::uint64_t count_ = 0;
};

std::string page_path(const HistoryOptions& options, std::uint64_t begin, std::uint64_t limit) {
  std::string path = "/v1/history?begin=" + std::to_string(begin);
  path += "&limit=" + std::to_string(limit);
  for (const auto& [name, value] : options.filter) path += "&" + name + "=" + value;
  return path;
}

// A node that names a next page no further on would keep us for ever.
Result<std::optional<std::uint64_t>> print_page(const NodeAnswer& answer, std::uint64_t begin,
                                                Rows& rows) {
  auto page = ordered_json::parse(answer.body, nullptr, false);
  if (!page.is_object() || !page.contains("entries") || !page["entries"].is_array() ||
      !page.contains("next")) {
    return fail(Errc::malformed, answer.node + ": not a page of history");
  }
  for (auto& row : page["entries"]) {
    if (auto printed = rows.print(std::move(row)); !printed) return fail(printed.error());
  }
  if (page["next"].is_null()) return std::optional<std::uint64_t>();
  if (!page["next"].is_number_unsigned() || page["next"].get<std::uint64_t>() <= begin) {
    return fail(Errc::malformed, answer.node + ": a page that leads nowhere");
  }
  return std::optional(page["next"].get<std::uint64_t>());
}

int show(const HistoryOptions& options, const Context& context) {
  ledger::HistoryFilter checked;  // the node's own parser, so that errors need no node
  for (const auto& [name, value] : options.filter) {
    if (auto set = set_history_filter(checked, name, value); !set) return report(set.error());
  }
  if (checked.recorded_from && checked.recorded_until &&
      *checked.recorded_until < *checked.recorded_from) {
    return report({Errc::usage, "--until: lies before --from; no day is both"});
  }
  auto client = make_client(context);
  if (!client) return report(client.error());
  std::optional<Policy> policy;
  if (!options.policy.empty()) {
    auto read = read_policy(options.policy);
    if (!read) return report(read.error());
    policy = std::move(*read);
  }
  Rows rows(options, *client, policy ? &*policy : nullptr);
  std::optional<std::uint64_t> begin = options.begin;
  while (begin) {
    const std::uint64_t limit =
        std::min<std::uint64_t>(ledger::kHistoryPageMax, options.count_max - rows.count());
    const auto answer = client->get(page_path(options, *begin, limit), kPageBytesMax);
    if (!answer) return report(answer.error());
    const auto next = print_page(*answer, *begin, rows);
    if (!next) return report(next.error());
    begin = *next;
    if (rows.count() >= options.count_max) break;
  }
  std::cerr << rows.count() << " entries" << (begin ? "; go on with --begin " : "")
            << (begin ? std::to_string(*begin) : "") << '\n';
  return kOk;
}

}  // namespace

void add_history_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<HistoryOptions>();
  auto* command = app.add_subcommand("history", "What was logged, by whom, about what, when");
  const auto filter = [&](const char* flag, const char* name, const char* text) {
    command->add_option_function<std::string>(
        flag,
        [options, name](const std::string& value) { options->filter.emplace_back(name, value); },
        text);
  };
  filter("--issuer", "issuer", "Party URI of the issuer");
  filter("--body", "body", "Attestations under an accreditation of this body");
  filter("--accreditation", "accreditation",
         "What was said of the accreditation of this id, and attested under it");
  filter("--scope", "scope", "Attestations of this scope, e.g. steel.cbam");
  filter("--scheme", "scheme", "Attestations under this scheme, e.g. cbam");
  filter("--kind", "kind", "attestation, status, accreditation, key, ballot, dataset");
  filter("--status", "status",
         "Attestations that are active, suspended, revoked, superseded, or void: signed "
         "with a key that was compromised by then");
  filter("--about", "about",
         "This entry and the status changes, successors and errata that name it");
  filter("--from", "from", "Recorded on this UTC day or later");
  filter("--until", "until", "Recorded on this UTC day or earlier");
  filter("--as-of", "as_of", "Status on this day; default that of the newest block");
  filter("--known-by", "known_by", "As was known at the end of this UTC day");
  command->add_option("--begin", options->begin, "First index to show: go on where a page ended");
  command->add_option("--count", options->count_max, "At most so many entries; default all")
      ->check([](const std::string& count) {
        return count == "0" ? std::string("0 would show nothing; leave it out for all")
                            : std::string();
      });
  auto* format = command
                     ->add_option("--format", options->format,
                                  "text (default), csv, or jsonl: one JSON object a line")
                     ->check(CLI::IsMember({"text", "csv", "jsonl"}));
  command->add_flag("--prove", options->prove, "Fetch the receipt of every entry");
  command->add_option("--policy", options->policy, "… and verify it against this trust policy");
  command->footer(
      "A node may leave entries out; footproof replay reads them all.\n\nExamples:\n"
      "  footproof history --issuer https://verifier.example --status revoked --format csv\n"
      "  footproof history --scope steel.cbam --from 2026-01-01 --prove --policy korea.policy\n");
  command->callback([options, format, &context] {
    if (format->count() == 0) options->format = context.json ? "jsonl" : "text";
    if (context.json && options->format != "jsonl") {
      context.exit_code = report({Errc::usage, "--format " + options->format +
                                                   ": --json prints jsonl; leave one of them out"});
      return;
    }
    context.exit_code = show(*options, context);
  });
}

}  // namespace footproof::api
