// footproof verify: the verdict on a presentation, offline. Every line of it is printed, those not
// checked as loudly as the others; the exit code says the rest.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/accuse.h"
#include "api/cli/command.h"
#include "api/cli/describe.h"
#include "api/cli/inspect.h"
#include "attest/accusation.h"
#include "attest/disclosure_profile.h"
#include "attest/printable.h"
#include "attest/verdict.h"
#include "attest/x509.h"

namespace footproof::api {
namespace {

struct VerifyOptions {
  std::string presentation;
  std::string policy;
  std::string on;
  std::string known_by;
  std::string age_max = "7d";
  std::string document;
  std::string x5chain;
  std::string regime;
  std::string profile;
  std::string audience;
  std::string nonce;
};

Result<VerdictOptions> verdict_options(const VerifyOptions& given) {
  VerdictOptions options;
  options.now = clock_now();
  if (!given.on.empty()) {
    const auto on = Date::parse(given.on);
    if (!on) return fail(Errc::usage, "--as-of: '" + given.on + "' is no date; write YYYY-MM-DD");
    options.on = *on;
  }
  if (!given.known_by.empty()) {
    const auto day = Date::parse(given.known_by);
    if (!day) {
      return fail(Errc::usage, "--known-by: '" + given.known_by + "' is no date; write YYYY-MM-DD");
    }
    options.known_by = *day;
  }
  const auto age = parse_age(given.age_max);
  if (!age) return fail(age.error());
  options.age_max = *age;
  if (!given.document.empty()) {
    auto document = read_file(given.document, kSealBytesMax);
    if (!document) return fail("--document", std::move(document.error()));
    options.document = std::move(*document);
  }
  if (!given.x5chain.empty()) {
    auto chain = read_file(given.x5chain, kCertificateFileSizeMax);
    if (!chain) return fail("--x5chain", std::move(chain.error()));
    // A file that is no chain at all is a wrong command line, not a wrong presentation.
    if (const auto parsed = parse_certificate_chain(*chain); !parsed) {
      return fail(wrong_file(given.x5chain, parsed.error()));
    }
    options.certificate_chain = std::move(*chain);
  }
  if (!given.regime.empty()) options.regime = given.regime;
  if (!given.profile.empty()) {
    if (find_disclosure_profile(given.profile) == nullptr) {
      return fail(Errc::usage, "--profile: there is none named '" + given.profile +
                                   "'; see footproof disclose --help");
    }
    options.disclosure_profile = given.profile;
  }
  if (!given.audience.empty()) options.audience = given.audience;
  if (!given.nonce.empty()) {
    auto nonce = from_hex(given.nonce);
    if (!nonce) return fail(Errc::usage, "--nonce: write it as lower-case hex");
    options.nonce = std::move(*nonce);
  }
  return options;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

void print_text(const Verdict& verdict) {
  std::cout << upper(verdict.summary()) << "\n\n";
  Facts lines;
  std::size_t width = 0;
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    width = std::max(width, title_of(static_cast<Question>(i)).size());
  }
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    const Finding& finding = verdict.findings[i];
    std::string title(title_of(static_cast<Question>(i)));
    title.resize(width, ' ');
    // A reason may quote the file.
    lines.emplace_back(upper(to_text(finding.outcome)), title + "  " + printable(finding.reason));
  }
  print_facts(std::cout, lines);
  // Nothing of a presentation is shown as certified that does not lead to what was.
  if (!verdict.at(Question::openings).passed()) return;

  std::cout << "\nWhat the attestation says\n";
  Facts facts;
  facts.emplace_back("verifier", verdict.receipt.statement->issuer());
  describe(*verdict.receipt.statement->as<Attestation>(), facts);
  facts.emplace_back("entry id", verdict.receipt.statement->entry_id().hex());
  print_facts(std::cout, facts);
  std::cout << "\nWhat is opened of the declaration (" << verdict.presentation->disclosure_profile
            << ")\n";
  Facts opened;
  describe(verdict.presentation->openings, opened);
  print_facts(std::cout, opened);
  std::cout << "\nIt says that the verifier certified this. It does not say that the footprint is "
               "right.\n";
}

void print_json(const Verdict& verdict) {
  nlohmann::ordered_json shown;
  shown["verdict"] = to_text(verdict.overall);
  shown["reservations"] = nlohmann::ordered_json::array();
  for (const auto reservation : verdict.reservations) {
    shown["reservations"].push_back(to_text(reservation));
  }
  auto& lines = shown["lines"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < kQuestionCount; ++i) {
    lines.push_back({{"line", to_text(static_cast<Question>(i))},
                     {"outcome", to_text(verdict.findings[i].outcome)},
                     {"reason", verdict.findings[i].reason}});
  }
  if (verdict.receipt.holds()) {
    Facts facts;
    describe(*verdict.receipt.statement, facts);
    shown["attestation"] = nlohmann::ordered_json::parse(facts_json(facts));
    shown["as_of"] = instant_from_seconds(verdict.receipt.checkpoint->as_of).text();
    shown["recorded"] = verdict.receipt.own_record->time.text();
  }
  if (verdict.at(Question::openings).passed()) {
    auto& opened = shown["opened"] = nlohmann::ordered_json::object();
    for (const auto& entry : verdict.presentation->openings.entries) {
      opened[entry.label] = leaf_text(entry.label, entry.value);
    }
  }
  std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

Result<int> verify(const VerifyOptions& given, bool json) {
  const auto options = verdict_options(given);
  if (!options) return fail(options.error());
  const auto policy_bytes = read_file(given.policy, kPolicySizeMax);
  if (!policy_bytes) return fail("--policy", policy_bytes.error());
  const auto policy = parse_policy(*policy_bytes);
  if (!policy) {
    // Damaged: nothing has been found out about the presentation.
    auto error = wrong_kind(given.policy, *policy_bytes, "trust policy",
                            {Errc::malformed, policy.error().detail});
    error.detail += "; export it again with footproof trust export";
    return fail("--policy", std::move(error));
  }
  const auto presentation = read_file(given.presentation, kPresentationSizeMax);
  if (!presentation) return fail(presentation.error());
  if (looks_like_accusation(*presentation)) {
    return show_accusation(given.presentation, *presentation, *policy, json);
  }
  if (const auto kind = kind_of(*presentation); kind && *kind != "presentation") {
    return fail(Errc::usage, given.presentation + ": is " + with_article(*kind) +
                                 ", not a presentation; ask the exporter for the .footproof");
  }
  const Verdict verdict = judge_presentation(*presentation, *policy, *options);
  json ? print_json(verdict) : print_text(verdict);
  return verdict.exit_code();
}

constexpr const char* kVerifyFooter =
    "Exit code: 0 certified, 1 certified but (expired, suspended, stale …), 2 not certified,\n"
    "3 cannot evaluate (wrong or old policy, wrong clock), 4 usage: the command line, or a file\n"
    "that is not there or of another kind.\n\n"
    "Examples:\n"
    "  footproof verify coil.footproof --policy korea.policy\n"
    "  footproof verify coil.footproof --policy korea.policy --on 2027-05-12 --max-age 30d\n"
    "  footproof verify coil.footproof --policy korea.policy --document report.pdf --json\n";

}  // namespace

void add_verify_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<VerifyOptions>();
  auto* verify_command = app.add_subcommand("verify", "Judge a presentation offline, line by line");
  verify_command
      ->add_option("FILE", options->presentation, "Presentation (.footproof), or an accusation")
      ->required();
  verify_command->add_option("--policy", options->policy, "Trust policy of the network")
      ->required();
  verify_command->add_option("--as-of,--on", options->on, "Was it in force on this day? (today)");
  verify_command->add_option(
      "--known-by", options->known_by,
      "Only what was recorded by the end of this day in UTC counts (everything proven)");
  verify_command
      ->add_option("--max-age", options->age_max, "Oldest checkpoint to accept: 7d, 36h, 90m")
      ->capture_default_str();
  verify_command->add_option("--document", options->document,
                             "A file that must be the one that was certified");
  verify_command->add_option("--x5chain", options->x5chain,
                             "X.509 certificates (PEM) that the verifier's key must be registered "
                             "with; no authority is trusted");
  verify_command->add_option("--regime", options->regime,
                             "Must be recognised under it: iaf-mla, eu-nab, kitech …");
  verify_command->add_option("--profile", options->profile,
                             "Must disclose all that this profile asks for");
  verify_command->add_option("--audience", options->audience,
                             "Must be made by its holder for this audience");
  verify_command->add_option("--nonce", options->nonce, "… and with this nonce (hex)");
  verify_command->footer(kVerifyFooter);
  verify_command->callback([options, &context] {
    const auto code = verify(*options, context.json);
    context.exit_code = code ? *code : report(code.error());
  });
}

}  // namespace footproof::api
