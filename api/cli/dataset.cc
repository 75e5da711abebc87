// footproof dataset: an LCI database operator anchors a release, corrects it, withdraws it. Only
// the root over the datasets' digests leaves; the manifest stays with the operator.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "api/cli/inspect.h"
#include "api/cli/submitting.h"
#include "attest/dataset_manifest.h"
#include "attest/dataset_record.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDatasetFileMax = std::size_t{256} * 1024 * 1024;

struct DatasetOptions {
  SignOptions sign;
  std::string folder;
  std::string database;
  std::string release;
  std::string date;
  std::string manifest;  // file to write; of `check`: to read
  std::string replaces;  // release id
  bool licensed = false;
};

Result<std::vector<std::string>> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error); !error && it != fs::end(it);
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.')) {  // what a file manager or a version control leaves
      if (it->is_directory(ignored)) it.disable_recursion_pending();
      continue;
    }
    if (it->is_directory(ignored)) continue;
    if (!it->is_regular_file(ignored)) {
      return fail(Errc::usage, it->path().string() + ": neither a file nor a folder; take it away");
    }
    names.push_back(it->path().lexically_relative(folder).generic_string());
    if (names.back().size() > kDatasetNameMax || names.size() > kDatasetsMax) {
      return fail(Errc::usage, folder.string() + ": more than 2^18 files, or a path of more than " +
                                   std::to_string(kDatasetNameMax) + " bytes");
    }
  }
  if (error) return fail(Errc::usage, folder.string() + ": " + error.message());
  if (names.empty()) return fail(Errc::usage, folder.string() + ": holds no file");
  std::sort(names.begin(), names.end());
  return names;
}

Result<DatasetDigest> digest_file(const fs::path& folder, const std::string& name) {
  const auto bytes = read_file((folder / name).string(), kDatasetFileMax);
  if (!bytes) return fail(bytes.error());
  return DatasetDigest{name, bytes->size(), sha256(*bytes)};
}

Result<DatasetManifest> make_manifest(const DatasetOptions& options) {
  const auto names = files_below(options.folder);
  if (!names) return fail(names.error());
  DatasetManifest manifest;
  manifest.database = options.database;
  manifest.release = options.release;
  if (options.licensed) fill_random(manifest.seed.emplace().bytes);
  Progress progress("hashing datasets", names->size());
  for (const std::string& name : *names) {
    auto dataset = digest_file(options.folder, name);
    if (!dataset) return fail(dataset.error());
    manifest.datasets.push_back(std::move(*dataset));
    progress.advance(manifest.datasets.size());
  }
  // As a reader will judge it: names that are not UTF-8, ids out of their grammar.
  if (auto parsed = parse_dataset_manifest(encode(manifest)); !parsed) {
    return fail(Errc::usage, parsed.error().detail);
  }
  return manifest;
}

Result<std::optional<DatasetRecord>> record_of(Client& client, const std::string& database,
                                               const std::string& release) {
  const auto bytes = state_of(client, state_key::dataset(database, release));
  if (!bytes) return fail(bytes.error());
  if (!*bytes) return std::optional<DatasetRecord>();
  auto record = parse_dataset_record(**bytes);
  if (!record) return fail(record.error());
  return std::optional(std::move(*record));
}

// That must be there.
Result<DatasetRecord> released(Client& client, const std::string& database,
                               const std::string& release) {
  auto record = record_of(client, database, release);
  if (!record) return fail(record.error());
  if (!*record) {
    return fail(Errc::not_found, "release " + release + " of " + database +
                                     ": not on the ledger, or not published yet");
  }
  return std::move(**record);
}

// The manifest first: what is anchored without one could never be shown again.
int anchor(const DatasetOptions& options, const Context& context, Client& client,
           DatasetRelease release, const DatasetManifest* manifest) {
  if (manifest != nullptr && !options.sign.check) {
    Bytes bytes = encode(*manifest);
    const unsigned mode = manifest->seed ? 0600 : 0644;
    const auto written = write_file(options.manifest, bytes, mode, Overwrite::no);
    if (!written) return report(written.error());
    std::cerr << "manifest  " << options.manifest << ": " << manifest->datasets.size()
              << " datasets, root " << release.root.hex() << '\n';
    if (manifest->seed) std::cerr << "          keep it: it holds the seed of the salts\n";
  }
  return sign_and_submit(context, options.sign, client, std::move(release));
}

int publish(const DatasetOptions& options, const Context& context, bool erratum) {
  if (options.manifest.empty() && !options.sign.check) {
    return report({Errc::usage, "--manifest FILE: where the digests of the datasets are kept"});
  }
  const auto date = date_or_today(options.date, "--date");
  if (!date) return report(date.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  DatasetRelease release{options.database, options.release, *date, {}, {}, {}};
  if (erratum || !options.replaces.empty()) {
    const auto earlier =
        released(*client, options.database, erratum ? options.release : options.replaces);
    if (!earlier) return report(earlier.error());
    release.replaces = earlier->events.back().entry;
    if (erratum) release.notice = DatasetNotice::erratum;
  }
  const auto manifest = make_manifest(options);
  if (!manifest) return report(manifest.error());
  release.root = release_root(*manifest);
  return anchor(options, context, *client, std::move(release), &*manifest);
}

int withdraw(const DatasetOptions& options, const Context& context) {
  const auto date = date_or_today(options.date, "--date");
  if (!date) return report(date.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto record = released(*client, options.database, options.release);
  if (!record) return report(record.error());
  return anchor(options, context, *client,
                DatasetRelease{options.database, options.release, *date, record->root(),
                               record->events.back().entry, DatasetNotice::withdrawn},
                nullptr);
}

// --- show and check -----------------------------------------------------------------------------

void print_record(const DatasetRecord& record, const DatasetOptions& options, bool json) {
  if (!json) {
    std::cout << "release   " << options.database << ' ' << options.release << '\n';
    for (const DatasetEvent& event : record.events) {
      std::cout << "          " << event.effective.text() << "  " << to_text(event.what) << " by "
                << printable(event.operator_uri) << ", recorded " << event.recorded.text()
                << "\n            " << (event.root ? "root " + event.root->hex() + ", " : "")
                << "entry " << event.entry.hex() << '\n';
    }
    return;
  }
  nlohmann::ordered_json shown{{"database", options.database}, {"release", options.release}};
  for (const DatasetEvent& event : record.events) {
    nlohmann::ordered_json one{{"what", to_text(event.what)},
                               {"effective", event.effective.text()},
                               {"recorded", event.recorded.text()},
                               {"operator", event.operator_uri},
                               {"entry", event.entry.hex()}};
    if (event.root) one["root"] = event.root->hex();
    shown["events"].push_back(std::move(one));
  }
  std::cout << shown.dump(2) << '\n';
}

int show(const DatasetOptions& options, const Context& context) {
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto record = released(*client, options.database, options.release);
  if (!record) return report(record.error());
  print_record(*record, options, context.json);
  return record->withdrawn() || record->successor() ? kReservation : kOk;
}

// A copy of a release against its manifest.
struct Comparison {
  std::vector<std::string> differ;
  std::vector<std::string> missing;
  std::vector<std::string> not_in_it;
  std::size_t same = 0;

  [[nodiscard]] bool agrees() const {
    return differ.empty() && missing.empty() && not_in_it.empty();
  }
};

Result<Comparison> compare(const DatasetManifest& manifest, const std::string& folder) {
  const auto names = files_below(folder);
  if (!names) return fail(names.error());
  Comparison found;
  for (const std::string& name : *names) {
    const DatasetDigest* listed = manifest.find(name);
    if (listed == nullptr) {
      found.not_in_it.push_back(name);
      continue;
    }
    const auto dataset = digest_file(folder, name);
    if (!dataset) return fail(dataset.error());
    if (*listed == *dataset) {
      ++found.same;
    } else {
      found.differ.push_back(name);
    }
  }
  for (const DatasetDigest& dataset : manifest.datasets) {
    if (!std::binary_search(names->begin(), names->end(), dataset.name)) {
      found.missing.push_back(dataset.name);
    }
  }
  return found;
}

void show_comparison(const DatasetManifest& manifest, const Comparison& found, bool anchored,
                     bool withdrawn, bool json) {
  if (json) {
    const nlohmann::ordered_json shown = {{"database", manifest.database},
                                          {"release", manifest.release},
                                          {"datasets", manifest.datasets.size()},
                                          {"same", found.same},
                                          {"differ", found.differ},
                                          {"missing", found.missing},
                                          {"not_in_it", found.not_in_it},
                                          {"manifest_on_ledger", anchored},
                                          {"withdrawn", withdrawn}};
    std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  const auto list = [](const char* what, const std::vector<std::string>& names) {
    for (const std::string& name : names) std::cout << what << printable(name) << '\n';
  };
  list("differs    ", found.differ);
  list("missing    ", found.missing);
  list("not in it  ", found.not_in_it);
  std::cout << manifest.database << ' ' << manifest.release << ": " << found.same << " of "
            << manifest.datasets.size() << " datasets here and the same, " << found.differ.size()
            << " differ, " << found.missing.size() << " missing, " << found.not_in_it.size()
            << " not in the manifest; the manifest is " << (anchored ? "" : "NOT ")
            << "the one on the ledger (a node's word)\n";
  if (withdrawn) std::cout << "the release is withdrawn\n";
}

int check(const DatasetOptions& options, const Context& context) {
  const auto bytes = read_file(options.manifest, kManifestSizeMax);
  if (!bytes) return report(bytes.error());
  const auto manifest = parse_dataset_manifest(*bytes);
  if (!manifest)
    return report(wrong_file(options.manifest, *bytes, "dataset manifest", manifest.error()));
  const auto found = compare(*manifest, options.folder);
  if (!found) return report(found.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto record = released(*client, manifest->database, manifest->release);
  if (!record) return report(record.error());
  const bool anchored = record->root() == release_root(*manifest);
  show_comparison(*manifest, *found, anchored, record->withdrawn(), context.json);
  if (!found->agrees() || !anchored) return kRefused;
  return record->withdrawn() ? kReservation : kOk;
}

CLI::App* add_command(CLI::App& group, const char* name, const char* text,
                      DatasetOptions& options) {
  auto* command = group.add_subcommand(name, text);
  command->add_option("DATABASE", options.database, "Database id, e.g. kr-lci")->required();
  command->add_option("RELEASE", options.release, "Release id, e.g. 2026.1")->required();
  return command;
}

void add_publishing(CLI::App& group, Context& context, const std::shared_ptr<DatasetOptions>& to,
                    bool erratum) {
  auto* command = erratum
                      ? add_command(group, "erratum", "Give a release corrected datasets", *to)
                      : add_command(group, "release", "Anchor a release from its datasets", *to);
  command
      ->add_option("FOLDER", to->folder,
                   "Folder of all its datasets, ILCD or any files but hidden ones")
      ->required();
  command->add_option("--manifest", to->manifest, "Where the digests are kept (.manifest)");
  command->add_flag("--licensed", to->licensed,
                    "Salt the digests, so that nobody can tell what is part of it by guessing");
  command->add_option("--date", to->date, "Day of it; default today");
  if (!erratum) {
    command->add_option("--replaces", to->replaces, "Earlier release whose place it takes");
  }
  add_sign_options(*command, to->sign);
  const std::string name = erratum ? "erratum" : "release";
  command->footer("Example:\n  footproof dataset " + name +
                  " kr-lci 2026.1 lci-2026.1/ --manifest 2026.1.manifest \\\n"
                  "    --key operator-sign.pem --issuer https://lci.example -o " +
                  name + ".statement\n");
  command->callback(
      [to, erratum, &context] { context.exit_code = publish(*to, context, erratum); });
}

}  // namespace

void add_dataset_commands(CLI::App& app, Context& context) {
  auto* group =
      app.add_subcommand("dataset", "LCI operators: anchor releases, errata, withdrawals");
  group->require_subcommand(1);
  auto options = std::make_shared<DatasetOptions>();
  add_publishing(*group, context, options, false);
  add_publishing(*group, context, options, true);

  auto* withdrawing = add_command(*group, "withdraw", "Withdraw a release for good", *options);
  withdrawing->add_option("--date", options->date, "Effective from; default today");
  add_sign_options(*withdrawing, options->sign);
  withdrawing->footer(
      "Example:\n  footproof dataset withdraw kr-lci 2026.1 --key operator-sign.pem \\\n"
      "    --issuer https://lci.example -o withdraw.statement\n");
  withdrawing->callback([options, &context] { context.exit_code = withdraw(*options, context); });

  auto* showing = add_command(*group, "show", "What has become of a release", *options);
  showing->footer("Exit code: 0, 1 if it is withdrawn or replaced, 3 if no node has it.\n");
  showing->callback([options, &context] { context.exit_code = show(*options, context); });

  auto* checking = group->add_subcommand("check", "Compare a copy with a manifest and the ledger");
  checking->add_option("MANIFEST", options->manifest, "Manifest of the release")->required();
  checking->add_option("FOLDER", options->folder, "Folder of datasets")->required();
  checking->footer(
      "Exit code: 0 the same, 1 the same but withdrawn, 2 something differs, is missing or is not "
      "in it.\n");
  checking->callback([options, &context] { context.exit_code = check(*options, context); });
}

}  // namespace footproof::api
