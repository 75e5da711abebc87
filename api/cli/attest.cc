// footproof attest and submit: a verifier signs a statement over sealed declarations and gets it
// logged. The sealed files stay here; nothing but blinded digests leaves.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "api/cli/submitting.h"
#include "attest/attested.h"
#include "attest/digest.h"
#include "attest/merkle.h"
#include "attest/seal.h"
#include "attest/subject.h"

namespace footproof::api {
namespace {

struct AttestOptions {
  SignOptions sign;
  std::vector<std::string> sealed;
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
};

// One of our sealed files and where it stands under the subject.
struct Place {
  DeclarationTree tree;
  std::uint64_t position = 0;
  std::vector<Digest> path;
};

struct Subjects {
  Subject subject;
  std::vector<Place> places;  // in the order of the files
};

Result<DeclarationTree> read_tree(const std::string& path) {
  const auto bytes = read_file(path, kSealedFileMax);
  if (!bytes) return fail(bytes.error());
  const auto sealed = SealedDeclaration::parse(*bytes);
  if (!sealed) return fail(wrong_file(path, sealed.error()));
  return DeclarationTree{std::string(sealed->profile()), sealed->tree_size(), sealed->root()};
}

// A random number below `bound`, without the bias of a bare remainder mattering at 2^20 of 2^64.
std::uint64_t random_below(std::uint64_t bound) {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  return ByteReader(bytes).u64() % bound;
}

// Real declarations in random places, the rest random filler (docs/formats.md §4.3).
Result<Subjects> make_subjects(const std::vector<DeclarationTree>& trees) {
  Subjects result;
  std::uint64_t count = 1;
  while (count < trees.size()) count *= 2;
  std::vector<std::size_t> order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_below(i)]);
  std::vector<Bytes> entries(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    entries[order[i]] = i < trees.size() ? declaration_entry(trees[i]) : random_bytes(32);
  }
  auto subject = make_subject(entries);
  if (!subject) return fail(subject.error());
  result.subject = *subject;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    auto path = subject_path(entries, order[i]);
    if (!path) return fail(path.error());
    result.places.push_back({trees[i], order[i], std::move(*path)});
  }
  return result;
}

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

int attest(AttestOptions options, const Context& context) {
  std::vector<DeclarationTree> trees;
  Progress progress("reading", options.sealed.size());
  for (const std::string& path : options.sealed) {
    auto tree = read_tree(path);
    if (!tree) return report(tree.error());
    trees.push_back(std::move(*tree));
    progress.advance(trees.size());
  }
  const auto subjects = make_subjects(trees);
  if (!subjects) return report(subjects.error());
  auto attestation = make_attestation(options, subjects->subject);
  if (!attestation) return report(attestation.error());
  auto client = make_client(context);
  if (!client) return report(client.error());

  std::vector<std::string> outputs;
  if (options.sealed.size() == 1 && !options.sign.output.empty()) {
    outputs.push_back(options.sign.output);
  } else if (options.sign.output.empty()) {
    for (const std::string& path : options.sealed) outputs.push_back(attested_name(path));
    options.sign.output = outputs.front();
  } else {
    return report({Errc::usage,
                   "--output is for one sealed file; without it each FILE.sealed gets "
                   "its FILE.attested beside it"});
  }
  const Save save = [&](const Statement& statement, const Receipt* receipt,
                        const std::vector<std::string>& nodes) -> Result<void> {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Place& place = subjects->places[i];
      Attested file{statement.bytes(), place.tree.root, place.position, place.path, {}, nodes};
      if (receipt != nullptr) file.receipt = *receipt;
      const auto written = write_file(outputs[i], encode_attested(file), 0644,
                                      receipt == nullptr ? Overwrite::no : Overwrite::yes);
      if (!written) return fail(written.error());
    }
    return {};
  };
  return sign_and_submit(context, options.sign, *client, std::move(*attestation), save);
}

// Either a bare COSE_Sign1 or an .attested file.
int submit(const std::string& path, const Context& context) {
  const auto bytes = read_file(path, kStatementFileMax);
  if (!bytes) return report(bytes.error());
  auto attested = parse_attested(*bytes);
  const auto statement = parse_statement(attested ? attested->statement : *bytes);
  if (!statement) {
    std::cerr << "footproof: " << path << ": neither a statement nor an .attested file ("
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
  command
      .add_option("SEALED", options.sealed, "Sealed declarations; several go under one statement")
      ->required();
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
      "With --check: would the accreditation cover it?\n");
  command->callback([options, &context] { context.exit_code = attest(*options, context); });

  auto* again =
      app.add_subcommand("submit", "Send a saved statement (again) and wait for its receipt");
  auto path = std::make_shared<std::string>();
  again->add_option("FILE", *path, "A statement or an .attested file")->required();
  again->footer("Example:\n  footproof submit coil.attested --node http://127.0.0.1:8101\n");
  again->callback([path, &context] { context.exit_code = submit(*path, context); });
}

}  // namespace footproof::api
