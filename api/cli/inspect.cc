// footproof inspect: shows what any of our files says, for people. It checks form only; whether to
// believe it is for verify.
#include "api/cli/inspect.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <span>

#include "api/cli/command.h"
#include "api/cli/describe.h"
#include "api/cli/key_request.h"
#include "api/cli/link_text.h"
#include "api/cli/validator_request.h"
#include "attest/accusation.h"
#include "attest/arrangement.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/dataset_manifest.h"
#include "attest/late_anchoring.h"
#include "attest/printable.h"
#include "attest/ready.h"
#include "attest/seal.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

// What a kind of file is called, how to know it, and what it says. `looks_like` may be wrong about
// damaged files; the name's ending then decides whose error is shown.
struct FileKind {
  std::string_view name;
  std::string_view ending;
  bool (*looks_like)(ByteView bytes);
  Result<Facts> (*describe)(ByteView bytes);
};

bool begins_with(ByteView bytes, std::initializer_list<std::uint8_t> start) {
  return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

// Our tagged structures carry their domain tag as their first element.
bool has_tag(ByteView bytes, std::string_view tag) {
  const auto start = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 64)));
  return start.find(tag) != std::string_view::npos;
}

Result<Facts> describe_presentation(ByteView bytes) {
  const auto presentation = parse_presentation(bytes);
  if (!presentation) return fail(presentation.error());
  Facts facts;
  describe(*presentation, facts);
  return facts;
}

Result<Facts> describe_receipt(ByteView bytes) {
  const auto receipt = parse_receipt(bytes);
  if (!receipt) return fail(receipt.error());
  Facts facts;
  describe(*receipt, facts);
  return facts;
}

Result<Facts> describe_statement(ByteView bytes) {
  const auto statement = parse_statement(bytes);
  if (!statement) return fail(statement.error());
  Facts facts;
  describe(*statement, facts);
  return facts;
}

Result<Facts> describe_attested(ByteView bytes) {
  const auto attested = parse_attested(bytes);
  if (!attested) return fail(attested.error());
  Facts facts;
  facts.emplace_back("declaration root", attested->tree_root.hex());
  facts.emplace_back("position", std::to_string(attested->position));
  for (const auto& node : attested->nodes) facts.emplace_back("node", printable(node));
  if (attested->receipt) {
    describe(*attested->receipt, facts);
    return facts;
  }
  facts.emplace_back("receipt", "none yet");
  if (const auto statement = parse_statement(attested->statement)) describe(*statement, facts);
  return facts;
}

Result<Facts> describe_catalogue(ByteView bytes) {
  const auto catalogue = parse_catalogue(bytes);
  if (!catalogue) return fail(catalogue.error());
  Facts facts;
  facts.emplace_back("places", std::to_string(catalogue->tree.leaves().size()) +
                                   " (which are declarations shows only to who has one)");
  for (const auto& node : catalogue->nodes) facts.emplace_back("node", printable(node));
  if (catalogue->receipt) {
    describe(*catalogue->receipt, facts);
    return facts;
  }
  facts.emplace_back("receipt", "none yet");
  if (const auto statement = parse_statement(catalogue->statement)) describe(*statement, facts);
  return facts;
}

Result<Facts> describe_sealed(ByteView bytes) {
  const auto sealed = SealedDeclaration::parse(bytes);
  if (!sealed) return fail(sealed.error());
  Facts facts;
  facts.emplace_back("root", sealed->root().hex());
  facts.emplace_back("core profile", sealed->profile());
  facts.emplace_back("leaves", std::to_string(sealed->tree_size()));
  for (std::size_t i = 0; i < sealed->documents().size(); ++i) {
    const auto& document = sealed->documents()[i];
    facts.emplace_back("document " + std::to_string(i),
                       printable(document.media_type) + ", " +
                           std::to_string(document.bytes.size()) + " bytes" +
                           (sealed->formats()[i].empty() ? "" : ", " + sealed->formats()[i]));
  }
  for (std::size_t i = 0; i < sealed->links().size(); ++i) {
    facts.emplace_back("link " + std::to_string(i), link_text(sealed->links()[i]));
  }
  for (const SealedLeaf& leaf : sealed->leaves()) {
    const bool shown = leaf.label.starts_with("core:") || leaf.label.starts_with("src:");
    if (!shown || (leaf.label.starts_with("core:") && is_absent(leaf.value))) continue;
    facts.emplace_back(printable(leaf.label), leaf_text(leaf.label, leaf.value));
  }
  // Slots come by rank; the order of all other leaves is that of their salts, which tells nothing.
  const auto first_field =
      std::ranges::find_if(facts, [](const auto& fact) { return fact.first.starts_with("src:"); });
  std::sort(first_field, facts.end());
  return facts;
}

Result<Facts> describe_policy(ByteView bytes) {
  const auto policy = parse_policy(bytes);
  if (!policy) return fail(policy.error());
  Facts facts;
  describe(*policy, facts);
  return facts;
}

Result<Facts> describe_note(ByteView bytes) {
  if (const auto note = parse_note(bytes); !note) return fail(note.error());
  Facts facts;
  describe_checkpoint(as_text(bytes), facts);
  return facts;
}

Result<Facts> describe_key(ByteView bytes) {
  const bool encrypted = as_text(bytes).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (encrypted) {
    return Facts{{"private key", "encrypted; footproof key show prints its public half"}};
  }
  const auto key = SigningKey::from_pem(as_text(bytes), std::nullopt);
  if (!key) return fail(key.error());
  return Facts{{"private key", "not encrypted"},
               {"algorithm", std::string(to_text(key->algorithm()))},
               {"key id", key->public_key().kid().hex()}};
}

Result<Facts> describe_genesis(ByteView bytes) {
  const auto genesis = ledger::parse_genesis(bytes);
  if (!genesis) return fail(genesis.error());
  const Digest chain_id = ledger::chain_id_of(bytes);
  Facts facts = {{"network", genesis->domain + '/' + genesis->network},
                 {"chain id", chain_id.hex()},
                 {"starts at", Instant{genesis->time_ms}.text()}};
  for (const auto& validator : genesis->validators) {
    facts.emplace_back("validator", validator.id + " of " + validator.party);
  }
  for (const auto& party : genesis->parties) {
    facts.emplace_back(std::string(to_text(party.role)),
                       party.uri + ", " + printable(party.legal_name));
  }
  return facts;
}

Result<Facts> describe_validator(ByteView bytes) {
  const auto descriptor = ledger::parse_validator_descriptor(bytes);
  if (!descriptor) return fail(descriptor.error());
  return Facts{{"network", descriptor->domain + '/' + descriptor->network},
               {"validator", descriptor->validator.id},
               {"party", descriptor->validator.party},
               {"vote key", descriptor->validator.vote_key.kid().hex()},
               {"cosign key", descriptor->validator.cosign_key.kid().hex()},
               {"log key", descriptor->validator.log_key.kid().hex()},
               {"tls pin", descriptor->validator.tls_pin.hex()}};
}

Result<Facts> describe_validator_request(ByteView bytes) {
  const auto request = parse_validator_request(bytes);
  if (!request) return fail(request.error());
  const auto& validator = request->validator;
  return Facts{{"network", request->chain_id.hex()},
               {"validator", validator.id},
               {"association", printable(validator.party)},
               {"vote key", validator.vote_key.kid().hex()},
               {"cosign key", validator.cosign_key.kid().hex()},
               {"log key", validator.log_key.kid().hex()},
               {"tls pin", validator.tls_pin.hex()}};
}

Result<Facts> describe_ready(ByteView bytes) {
  const auto ready = parse_ready(bytes);
  if (!ready) return fail(ready.error());
  return Facts{{"has executed", ready->entry.hex()},
               {"signed for", "one proposal of one network, which the ledger checks"}};
}

Result<Facts> describe_party(ByteView bytes) {
  const auto descriptor = ledger::parse_party_descriptor(bytes);
  if (!descriptor) return fail(descriptor.error());
  Facts facts = {{"network", descriptor->domain + '/' + descriptor->network},
                 {"party", descriptor->party.uri},
                 {"role", std::string(to_text(descriptor->party.role))},
                 {"legal name", printable(descriptor->party.legal_name)}};
  for (const auto& key : descriptor->party.keys) {
    facts.emplace_back("key", key.key.kid().hex() + ", to " + std::string(to_text(key.usage)));
  }
  return facts;
}

Result<Facts> describe_key_request(ByteView bytes) {
  const auto request = parse_key_request(bytes);
  if (!request) return fail(request.error());
  Facts facts{{"party", request->party},
              {"key id", request->added.key.kid().hex()},
              {"usage", std::string(to_text(request->added.usage))}};
  if (request->certificate_chain) {
    facts.emplace_back("x5t of its certificates", request->certificate_chain->hex());
  }
  return facts;
}

void describe_request(const LateRequest& request, Facts& facts) {
  facts.emplace_back("network", request.chain_id.hex());
  facts.emplace_back("issuer", request.issuer);
  describe(request.attestation, facts);
}

Result<Facts> describe_late_request(ByteView bytes) {
  const auto request = parse_late_request(bytes);
  if (!request) return fail(request.error());
  Facts facts;
  describe_request(*request, facts);
  return facts;
}

Result<Facts> describe_countersignature(ByteView bytes) {
  const auto made = parse_countersignature(bytes);
  if (!made) return fail(made.error());
  return Facts{{"countersigned by", made->kid.hex()},
               {"of", "the late request that it answers; the rules check that"}};
}

Result<Facts> describe_arrangement(ByteView bytes) {
  const auto arrangement = parse_arrangement(bytes);
  if (!arrangement) return fail(arrangement.error());
  Facts facts = {{"members", std::to_string(arrangement->members.size())}};
  describe_request(arrangement->request, facts);
  return facts;
}

Result<Facts> describe_accusation(ByteView bytes) {
  const auto accusation = parse_accusation(bytes);
  if (!accusation) return fail(accusation.error());
  Facts facts;
  if (const auto* heads = std::get_if<HeadAccusation>(&*accusation); heads != nullptr) {
    facts.emplace_back("accuses of", "two heads that exclude each other");
    describe_checkpoint(heads->first, facts);
    describe_checkpoint(heads->second, facts);
    return facts;
  }
  const auto& votes = std::get<VoteAccusation>(*accusation);
  facts.emplace_back("accuses of", "votes that exclude each other");
  for (const auto& [first, second] : votes.pairs) {
    facts.emplace_back(
        "pair", "validator " + std::to_string(first.signer) + " of epoch " +
                    std::to_string(first.epoch) + ", view " + std::to_string(first.view) + ": " +
                    std::string(to_text(first.kind)) + " and " + std::string(to_text(second.kind)));
  }
  return facts;
}

Result<Facts> describe_manifest(ByteView bytes) {
  const auto manifest = parse_dataset_manifest(bytes);
  if (!manifest) return fail(manifest.error());
  Facts facts = {{"dataset release", manifest->database + ' ' + manifest->release},
                 {"root", release_root(*manifest).hex()},
                 {"salted", manifest->seed ? "yes: keep the file secret" : "no"},
                 {"datasets", std::to_string(manifest->datasets.size())}};
  for (const DatasetDigest& dataset : manifest->datasets) {
    facts.emplace_back(printable(dataset.name),
                       std::to_string(dataset.size) + " bytes, " + dataset.digest.hex());
  }
  return facts;
}

constexpr auto kKinds = std::to_array<FileKind>({
    {"presentation", ".footproof",
     [](ByteView bytes) {
       return begins_with(bytes, {0xd9, 0xd9, 0xf7});
     },
     describe_presentation},
    {"statement", ".statement", [](ByteView bytes) { return begins_with(bytes, {0xd2}); },
     describe_statement},
    {"catalogue", ".catalogue",
     [](ByteView bytes) { return has_tag(bytes, "footproof/catalogue/"); }, describe_catalogue},
    {"attested file", ".attested",
     [](ByteView bytes) { return has_tag(bytes, "footproof/attested/"); }, describe_attested},
    {"key request", ".key-request",
     [](ByteView bytes) { return has_tag(bytes, "footproof/key-request/"); }, describe_key_request},
    // Before the late request, which it holds.
    {"arrangement", ".arranged",
     [](ByteView bytes) { return has_tag(bytes, "footproof/arrangement/"); }, describe_arrangement},
    {"late request", ".request",
     [](ByteView bytes) { return has_tag(bytes, "footproof/late-request/"); },
     describe_late_request},
    {"countersignature", ".countersigned",
     [](ByteView bytes) { return has_tag(bytes, "footproof/countersignature/"); },
     describe_countersignature},
    {"validator descriptor", ".validator",
     [](ByteView bytes) { return has_tag(bytes, "footproof/validator-descriptor/"); },
     describe_validator},
    {"validator request", ".request",
     [](ByteView bytes) { return has_tag(bytes, "footproof/validator-request/"); },
     describe_validator_request},
    {"validator's word that it keeps up", ".ready",
     [](ByteView bytes) { return has_tag(bytes, "footproof/ready"); }, describe_ready},
    {"party descriptor", ".party",
     [](ByteView bytes) { return has_tag(bytes, "footproof/party-descriptor/"); }, describe_party},
    {"accusation", ".accusation", looks_like_accusation, describe_accusation},
    {"dataset manifest", ".manifest",
     [](ByteView bytes) { return has_tag(bytes, "footproof/dataset-manifest/"); },
     describe_manifest},
    {"key file", ".pem", [](ByteView bytes) { return as_text(bytes).starts_with("-----BEGIN "); },
     describe_key},
    {"trust policy", ".policy",
     [](ByteView bytes) { return as_text(bytes).find("\nquorum ") != std::string_view::npos; },
     describe_policy},
    {"signed note", ".checkpoint",
     [](ByteView bytes) {
       return is_utf8(bytes) && as_text(bytes).find("\n\n\xe2\x80\x94 ") != std::string_view::npos;
     },
     describe_note},
    // These three begin like any map or array: whoever parses it has it.
    {"receipt", ".receipt", [](ByteView bytes) { return parse_receipt(bytes).has_value(); },
     describe_receipt},
    {"sealed declaration", ".sealed",
     [](ByteView bytes) { return SealedDeclaration::parse(bytes).has_value(); }, describe_sealed},
    {"genesis file", ".genesis",
     [](ByteView bytes) { return ledger::parse_genesis(bytes).has_value(); }, describe_genesis},
});

const FileKind* kind_of_file(const std::string& path, ByteView bytes) {
  for (const FileKind& kind : kKinds) {
    if (kind.looks_like(bytes)) return &kind;
  }
  for (const FileKind& kind : kKinds) {
    if (path.ends_with(kind.ending)) return &kind;
  }
  return nullptr;
}

Result<void> inspect(const std::string& path, bool json) {
  const auto bytes = read_file(path, kSealedFileMax);
  if (!bytes) return fail(bytes.error());
  const FileKind* kind = kind_of_file(path, *bytes);
  if (kind == nullptr) {
    return fail(Errc::malformed, path +
                                     ": not one of our files; a document is sealed with "
                                     "footproof seal");
  }
  auto facts = kind->describe(*bytes);
  if (!facts) return fail(path, std::move(facts.error()));
  facts->insert(facts->begin(), {"file", path + ": " + std::string(kind->name) + ", " +
                                             std::to_string(bytes->size()) + " bytes"});
  if (json) {
    std::cout << facts_json(*facts) << '\n';
  } else {
    print_facts(std::cout, *facts);
  }
  return {};
}

}  // namespace

std::optional<std::string_view> kind_of(ByteView bytes) {
  for (const FileKind& kind : kKinds) {
    if (kind.looks_like(bytes) && kind.describe(bytes)) return kind.name;
  }
  return std::nullopt;
}

std::string with_article(std::string_view noun) {
  const bool vowel = std::string_view("aeio").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(noun);
}

Error wrong_kind(const std::string& path, ByteView bytes, std::string_view wanted,
                 const Error& error) {
  const auto kind = kind_of(bytes);
  if (kind && *kind != wanted) {
    return {Errc::usage, path + ": is " + with_article(*kind) + ", not " + with_article(wanted)};
  }
  std::string_view detail = error.detail;
  const std::string repeated = std::string(wanted) + ": ";
  if (detail.starts_with(repeated)) detail.remove_prefix(repeated.size());
  return {error.code, path + ": not a whole " + std::string(wanted) + ": " + std::string(detail)};
}

Error wrong_file(const std::string& path, ByteView bytes, std::string_view wanted,
                 const Error& error) {
  return {Errc::usage, wrong_kind(path, bytes, wanted, error).detail};
}

void add_inspect_commands(CLI::App& app, Context& context) {
  auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("inspect", "Show what any of our files says");
  command
      ->add_option("FILE", *path,
                   "Presentation, sealed declaration, attestation, receipt, statement, policy, "
                   "key, checkpoint, genesis, descriptor, request, word that a validator is ready")
      ->required();
  command->footer(
      "Nothing is checked but form: whether to believe a presentation is for verify.\n"
      "Examples:\n"
      "  footproof inspect coil.footproof\n"
      "  footproof inspect coil.sealed    (secret: shows every field)\n");
  command->callback([path, &context] {
    if (const auto done = inspect(*path, context.json); !done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
