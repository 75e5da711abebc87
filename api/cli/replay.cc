// footproof replay: an auditor downloads the whole log, executes it again from genesis and compares
// every block record, every tile and the cosigned checkpoints.
#include "ledger/replay.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "api/cli/submitting.h"
#include "api/client/log_stream.h"
#include "ledger/tiles.h"

namespace footproof::api {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTileBytesMax = std::size_t{16} * 1024;

struct ReplayOptions {
  std::string policy;
  std::string genesis;
  std::vector<std::string> checkpoints;
  std::string cache;
};

// Removes itself with all that is in it.
class WorkFolder {
 public:
  WorkFolder()
      : path_(fs::temp_directory_path() / ("footproof-replay-" + to_hex(random_bytes(8)))) {
    std::error_code ignored;
    fs::create_directories(path_, ignored);
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Auditor {
 public:
  Auditor(Client& client, const Policy& policy, ledger::Replay replay, const fs::path& cache)
      : client_(client), stream_(client, &policy, cache), replay_(std::move(replay)) {}

  // A checkpoint that was kept: the log must lead through it.
  void expect(const Checkpoint& checkpoint, const std::string& name) {
    expected_.emplace(checkpoint.size, std::pair(checkpoint.root, name));
  }

  // The head reached. A difference ends it with a mismatch, and says where.
  Result<StreamHead> run() {
    auto head = stream_.head();
    // Nothing was compared yet: that a quorum does not vouch for it says nothing about the log.
    if (!head) return fail(Errc::io, head.error().detail);
    Progress progress("entries executed", head->checkpoint.size);
    auto done = stream_.advance_to(head->checkpoint, [&](const StreamEntry& entry) {
      progress.advance(entry.index);
      return visit(entry);
    });
    if (!done) return fail(done.error());
    if (auto tiles = compare_partial_tiles(); !tiles) return fail(tiles.error());
    if (!expected_.empty()) {
      return fail(Errc::mismatch,
                  expected_.begin()->second.second + ": of a size that the log has not reached");
    }
    return head;
  }

  [[nodiscard]] const ledger::Replay& replay() const { return replay_; }

 private:
  Result<void> visit(const StreamEntry& entry) {
    if (!entry.is_record) {
      replay_.add_statement(entry.bytes);
    } else {
      const auto difference = replay_.add_record(entry.bytes);
      if (!difference) return fail(difference.error());
      if (*difference) {
        return fail(Errc::mismatch, "first difference at height " +
                                        std::to_string((*difference)->height) + ": " +
                                        (*difference)->what);
      }
      if (auto tiles = compare_tiles(replay_.growth()); !tiles) return tiles;
    }
    return compare_expected();
  }

  Result<void> compare_expected() {
    const auto found = expected_.find(stream_.size());
    if (found == expected_.end()) return {};
    const auto [root, name] = found->second;
    expected_.erase(found);
    if (root == stream_.root()) return {};
    return fail(Errc::mismatch, name + ": cosigned another log than is served now, at size " +
                                    std::to_string(stream_.size()));
  }

  Result<void> compare_tile(const ledger::TileName& name, ByteView expected) {
    const std::string path = ledger::tile_path(name);
    const auto answer = client_.get("/" + path, kTileBytesMax);
    if (!answer) return fail(answer.error());
    if (equal(as_bytes(answer->body), expected)) return {};
    return fail(Errc::mismatch, path + ": the node serves another tile than its log makes");
  }

  Result<void> compare_tiles(const ledger::LogGrowth& growth) {
    for (const ledger::FullTile& tile : growth.tiles) {
      auto same = compare_tile({ledger::TileKind::hashes, tile.at.level, tile.at.index},
                               ledger::tile_body(tile.hashes));
      if (!same) return same;
    }
    return {};
  }

  Result<void> compare_partial_tiles() {
    const auto snapshot = replay_.snapshot();
    for (std::uint32_t level = 0; level < ledger::kTileLevels; ++level) {
      const auto& hashes = snapshot->ledger().log.partial(level);
      if (hashes.empty()) continue;
      const std::uint64_t index = (snapshot->head().log_size >> (8 * level)) / 256;
      auto same = compare_tile(
          {ledger::TileKind::hashes, level, index, static_cast<std::uint32_t>(hashes.size())},
          ledger::tile_body(hashes));
      if (!same) return same;
    }
    return {};
  }

  Client& client_;
  LogStream stream_;
  ledger::Replay replay_;
  std::map<std::uint64_t, std::pair<Digest, std::string>> expected_;  // size → root, file
};

Result<Bytes> genesis_bytes(const ReplayOptions& options, Client& client) {
  if (options.genesis.empty()) return client.genesis();
  return read_file(options.genesis, ledger::kGenesisSizeMax);
}

// The policy's word about the first validators must be that of the genesis file.
Result<void> check_genesis(const ledger::Replay& replay, const Policy& policy) {
  if (replay.chain_id() != policy.chain_id) {
    return fail(Errc::usage, "--policy: of another network than this genesis file");
  }
  const auto first = ledger::first_validators(replay.genesis(), replay.chain_id());
  if (!first) return fail(first.error());
  const PolicyEpoch& epoch = policy.epochs.front();
  if (epoch.epoch == 0 && epoch.members != make_policy_epoch(policy.origin, *first).members) {
    return fail(Errc::mismatch, "--policy: has other validators than the genesis file");
  }
  return {};
}

Result<void> expect_kept(const ReplayOptions& options, const Policy& policy, Auditor& auditor) {
  for (const std::string& path : options.checkpoints) {
    const auto note = read_file(path, kNoteSizeMax);
    if (!note) return fail(note.error());
    const auto trusted = judge_live_checkpoint(policy, *note);
    if (!trusted) return fail(wrong_file(path, trusted.error()));
    auditor.expect(trusted->checkpoint, path);
  }
  return {};
}

void print(const Auditor& auditor, const StreamHead& head, bool json) {
  const auto& state = auditor.replay().snapshot()->head();
  const std::string as_of = instant_from_seconds(head.as_of.value_or(0)).text();
  if (json) {
    nlohmann::ordered_json shown{{"same", true},
                                 {"size", state.log_size},
                                 {"height", state.height},
                                 {"statements", auditor.replay().statements()},
                                 {"log_root", state.log_root.hex()},
                                 {"state_root", state.state_root.hex()},
                                 {"as_of", as_of}};
    std::cout << shown.dump(2) << '\n';
    return;
  }
  std::cout << "same      " << auditor.replay().statements() << " statements executed again, up to "
            << "height " << state.height
            << "\n          every state root is as recorded, the log of " << state.log_size
            << " entries is that of the cosigned checkpoint\nas of     " << as_of << "\n";
}

int run(const ReplayOptions& options, const Context& context) {
  const auto policy = read_policy(options.policy);
  if (!policy) return report(policy.error());
  auto client = make_client(context);
  if (!client) return report(client.error());
  const auto genesis = genesis_bytes(options, *client);
  if (!genesis) return report(genesis.error());
  const WorkFolder work;
  auto replay = ledger::Replay::begin(work.path(), *genesis);
  if (!replay) return report(wrong_file("genesis", replay.error()));
  if (const auto checked = check_genesis(*replay, *policy); !checked) {
    return report(checked.error());
  }
  Auditor auditor(*client, *policy, std::move(*replay), options.cache);
  if (const auto expected = expect_kept(options, *policy, auditor); !expected) {
    return report(expected.error());
  }
  const auto head = auditor.run();
  if (head) {
    print(auditor, *head, context.json);
    return kOk;
  }
  if (head.error().code != Errc::mismatch) return report(head.error());
  if (context.json) {
    std::cout << nlohmann::ordered_json{{"same", false}, {"difference", head.error().detail}}.dump(
                     2)
              << '\n';
  } else {
    std::cout << "DIFFERS   " << head.error().detail << '\n';
  }
  return kRefused;
}

}  // namespace

void add_replay_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<ReplayOptions>();
  auto* command =
      app.add_subcommand("replay", "Audit: download the whole log and execute it again");
  command->add_option("--policy", options->policy, "Trust policy of the network")->required();
  command->add_option("--genesis", options->genesis,
                      "Genesis file; without it the node's, whose hash the policy names");
  command->add_option("--checkpoint", options->checkpoints,
                      "Checkpoints kept from earlier: the log must lead through them; repeatable");
  command->add_option("--cache", options->cache, "Folder that keeps what was downloaded");
  command->footer(
      "Exit code: 0 the same, 2 something differs (the first height is named), 3 could not find "
      "out.\n\nExample:\n"
      "  footproof replay --policy korea.policy --node http://127.0.0.1:8101\n");
  command->callback([options, &context] { context.exit_code = run(*options, context); });
}

}  // namespace footproof::api
