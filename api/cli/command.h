// What the groups of the `footproof` command share: where output goes, which nodes to ask, and the
// exit codes (docs/formats.md 9).
//
// One file per group. Each has `void add_<group>_commands(CLI::App&, Context&)`, declared here and
// called by main.cc; a command's callback sets `context.exit_code` and never calls exit(). Standard
// output carries the answer and nothing else (with --json: one JSON value); progress, prompts and
// errors go to standard error.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/key.h"
#include "attest/result.h"

namespace CLI {
class App;
}

namespace footproof::api {

enum ExitCode : int {
  kOk = 0,              // done; for verify: certified
  kReservation = 1,     // certified but ...
  kRefused = 2,         // not certified; for statements: refused by the rules
  kCannotEvaluate = 3,  // could not find out: no node, no quorum, unreadable input
  kUsage = 4,           // the command line, or a file that it names, is wrong
};

struct Context {
  std::vector<std::string> nodes;  // --node, in the order to try them
  bool json = false;               // --json
  int exit_code = kOk;
};

void add_key_commands(CLI::App& app, Context& context);              // key
void add_validator_commands(CLI::App& app, Context& context);        // validator, party
void add_network_commands(CLI::App& app, Context& context);          // network
void add_ballot_commands(CLI::App& app, Context& context);           // ballot
void add_attest_commands(CLI::App& app, Context& context);           // attest, submit
void add_accredit_commands(CLI::App& app, Context& context);         // accredit
void add_import_command(CLI::App& accredit, Context& context);       // accredit import
void add_countersign_command(CLI::App& accredit, Context& context);  // accredit countersign
void add_status_commands(CLI::App& app, Context& context);    // suspend, reinstate, revoke, status
void add_register_commands(CLI::App& app, Context& context);  // register (keys of a party)
void add_seal_commands(CLI::App& app, Context& context);      // seal
void add_disclose_commands(CLI::App& app, Context& context);  // disclose
void add_compare_commands(CLI::App& app, Context& context);   // compare
void add_verify_commands(CLI::App& app, Context& context);    // verify
void add_inspect_commands(CLI::App& app, Context& context);   // inspect
void add_dataset_commands(CLI::App& app, Context& context);   // dataset
void add_history_commands(CLI::App& app, Context& context);   // history
void add_replay_commands(CLI::App& app, Context& context);    // replay
void add_watch_commands(CLI::App& app, Context& context);     // watch
void add_accuse_commands(CLI::App& app, Context& context);    // accuse
void add_operate_commands(CLI::App& app, Context& context);   // trust, doctor
void add_trust_join_command(CLI::App& trust, Context& context);
void add_validator_join_commands(CLI::App& validator, Context& context);
void add_trust_walk_command(CLI::App& trust, Context& context);  // trust join

// Prints "footproof: <detail>" and gives the exit code that fits the error.
[[nodiscard]] int report(const Error& error);
// What is wrong with a file that the command line names is a wrong command line.
[[nodiscard]] Error wrong_file(const std::string& path, const Error& error);

// The whole file, at most `size_max` bytes; "-" is standard input. Errors name the path.
[[nodiscard]] Result<Bytes> read_file(const std::string& path, std::size_t size_max);

enum class Overwrite : bool { no, yes };
// Writes beside the target, syncs, renames: whoever looks sees the old file or the new one. `mode`
// e.g. 0600 for what holds a secret. Overwrite::no refuses an existing file.
[[nodiscard]] Result<std::size_t> write_file(const std::string& path, ByteView bytes, unsigned mode,
                                             Overwrite overwrite);

// From the file named (its first line), or asked for on the terminal without echo, twice if
// `confirm`. Never from the command line, where every process on the machine could read it.
[[nodiscard]] Result<std::string> read_passphrase(const std::string& file,
                                                  const std::string& prompt, bool confirm);

// What --key names: a key file, or a key on a PKCS#11 token by its URI ("pkcs11:…",
// token/token_key.h). Asks for the passphrase or PIN if there is one. Errors name the key.
[[nodiscard]] Result<std::unique_ptr<Signer>> open_key(const std::string& name,
                                                       const std::string& passphrase_file);
inline constexpr const char* kKeyHelp =
    "Key file to sign with, or the pkcs11: URI of a token's key";
inline constexpr const char* kPassphraseHelp =
    "Read the passphrase or PIN from this file's first line instead of asking";

// Of this machine, since 1970. A command line tool is where a clock may be asked.
[[nodiscard]] Instant clock_now();

// "90m", "36h", "7d" of --max-age, in seconds.
[[nodiscard]] Result<std::uint64_t> parse_age(const std::string& text);

// One line on standard error that appears once a step has taken longer than a second, and only on a
// terminal. Ends itself.
class Progress {
 public:
  Progress(std::string what, std::uint64_t total);  // total 0: unknown
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(std::uint64_t done);

 private:
  void draw(std::uint64_t done);
  std::string what_;
  std::uint64_t total_;
  std::uint64_t started_ms_;
  std::uint64_t drawn_ms_ = 0;
};

// The same for a step that only waits: counts the seconds until it goes.
class Waiting {
 public:
  explicit Waiting(std::string what);
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace footproof::api
