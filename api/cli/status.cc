// footproof suspend, reinstate, revoke: what may happen to an attestation after it was logged. And
// status: what has happened to it.
#include "api/cli/status.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/named_entry.h"
#include "api/cli/submitting.h"
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

// What the change is about: all of the target, or one declaration. A member's .attested file means
// that member: whoever holds it and no more must not end the others with it.
Result<std::optional<Digest>> declaration_meant(const NamedEntry& target,
                                                const std::string& option) {
  if (option.empty()) return target.declaration;
  const auto root = digest_from_hex(option);
  if (!root) return fail(Errc::usage, "--declaration: a tree root of 64 hex digits");
  if (target.declaration && *target.declaration != *root) {
    return fail(Errc::usage, "--declaration: the .attested file is of " +
                                 target.declaration->hex() + "; leave the option out");
  }
  if (target.catalogue && !has_member(*target.catalogue, *root)) {
    return fail(Errc::usage, "--declaration: no member of the catalogue has tree root " +
                                 root->hex() + "; its .members.csv lists them");
  }
  return std::optional(*root);
}

int change_status(const ChangeOptions& options, StatusAction action, const Context& context) {
  StatusChange change;
  const auto target = read_named_entry(options.target);
  if (!target) return report(target.error());
  change.target = target->entry_id;
  const auto declaration = declaration_meant(*target, options.declaration);
  if (!declaration) return report(declaration.error());
  change.declaration = *declaration;
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
  return sign_and_submit(context, options.sign, *client, change);
}

const char* name_of(StatusEvent::What what) {
  static constexpr std::array kWhat = {"",        "suspended",  "reinstated",
                                       "revoked", "superseded", "anchored late"};
  return kWhat.at(static_cast<std::size_t>(what));
}

// Whether the day lies in the time for which it was certified; status events say nothing of that.
bool within_validity(const ReceiptCheck& check, Date day) {
  const auto* attestation = check.statement->as<Attestation>();
  return attestation == nullptr ||
         (attestation->issued_on <= day && attestation->valid_from <= day &&
          day <= attestation->valid_until);
}

// How the accreditation stood on the issue date and when it was recorded, as known now: a loss that
// was told later with an earlier date takes nothing back, and a reader wants to know of it.
std::optional<CoverageAnswer> accreditation_in_hindsight(const ReceiptCheck& check,
                                                         const Axes& axes) {
  const auto* attestation = check.statement->as<Attestation>();
  if (attestation == nullptr || !check.accreditation || !check.own_record) return std::nullopt;
  const auto coverage = coverage_of(*check.accreditation, *attestation, check.own_record->time,
                                    axes.known, Hindsight::yes);
  const bool late = check.status && check.status->anchored_late();
  return coverage.when_issued != CoverageAnswer::covered || late ? coverage.when_issued
                                                                 : coverage.when_recorded;
}

nlohmann::ordered_json events_json(const std::optional<StatusRecord>& record) {
  auto events = nlohmann::ordered_json::array();
  for (const StatusEvent& event : record ? record->events : std::vector<StatusEvent>{}) {
    events.push_back({{"what", name_of(event.what)},
                      {"effective", event.origin.effective.text()},
                      {"reason", event.reason ? nlohmann::ordered_json(to_text(*event.reason))
                                              : nlohmann::ordered_json()},
                      {"by", event.origin.authority.party},
                      {"role", to_text(event.origin.authority.role)},
                      {"recorded", event.origin.recorded.text()},
                      {"entry_id", event.origin.entry.hex()}});
  }
  return events;
}

void print_events(const char* title, const StatusRecord& record) {
  std::cout << title << '\n';
  for (const StatusEvent& event : record.events) {
    std::cout << "  " << event.origin.effective.text() << "  " << name_of(event.what)
              << (event.reason ? " (" + std::string(to_text(*event.reason)) + ")" : "") << " by "
              << to_text(event.origin.authority.role) << ", recorded "
              << event.origin.recorded.text() << '\n';
  }
}

void show_json(const ReceiptCheck& check, const Axes& axes, std::string_view status,
               bool verified) {
  nlohmann::ordered_json shown;
  shown["entry_id"] = check.statement->entry_id().hex();
  shown["status"] = status;
  shown["on"] = axes.day.text();
  shown["known_ms"] = axes.known.ms;
  shown["verified"] = verified;
  shown["kind"] = to_text(check.statement->kind());
  if (check.own_record) shown["recorded_ms"] = check.own_record->time.ms;
  if (check.checkpoint) shown["as_of_s"] = check.checkpoint->as_of;
  shown["anchored_late"] = check.status && check.status->anchored_late();
  shown["issuer"] = check.statement->issuer();
  if (const auto* attestation = check.statement->as<Attestation>(); attestation != nullptr) {
    shown["issued_on"] = attestation->issued_on.text();
    shown["valid_from"] = attestation->valid_from.text();
    shown["valid_until"] = attestation->valid_until.text();
    shown["within_validity"] = within_validity(check, axes.day);
  }
  if (const auto answer = accreditation_in_hindsight(check, axes)) {
    shown["accreditation"] = to_text(*answer);
  }
  shown["key"] = key_as_known(check, axes.known).reason;
  shown["events"] = events_json(check.status);
  if (check.declaration_status) {
    shown["events_of_declaration"] = events_json(check.declaration_status);
  }
  std::cout << shown.dump(2) << '\n';
}

void show_text(const ReceiptCheck& check, const Axes& axes, std::string_view status,
               bool verified) {
  std::cout << to_text(check.statement->kind()) << "  " << check.statement->entry_id().hex()
            << "\nissuer       " << check.statement->issuer() << '\n';
  if (check.own_record) {
    std::cout << "recorded     " << check.own_record->time.text() << " at height "
              << check.own_record->height << '\n';
  }
  if (check.statement->kind() == StatementKind::attestation) {
    std::cout << "status       " << status << " on " << axes.day.text() << ", as known at "
              << axes.known.text() << '\n';
  }
  if (status == "void") {
    std::cout << "             " << key_as_known(check, axes.known).reason << '\n';
  }
  if (const auto* attestation = check.statement->as<Attestation>(); attestation != nullptr) {
    std::cout << "validity     issued on " << attestation->issued_on.text() << ", valid from "
              << attestation->valid_from.text() << " until " << attestation->valid_until.text()
              << (within_validity(check, axes.day) ? "" : ": not on that day") << '\n';
  }
  if (const auto answer = accreditation_in_hindsight(check, axes)) {
    std::cout << "accredited   " << to_text(*answer) << ", on the issue date and when recorded\n";
  }
  if (check.status) print_events("events", *check.status);
  if (check.declaration_status) {
    print_events("events of the declaration", *check.declaration_status);
  }
  print_proof(check, verified);
}

int show(const ReceiptCheck& check, bool verified, const Axes& axes, const Context& context) {
  std::string_view status = "not yet recorded";
  if (known_then(check, axes)) {
    status = is_void(check, axes) ? "void" : to_text(worst_status(check, axes));
  }
  if (context.json) {
    show_json(check, axes, status, verified);
  } else {
    show_text(check, axes, status, verified);
  }
  const bool in_force = status == to_text(Status::active) && within_validity(check, axes.day);
  return in_force ? kOk : kReservation;
}

int status(const StatusOptions& options, Context context) {
  const auto asked = read_named_entry(options.target);
  if (!asked) return report(asked.error());
  if (asked->catalogue) return status_of_catalogue(options, *asked->catalogue, std::move(context));
  if (!options.members.empty()) return report({Errc::usage, "--members: goes with a .catalogue"});
  if (context.nodes.empty()) context.nodes = asked->nodes;
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto receipt = client->receipt(asked->entry_id, asked->declaration);
  if (!receipt) return report(receipt.error());
  const auto policy = policy_to_judge_by(options.policy, *client);
  if (!policy) return report(policy.error());
  const auto check = judge_answer(*receipt, *policy);
  if (!check) return report(check.error());
  const auto axes = read_axes(options, *check);
  if (!axes) return report(axes.error());
  return show(*check, options.verifies(), *axes, context);
}

}  // namespace

Result<Axes> read_axes(const StatusOptions& options, const ReceiptCheck& check) {
  const auto day = date_or_today(options.as_of, "--as-of");
  if (!day) return fail(day.error());
  const Instant all = check.checkpoint ? check.known() : clock_now();
  if (options.known_by.empty()) return Axes{*day, all};
  const auto known_by = date_or_today(options.known_by, "--known-by");
  if (!known_by) return fail(known_by.error());
  return Axes{*day, std::min(all, end_of_utc_day(*known_by))};
}

bool known_then(const ReceiptCheck& check, const Axes& axes) {
  return !check.own_record || check.own_record->time <= axes.known;
}

bool is_void(const ReceiptCheck& check, const Axes& axes) {
  return !key_as_known(check, axes.known).passed();
}

Status worst_status(const ReceiptCheck& check, const Axes& axes) {
  const auto of = [&](const std::optional<StatusRecord>& record) {
    return status_on(record ? &*record : nullptr, axes.day, axes.known).status;
  };
  const Status whole = of(check.status);
  return whole != Status::active ? whole : of(check.declaration_status);
}

Result<Policy> policy_to_judge_by(const std::string& policy_path, Client& client) {
  if (!policy_path.empty()) return read_policy(policy_path);
  const auto text = client.trust_policy();
  if (!text) return fail(text.error());
  return parse_policy(as_bytes(*text));
}

Result<ReceiptCheck> judge_answer(const Receipt& receipt, const Policy& policy) {
  ReceiptCheck check = verify_receipt(receipt, policy);
  if (auto proven = check_entry(check); !proven) {
    return fail(Errc::bad_value, "the node's receipt does not verify: " + proven.error().detail);
  }
  return check;
}

void print_proof(const ReceiptCheck& check, bool verified) {
  std::cout << (verified ? "proven       against the policy, as of " : "not checked  ");
  std::cout << (verified ? instant_from_seconds(check.checkpoint->as_of).text()
                         : std::string("this is a node's word; give --policy FILE"))
            << '\n';
}

void add_status_commands(CLI::App& app, Context& context) {
  const auto add = [&](const char* name, const char* text, StatusAction action, const char* reason,
                       const char* reasons) {
    auto options = std::make_shared<ChangeOptions>();
    auto* command = app.add_subcommand(name, text);
    command
        ->add_option("ENTRY", options->target,
                     "Entry id of the attestation, or its .attested file or .catalogue; the "
                     ".attested file of a catalogue's member means that member alone")
        ->required();
    command->add_option("--declaration", options->declaration,
                        "Tree root of one declaration; without it the whole attestation");
    command->add_option("--reason", options->reason, reasons)->required();
    command->add_option("--effective", options->effective, "Effective from; default today");
    add_sign_options(*command, options->sign);
    command->footer(std::string("Example:\n  footproof ") + name + " 3f…c2 --reason " + reason +
                    " --key verifier-status.pem \\\n    --issuer https://verifier.example -o " +
                    name + ".statement --node http://127.0.0.1:8101\n");
    command->callback([options, action, &context] {
      context.exit_code = change_status(*options, action, context);
    });
  };
  add("suspend", "Suspend an attestation", StatusAction::suspend, "investigation",
      "investigation, complaint, data-doubt, key-doubt");
  add("reinstate", "End the suspension of an attestation", StatusAction::reinstate, "cleared",
      "cleared");
  add("revoke", "Revoke an attestation for good", StatusAction::revoke, "misstatement",
      "misstatement, fraud, key-compromise, withdrawn-by-declarant, issued-in-error");

  auto options = std::make_shared<StatusOptions>();
  auto* command = app.add_subcommand("status", "What has become of an entry, from a node");
  command->add_option("ENTRY", options->target, "Entry id, an .attested file, or a .catalogue")
      ->required();
  command->add_option(
      "--members", options->members,
      "Of a .catalogue: folder or list of sealed declarations, for the status of each");
  command->add_option("--policy", options->policy, "Trust policy to verify the answer against");
  command->add_option("--as-of", options->as_of,
                      "The status on this day; default today. Exit 1: not active, or outside of "
                      "the validity");
  command->add_option("--known-by", options->known_by,
                      "Only what was recorded by the end of this day in UTC; default everything");
  command->footer(
      "Example:\n  footproof status coil.attested --policy policy.txt --node "
      "http://127.0.0.1:8101\n"
      "  footproof status autumn.catalogue --members sealed --policy policy.txt\n");
  command->callback([options, &context] { context.exit_code = status(*options, context); });
}

}  // namespace footproof::api
