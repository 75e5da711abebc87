// footproof seal: documents become a sealed declaration, offline. Only its root may leave; the
// .sealed file holds the documents and the seed of every salt and is as secret as they are.
#include "attest/seal.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/command.h"
#include "api/cli/describe.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct SealOptions {
  std::vector<std::string> documents;
  std::string output;
  std::vector<std::string> slots;
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
  return input;
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
  auto& slots = shown["slots"] = nlohmann::ordered_json::object();
  const auto& profile = core_profile();
  for (std::size_t rank = 0; rank < profile.slots.size(); ++rank) {
    if (is_absent(sealed.core_value(rank))) continue;
    slots[std::string(profile.slots[rank].name)] = value_text(sealed.core_value(rank));
  }
  shown["notes"] = sealed.notes();
  std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

Result<void> seal(const SealOptions& options, bool json) {
  auto input = read_input(options);
  if (!input) return fail(std::move(input.error()));
  const auto sealed = SealedDeclaration::seal(std::move(*input));
  if (!sealed) return fail(sealed.error());
  Bytes file = sealed->encode();
  const auto written = write_file(options.output, file, 0600, Overwrite::no);
  wipe(file);
  if (!written) return fail(written.error());
  json ? print_json(options, *sealed) : print_text(options, *sealed);
  return {};
}

}  // namespace

void add_seal_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<SealOptions>();
  auto* command = app.add_subcommand("seal", "Seal documents into one declaration, offline");
  command
      ->add_option("FILE", options->documents,
                   "Documents: JSON (PACT, Catena-X …) becomes fields, anything else is kept "
                   "whole; the media type follows the name's ending")
      ->required();
  command->add_option("-o,--output", options->output, "Sealed declaration to write (.sealed)")
      ->required();
  command->add_option("--slot", options->slots,
                      "NAME=VALUE: fill a core slot where the documents say nothing");
  command->footer(
      "Examples:\n"
      "  footproof seal coil.json report.pdf -o coil.sealed\n"
      "  footproof seal report.pdf -o coil.sealed --slot product.cn=72091690\n");
  command->callback([options, &context] {
    if (const auto done = seal(*options, context.json); !done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
