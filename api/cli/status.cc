// footproof suspend, reinstate, revoke: what may happen to an attestation after it was logged. And
// status: what has happened to it.
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/submitting.h"
#include "attest/attested.h"
#include "attest/receipt_check.h"

namespace footproof::api {
namespace {

struct ChangeOptions {
  SignOptions sign;
  std::string target;
  std::string declaration;
  std::string reason;
  std::string effective;
};

struct StatusOptions {
  std::string target;
  std::string policy;
};

struct Asked {
  Digest entry_id;
  std::optional<Digest> declaration;
  std::vector<std::string> nodes;
};

// An entry id, or an .attested file.
Result<Asked> parse_asked(const std::string& text) {
  if (const auto id = digest_from_hex(text)) return Asked{*id, {}, {}};
  const auto bytes = read_file(text, kAttestedSizeMax);
  if (!bytes) return fail(Errc::usage, text + ": neither an entry id nor a file to be read");
  const auto attested = parse_attested(*bytes);
  if (!attested) return fail(wrong_file(text, attested.error()));
  const auto statement = parse_statement(attested->statement);
  if (!statement) return fail(wrong_file(text, statement.error()));
  Asked asked{statement->entry_id(), {}, attested->nodes};
  if (!attested->subject_path.empty()) asked.declaration = attested->tree_root;
  return asked;
}

Result<std::optional<Digest>> last_event(Client& client, const StatusChange& change) {
  const auto key = change.declaration
                       ? state_key::declaration_status(change.target, *change.declaration)
                       : state_key::status(change.target);
  const auto record = state_of(client, key);
  if (!record) return fail(record.error());
  if (!*record) return std::optional<Digest>();
  const auto parsed = parse_status_record(**record);
  if (!parsed) return fail(parsed.error());
  return std::optional(parsed->events.back().origin.entry);
}

int change_status(const ChangeOptions& options, StatusAction action, const Context& context) {
  StatusChange change;
  const auto target = parse_asked(options.target);
  if (!target) return report(target.error());
  change.target = target->entry_id;
  if (!options.declaration.empty()) {
    const auto root = digest_from_hex(options.declaration);
    if (!root) return report({Errc::usage, "--declaration: a tree root of 64 hex digits"});
    change.declaration = *root;
  }
  const auto reason = to_reason(options.reason);
  if (!reason) return report({Errc::usage, "--reason: no such reason: " + options.reason});
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return report(effective.error());
  change.action = action;
  change.reason = *reason;
  change.effective = *effective;
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto previous = last_event(*client, change);
  if (!previous) return report(previous.error());
  change.previous = *previous;
  return sign_and_submit(context, options.sign, *client, std::move(change));
}

void print_events(const char* title, const StatusRecord& record) {
  std::cout << title << '\n';
  for (const StatusEvent& event : record.events) {
    static constexpr std::array kWhat = {"", "suspended", "reinstated", "revoked", "superseded"};
    std::cout << "  " << event.origin.effective.text() << "  "
              << kWhat.at(static_cast<std::size_t>(event.what))
              << (event.reason ? " (" + std::string(to_text(*event.reason)) + ")" : "") << " by "
              << to_text(event.origin.authority.role) << ", recorded "
              << event.origin.recorded.text() << '\n';
  }
}

int show(const ReceiptCheck& check, bool verified, const Digest& entry_id, const Context& context) {
  const Instant now = check.checkpoint ? check.known() : clock_now();
  const Date today = utc_day(clock_now());
  const auto answer = status_on(check.status ? &*check.status : nullptr, today, now);
  const auto declaration =
      status_on(check.declaration_status ? &*check.declaration_status : nullptr, today, now);
  const Status worst = answer.status != Status::active ? answer.status : declaration.status;
  if (context.json) {
    nlohmann::ordered_json shown;
    shown["entry_id"] = entry_id.hex();
    shown["status"] = to_text(worst);
    shown["verified"] = verified;
    shown["kind"] = to_text(check.statement->kind());
    if (check.own_record) shown["recorded_ms"] = check.own_record->time.ms;
    if (check.checkpoint) shown["as_of_s"] = check.checkpoint->as_of;
    std::cout << shown.dump(2) << '\n';
  } else {
    std::cout << to_text(check.statement->kind()) << "  " << entry_id.hex() << "\nissuer       "
              << check.statement->issuer() << '\n';
    if (check.own_record) {
      std::cout << "recorded     " << check.own_record->time.text() << " at height "
                << check.own_record->height << '\n';
    }
    if (check.statement->kind() == StatementKind::attestation) {
      std::cout << "status       " << to_text(worst) << " on " << today.text() << '\n';
    }
    if (check.status) print_events("events", *check.status);
    if (check.declaration_status)
      print_events("events of the declaration", *check.declaration_status);
    std::cout << (verified ? "proven       against the policy, as of " : "not checked  ");
    std::cout << (verified ? instant_from_seconds(check.checkpoint->as_of).text()
                           : std::string("this is a node's word; give --policy FILE"))
              << '\n';
  }
  return worst == Status::active ? kOk : kReservation;
}

int status(const StatusOptions& options, Context context) {
  const auto asked = parse_asked(options.target);
  if (!asked) return report(asked.error());
  if (context.nodes.empty()) context.nodes = asked->nodes;
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto receipt = client->receipt(asked->entry_id, asked->declaration);
  if (!receipt) return report(receipt.error());
  std::optional<Policy> policy;
  if (options.policy.empty()) {
    // Only to take the receipt apart: the policy comes from the same mouth and proves nothing.
    const auto text = client->trust_policy();
    if (!text) return report(text.error());
    auto parsed = parse_policy(as_bytes(*text));
    if (!parsed) return report(parsed.error());
    policy = std::move(*parsed);
  } else {
    auto parsed = read_policy(options.policy);
    if (!parsed) return report(parsed.error());
    policy = std::move(*parsed);
  }
  const ReceiptCheck check = verify_receipt(*receipt, *policy);
  if (!check.holds() || !check.statement || check.statement->entry_id() != asked->entry_id) {
    const auto failed = check_receipt(*receipt, *policy);
    std::cerr << "footproof: the node's receipt does not verify"
              << (failed ? std::string() : ": " + failed.error().detail) << '\n';
    return kCannotEvaluate;
  }
  return show(check, !options.policy.empty(), asked->entry_id, context);
}

}  // namespace

void add_status_commands(CLI::App& app, Context& context) {
  const auto add = [&](const char* name, const char* text, StatusAction action,
                       const char* reason) {
    auto options = std::make_shared<ChangeOptions>();
    auto* command = app.add_subcommand(name, text);
    command
        ->add_option("ENTRY", options->target, "Entry id of the attestation, or its .attested file")
        ->required();
    command->add_option("--declaration", options->declaration,
                        "Tree root of one declaration; without it the whole attestation");
    command
        ->add_option("--reason", options->reason,
                     "investigation, complaint, data-doubt, key-doubt, cleared, misstatement, "
                     "fraud, key-compromise, withdrawn-by-declarant, issued-in-error")
        ->required();
    command->add_option("--effective", options->effective, "Effective from; default today");
    add_sign_options(*command, options->sign);
    command->footer(std::string("Example:\n  footproof ") + name + " 3f…c2 --reason " + reason +
                    " --key verifier-status.pem \\\n    --issuer https://verifier.example -o " +
                    name + ".statement --node http://127.0.0.1:8101\n");
    command->callback([options, action, &context] {
      context.exit_code = change_status(*options, action, context);
    });
  };
  add("suspend", "Suspend an attestation", StatusAction::suspend, "investigation");
  add("reinstate", "End the suspension of an attestation", StatusAction::reinstate, "cleared");
  add("revoke", "Revoke an attestation for good", StatusAction::revoke, "misstatement");

  auto options = std::make_shared<StatusOptions>();
  auto* command = app.add_subcommand("status", "What has become of an entry, from a node");
  command->add_option("ENTRY", options->target, "Entry id, or an .attested file")->required();
  command->add_option("--policy", options->policy, "Trust policy to verify the answer against");
  command->footer(
      "Example:\n  footproof status coil.attested --policy policy.txt --node "
      "http://127.0.0.1:8101\n");
  command->callback([options, &context] { context.exit_code = status(*options, context); });
}

}  // namespace footproof::api
