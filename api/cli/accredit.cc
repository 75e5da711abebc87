// footproof accredit: an accreditation body grants a verifier its scopes and changes them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "api/cli/accreditation.h"
#include "api/cli/submitting.h"

namespace footproof::api {
namespace {

struct AccreditOptions {
  SignOptions sign;
  std::string id;
  std::string verifier;
  std::vector<std::string> scopes;
  std::vector<std::string> regimes;
  std::string from;
  std::string until;
  std::string effective;
  std::string reason;
};

Result<std::vector<Scope>> parse_scopes(const std::vector<std::string>& texts) {
  std::vector<Scope> scopes;
  for (const std::string& text : texts) {
    auto scope = parse_scope(text);
    if (!scope) return fail(scope.error());
    scopes.push_back(std::move(*scope));
  }
  sort_scopes(scopes);
  return scopes;
}

// Names the last event of the accreditation and submits.
int change_recorded(const AccreditOptions& options, AccreditationChange change,
                    const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto record = accreditation_of(*client, options.sign.issuer, options.id);
  if (!record) return report(record.error());
  if (*record) change.previous = (*record)->events.back().origin.entry;
  return sign_and_submit(context, options.sign, *client, std::move(change));
}

int grant(const AccreditOptions& options, const Context& context) {
  AccreditationChange change;
  change.id = options.id;
  change.action = AccreditationAction::grant;
  change.verifier = options.verifier;
  auto scopes = parse_scopes(options.scopes);
  if (!scopes) return report(scopes.error());
  change.scopes = std::move(*scopes);
  change.regimes = options.regimes;
  std::sort(change.regimes->begin(), change.regimes->end());
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return report(effective.error());
  const auto from = options.from.empty() ? effective : date_or_today(options.from, "--from");
  if (!from) return report(from.error());
  const auto until = date_or_today(options.until, "--until");
  if (!until) return report(until.error());
  change.effective = *effective;
  change.validity = DateRange{*from, *until};
  auto client = make_client(context);
  if (!client) return report(client.error());
  return sign_and_submit(context, options.sign, *client, std::move(change));
}

int end_or_pause(const AccreditOptions& options, AccreditationAction action,
                 const Context& context) {
  AccreditationChange change;
  change.id = options.id;
  change.action = action;
  change.reason = to_reason(options.reason);
  if (!change.reason) return report({Errc::usage, "--reason: no such reason: " + options.reason});
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return report(effective.error());
  change.effective = *effective;
  return change_recorded(options, std::move(change), context);
}

// What is not given stays as it stands.
int extend_or_reduce(const AccreditOptions& options, AccreditationAction action,
                     const Context& context) {
  AccreditationChange change;
  change.id = options.id;
  change.action = action;
  if (options.scopes.empty() && options.from.empty() && options.until.empty()) {
    return report({Errc::usage, "--scope, --from, --until: name what changes"});
  }
  if (!options.scopes.empty()) {
    auto scopes = parse_scopes(options.scopes);
    if (!scopes) return report(scopes.error());
    change.scopes = std::move(*scopes);
  }
  if (!options.reason.empty()) {
    change.reason = to_reason(options.reason);
    if (!change.reason) return report({Errc::usage, "--reason: no such reason: " + options.reason});
  }
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return report(effective.error());
  change.effective = *effective;
  if (!options.from.empty() || !options.until.empty()) {
    auto client = make_client(context);
    if (!client) return report(client.error());
    const auto record = accreditation_of(*client, options.sign.issuer, options.id);
    if (!record) return report(record.error());
    DateRange validity = *record ? extent_of(**record).validity : DateRange{};
    for (auto [text, name, date] : {std::tuple(&options.from, "--from", &validity.from),
                                    std::tuple(&options.until, "--until", &validity.until)}) {
      if (text->empty()) continue;
      const auto parsed = date_or_today(*text, name);
      if (!parsed) return report(parsed.error());
      *date = *parsed;
    }
    change.validity = validity;
  }
  return change_recorded(options, std::move(change), context);
}

}  // namespace

void add_accredit_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("accredit", "Accreditation bodies: grant and withdraw scopes");
  group->require_subcommand(1);
  auto options = std::make_shared<AccreditOptions>();

  auto* granting = group->add_subcommand("grant", "Grant a verifier its scopes");
  granting->add_option("ID", options->id, "Accreditation id")->required();
  granting->add_option("--verifier", options->verifier, "Party URI of the verifier")->required();
  granting
      ->add_option("--scope", options->scopes, "CODE:SCHEME:STANDARD[,STANDARD]:LEVEL; repeatable")
      ->required();
  granting->add_option("--regime", options->regimes,
                       "Recognition the body was admitted for, e.g. eu-nab; repeatable");
  granting->add_option("--from", options->from, "First day of validity; default the effective day");
  granting->add_option("--until", options->until, "Last day of validity")->required();
  granting->add_option("--effective", options->effective, "Effective from; default today");
  add_sign_options(*granting, options->sign);
  granting->footer(
      "Example:\n"
      "  footproof accredit grant A-1 --verifier https://verifier.example \\\n"
      "    --scope steel.cbam:cbam:iso14067-2018:reasonable --until 2029-12-31 \\\n"
      "    --key body-sign.pem --issuer https://accreditation.example -o grant.statement \\\n"
      "    --node http://127.0.0.1:8101\n");
  granting->callback([options, &context] { context.exit_code = grant(*options, context); });

  using Reasons = std::vector<std::string>;
  const auto add = [&](const char* name, const char* text, AccreditationAction action,
                       const Reasons& reasons) {
    auto* command = group->add_subcommand(name, text);
    command->add_option("ID", options->id, "Accreditation id")->required();
    command->add_option("--reason", options->reason, "Why")
        ->required()
        ->check(CLI::IsMember(reasons));
    command->add_option("--effective", options->effective, "Effective from; default today");
    add_sign_options(*command, options->sign);
    command->footer(std::string("Example:\n  footproof accredit ") + name + " A-1 --reason " +
                    reasons.front() +
                    " --key body-sign.pem \\\n"
                    "    --issuer https://accreditation.example -o change.statement\n");
    command->callback([options, action, &context] {
      context.exit_code = end_or_pause(*options, action, context);
    });
  };
  add("withdraw", "Withdraw an accreditation for good", AccreditationAction::withdraw,
      {"investigation", "complaint", "data-doubt", "key-doubt", "misstatement", "fraud",
       "key-compromise", "withdrawn-by-declarant", "issued-in-error"});
  add("suspend", "Suspend an accreditation", AccreditationAction::suspend,
      {"investigation", "complaint", "data-doubt", "key-doubt"});
  add("reinstate", "End the suspension of an accreditation", AccreditationAction::reinstate,
      {"cleared"});

  const auto add_rescope = [&](const char* name, const char* text, AccreditationAction action) {
    auto* command = group->add_subcommand(name, text);
    command->add_option("ID", options->id, "Accreditation id")->required();
    command->add_option("--scope", options->scopes,
                        "CODE:SCHEME:STANDARD[,STANDARD]:LEVEL; repeatable: all of them, as they "
                        "stand from then on");
    command->add_option("--from", options->from, "First day of validity; default as it stands");
    command->add_option("--until", options->until, "Last day of validity; default as it stands");
    command->add_option("--reason", options->reason, "e.g. investigation, misstatement");
    command->add_option("--effective", options->effective, "Effective from; default today");
    add_sign_options(*command, options->sign);
    command->footer(std::string("Example:\n  footproof accredit ") + name +
                    " A-1 --scope steel.cbam:cbam:iso14067-2018:limited \\\n"
                    "    --key body-sign.pem --issuer https://accreditation.example "
                    "-o change.statement\n");
    command->callback([options, action, &context] {
      context.exit_code = extend_or_reduce(*options, action, context);
    });
  };
  add_rescope("extend", "Add scopes, standards, levels or time", AccreditationAction::extend);
  add_rescope("reduce", "Take scopes, standards, levels or time away", AccreditationAction::reduce);
  add_import_command(*group, context);
  add_countersign_command(*group, context);
}

}  // namespace footproof::api
