// footproof seal: documents become a sealed declaration, offline. Only its root may leave; the
// .sealed file holds the documents and the seed of every salt and is as secret as they are.
#include "attest/seal.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/bulk.h"
#include "api/cli/command.h"
#include "api/cli/describe.h"
#include "api/cli/link_text.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct SealOptions {
  std::vector<std::string> documents;
  std::string catalogue;  // folder or list instead
  std::string output;
  std::vector<std::string> slots;
  std::vector<std::string> links;
};

Result<std::map<std::string, Bytes>> slots_by_hand(const std::vector<std::string>& given) {
  std::map<std::string, Bytes> slots;
  for (const std::string& one : given) {
    const auto equals = one.find('=');
    const std::string name = one.substr(0, equals);
    const auto rank = core_profile().rank(name);
    if (equals == std::string::npos || !rank) {
      return fail(Errc::usage, "--slot: '" + one +
                                   "' is not NAME=VALUE with a core slot's name; "
                                   "docs/core_profile.md lists them");
    }
    auto value = core_value_from_text(core_profile().slots[*rank], one.substr(equals + 1));
    if (!value) return fail(Errc::usage, "--slot " + name + ": " + value.error().detail);
    slots[name] = std::move(*value);
  }
  return slots;
}

Result<SealInput> read_input(const SealOptions& options) {
  if (options.documents.empty()) return fail(Errc::usage, "FILE: name at least one document");
  SealInput input;
  fill_random(input.seed.bytes);
  for (const std::string& path : options.documents) {
    auto bytes = read_file(path, kSealBytesMax);
    if (!bytes) return fail(std::move(bytes.error()));
    input.documents.push_back({std::string(media_type_of(path)), std::move(*bytes)});
  }
  auto slots = slots_by_hand(options.slots);
  if (!slots) return fail(std::move(slots.error()));
  input.by_hand = std::move(*slots);
  for (const std::string& text : options.links) {
    auto link = parse_link(text);
    if (!link) return fail(std::move(link.error()));
    input.links.push_back(std::move(*link));
  }
  return input;
}

// The library counts documents; a person knows them by their files.
Error with_file_names(Error error, const std::vector<std::string>& files) {
  constexpr std::string_view kWord = "document ";
  std::string named;
  for (std::size_t at = 0; at < error.detail.size();) {
    std::size_t number = 0;
    std::size_t end = at + kWord.size();
    if (error.detail.compare(at, kWord.size(), kWord) == 0) {
      while (end < error.detail.size() && error.detail[end] >= '0' && error.detail[end] <= '9' &&
             number <= files.size()) {
        number = number * 10 + static_cast<std::size_t>(error.detail[end++] - '0');
      }
    }
    if (end > at + kWord.size() && number < files.size()) {
      named += files[number];
      at = end;
    } else {
      named += error.detail[at++];
    }
  }
  error.detail = std::move(named);
  return error;
}

std::string size_text(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

void print_text(const SealOptions& options, const SealedDeclaration& sealed) {
  Facts facts;
  facts.emplace_back("sealed", options.output + "  (keep it: it holds the documents and the seed)");
  facts.emplace_back("root", sealed.root().hex());
  facts.emplace_back("leaves", std::to_string(sealed.tree_size()));
  for (std::size_t i = 0; i < options.documents.size(); ++i) {
    const auto& document = sealed.documents()[i];
    const std::string& format = sealed.formats()[i];
    facts.emplace_back("document " + std::to_string(i),
                       options.documents[i] + ", " + document.media_type + ", " +
                           size_text(document.bytes.size()) +
                           (format.empty() ? "" : ", format " + format));
  }
  for (std::size_t i = 0; i < sealed.links().size(); ++i) {
    facts.emplace_back("link " + std::to_string(i), link_text(sealed.links()[i]));
  }
  print_facts(std::cout, facts);

  Facts slots;
  const auto& profile = core_profile();
  for (std::size_t rank = 0; rank < profile.slots.size(); ++rank) {
    if (is_absent(sealed.core_value(rank))) continue;
    slots.emplace_back(profile.slots[rank].name, printable(value_text(sealed.core_value(rank))));
  }
  std::cout << "\n" << slots.size() << " of " << profile.slots.size() << " core slots filled\n";
  print_facts(std::cout, slots);
  for (const std::string& note : sealed.notes()) std::cout << "note: " << printable(note) << '\n';
}

void print_json(const SealOptions& options, const SealedDeclaration& sealed) {
  nlohmann::ordered_json shown;
  shown["file"] = options.output;
  shown["root"] = sealed.root().hex();
  shown["profile"] = sealed.profile();
  shown["tree_size"] = sealed.tree_size();
  shown["formats"] = sealed.formats();
  auto& links = shown["links"] = nlohmann::ordered_json::array();
  for (const Link& link : sealed.links()) links.push_back(link_text(link));
  auto& slots = shown["slots"] = nlohmann::ordered_json::object();
  const auto& profile = core_profile();
  for (std::size_t rank = 0; rank < profile.slots.size(); ++rank) {
    if (is_absent(sealed.core_value(rank))) continue;
    slots[std::string(profile.slots[rank].name)] = value_text(sealed.core_value(rank));
  }
  shown["notes"] = sealed.notes();
  std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

Result<SealedDeclaration> seal_with_progress(SealInput input) {
  Progress bar("sealing, %", 100);
  return SealedDeclaration::seal(std::move(input), [&bar](std::size_t done, std::size_t total) {
    bar.advance(done * 100 / total);
  });
}

// Standard output takes the file or what is said about it, not both; and no screen takes secrets.
Result<void> check_output(const SealOptions& options, bool json) {
  if (options.output != "-") return {};
  if (json) {
    return fail(Errc::usage,
                "-o -: standard output takes the sealed file or, with --json, the JSON");
  }
  if (::isatty(STDOUT_FILENO) != 0) {
    return fail(Errc::usage,
                "-o -: a sealed file holds secrets and would go to the terminal; name a file, or "
                "send the output to a program");
  }
  return {};
}

Result<void> seal(const SealOptions& options, bool json) {
  if (auto fits = check_output(options, json); !fits) return fits;
  auto input = read_input(options);
  if (!input) return fail(std::move(input.error()));
  const auto sealed = seal_with_progress(std::move(*input));
  if (!sealed) return fail(with_file_names(sealed.error(), options.documents));
  Bytes file = sealed->encode();
  const auto written = write_file(options.output, file, 0600, Overwrite::no);
  wipe(file);
  if (!written) return fail(written.error());
  if (options.output == "-") return {};
  json ? print_json(options, *sealed) : print_text(options, *sealed);
  return {};
}

// One declaration for each file, in a folder of sealed files.
class CatalogueSealing {
 public:
  explicit CatalogueSealing(const SealOptions& options) : options_(options) {}

  Result<void> run(bool json) {
    if (!options_.documents.empty()) {
      return fail(Errc::usage, "--catalogue: takes the place of FILE");
    }
    if (!options_.links.empty()) {
      return fail(Errc::usage, "--link: is of one declaration; seal that file alone");
    }
    auto files = list_files(options_.catalogue, "");
    if (!files) return fail(std::move(files.error()));
    auto outputs = outputs_in(options_.output, *files, ".sealed");
    if (!outputs) return fail(std::move(outputs.error()));
    if (auto made = make_folder(options_.output); !made) return made;
    auto slots = slots_by_hand(options_.slots);
    if (!slots) return fail(std::move(slots.error()));
    slots_ = std::move(*slots);
    const auto work = [&](std::size_t i) { return seal_one((*files)[i], (*outputs)[i]); };
    if (auto done = for_each_index(files->size(), "sealing", work); !done) return done;
    if (auto synced = sync_folder(options_.output); !synced) return synced;
    print(json);
    return {};
  }

 private:
  Result<void> seal_one(const std::string& path, const std::string& output) {
    auto bytes = read_file(path, kSealBytesMax);
    if (!bytes) return fail(std::move(bytes.error()));
    std::vector<SourceDocument> documents;
    documents.push_back({std::string(media_type_of(path)), std::move(*bytes)});
    if (std::filesystem::exists(output)) return check_sealed_before(output, documents);
    SealInput input{{}, std::move(documents), slots_, {}};
    fill_random(input.seed.bytes);
    const auto sealed = SealedDeclaration::seal(std::move(input));
    if (!sealed) return fail(path, sealed.error());
    Bytes file = sealed->encode();
    auto written = write_file_unsynced(output, file, 0600);
    wipe(file);
    if (!written) return written;
    ++sealed_;
    if (!sealed->notes().empty()) ++noted_;
    return {};
  }

  // A run that was interrupted goes on; a seal is never made anew, its root may be attested.
  Result<void> check_sealed_before(const std::string& output,
                                   const std::vector<SourceDocument>& documents) {
    const auto file = read_file(output, kSealedFileMax);
    if (!file) return fail(file.error());
    const auto before = sealed_documents(*file);
    if (!before)
      return fail(Errc::usage,
                  output + ": " + before.error().detail + "; remove it to have it sealed again");
    if (*before != documents) {
      return fail(Errc::usage, output +
                                   ": exists and seals another document; remove it, or choose "
                                   "another --output");
    }
    ++kept_;
    return {};
  }

  void print(bool json) const {
    if (json) {
      nlohmann::ordered_json shown;
      shown["folder"] = options_.output;
      shown["sealed"] = sealed_.load();
      shown["kept"] = kept_.load();
      shown["with_notes"] = noted_.load();
      std::cout << shown.dump(2) << '\n';
      return;
    }
    Facts facts;
    facts.emplace_back("sealed", std::to_string(sealed_) + " declarations in " + options_.output +
                                     "  (keep them: they hold documents and seeds)");
    if (kept_ > 0) facts.emplace_back("kept", std::to_string(kept_) + " that were sealed before");
    if (noted_ > 0) {
      facts.emplace_back("notes", std::to_string(noted_) +
                                      " declarations have fields that no core slot took; "
                                      "footproof seal FILE says which");
    }
    print_facts(std::cout, facts);
  }

  const SealOptions& options_;
  std::map<std::string, Bytes> slots_;
  std::atomic<std::size_t> sealed_ = 0;
  std::atomic<std::size_t> kept_ = 0;
  std::atomic<std::size_t> noted_ = 0;
};

}  // namespace

void add_seal_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<SealOptions>();
  auto* command = app.add_subcommand("seal", "Seal documents into one declaration, offline");
  command->add_option("FILE", options->documents,
                      "Documents: JSON (PACT, Catena-X …) becomes fields, anything else is kept "
                      "whole; the media type follows the name's ending");
  command->add_option(
      "--catalogue", options->catalogue,
      "Folder, or list with one path a line: each file becomes a declaration of its "
      "own in the folder --output; run it again after an interruption");
  command->add_option("-o,--output", options->output, "Sealed declaration to write (.sealed)")
      ->required();
  command->add_option("--slot", options->slots,
                      "NAME=VALUE: fill a core slot where the documents say nothing");
  command->add_option("--link", options->links,
                      "component=ENTRY[@WEIGHT], same-as=ENTRY, supersedes=ENTRY or "
                      "uses-dataset=DATABASE/RELEASE[@WEIGHT]: a hidden link; repeatable");
  command->footer(
      "Examples:\n"
      "  footproof seal coil.json report.pdf -o coil.sealed\n"
      "  footproof seal report.pdf -o coil.sealed --slot product.cn=72091690\n"
      "  footproof seal coil.json -o coil.sealed --link uses-dataset=keiti-lci/2026.1@0.4\n"
      "  footproof seal --catalogue footprints -o sealed\n");
  command->callback([options, &context] {
    const auto done = options->catalogue.empty() ? seal(*options, context.json)
                                                 : CatalogueSealing(*options).run(context.json);
    if (!done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
