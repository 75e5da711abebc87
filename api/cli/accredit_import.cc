// footproof accredit import: a body's list becomes what the ledger says, change by change. With
// --dry-run it only shows them. What is not in the list stays as it is.
//
// Nothing is sent before every line has the form that statements want and the rules have been asked
// about the first change of every accreditation: a list that is wrong somewhere is not half done.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/accreditation.h"
#include "api/cli/scopes_csv.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct ImportOptions {
  std::string csv;
  std::string issuer;
  std::string key;
  std::string passphrase_file;
  std::string policy;
  std::string effective;
  std::string folder = ".";
  bool dry_run = false;
};

// All changes of one accreditation, and the event that the first of them builds on.
struct Plan {
  std::string id;
  std::optional<Digest> last;
  std::vector<PlannedChange> steps;
};

Result<std::vector<Plan>> make_plans(const ImportOptions& options, Client& client) {
  const auto bytes = read_file(options.csv, kScopesCsvSizeMax);
  if (!bytes) return fail(bytes.error());
  const auto list = parse_scopes_csv(as_text(*bytes));
  if (!list) return fail(wrong_file(options.csv, list.error()));
  const auto effective = date_or_today(options.effective, "--effective");
  if (!effective) return fail(effective.error());
  std::vector<Plan> plans;
  Progress progress("comparing", list->size());
  for (const WantedAccreditation& want : *list) {
    const auto record = accreditation_of(client, options.issuer, want.id);
    if (!record) return fail(record.error());
    const AccreditationRecord* have = *record ? &**record : nullptr;
    auto steps = plan_changes(have, want, *effective);
    if (!steps) return fail(wrong_file(options.csv, steps.error()));
    Plan plan{want.id, std::nullopt, std::move(*steps)};
    if (have != nullptr) plan.last = have->events.back().origin.entry;
    if (!plan.steps.empty()) plan.steps.front().change.previous = plan.last;
    plans.push_back(std::move(plan));
    progress.advance(plans.size());
  }
  return plans;
}

// What has become of one change: "planned", "logged", "refused" ….
class Report {
 public:
  explicit Report(const Context& context) : json_(context.json) {}
  ~Report() {
    if (json_) std::cout << shown_.dump(2) << '\n';
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void add(const std::string& id, std::string_view action, std::string_view what,
           const std::vector<std::string>& lines, const std::string& entry = "") {
    if (json_) {
      nlohmann::ordered_json one;
      one["accreditation"] = id;
      one["action"] = action;
      one["status"] = what;
      one["changes"] = lines;
      if (!entry.empty()) one["entry_id"] = entry;
      shown_.push_back(std::move(one));
      return;
    }
    std::cout << what << "  " << action << ' ' << printable(id) << '\n';
    for (const auto& line : lines) std::cout << "    " << printable(line) << '\n';
    if (!entry.empty()) std::cout << "    entry " << entry << '\n';
  }

 private:
  bool json_;
  nlohmann::ordered_json shown_ = nlohmann::ordered_json::array();
};

// Who signs, for which network.
struct Hand {
  const std::string& issuer;
  const Digest chain_id;
  const Signer& key;

  [[nodiscard]] Result<Statement> sign(const AccreditationChange& change) const {
    const StatementDraft draft{issuer, random_subject(), chain_id, clock_now().seconds(), change};
    auto statement = sign_statement(draft, key);
    if (!statement) return fail(Errc::usage, change.id + ": " + statement.error().detail);
    return statement;
  }
};

// What the rules say to the first change of each accreditation; those after it rest on it, and are
// judged when they are sent. How many would be refused.
Result<std::size_t> ask_about_all(const std::vector<Plan>& plans, const Hand& hand, Client& client,
                                  Report& shown) {
  std::size_t refused = 0;
  Progress progress("asking the rules", plans.size());
  for (std::size_t at = 0; at < plans.size(); ++at) {
    if (plans[at].steps.empty()) continue;
    const auto statement = hand.sign(plans[at].steps.front().change);
    if (!statement) return fail(statement.error());
    const auto answer = ask_rules(client, *statement);
    if (!answer) return fail(answer.error());
    if (answer->refusal) {
      ++refused;
      const auto& refusal = *answer->refusal;
      shown.add(plans[at].id, to_text(plans[at].steps.front().change.action), "refused",
                {refusal.reason + ": " + refusal.detail, "remedy: " + refusal.remedy});
    }
    progress.advance(at + 1);
  }
  return refused;
}

// The change is logged; its entry id. Else the exit code.
std::variant<Digest, int> submit_step(const ImportOptions& options, Client& client,
                                      const Hand& hand, const PlannedChange& step, Report& shown) {
  const auto statement = hand.sign(step.change);
  if (!statement) return report(statement.error());
  const std::string action(to_text(step.change.action));
  const std::string path = options.folder + '/' + step.change.id + '.' + action + '.' +
                           statement->entry_id().hex().substr(0, 8) + ".statement";
  if (const auto saved = write_file(path, statement->bytes(), 0644, Overwrite::no); !saved) {
    return report(saved.error());
  }
  const auto submitted = client.submit(statement->bytes(), std::chrono::milliseconds(30'000));
  if (!submitted) return report(submitted.error());
  if (submitted->what == Submitted::What::logged) {
    shown.add(step.change.id, action, "logged ", step.lines, submitted->entry_id.hex());
    return submitted->entry_id;
  }
  const bool refused = submitted->what == Submitted::What::refused;
  shown.add(step.change.id, action, refused ? "refused" : "pending", step.lines);
  print_outcome(*submitted, path, false);
  return refused ? kRefused : kCannotEvaluate;
}

int show_plans(const std::vector<Plan>& plans, Report& shown) {
  for (const Plan& plan : plans) {
    if (plan.steps.empty()) shown.add(plan.id, "", "same   ", {});
    for (const PlannedChange& step : plan.steps) {
      shown.add(plan.id, to_text(step.change.action), "planned", step.lines);
    }
  }
  return kOk;
}

// Each change names the one before it. What was logged stays logged: the next run finds it and goes
// on from there.
int submit_plans(const ImportOptions& options, std::vector<Plan>& plans, const Hand& hand,
                 Client& client, Report& shown) {
  for (Plan& plan : plans) {
    if (plan.steps.empty()) shown.add(plan.id, "", "same   ", {});
    for (PlannedChange& step : plan.steps) {
      if (step.change.action != AccreditationAction::grant) step.change.previous = plan.last;
      const auto done = submit_step(options, client, hand, step, shown);
      if (const int* code = std::get_if<int>(&done)) return *code;
      plan.last = std::get<Digest>(done);
    }
  }
  return kOk;
}

int import(const ImportOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  auto plans = make_plans(options, *client);
  if (!plans) return report(plans.error());
  Report shown(context);
  if (options.key.empty()) {
    if (!options.dry_run) return report({Errc::usage, "--key FILE: needed unless --dry-run"});
    std::cerr << "the rules were not asked: give --key too\n";
    return show_plans(*plans, shown);
  }
  const auto key = open_key(options.key, options.passphrase_file);
  if (!key) return report(key.error());
  const auto chain_id = network_of(options.policy, *client);
  if (!chain_id) return report(chain_id.error());
  const Hand hand{options.issuer, *chain_id, **key};
  const auto refused = ask_about_all(*plans, hand, *client, shown);
  if (!refused) return report(refused.error());
  if (*refused > 0) {
    std::cerr << "footproof: the rules would refuse " << *refused
              << " of these changes; nothing was sent\n";
    return kRefused;
  }
  return options.dry_run ? show_plans(*plans, shown)
                         : submit_plans(options, *plans, hand, *client, shown);
}

}  // namespace

void add_import_command(CLI::App& accredit, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  auto* command =
      accredit.add_subcommand("import", "Bring a list of accreditations onto the ledger");
  command->add_option("CSV", options->csv, "The list; - for standard input")->required();
  command->add_option("--issuer", options->issuer, "Party URI of the body")->required();
  command->add_option("--key", options->key,
                      "The body's sign key; with --dry-run it lets the rules be asked too");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "Read the passphrase from this file's first line instead of asking");
  command->add_option("--policy", options->policy,
                      "Trust policy of the network; without it the node is believed");
  command->add_option("--effective", options->effective, "Effective from; default today");
  command
      ->add_option("--folder", options->folder,
                   "Where the signed statements are saved before they are sent")
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Only show every change; nothing is sent");
  command->footer(
      "The first line names the columns: accreditation, verifier, scope, scheme, standards,\n"
      "assurance, from, until and, if there are any, regimes. One line a scope; standards and\n"
      "regimes separated by spaces. A list that adds and takes away becomes an extension and a\n"
      "reduction. What is not in the list stays as it is.\n"
      "Example:\n"
      "  footproof accredit import scopes.csv --issuer https://accreditation.example \\\n"
      "    --key body-sign.pem --dry-run\n"
      "  footproof accredit import scopes.csv --issuer https://accreditation.example \\\n"
      "    --key body-sign.pem --folder sent --node http://127.0.0.1:8101\n");
  command->callback([options, &context] { context.exit_code = import(*options, context); });
}

}  // namespace footproof::api
