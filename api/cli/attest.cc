// footproof attest and submit: a verifier signs a statement over sealed declarations and gets it
// logged. The sealed files stay here; nothing but blinded digests leaves.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "api/cli/catalogue.h"
#include "api/cli/late.h"
#include "api/cli/submitting.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/subject_tree.h"

namespace footproof::api {
namespace {

struct AttestOptions {
  SignOptions sign;
  std::vector<std::string> sealed;
  std::string catalogue;  // folder or list instead
  std::string each;       // folder for the members' .attested files
  std::string body;
  std::string accreditation;
  std::string scope;
  std::string scheme;
  std::string scheme_version;
  std::vector<std::string> standards;
  std::string type = "verification";
  std::string assurance = "limited";
  std::string coverage = "product";
  std::string issued;
  std::string from;
  std::string until;
  std::string supersedes;
  std::string holder_key;
  std::string late_request;
  std::string countersignature;
};

template <class Value>
Result<Value> one_of(std::initializer_list<Value> values, const std::string& text,
                     const char* name) {
  std::string known;
  for (const Value value : values) {
    if (to_text(value) == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(to_text(value));
  }
  return fail(Errc::usage, std::string(name) + ": one of " + known + ", not " + text);
}

Result<Attestation> make_attestation(const AttestOptions& options, const Subject& subject) {
  Attestation attestation;
  attestation.root = subject.root;
  attestation.count = subject.count;
  attestation.accreditation = {options.body, options.accreditation};
  attestation.scope = options.scope;
  attestation.scheme = {options.scheme, options.scheme_version};
  attestation.standards = options.standards;
  std::sort(attestation.standards.begin(), attestation.standards.end());
  const auto type = one_of({AttestationType::verification, AttestationType::validation,
                            AttestationType::programme_certification},
                           options.type, "--type");
  if (!type) return fail(type.error());
  const auto assurance = one_of({Assurance::none, Assurance::limited, Assurance::reasonable},
                                options.assurance, "--assurance");
  if (!assurance) return fail(assurance.error());
  const auto coverage = one_of(
      {Coverage::product, Coverage::programme, Coverage::model, Coverage::installation_and_period},
      options.coverage, "--coverage");
  if (!coverage) return fail(coverage.error());
  const auto issued = date_or_today(options.issued, "--issued");
  if (!issued) return fail(issued.error());
  const auto from = options.from.empty() ? issued : date_or_today(options.from, "--from");
  if (!from) return fail(from.error());
  const auto until = date_or_today(options.until, "--until");
  if (!until) return fail(until.error());
  attestation.type = *type;
  attestation.assurance = *assurance;
  attestation.coverage = *coverage;
  attestation.issued_on = *issued;
  attestation.valid_from = *from;
  attestation.valid_until = *until;
  if (!options.supersedes.empty()) {
    const auto target = parse_entry_id(options.supersedes);
    if (!target) return fail(target.error());
    attestation.supersedes = *target;
  }
  if (!options.holder_key.empty()) {
    const auto bytes = from_hex(options.holder_key);
    const auto key = bytes ? PublicKey::parse(*bytes) : Result<PublicKey>(fail(bytes.error()));
    if (!key) {
      return fail(Errc::usage, "--holder-key: the public key in hex, as key show prints it: " +
                                   key.error().detail);
    }
    attestation.holder_key = *key;
  }
  return attestation;
}

// "steel.sealed" becomes "steel.attested".
std::string attested_name(const std::string& sealed) {
  constexpr std::string_view kEnding = ".sealed";
  return (sealed.ends_with(kEnding) ? sealed.substr(0, sealed.size() - kEnding.size()) : sealed) +
         ".attested";
}

// Where the .attested file of each sealed one goes.
Result<std::vector<std::string>> attested_outputs(const AttestOptions& options) {
  if (options.sealed.size() == 1 && !options.sign.output.empty()) return {{options.sign.output}};
  if (!options.sign.output.empty()) {
    return fail(Errc::usage,
                "--output is for one sealed file; without it each FILE.sealed gets "
                "its FILE.attested beside it");
  }
  std::vector<std::string> outputs;
  for (const std::string& path : options.sealed) outputs.push_back(attested_name(path));
  return outputs;
}

int attest_files(AttestOptions options, const Context& context) {
  std::vector<DeclarationTree> trees;
  std::vector<Digest> leaves;
  Progress progress("reading", options.sealed.size());
  for (const std::string& path : options.sealed) {
    auto tree = read_tree(path);
    if (!tree) return report(tree.error());
    leaves.push_back(subject_leaf(*tree));
    trees.push_back(std::move(*tree));
    progress.advance(trees.size());
  }
  const auto arranged = arrange(leaves);
  if (!arranged) return report(arranged.error());
  auto attestation = make_attestation(options, arranged->tree.subject());
  if (!attestation) return report(attestation.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  if (!options.late_request.empty()) {
    return write_late_request(options.late_request, options.sign, *client, *attestation);
  }
  if (!options.countersignature.empty()) {
    const auto made = read_countersignature(options.countersignature);
    if (!made) return report(made.error());
    attestation->countersignature = *made;
  }
  const auto outputs = attested_outputs(options);
  if (!outputs) return report(outputs.error());
  options.sign.output = outputs->front();
  const Save save = [&](const Statement& statement, const Receipt* receipt,
                        const std::vector<std::string>& nodes) -> Result<void> {
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      auto path = arranged->tree.path(arranged->positions[i]);
      if (!path) return fail(std::move(path.error()));
      Attested file{
          statement.bytes(), trees[i].root, arranged->positions[i], std::move(*path), {}, nodes};
      if (receipt != nullptr) file.receipt = *receipt;
      const auto written = write_file((*outputs)[i], encode_attested(file), 0644,
                                      receipt == nullptr ? Overwrite::no : Overwrite::yes);
      if (!written) return fail(written.error());
    }
    return {};
  };
  return sign_and_submit(context, options.sign, *client, std::move(*attestation), save);
}

// One statement for all sealed files of a folder.
class CatalogueAttesting {
 public:
  CatalogueAttesting(AttestOptions options, const Context& context)
      : options_(std::move(options)), context_(context) {}

  int run() {
    if (!options_.sealed.empty()) {
      return report({Errc::usage, "--catalogue: takes the place of SEALED"});
    }
    const std::string& output = options_.sign.output;
    if (output.empty()) {
      return report({Errc::usage, "--output FILE.catalogue: name the file for the attestation"});
    }
    auto members = read_members(options_.catalogue);
    if (!members) return report(members.error());
    members_ = std::move(*members);
    auto client = make_client(context_);
    if (!client) return report(client.error());
    const int code =
        std::filesystem::exists(output) && !options_.sign.check ? go_on(*client) : sign(*client);
    if (code != kOk || options_.each.empty() || options_.sign.check) return code;
    const auto written = write_each(options_.each, members_, *catalogue_);
    return written ? kOk : report(written.error());
  }

 private:
  int sign(Client& client) {
    auto arranged = arrange(members_.leaves);
    if (!arranged) return report(arranged.error());
    auto attestation = make_attestation(options_, arranged->tree.subject());
    if (!attestation) return report(attestation.error());
    const Save save = [&, this](const Statement& statement, const Receipt* receipt,
                                const std::vector<std::string>& nodes) -> Result<void> {
      if (receipt == nullptr) {
        // Before the catalogue: where that is not there, nothing was signed.
        const std::string list = members_csv(members_, arranged->positions);
        const auto listed =
            write_file(options_.sign.output + ".members.csv", as_bytes(list), 0600, Overwrite::yes);
        if (!listed) return fail(listed.error());
        catalogue_.emplace(Catalogue{statement.bytes(), std::move(arranged->tree), {}, nodes});
      }
      return save_catalogue(receipt);
    };
    return sign_and_submit(context_, options_.sign, client, std::move(*attestation), save);
  }

  // After an interruption: what was signed is sent again, for the very same members.
  int go_on(Client& client) {
    auto catalogue = read_catalogue(options_.sign.output);
    if (!catalogue) return report(catalogue.error());
    catalogue_ = std::move(*catalogue);
    for (std::size_t i = 0; i < members_.files.size(); ++i) {
      if (catalogue_->tree.find_leaf(members_.leaves[i])) continue;
      return report({Errc::usage, options_.sign.output + ": exists and does not attest " +
                                      members_.files[i] + "; choose another --output"});
    }
    const auto statement = parse_statement(catalogue_->statement);
    if (!statement) return report(statement.error());
    std::cerr << options_.sign.output << " exists: going on with the statement signed in it\n";
    const Save save = [this](const Statement&, const Receipt* receipt,
                             const std::vector<std::string>&) { return save_catalogue(receipt); };
    return submit_saved(context_, client, *statement, options_.sign.output, save);
  }

  Result<void> save_catalogue(const Receipt* receipt) {
    if (receipt != nullptr) catalogue_->receipt = *receipt;
    const auto written = write_file(options_.sign.output, encode_catalogue(*catalogue_), 0644,
                                    receipt == nullptr ? Overwrite::no : Overwrite::yes);
    if (!written) return fail(written.error());
    return {};
  }

  AttestOptions options_;
  const Context& context_;
  Members members_;
  std::optional<Catalogue> catalogue_;  // once signed
};

int attest(AttestOptions options, const Context& context) {
  const bool late = !options.late_request.empty() || !options.countersignature.empty();
  if (!options.catalogue.empty() && late) {
    return report({Errc::usage, "--late-request, --countersignature: not with --catalogue"});
  }
  if (!options.catalogue.empty()) return CatalogueAttesting(std::move(options), context).run();
  if (options.sealed.empty()) {
    return report({Errc::usage, "SEALED: name at least one sealed declaration"});
  }
  if (!options.each.empty()) return report({Errc::usage, "--each: goes with --catalogue"});
  return attest_files(std::move(options), context);
}

int submit_catalogue(const std::string& path, ByteView bytes, Context context) {
  auto catalogue = parse_catalogue(bytes);
  if (!catalogue) return report(wrong_file(path, catalogue.error()));
  const auto statement = parse_statement(catalogue->statement);
  if (!statement) return report(statement.error());
  if (context.nodes.empty()) context.nodes = catalogue->nodes;
  auto client = make_client(context);
  if (!client) return report(client.error());
  const Save save = [&](const Statement&, const Receipt* receipt,
                        const std::vector<std::string>&) -> Result<void> {
    if (receipt == nullptr) return {};
    catalogue->receipt = *receipt;
    const auto written = write_file(path, encode_catalogue(*catalogue), 0644, Overwrite::yes);
    if (!written) return fail(written.error());
    return {};
  };
  return submit_saved(context, *client, *statement, path, save);
}

// A bare COSE_Sign1, an .attested file or a .catalogue.
int submit(const std::string& path, const Context& context) {
  const auto bytes = read_file(path, kCatalogueSizeMax);
  if (!bytes) return report(bytes.error());
  if (looks_like_catalogue(*bytes)) return submit_catalogue(path, *bytes, context);
  auto attested = parse_attested(*bytes);
  const auto statement = parse_statement(attested ? attested->statement : *bytes);
  if (!statement) {
    std::cerr << "footproof: " << path
              << ": neither a statement, an .attested file nor a .catalogue ("
              << statement.error().detail << ")\n";
    return kUsage;
  }
  Context asking = context;
  if (asking.nodes.empty() && attested) asking.nodes = attested->nodes;
  auto client = make_client(asking);
  if (!client) return report(client.error());
  const Save save = [&](const Statement&, const Receipt* receipt,
                        const std::vector<std::string>&) -> Result<void> {
    if (!attested || receipt == nullptr) return {};
    attested->receipt = *receipt;
    const auto written = write_file(path, encode_attested(*attested), 0644, Overwrite::yes);
    if (!written) return fail(written.error());
    return {};
  };
  return submit_saved(asking, *client, *statement, path, save);
}

void add_attestation_options(CLI::App& command, AttestOptions& options) {
  command.add_option("SEALED", options.sealed,
                     "Sealed declarations; several go under one statement");
  command.add_option("--catalogue", options.catalogue,
                     "Folder of sealed declarations, or list with one path a line, instead: all go "
                     "under one statement, --output is the .catalogue; run it again after an "
                     "interruption");
  command.add_option("--each", options.each,
                     "With --catalogue: an .attested file for each member in this folder as well, "
                     "for handing them to different exporters");
  command.add_option("--body", options.body, "Party URI of the accreditation body")->required();
  command.add_option("--accreditation", options.accreditation, "Accreditation id")->required();
  command.add_option("--scope", options.scope, "Scope code, e.g. steel.cbam")->required();
  command.add_option("--scheme", options.scheme, "Scheme id, e.g. cbam")->required();
  command.add_option("--scheme-version", options.scheme_version, "e.g. 2025-2546")->required();
  command
      .add_option("--standard", options.standards, "Standard id, e.g. iso14067-2018; repeatable")
      ->required();
  command.add_option("--type", options.type, "verification, validation, programme-certification")
      ->capture_default_str();
  command.add_option("--assurance", options.assurance, "none, limited, reasonable")
      ->capture_default_str();
  command.add_option("--coverage", options.coverage, "product, programme, model, …")
      ->capture_default_str();
  command.add_option("--issued", options.issued, "Issued on; default today");
  command.add_option("--from", options.from, "First day of validity; default the day of issue");
  command.add_option("--until", options.until, "Last day of validity")->required();
  command.add_option("--supersedes", options.supersedes, "Entry id of the attestation it replaces");
  command.add_option("--holder-key", options.holder_key,
                     "Public key (hex, from key show) of the exporter, fresh for this attestation");
  command.add_option("--late-request", options.late_request,
                     "Sign nothing: write what the accreditation body is to countersign, so that "
                     "the attestation can be recorded late");
  command.add_option("--countersignature", options.countersignature,
                     "What came back from the body; with the same options otherwise");
}

}  // namespace

void add_attest_commands(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("attest", "Sign and log an attestation of sealed declarations");
  auto options = std::make_shared<AttestOptions>();
  add_attestation_options(*command, *options);
  add_sign_options(*command, options->sign);
  command->footer(
      "Example:\n"
      "  footproof attest coil.sealed --key verifier-sign.pem --issuer https://verifier.example "
      "\\\n"
      "    --body https://accreditation.example --accreditation A-1 --scope steel.cbam \\\n"
      "    --scheme cbam --scheme-version 2025-2546 --standard iso14067-2018 \\\n"
      "    --until 2027-10-31 --node http://127.0.0.1:8101\n"
      "  footproof attest --catalogue sealed -o autumn.catalogue --key …\n"
      "With --check: would the accreditation cover it?\n");
  command->callback([options, &context] { context.exit_code = attest(*options, context); });

  auto* again =
      app.add_subcommand("submit", "Send a saved statement (again) and wait for its receipt");
  auto path = std::make_shared<std::string>();
  again->add_option("FILE", *path, "A statement, an .attested file or a .catalogue")->required();
  again->footer("Example:\n  footproof submit coil.attested --node http://127.0.0.1:8101\n");
  again->callback([path, &context] { context.exit_code = submit(*path, context); });
}

}  // namespace footproof::api
