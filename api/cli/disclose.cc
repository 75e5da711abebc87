// footproof disclose: makes a presentation from a sealed declaration and its attestation. What is
// opened is what the profile names and what the exporter adds by hand, and nothing else.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "api/cli/catalogue.h"
#include "api/cli/describe.h"
#include "api/cli/disclosing.h"
#include "api/cli/hops.h"
#include "api/cli/inspect.h"
#include "api/client/client.h"
#include "attest/catalogue.h"
#include "attest/disclosure_profile.h"
#include "attest/printable.h"
#include "attest/verdict.h"

namespace footproof::api {
namespace {

// "POINTER" of document 0, or "N:POINTER".
std::string source_label(const std::string& field) {
  return field.empty() || field[0] == '/' ? "src:0:" + field : "src:" + field;
}

Result<std::set<std::string>> labels_to_open(const DiscloseOptions& options) {
  const DisclosureProfile* profile = find_disclosure_profile(options.profile);
  if (profile == nullptr) {
    std::string known;
    for (const auto& one : disclosure_profiles()) {
      known += (known.empty() ? "" : ", ") + std::string(one.id);
    }
    return fail(Errc::usage,
                "--profile: there is none named '" + options.profile + "'; choose one of " + known);
  }
  std::set<std::string> labels = profile_labels(*profile);
  for (const std::string& slot : options.slots) {
    if (!core_profile().rank(slot)) {
      return fail(Errc::usage, "--slot: there is no core slot '" + slot +
                                   "'; footproof inspect lists those that are filled");
    }
    labels.insert("core:" + slot);
  }
  for (const std::string& field : options.fields) labels.insert(source_label(field));
  return labels;
}

}  // namespace

Result<Openings> open_asked(const DiscloseOptions& options, const SealedDeclaration& sealed) {
  const auto labels = labels_to_open(options);
  if (!labels) return fail(labels.error());
  for (const std::string& label : *labels) {
    if (sealed.find(label)) continue;
    return fail(Errc::usage, "--field: the declaration has no field '" + label.substr(4) +
                                 "'; footproof inspect lists them");
  }
  if (options.documents.empty()) return open_labels(sealed, *labels);
  for (const std::size_t number : options.documents) {
    if (number < sealed.documents().size()) continue;
    return fail(Errc::usage, "--with-document: there is no document " + std::to_string(number) +
                                 "; the declaration has " +
                                 std::to_string(sealed.documents().size()) + ", counted from 0");
  }
  return open_labels_with_documents(
      sealed, *labels, std::set<std::size_t>(options.documents.begin(), options.documents.end()));
}

namespace {

// From a node if one is asked, else as it was handed over.
Result<Receipt> receipt_for(const DiscloseOptions& options, const Attested& attested,
                            const std::vector<std::string>& asked_nodes) {
  const auto statement = parse_statement(attested.statement);
  if (!statement) return fail("attested file", statement.error());
  std::optional<Digest> root;
  if (statement->as<Attestation>()->count > 1) root = attested.tree_root;
  const auto& nodes = asked_nodes.empty() ? attested.nodes : asked_nodes;
  if (options.refresh || !asked_nodes.empty()) {
    if (nodes.empty()) return fail(Errc::usage, "--refresh: no node is known; add --node URL");
    auto client = Client::make(nodes);
    if (!client) return fail("--node", std::move(client.error()));
    auto receipt = client->receipt(statement->entry_id(), root);
    if (receipt) return std::move(*receipt);
    if (receipt.error().code == Errc::not_found) {
      return fail(Errc::not_found, receipt.error().detail + "; not logged yet? footproof submit " +
                                       options.attested + " sends the statement again");
    }
    // FOOTPROOF_NODE is often set where no node can be reached; only --refresh insists.
    const bool at_hand = attested.receipt && attested.receipt->declaration_root == root;
    if (options.refresh || !at_hand) return fail(std::move(receipt.error()));
    std::cerr << "footproof: " << printable(receipt.error().detail) << "; the receipt in "
              << printable(options.attested) << " is used\n";
  }
  if (!attested.receipt) {
    return fail(Errc::usage,
                options.attested + ": holds no receipt yet; fetch it with --node URL or --refresh");
  }
  if (attested.receipt->declaration_root != root) {
    return fail(Errc::usage, options.attested +
                                 ": its receipt shows no status of this "
                                 "declaration; fetch one with --node or --refresh");
  }
  return *attested.receipt;
}

// For readers whose policy ends at an epoch before the receipt's.
Result<std::vector<Hop>> hops_to(const DiscloseOptions& options, const Receipt& receipt,
                                 const std::vector<std::string>& nodes) {
  const auto epoch = epoch_of(receipt);
  if (!epoch) return fail(epoch.error());
  if (options.hops_from >= *epoch) {
    std::cerr << "footproof: " << no_hops_text(options.hops_from, *epoch) << '\n';
    return std::vector<Hop>();
  }
  if (nodes.empty()) return fail(Errc::usage, "--hops: no node is known; add --node URL");
  auto client = Client::make(nodes);
  if (!client) return fail("--node", std::move(client.error()));
  auto hops = fetch_hops(*client, options.hops_from, *epoch);
  if (!hops) return fail("--hops", std::move(hops.error()));
  return hops;
}

Result<void> sign_for(const DiscloseOptions& options, Presentation& presentation) {
  if (options.audience.empty()) {
    if (options.nonce.empty() && options.expires.empty() && options.holder_key.empty()) return {};
    return fail(Errc::usage, "--audience: missing; nonce, expiry and holder key belong to one");
  }
  if (options.holder_key.empty()) {
    return fail(Errc::usage, "--holder-key: missing; an audience must be signed for");
  }
  HolderBinding holder;
  holder.audience = options.audience;
  if (!options.nonce.empty()) {
    auto nonce = from_hex(options.nonce);
    if (!nonce || nonce->size() < kNonceSizeMin || nonce->size() > kNonceSizeMax) {
      return fail(Errc::usage, "--nonce: write 8 to 64 bytes as lower-case hex");
    }
    holder.nonce = std::move(*nonce);
  }
  if (!options.expires.empty()) {
    const auto expires = Date::parse(options.expires);
    if (!expires || expires->days() < 0) {
      return fail(Errc::usage, "--expires: '" + options.expires + "' is no date; write YYYY-MM-DD");
    }
    // To the end of that day in UTC.
    holder.expiry = Instant{(static_cast<std::uint64_t>(expires->days()) + 1) * 86'400'000 - 1};
    if (*holder.expiry < clock_now()) {
      return fail(Errc::usage, "--expires: " + options.expires + " is over");
    }
  }
  presentation.holder = std::move(holder);
  const auto key = open_key(options.holder_key, options.passphrase_file);
  if (!key) return fail(key.error());
  return sign_presentation(presentation, **key);
}

}  // namespace

Result<void> check_presentation(const Presentation& presentation, const SealedDeclaration& sealed) {
  const DeclarationTree tree{presentation.core_profile, presentation.tree_size, sealed.root()};
  if (auto opened = verify_openings(tree, presentation.openings); !opened) return opened;
  const auto statement = parse_statement(presentation.receipt.statement);
  const auto* attestation = statement ? statement->as<Attestation>() : nullptr;
  if (attestation == nullptr) return fail(Errc::mismatch, "receipt: not of an attestation");
  return verify_subject(tree, presentation.position, presentation.subject_path,
                        {attestation->root, attestation->count});
}

namespace {

Result<void> check_holder(const Presentation& presentation) {
  if (!presentation.holder) return {};
  const auto statement = parse_statement(presentation.receipt.statement);
  if (!statement) return fail(statement.error());
  const auto& holder_key = statement->as<Attestation>()->holder_key;
  if (!holder_key) {
    return fail(Errc::usage,
                "--audience: the attestation names no holder key, so nobody can sign "
                "for one; leave it away");
  }
  if (verify_holder(presentation, *holder_key)) return {};
  return fail(Errc::usage,
              "--holder-key: not the one that the attestation names, " + holder_key->kid().hex());
}

// Nothing leaves that the shipped verifier would refuse.
Result<void> check_own(const DiscloseOptions& options, const Presentation& presentation,
                       const SealedDeclaration& sealed) {
  if (const auto good = check_presentation(presentation, sealed); !good) {
    return fail(Errc::mismatch, options.attested + ": attests another declaration than " +
                                    options.sealed + " (" + good.error().detail + ")");
  }
  if (auto holder = check_holder(presentation); !holder) return holder;
  if (options.policy.empty()) return {};
  const auto bytes = read_file(options.policy, kPolicySizeMax);
  if (!bytes) return fail("--policy", bytes.error());
  const auto policy = parse_policy(*bytes);
  if (!policy) {
    const Error bad{Errc::malformed, policy.error().detail};
    return fail("--policy", wrong_kind(options.policy, *bytes, "trust policy", bad));
  }
  const auto walked = walk_hops(*policy, presentation.hops);
  if (!walked) return fail("--policy", walked.error());
  return check_receipt(presentation.receipt, *walked);
}

std::string_view ending_of(std::string_view media_type) {
  if (media_type == "application/json" || media_type.ends_with("+json")) return ".json";
  if (media_type == "application/pdf") return ".pdf";
  if (media_type == "application/xml") return ".xml";
  if (media_type == "text/csv") return ".csv";
  if (media_type == "text/plain") return ".txt";
  return ".bin";
}

// A document is handed over with its opening, never the opening alone.
Result<std::vector<std::string>> write_documents(const DiscloseOptions& options,
                                                 const SealedDeclaration& sealed) {
  std::vector<std::string> paths;
  for (const std::size_t number : options.documents) {
    const SourceDocument& document = sealed.documents()[number];
    std::string path = options.output + ".document-" + std::to_string(number);
    path += ending_of(document.media_type);
    const auto written = write_file(path, document.bytes, 0644, Overwrite::no);
    if (!written) return fail(written.error());
    paths.push_back(std::move(path));
  }
  return paths;
}

void print(const DiscloseOptions& options, const Presentation& presentation, std::size_t size,
           const std::vector<std::string>& documents, bool json) {
  if (json) {
    nlohmann::ordered_json shown;
    shown["file"] = options.output;
    shown["bytes"] = size;
    shown["profile"] = options.profile;
    auto& opened = shown["opened"] = nlohmann::ordered_json::object();
    for (const auto& entry : presentation.openings.entries) {
      opened[entry.label] = leaf_text(entry.label, entry.value);
    }
    shown["documents"] = documents;
    shown["hops"] = presentation.hops.size();
    std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  std::cout << options.output << ": " << size << " bytes, profile " << options.profile << ", "
            << presentation.openings.entries.size() << " fields opened"
            << (options.hops ? ", " + std::to_string(presentation.hops.size()) + " hops" : "")
            << '\n';
  Facts facts;
  describe(presentation.openings, facts);
  print_facts(std::cout, facts);
  for (const auto& path : documents) std::cout << "hand over as well: " << path << '\n';
}

// An .attested file, or the member's part of a .catalogue.
Result<Attested> read_attested(const std::string& path, const SealedDeclaration& sealed) {
  const auto bytes = read_file(path, kCatalogueSizeMax);
  if (!bytes) return fail(bytes.error());
  if (!looks_like_catalogue(*bytes)) {
    auto attested = parse_attested(*bytes);
    if (!attested) return fail(wrong_kind(path, *bytes, "attested file", attested.error()));
    return attested;
  }
  const auto catalogue = parse_catalogue(*bytes);
  if (!catalogue) return fail(wrong_kind(path, *bytes, "catalogue", catalogue.error()));
  auto member = member_of(*catalogue, tree_of(sealed));
  if (!member) return fail(Errc::mismatch, path + ": " + member.error().detail);
  return member;
}

Result<void> disclose(DiscloseOptions options, const Context& context) {
  if (!options.catalogue.empty()) {
    // The only file left to name is the .catalogue.
    if (options.attested.empty()) std::swap(options.attested, options.sealed);
    if (!options.sealed.empty()) return fail(Errc::usage, "--catalogue: takes the place of SEALED");
    return disclose_catalogue(options, context);
  }
  if (options.attested.empty()) {
    return fail(Errc::usage, "SEALED and ATTESTED: name both, the declaration first");
  }
  std::ranges::sort(options.documents);
  if (const auto twice = std::ranges::adjacent_find(options.documents);
      twice != options.documents.end()) {
    return fail(Errc::usage, "--with-document: " + std::to_string(*twice) + " stands there twice");
  }
  const auto sealed_bytes = read_file(options.sealed, kSealedFileMax);
  if (!sealed_bytes) return fail(sealed_bytes.error());
  const auto sealed = SealedDeclaration::parse(*sealed_bytes);
  if (!sealed) {
    return fail(wrong_kind(options.sealed, *sealed_bytes, "sealed declaration", sealed.error()));
  }
  const auto attested = read_attested(options.attested, *sealed);
  if (!attested) return fail(attested.error());
  if (attested->tree_root != sealed->root()) {
    return fail(Errc::mismatch, options.attested + ": attests another declaration than " +
                                    options.sealed + "; the two belong together");
  }
  auto openings = open_asked(options, *sealed);
  if (!openings) return fail(std::move(openings.error()));
  auto receipt = receipt_for(options, *attested, context.nodes);
  if (!receipt) return fail(std::move(receipt.error()));

  Presentation presentation;
  presentation.receipt = std::move(*receipt);
  presentation.core_profile = sealed->profile();
  presentation.tree_size = sealed->tree_size();
  presentation.position = attested->position;
  presentation.subject_path = attested->subject_path;
  presentation.openings = std::move(*openings);
  presentation.disclosure_profile = options.profile;
  if (options.hops) {
    auto hops = hops_to(options, presentation.receipt,
                        context.nodes.empty() ? attested->nodes : context.nodes);
    if (!hops) return fail(std::move(hops.error()));
    presentation.hops = std::move(*hops);
  }
  if (auto done = sign_for(options, presentation); !done) return done;
  if (auto done = check_own(options, presentation, *sealed); !done) return done;

  const Bytes bytes = encode_presentation(presentation);
  if (const auto written = write_file(options.output, bytes, 0644, Overwrite::no); !written) {
    return fail(written.error());
  }
  const auto documents = write_documents(options, *sealed);
  if (!documents) return fail(documents.error());
  print(options, presentation, bytes.size(), *documents, context.json);
  return {};
}

std::string profiles_footer() {
  std::string text = "Profiles:\n";
  for (const auto& profile : disclosure_profiles()) {
    std::string id(profile.id);
    id.resize(20, ' ');
    text += "  " + id + std::string(profile.reader) + '\n';
  }
  return text +
         "\nExamples:\n"
         "  footproof disclose coil.sealed coil.attested -o coil.footproof --profile "
         "cbam-declarant\n"
         "  footproof disclose coil.sealed coil.attested -o coil.footproof --slot product.cn "
         "--field /pcf/geographyCountry\n"
         "  footproof disclose coil.sealed coil.attested -o coil.footproof --with-document 1 "
         "--node http://127.0.0.1:8080\n"
         "  footproof disclose coil.sealed autumn.catalogue --refresh -o coil.footproof\n"
         "  footproof disclose --catalogue sealed autumn.catalogue -o shown --profile "
         "cbam-declarant\n";
}

}  // namespace

void add_disclose_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<DiscloseOptions>();
  auto* command =
      app.add_subcommand("disclose", "Make a presentation that opens only the fields you choose");
  command->add_option("SEALED", options->sealed, "Sealed declaration (.sealed)")->required();
  command->add_option("ATTESTED", options->attested,
                      "Its attestation (.attested), or the .catalogue");
  command->add_option(
      "--catalogue", options->catalogue,
      "Folder of sealed declarations, or list with one path a line, in place of "
      "SEALED: a presentation of each in the folder --output; run it again after an "
      "interruption");
  command
      ->add_option("-o,--output", options->output,
                   "Presentation to write (.footproof), or folder for those of a catalogue")
      ->required();
  command->add_option("--profile", options->profile, "Disclosure profile, see below")
      ->capture_default_str();
  command->add_option("--slot", options->slots, "Open this core slot as well");
  command->add_option("--field", options->fields,
                      "Open this field as well: its JSON pointer in document 0, or N:POINTER");
  command->add_option("--with-document", options->documents,
                      "Hand this document over as well, counted from 0");
  command->add_flag("--refresh", options->refresh,
                    "Fetch a fresh receipt from the nodes that the attestation names");
  command->add_flag(
      "--hops", options->hops,
      "Add the proofs by which a reader with an old policy learns today's validators");
  command
      ->add_option("--hops-from", options->hops_from,
                   "Epoch that the reader's policy ends with; 0: it has the first validators")
      ->needs("--hops");
  command->add_option("--policy", options->policy, "Check the receipt by this trust policy first");
  command->add_option("--audience", options->audience, "For whom: signed by the holder");
  command->add_option("--nonce", options->nonce, "What the audience asked to be signed (hex)");
  command->add_option("--expires", options->expires, "Last day of the presentation (YYYY-MM-DD)");
  command->add_option("--holder-key", options->holder_key,
                      "Key of the holder: a key file or a pkcs11: URI");
  command->add_option("--passphrase-file", options->passphrase_file, kPassphraseHelp);
  command->footer(profiles_footer());
  command->callback([options, &context] {
    if (const auto done = disclose(*options, context); !done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
