#include "tests/cli/command_line.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "attest/seal.h"
#include "tests/support/fixture_presentation.h"
#include "tests/support/vectors.h"

namespace footproof::testing {

Answer CommandLine::run(const std::vector<std::string>& arguments) const {
  return start(FOOTPROOF_PROGRAM, arguments);
}

Answer CommandLine::run_node(const std::vector<std::string>& arguments) const {
  return start(FOOTPROOFD_PROGRAM, arguments);
}

Answer CommandLine::start(const char* program, const std::vector<std::string>& arguments) const {
  const std::string out = path(".out");
  const std::string err = path(".err");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, path("").c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> settings = environment;
  std::vector<char*> envp;
  for (std::string& setting : settings) envp.push_back(setting.data());
  envp.push_back(nullptr);
  pid_t child = 0;
  Answer answer;
  const int started = posix_spawn(&child, program, &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(started, 0);
  if (started != 0) return answer;
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) answer.exit_code = WEXITSTATUS(status);
  answer.out = read_text(out);
  answer.err = read_text(err);
  return answer;
}

std::string CommandLine::path(const std::string& name) const {
  return (folder_.path() / name).string();
}

void CommandLine::write(const std::string& name, ByteView bytes) const {
  std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << name;
}

Bytes CommandLine::read(const std::string& name) const { return read_bytes(path(name)); }

bool CommandLine::exists(const std::string& name) const {
  return std::filesystem::exists(path(name));
}

void CommandLine::seal_and_attest(const std::function<void(FixtureLog&, Attestation&)>& change) {
  write("coil.json", fixture_document());
  write("report.pdf", fixture_report());
  const Answer sealed = run({"seal", "coil.json", "report.pdf", "-o", "coil.sealed"});
  ASSERT_EQ(sealed.exit_code, 0) << sealed.err;
  const auto declaration = SealedDeclaration::parse(read("coil.sealed"));
  ASSERT_TRUE(declaration) << declaration.error().detail;

  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  FixtureLog log(4, "fixture", Instant{static_cast<std::uint64_t>(now) - 180'000});
  Attestation said = log.attestation(subject_of(*declaration));
  if (change) change(log, said);
  const Statement attestation = log.sign(said);
  log.advance(60);
  log.append({attestation});
  log.advance(60);
  log.append({});
  Attested attested;
  attested.statement = attestation.bytes();
  attested.tree_root = declaration->root();
  attested.receipt = log.receipt(attestation);
  write("coil.attested", encode_attested(attested));
  write("korea.policy", as_bytes(encode(log.policy())));
  write("other.policy", as_bytes(encode(FixtureLog(4, "elsewhere").policy())));
}

}  // namespace footproof::testing
