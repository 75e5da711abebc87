// footproof accredit: an accreditation body grants a verifier its scopes, or withdraws them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

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

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

// "steel.cbam:cbam:iso14067-2018,iso14064-3-2019:limited"
Result<Scope> parse_scope(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() != 4) {
    return fail(Errc::usage, "--scope: " + text + " is not CODE:SCHEME:STANDARD[,STANDARD]:LEVEL");
  }
  Scope scope;
  scope.code = parts[0];
  scope.scheme = parts[1];
  scope.standards = split(parts[2], ',');
  std::sort(scope.standards.begin(), scope.standards.end());
  for (const Assurance level : {Assurance::none, Assurance::limited, Assurance::reasonable}) {
    if (to_text(level) == parts[3]) {
      scope.assurance_max = level;
      return scope;
    }
  }
  return fail(Errc::usage, "--scope: the level is none, limited or reasonable, not " + parts[3]);
}

// The entry id of the last event on an accreditation; nothing where there is none yet.
Result<std::optional<Digest>> last_event(Client& client, const std::string& body,
                                         const std::string& id) {
  const auto record = state_of(client, state_key::accreditation(body, id));
  if (!record) return fail(record.error());
  if (!*record) return std::optional<Digest>();
  const auto parsed = parse_accreditation_record(**record);
  if (!parsed) return fail(parsed.error());
  return std::optional(parsed->events.back().origin.entry);
}

int grant(const AccreditOptions& options, const Context& context) {
  AccreditationChange change;
  change.id = options.id;
  change.action = AccreditationAction::grant;
  change.verifier = options.verifier;
  change.scopes.emplace();
  for (const std::string& text : options.scopes) {
    auto scope = parse_scope(text);
    if (!scope) return report(scope.error());
    change.scopes->push_back(std::move(*scope));
  }
  std::sort(change.scopes->begin(), change.scopes->end(), [](const Scope& a, const Scope& b) {
    return std::tie(a.code, a.scheme) < std::tie(b.code, b.scheme);
  });
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
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto previous = last_event(*client, options.sign.issuer, options.id);
  if (!previous) return report(previous.error());
  change.previous = *previous;
  return sign_and_submit(context, options.sign, *client, std::move(change));
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

  const auto add = [&](const char* name, const char* text, AccreditationAction action) {
    auto* command = group->add_subcommand(name, text);
    command->add_option("ID", options->id, "Accreditation id")->required();
    command->add_option("--reason", options->reason, "e.g. investigation, misstatement, cleared")
        ->required();
    command->add_option("--effective", options->effective, "Effective from; default today");
    add_sign_options(*command, options->sign);
    command->footer(std::string("Example:\n  footproof accredit ") + name +
                    " A-1 --reason investigation --key body-sign.pem \\\n"
                    "    --issuer https://accreditation.example -o change.statement\n");
    command->callback([options, action, &context] {
      context.exit_code = end_or_pause(*options, action, context);
    });
  };
  add("withdraw", "Withdraw an accreditation for good", AccreditationAction::withdraw);
  add("suspend", "Suspend an accreditation", AccreditationAction::suspend);
  add("reinstate", "End the suspension of an accreditation", AccreditationAction::reinstate);
}

}  // namespace footproof::api
