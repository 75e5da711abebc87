// footproof watch: warns a holder of what becomes of the entries and dataset releases that its own
// declarations link to. It reads the whole log, so no node learns which links it has.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "api/cli/inspect.h"
#include "api/cli/submitting.h"
#include "api/cli/watch_list.h"
#include "api/client/log_stream.h"
#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct WatchOptions {
  std::vector<std::string> files;
  std::string policy;
  std::string cache;
  bool once = false;
  std::uint64_t every_s = 60;
  std::uint64_t since = 0;
};

// A sealed declaration's links; of an .attested file the entry itself, as far as it concerns its
// declaration; of a .catalogue the entry and whatever becomes of any member.
Result<void> add_file(const std::string& path, WatchList& list) {
  auto bytes = read_file(path, kSealedFileMax);
  if (!bytes) return fail(bytes.error());
  if (looks_like_catalogue(*bytes)) {
    const auto catalogue = parse_catalogue(*bytes);
    if (!catalogue) return fail(wrong_file(path, catalogue.error()));
    const auto statement = parse_statement(catalogue->statement);
    if (!statement) return fail(wrong_file(path, statement.error()));
    list.add(statement->entry_id(), path);
    return {};
  }
  const auto attested = parse_attested(*bytes);
  if (attested) {
    const auto statement = parse_statement(attested->statement);
    if (!statement) return fail(wrong_file(path, statement.error()));
    if (attested->subject_path.empty()) {
      list.add(statement->entry_id(), path);
    } else {
      list.add_member(statement->entry_id(), attested->tree_root, path);
    }
    return {};
  }
  const auto sealed = SealedDeclaration::parse(*bytes);
  const auto kind = sealed ? std::nullopt : kind_of(*bytes);
  wipe(*bytes);
  if (!sealed) {
    return fail(Errc::usage, path +
                                 ": neither a whole sealed declaration nor a whole .attested file" +
                                 (kind ? ", but " + with_article(*kind) : std::string()));
  }
  for (const Link& link : sealed->links()) list.add(link, path);
  return {};
}

void print(const Warning& warning, bool json) {
  if (json) {
    nlohmann::ordered_json shown{{"index", warning.index},
                                 {"recorded", warning.recorded.text()},
                                 {"entry_id", warning.entry.hex()},
                                 {"about", warning.subject},
                                 {"what", warning.what},
                                 {"files", warning.files}};
    std::cout << shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
    return;
  }
  std::cout << "WARNING   " << printable(warning.subject) << "\n          "
            << printable(warning.what) << "\n          recorded " << warning.recorded.text()
            << ", entry " << warning.entry.hex() << '\n';
  for (const std::string& file : warning.files) {
    std::cout << "          linked from " << printable(file) << '\n';
  }
  std::cout << std::flush;
}

class Watcher {
 public:
  Watcher(const WatchOptions& options, WatchList list, LogStream stream, bool json)
      : options_(options), list_(std::move(list)), stream_(std::move(stream)), json_(json) {}

  // What is new is printed only once the log is known to be that of its checkpoint.
  Result<std::size_t> poll() {
    const auto head = stream_.advance([this](const StreamEntry& entry) { return see(entry); });
    if (!head) return fail(head.error());
    std::size_t count = 0;
    for (const Warning& warning : list_.take()) {
      if (warning.index < options_.since) continue;
      print(warning, json_);
      ++count;
    }
    std::cerr << "read      " << stream_.size() << " entries, " << count << " warnings"
              << (head->as_of ? ", as of " + instant_from_seconds(*head->as_of).text()
                              : "; not checked: give --policy FILE")
              << '\n';
    return count;
  }

  [[nodiscard]] const WatchList& list() const { return list_; }

 private:
  Result<void> see(const StreamEntry& entry) {
    if (entry.is_record) {
      const auto record = parse_block_record(entry.bytes);
      if (!record) return fail(record.error());
      list_.see(*record);
      return {};
    }
    const auto statement = parse_statement(entry.bytes);
    if (!statement) return fail(statement.error());
    list_.see(entry.index, *statement);
    return {};
  }

  const WatchOptions& options_;
  WatchList list_;
  LogStream stream_;
  bool json_;
};

int run(const WatchOptions& options, const Context& context) {
  WatchList list;
  for (const std::string& path : options.files) {
    if (const auto added = add_file(path, list); !added) return report(added.error());
  }
  if (list.empty()) return report({Errc::usage, "these files have no links: nothing to watch"});
  std::optional<Policy> policy;
  if (!options.policy.empty()) {
    auto read = read_policy(options.policy);
    if (!read) return report(read.error());
    policy = std::move(*read);
  }
  auto client = make_client(context);
  if (!client) return report(client.error());
  Watcher watcher(options, std::move(list),
                  LogStream(*client, policy ? &*policy : nullptr, options.cache), context.json);
  for (bool first = true;; first = false) {
    const auto count = watcher.poll();
    // A node that is away for a while is asked again; a log that is not itself never is.
    const bool for_good = !count && (count.error().code == Errc::mismatch || first);
    if (!count) {
      const int code = report(count.error());
      if (options.once || for_good) return code;
    } else if (first) {
      for (const std::string& name : watcher.list().unseen()) {
        std::cerr << "not here  " << printable(name) << ": not on this ledger\n";
      }
    }
    if (options.once) return *count == 0 ? kOk : kReservation;
    std::this_thread::sleep_for(std::chrono::seconds(options.every_s));
  }
}

}  // namespace

void add_watch_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<WatchOptions>();
  auto* command = app.add_subcommand("watch", "Warn of what becomes of the things you link to");
  command
      ->add_option("FILE", options->files,
                   "Your .sealed declarations, .attested files or .catalogues")
      ->required();
  command->add_option("--policy", options->policy, "Trust policy to verify the log against");
  command->add_option("--cache", options->cache, "Folder that keeps what was downloaded");
  command->add_flag("--once", options->once, "Read the log once, then exit");
  command->add_option("--every", options->every_s, "Seconds between two readings")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command->add_option("--since", options->since, "Warn only of entries from this index on");
  command->footer(
      "The log is read whole and matched here: no query tells a node what you link to.\n"
      "Exit code with --once: 0 nothing happened, 1 there are warnings, 2 the log is not that of\n"
      "its checkpoint, 3 could not find out.\n\nExample:\n"
      "  footproof watch *.sealed --policy korea.policy --cache log/ --node "
      "http://127.0.0.1:8101\n");
  command->callback([options, &context] { context.exit_code = run(*options, context); });
}

}  // namespace footproof::api
