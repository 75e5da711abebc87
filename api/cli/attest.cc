// footproof attest and submit: a verifier signs a statement over sealed declarations and gets it
// logged. The sealed files stay here; nothing but blinded digests leaves.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "api/cli/attesting.h"
#include "api/cli/catalogue.h"
#include "api/cli/inspect.h"
#include "api/cli/late.h"
#include "api/cli/named_entry.h"
#include "api/cli/submitting.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/printable.h"
#include "attest/subject_tree.h"

namespace footproof::api {
namespace {

template <class Value>
Result<Value> one_of(std::initializer_list<Value> values, const std::string& text,
                     const char* name) {
  std::string known;
  for (const Value value : values) {
    std::string word(to_text(value));
    std::replace(word.begin(), word.end(), ' ', '-');  // one word on a command line
    if (word == text || to_text(value) == text) return value;
    known += (known.empty() ? "" : ", ") + word;
  }
  return fail(Errc::usage, std::string(name) + ": one of " + known + ", not " + text);
}

}  // namespace

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
    const auto target = read_named_entry(options.supersedes);
    if (!target) return fail("--supersedes", target.error());
    attestation.supersedes = target->entry_id;
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

std::string difference_to_signed(const AttestOptions& options, const Attestation& asked,
                                 const Statement& signed_before) {
  const Attestation& before = *signed_before.as<Attestation>();
  const bool dated = !options.issued.empty();
  const auto optional_id = [](const std::optional<Digest>& id) { return id ? id->hex() : ""; };
  const auto key_id = [](const Attestation& of) {
    return of.holder_key ? of.holder_key->kid().hex() : std::string();
  };
  struct Compared {
    const char* option;
    bool same;
    std::string before;
  };
  const std::vector<Compared> all = {
      {"--issuer", options.sign.issuer == signed_before.issuer(), signed_before.issuer()},
      {"--body", asked.accreditation.body == before.accreditation.body, before.accreditation.body},
      {"--accreditation", asked.accreditation.id == before.accreditation.id,
       before.accreditation.id},
      {"--scope", asked.scope == before.scope, before.scope},
      {"--scheme", asked.scheme.id == before.scheme.id, before.scheme.id},
      {"--scheme-version", asked.scheme.version == before.scheme.version, before.scheme.version},
      {"--standard", asked.standards == before.standards, joined(before.standards)},
      {"--type", asked.type == before.type, std::string(to_text(before.type))},
      {"--assurance", asked.assurance == before.assurance, std::string(to_text(before.assurance))},
      {"--coverage", asked.coverage == before.coverage, std::string(to_text(before.coverage))},
      {"--issued", !dated || asked.issued_on == before.issued_on, before.issued_on.text()},
      {"--from", options.from.empty() || asked.valid_from == before.valid_from,
       before.valid_from.text()},
      {"--until", asked.valid_until == before.valid_until, before.valid_until.text()},
      {"--supersedes", asked.supersedes == before.supersedes, optional_id(before.supersedes)},
      {"--holder-key", asked.holder_key == before.holder_key, key_id(before)}};
  for (const Compared& one : all) {
    if (one.same) continue;
    return std::string(one.option) + ": was signed " +
           (one.before.empty() ? "without" : "as " + one.before);
  }
  return "";
}

namespace {

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
  std::map<Digest, std::string> named;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const auto [first, is_new] = named.emplace(leaves[i], options.sealed[i]);
    if (is_new) continue;
    return report({Errc::usage, options.sealed[i] + ": the same declaration as " + first->second});
  }
  const auto arranged = arrange(leaves);
  if (!arranged) return report(arranged.error());
  auto attestation = make_attestation(options, arranged->tree.subject());
  if (!attestation) return report(attestation.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  if (!options.late_request.empty()) {
    if (attestation->count != 1) {
      return report({Errc::usage,
                     "--late-request: one sealed declaration, or --catalogue LIST, which keeps the "
                     "order of several until they are countersigned"});
    }
    const auto request = make_late_request(options.sign, *client, *attestation);
    return request ? write_late_request(options.late_request, *request, context)
                   : report(request.error());
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

int attest(AttestOptions options, const Context& context) {
  if (!options.late_request.empty() && (options.sign.check || !options.countersignature.empty())) {
    return report({Errc::usage,
                   "--late-request: without --check and --countersignature, which are for what is "
                   "signed after it"});
  }
  if (!options.catalogue.empty()) return attest_catalogue(std::move(options), context);
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
    const auto kind = kind_of(*bytes);
    return report({Errc::usage, path + ": neither a statement, an .attested file nor a .catalogue" +
                                    (kind ? ", but " + with_article(*kind)
                                          : " (" + statement.error().detail + ")")});
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
  command
      .add_option("--coverage", options.coverage,
                  "product, programme, model, installation-and-period")
      ->capture_default_str();
  command.add_option("--issued", options.issued, "Issued on; default today");
  command.add_option("--from", options.from, "First day of validity; default the day of issue");
  command.add_option("--until", options.until, "Last day of validity")->required();
  command.add_option(
      "--supersedes", options.supersedes,
      "Entry id of the attestation it replaces, or its .attested file or .catalogue");
  command.add_option("--holder-key", options.holder_key,
                     "Public key (hex, from key show) of the exporter, fresh for this attestation");
  command.add_option("--late-request", options.late_request,
                     "Sign nothing: write what the accreditation body is to countersign, so that "
                     "the attestation can be recorded late. With --catalogue the order of the "
                     "members is kept in <output>.arranged");
  command.add_option("--countersignature", options.countersignature,
                     "What came back from the body; with the same options otherwise, and for a "
                     "catalogue the same declarations");
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
