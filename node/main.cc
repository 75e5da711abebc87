// footproofd: one validator of a Footproof network, or a node that follows one.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>

#include "attest/printable.h"
#include "ledger/database_files.h"
#include "node/config.h"
#include "node/follower_node.h"
#include "node/log.h"
#include "node/node.h"
#include "node/store_answers.h"

namespace {

using footproof::node::Config;
using footproof::node::LogLevel;

constexpr std::string_view kUsage =
    "usage: footproofd CONFIG                  run the validator, or the node that follows,\n"
    "                                          that this file describes\n"
    "       footproofd --home DIR              the same: its configuration is DIR/config.toml\n"
    "       footproofd --init CONFIG           make its data folder, once in its life\n"
    "       footproofd --init-observer CONFIG  the same after a lost disk: it follows, never "
    "votes\n"
    "       footproofd --check-config CONFIG   say whether it and the files it names are good; "
    "change nothing\n"
    "       footproofd --fsck CONFIG           make everything again from genesis and compare; the "
    "node\n"
    "                                          must be stopped, nothing is changed\n"
    "       footproofd --backup CONFIG DIR     copy the database of a stopped node to a new "
    "folder\n"
    "       footproofd --restore CONFIG DIR    make its data folder from such a copy: it follows, "
    "never votes\n"
    "                                          these three answer in JSON with --json at the end\n"
    "       footproofd --version | --help\n";

constexpr int kExitWrong = 2;   // --fsck found something
constexpr int kExitFailed = 3;  // the disk, the network or the files of the node
constexpr int kExitUsage = 4;
constexpr rlim_t kOpenFilesMax = 4096;

int complain(std::string_view what, int code) {
  // One line, whatever a file made us quote.
  fmt::print(stderr, "footproofd: {}\n", footproof::printable(what));
  return code;
}

// Keys live in this process's memory: no core dumps, no ptrace by others of the same user.
void harden() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max >= kOpenFilesMax) {
    files.rlim_cur = kOpenFilesMax;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

// Blocked in every thread that starts later, so that sigwait() below gets them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

int run(const Config& config) {
  harden();
  const sigset_t set = block_signals();
  footproof::node::set_log_level(config.log_level);
  footproof::node::log(LogLevel::info, "configuration",
                       {{"facts", footproof::node::describe(config)}});
  std::mutex mutex;
  std::string failure;
  const auto on_fatal = [&mutex, &failure](const std::string& why) {
    const std::lock_guard lock(mutex);
    failure = why;
    ::kill(::getpid(), SIGTERM);
  };
  const auto run_until_signal = [&set](auto& node, const std::string& listening) {
    fmt::print("listening {}\n", listening);
    std::fflush(stdout);
    int signal = 0;
    ::sigwait(&set, &signal);
    node.reset();
  };
  if (config.follows()) {
    auto node = footproof::node::FollowerNode::start(config, on_fatal);
    if (!node) return complain(node.error().detail, kExitFailed);
    run_until_signal(*node, fmt::format("http={}", (*node)->http_port()));
  } else {
    auto node = footproof::node::Node::start(config, on_fatal);
    if (!node) return complain(node.error().detail, kExitFailed);
    run_until_signal(*node,
                     fmt::format("mesh={} http={}", (*node)->mesh_port(), (*node)->http_port()));
  }
  const std::lock_guard lock(mutex);
  if (failure.empty()) return 0;
  const std::string_view remedy = footproof::ledger::kDamageRemedy;
  const bool wants_remedy = failure.find("database-damaged") != std::string::npos &&
                            failure.find(remedy) == std::string::npos;
  return complain(fmt::format("stopped after a failure: {}{}{}", failure, wants_remedy ? "; " : "",
                              wants_remedy ? remedy : ""),
                  kExitFailed);
}

int with_config(const std::string& file, int (*action)(const Config&)) {
  const auto config = footproof::node::load_config(file);
  if (!config) return complain(config.error().detail, kExitUsage);
  return action(*config);
}

int check(const Config& config) {
  const auto files = footproof::node::check_files(config);
  if (!files) return complain(files.error().detail, kExitFailed);
  fmt::print("configuration ok: {}\n", footproof::node::describe(config));
  return 0;
}

// --init is for validators alone, because their keys may have signed something.
int complain_follower(const Config& config) {
  return complain(fmt::format("this configuration follows and has no key: it is simply started. If "
                              "its data is in doubt, delete {} and start it again",
                              config.data.string()),
                  kExitUsage);
}

template <bool observer>
int init(const Config& config) {
  if (config.follows()) return complain_follower(config);
  const auto done = footproof::node::init_data(config, observer);
  if (!done) return complain(done.error().detail, kExitFailed);
  fmt::print("initialised {}\n", config.data.string());
  return 0;
}

// The answer alone goes to standard output; whoever reads it there may be a program.
int check_store(const std::string& file, bool json) {
  const auto config = footproof::node::load_config(file);
  if (!config) return complain(config.error().detail, kExitUsage);
  auto work = config->data;
  work += fmt::format(".fsck.{}", ::getpid());
  const auto done = footproof::node::fsck_home(*config, work);
  if (!done) return complain(done.error().detail, kExitFailed);
  fmt::print("{}", json ? footproof::node::fsck_json(*done) : footproof::node::fsck_text(*done));
  return done->store.found == 0 ? 0 : kExitWrong;
}

int with_copy(std::string_view action, const std::string& file, const std::string& folder,
              bool json) {
  const auto config = footproof::node::load_config(file);
  if (!config) return complain(config.error().detail, kExitUsage);
  const bool backup = action == "--backup";
  const auto done = backup ? footproof::node::back_up(*config, folder)
                           : footproof::node::restore(*config, folder);
  if (!done) return complain(done.error().detail, kExitFailed);
  fmt::print("{}", json ? footproof::node::copy_json(*done, folder)
                        : footproof::node::copy_text(
                              *done, backup ? "backed up to" : "restored from", folder));
  return 0;
}

int choose(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && first == "--help") {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (argc == 2 && first == "--version") {
    fmt::print("footproofd {}\n", FOOTPROOF_VERSION);
    return 0;
  }
  if (argc == 3 && first == "--home")
    return with_config(std::string(argv[2]) + "/config.toml", run);
  if (argc == 3 && first == "--check-config") return with_config(argv[2], check);
  if (argc == 3 && first == "--init") return with_config(argv[2], init<false>);
  if (argc == 3 && first == "--init-observer") return with_config(argv[2], init<true>);
  const bool json = argc > 3 && std::string_view(argv[argc - 1]) == "--json";
  const int words = json ? argc - 1 : argc;
  if (words == 3 && first == "--fsck") return check_store(argv[2], json);
  if (words == 4 && (first == "--backup" || first == "--restore")) {
    return with_copy(first, argv[2], argv[3], json);
  }
  if (argc == 2 && !first.starts_with("-") && !first.empty()) return with_config(argv[1], run);
  fmt::print(stderr, "{}", kUsage);
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return choose(argc, argv);
  } catch (const std::exception& error) {
    return complain(error.what(), kExitFailed);
  }
}
