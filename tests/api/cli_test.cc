// The online half of the footproof command, run in this process against a real server.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "api/routes.h"
#include "api/server.h"
#include "attest/attested.h"
#include "attest/receipt_check.h"
#include "attest/seal.h"
#include "ledger/genesis.h"
#include "tests/api/run_footproof.h"
#include "tests/api/sequencer_node.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kAccreditationId;
using testing::kBodyUri;
using testing::kVerifierUri;

Bytes contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return to_bytes(as_bytes(text));
}

class OfflineCliTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  void write(const std::string& name, ByteView bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
  }
  const test::TempFolder folder_;
};

class OnlineCliTest : public OfflineCliTest {
 protected:
  OnlineCliTest() : node_((std::filesystem::create_directory(folder_ / "node"), folder_ / "node")) {
    // The command takes its time from this machine's clock, the network in one process from a test.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    node_.sequencer().advance(static_cast<std::uint64_t>(seconds) -
                              node_.sequencer().now().seconds());
    ServerConfig config;
    config.connections_per_address_max = 100;
    auto server = Server::start(config, make_routes({}, node_, node_));
    EXPECT_TRUE(server);
    server_ = std::move(*server);
    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
    write("passphrase", as_bytes("a long one\n"));
    write_key("body-status", testing::party_key(kBodyUri, KeyUsage::status));
    write_key("body-sign", testing::party_key(kBodyUri, KeyUsage::sign));
    write_key("verifier-sign", testing::party_key(kVerifierUri, KeyUsage::sign));
    write_key("verifier-status", testing::party_key(kVerifierUri, KeyUsage::status));
  }

  void write_key(const std::string& name, const SigningKey& key) const {
    write(name + ".pem", as_bytes(key.to_pem("a long one")));
  }
  void write_sealed(const std::string& name, std::string_view document) const {
    SealInput input;
    input.seed = *to_digest(random_bytes(32));
    input.documents.push_back({"application/json", to_bytes(as_bytes(document))});
    write(name, SealedDeclaration::seal(std::move(input))->encode());
  }

  // With --node, --json, and the party's key.
  [[nodiscard]] Ran as(const std::string& key, std::string_view issuer,
                       std::vector<std::string> arguments) const {
    for (const std::string& more :
         {std::string("--key"), path(key + ".pem"), std::string("--passphrase-file"),
          path("passphrase"), std::string("--issuer"), std::string(issuer), std::string("--node"),
          url_, std::string("--json")}) {
      arguments.push_back(more);
    }
    return run_footproof(std::move(arguments));
  }
  [[nodiscard]] Ran attest(std::vector<std::string> sealed,
                           std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"attest"};
    for (const std::string& name : sealed) arguments.push_back(path(name));
    for (const char* option :
         {"--scope", "steel.cbam", "--scheme", "cbam", "--scheme-version", "2025-2546",
          "--standard", "iso14067-2018", "--until", "2031-01-01", "--accreditation"}) {
      arguments.emplace_back(option);
    }
    arguments.emplace_back(kAccreditationId);
    arguments.emplace_back("--body");
    arguments.emplace_back(kBodyUri);
    for (const std::string& one : more) arguments.push_back(one);
    return as("verifier-sign", kVerifierUri, std::move(arguments));
  }

  SequencerNode node_;
  std::unique_ptr<Server> server_;
  std::string url_;
};

// An empty value is no value: what a script left out must not read as "none".
TEST_F(OnlineCliTest, RefusesEmptyValues) {
  write_sealed("coil.sealed", "{}");
  const Ran ran = attest({"coil.sealed"}, {"--supersedes", ""});
  EXPECT_EQ(ran.code, 4) << ran.out;
  EXPECT_NE(ran.err.find("--supersedes"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("is empty"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(path("coil.attested")));
  for (const char* option : {"--holder-key", "--from", "--countersignature", "--output"}) {
    const Ran sibling = attest({"coil.sealed"}, {option, ""});
    EXPECT_EQ(sibling.code, 4) << option;
    EXPECT_NE(sibling.err.find(option), std::string::npos) << sibling.err;
  }
}

TEST(StatusHelp, ListsTheReasonsThatGoWithTheAction) {
  const auto help = [](const char* command) { return run_footproof({command, "--help"}).out; };
  EXPECT_NE(help("suspend").find("complaint"), std::string::npos);
  EXPECT_EQ(help("suspend").find("fraud"), std::string::npos);
  EXPECT_EQ(help("suspend").find("cleared"), std::string::npos);
  EXPECT_NE(help("reinstate").find("cleared"), std::string::npos);
  EXPECT_EQ(help("reinstate").find("complaint"), std::string::npos);
  EXPECT_NE(help("revoke").find("fraud"), std::string::npos);
  EXPECT_EQ(help("revoke").find("complaint"), std::string::npos);
}

// A sealed file is as secret as what is in it: a program may take it, no screen does.
TEST_F(OfflineCliTest, DoesNotSealToATerminal) {
  write("coil.json", as_bytes("{}"));
  const std::vector<std::string> arguments = {"footproof", "seal", path("coil.json"), "-o", "-"};
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(::grantpt(terminal), 0);
  ASSERT_EQ(::unlockpt(terminal), 0);
  const int screen = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(screen, 0);
  std::cout.flush();
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(screen, STDOUT_FILENO);
  ::testing::internal::CaptureStderr();
  const int code = run_command(static_cast<int>(argv.size()), argv.data());
  const std::string err = ::testing::internal::GetCapturedStderr();
  std::cout.flush();
  ::dup2(before, STDOUT_FILENO);
  for (const int each : {before, screen, terminal}) ::close(each);
  EXPECT_EQ(code, 4);
  EXPECT_NE(err.find("terminal"), std::string::npos) << err;
  // Whoever takes it gets the file and nothing else.
  const Ran taken = run_footproof({"seal", path("coil.json"), "-o", "-"});
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_TRUE(SealedDeclaration::parse(as_bytes(taken.out)));
}

TEST_F(OnlineCliTest, GrantRegisterAttestSuspendReinstateRevoke) {
  const Ran granted =
      as("body-sign", kBodyUri,
         {"accredit", "grant", std::string(kAccreditationId), "--verifier",
          std::string(kVerifierUri), "--scope", "steel.cbam:cbam:iso14067-2018:reasonable",
          "--until", "2032-12-31", "-o", path("grant.statement")});
  ASSERT_EQ(granted.code, 0) << granted.err << granted.out;
  for (const std::string usage : {"sign", "status"}) {
    const Ran asked = run_footproof(
        {"register", "request", "--key", path("verifier-" + usage + ".pem"), "--passphrase-file",
         path("passphrase"), "--party", std::string(kVerifierUri), "--usage", usage, "--node", url_,
         "-o", path(usage + ".keyrequest")});
    ASSERT_EQ(asked.code, 0) << asked.err;
    const Ran added = as("body-status", kBodyUri,
                         {"register", "add", path(usage + ".keyrequest"), "-o",
                          path("add-" + usage + ".statement")});
    ASSERT_EQ(added.code, 0) << added.err << added.out;
  }
  write_sealed("coil.sealed", R"({"pcf":{"declaredUnit":"kilogram"}})");
  const Ran attested = attest({"coil.sealed"});
  ASSERT_EQ(attested.code, 0) << attested.err << attested.out;
  const json shown = json::parse(attested.out);
  const auto entry = shown["entry_id"].get<std::string>();

  // The file for the exporter, with a receipt that verifies.
  const auto file = parse_attested(contents(path("coil.attested")));
  ASSERT_TRUE(file) << file.error().detail;
  ASSERT_TRUE(file->receipt);
  EXPECT_TRUE(check_receipt(*file->receipt, node_.sequencer().policy()));
  EXPECT_EQ(file->tree_root, SealedDeclaration::parse(contents(path("coil.sealed")))->root());
  EXPECT_EQ(file->nodes, std::vector<std::string>{url_});

  const Ran exported =
      run_footproof({"trust", "export", "-o", path("policy.txt"), "--node", url_, "--json"});
  ASSERT_EQ(exported.code, 0) << exported.err;
  const auto status = [&] {
    return run_footproof(
        {"status", path("coil.attested"), "--policy", path("policy.txt"), "--json"});
  };
  Ran said = status();
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(json::parse(said.out)["status"], "active");
  EXPECT_EQ(json::parse(said.out)["verified"], true);
  EXPECT_EQ(json::parse(said.out)["issuer"], kVerifierUri);
  EXPECT_TRUE(json::parse(said.out)["events"].empty());
  EXPECT_EQ(json::parse(said.out)["accreditation"], "covered");
  // Active says nothing of a day for which nothing was certified.
  const Ran ended = run_footproof({"status", path("coil.attested"), "--policy", path("policy.txt"),
                                   "--as-of", "2099-01-01", "--json"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(json::parse(ended.out)["within_validity"], false) << ended.out;

  int number = 0;
  const auto change = [&](const std::string& action, const std::string& reason) {
    const Ran ran = as("verifier-status", kVerifierUri,
                       {action, entry, "--reason", reason, "-o",
                        path(action + std::to_string(++number) + ".statement")});
    EXPECT_EQ(ran.code, 0) << action << ran.err << ran.out;
    return json::parse(status().out)["status"].get<std::string>();
  };
  EXPECT_EQ(change("suspend", "investigation"), "suspended");
  EXPECT_EQ(change("reinstate", "cleared"), "active");
  EXPECT_EQ(change("revoke", "misstatement"), "revoked");
  EXPECT_EQ(status().code, 1);
  const json events = json::parse(status().out)["events"];
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2]["what"], "revoked");
  EXPECT_EQ(events[2]["reason"], "misstatement");
  EXPECT_EQ(events[2]["by"], kVerifierUri);
  const Ran too_late =
      as("verifier-status", kVerifierUri,
         {"reinstate", entry, "--reason", "cleared", "-o", path("late.statement")});
  EXPECT_EQ(too_late.code, 2);
  EXPECT_EQ(json::parse(too_late.out)["status"], "refused");
  EXPECT_FALSE(json::parse(too_late.out)["remedy"].get<std::string>().empty());
}

TEST_F(OnlineCliTest, CheckAsksTheRulesAndLetsNothingSignedOut) {
  node_.sequencer().admit_verifier();
  write_sealed("coil.sealed", "{}");
  const auto size = node_.sequencer().store().snapshot()->head().log_size;
  const Ran ran = attest({"coil.sealed"}, {"--check"});
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_EQ(json::parse(ran.out)["accepted"], true);
  const Ran refused =
      attest({"coil.sealed"}, {"--check", "--assurance", "none", "--scope", "other"});
  EXPECT_EQ(refused.code, 4);  // an option given twice
  EXPECT_EQ(node_.sequencer().store().snapshot()->head().log_size, size);
  EXPECT_FALSE(std::filesystem::exists(path("coil.attested")));
}

TEST_F(OnlineCliTest, SignedBytesAreSavedBeforeTheyAreSentAndARetrySendsTheSame) {
  node_.sequencer().admit_verifier();
  write_sealed("coil.sealed", "{}");
  node_.be_busy(true);
  const Ran first = attest({"coil.sealed"});
  EXPECT_EQ(first.code, 3) << first.out;
  EXPECT_NE(first.err.find("footproof submit"), std::string::npos);
  const auto saved = parse_attested(contents(path("coil.attested")));
  ASSERT_TRUE(saved) << saved.error().detail;
  EXPECT_FALSE(saved->receipt);
  // Attesting once more would make a second entry: the file in the way prevents it.
  EXPECT_EQ(attest({"coil.sealed"}).code, 4);
  node_.be_busy(false);
  const Ran again = run_footproof({"submit", path("coil.attested")});
  EXPECT_EQ(again.code, 0) << again.err;
  const auto logged = parse_attested(contents(path("coil.attested")));
  ASSERT_TRUE(logged && logged->receipt);
  EXPECT_EQ(logged->statement, saved->statement);
  EXPECT_EQ(run_footproof({"submit", path("coil.attested")}).code, 0);
}

TEST_F(OnlineCliTest, ManyDeclarationsUnderOneStatementHaveTheirPlaces) {
  node_.sequencer().admit_verifier();
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    names.push_back("part" + std::to_string(i) + ".sealed");
    write_sealed(names.back(), "[" + std::to_string(i) + "]");
  }
  const auto holder = SigningKey::generate(Algorithm::es256);
  const Ran ran = attest(names, {"--holder-key", to_hex(holder.public_key().cose_key())});
  ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
  Bytes statement;
  for (int i = 0; i < 3; ++i) {
    const auto file = parse_attested(contents(path("part" + std::to_string(i) + ".attested")));
    ASSERT_TRUE(file) << file.error().detail;
    if (i == 0) statement = file->statement;
    EXPECT_EQ(file->statement, statement);
    const auto sealed =
        SealedDeclaration::parse(contents(path(names[static_cast<std::size_t>(i)])));
    const auto parsed = parse_statement(file->statement);
    const auto* attestation = parsed->as<Attestation>();
    EXPECT_EQ(attestation->count, 4U);
    EXPECT_EQ(attestation->holder_key, holder.public_key());
    EXPECT_TRUE(verify_subject(
        {std::string(sealed->profile()), sealed->tree_size(), sealed->root()}, file->position,
        file->subject_path, {attestation->root, attestation->count}));
  }
  const Ran status = run_footproof({"status", path("part1.attested"), "--json"});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_EQ(json::parse(status.out)["verified"], false);
}

TEST_F(OnlineCliTest, DoctorComparesWhatNodesSay) {
  const Ran ran = run_footproof({"doctor", "--node", url_, "--json"});
  const json symptoms = json::parse(ran.out);
  ASSERT_FALSE(symptoms.empty());
  EXPECT_EQ(symptoms[0]["grade"], "pass");
  // The network in one process reports one byte of free disk and one peer of three.
  EXPECT_EQ(ran.code, 3);
}

TEST_F(OfflineCliTest, NetworkIsTheSameFromDescriptorsAndAllAtOnce) {
  const Ran demo = run_footproof({"network", "new", path("demo"), "--validators", "4", "--json"});
  ASSERT_EQ(demo.code, 0) << demo.err;
  const json overview = json::parse(demo.out);
  const Bytes genesis = contents(path("demo/genesis.cbor"));
  EXPECT_EQ(ledger::chain_id_of(genesis).hex(), overview["chain_id"].get<std::string>());
  EXPECT_EQ(contents(path("demo/battery/genesis.cbor")), genesis);
  ASSERT_TRUE(ledger::parse_genesis(genesis));
  for (const char* key : {"vote.pem", "cosign.pem", "log.pem", "tls.pem"}) {
    const auto permissions =
        std::filesystem::status(path(std::string("demo/battery/keys/") + key)).permissions();
    EXPECT_EQ(permissions,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_EQ(run_footproof({"doctor", "--home", path("demo/battery")}).code, 0);
  EXPECT_EQ(run_footproof({"network", "new", path("demo")}).code, 4);
  EXPECT_EQ(run_footproof({"network", "new", path("small"), "--validators", "3"}).code, 4);

  // The same validators' descriptors alone have no associations to belong to.
  std::vector<std::string> arguments = {"network", "genesis"};
  for (const auto& validator : overview["validators"]) {
    const auto id = validator["id"].get<std::string>();
    arguments.push_back(path("demo/" + id + "/" + id + ".validator"));
  }
  for (const char* more : {"--domain", "footproof.example", "--network", "demo", "-o"}) {
    arguments.emplace_back(more);
  }
  arguments.push_back(path("genesis.cbor"));
  const Ran incomplete = run_footproof(arguments);
  EXPECT_EQ(incomplete.code, 4);
  EXPECT_FALSE(std::filesystem::exists(path("genesis.cbor")));
}

TEST_F(OfflineCliTest, GenesisIsAssembledFromDescriptors) {
  write("passphrase", as_bytes("a long one\n"));
  std::vector<std::string> descriptors;
  const std::vector<std::string> network = {"--domain", "footproof.example", "--network", "korea"};
  const auto with_network = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), network.begin(), network.end());
    return run_footproof(arguments);
  };
  for (const std::string id : {"one", "two", "three", "four"}) {
    const std::string uri = "https://" + id + ".example";
    ASSERT_EQ(with_network({"validator", "new", path(id), "--id", id, "--party", uri}).code, 0);
    descriptors.push_back(path(id + "/" + id + ".validator"));
    ASSERT_EQ(run_footproof(
                  {"key", "new", "-o", path(id + ".pem"), "--passphrase-file", path("passphrase")})
                  .code,
              0);
    const Ran party = with_network(
        {"party", "new", "--uri", uri, "--role", "association", "--legal-name", id, "--status-key",
         path(id + ".pem"), "--passphrase-file", path("passphrase"), "-o", path(id + ".party")});
    ASSERT_EQ(party.code, 0) << party.err;
    descriptors.push_back(path(id + ".party"));
  }
  std::vector<std::string> arguments = {"network", "genesis", "-o", path("genesis.cbor"), "--json"};
  arguments.insert(arguments.end(), descriptors.begin(), descriptors.end());
  const Ran made = with_network(arguments);
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(json::parse(made.out)["chain_id"].get<std::string>(),
            ledger::chain_id_of(contents(path("genesis.cbor"))).hex());
  EXPECT_EQ(with_network(
                {"validator", "new", path("one"), "--id", "one", "--party", "https://one.example"})
                .code,
            4);
}

// One clear line and exit 4 for each of some hundred damaged files.
TEST_F(OfflineCliTest, DamagedFilesAreNamedInOneLine) {
  ASSERT_EQ(run_footproof({"network", "new", path("demo"), "--validators", "4"}).code, 0);
  const std::string passphrase = path("demo/parties/passphrase");
  const auto one_line = [&](const Ran& ran, const std::string& name) {
    EXPECT_EQ(ran.code, 4) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_NE(ran.err.find(name), std::string::npos) << ran.err;
  };
  const auto damage = [&](const Bytes& good, std::size_t step, const auto& use) {
    for (std::size_t at = 0; at < good.size(); at += step) {
      write("cut", ByteView(good).first(at));
      use(path("cut"));
      Bytes flipped = good;
      flipped[at] ^= 0x41U;
      write("flipped", flipped);
      use(path("flipped"));
    }
  };
  damage(contents(path("demo/battery/battery.validator")), 13, [&](const std::string& file) {
    const Ran ran = run_footproof({"network", "genesis", file, "--domain", "footproof.example",
                                   "--network", "demo", "-o", path("made")});
    // The proofs of possession do not cover the party and the TLS pin: those may be anything.
    one_line(ran, ran.err.find("a network has 4 to 31") == std::string::npos ? file : "genesis");
  });
  // The key is named last, so that no passphrase is asked for before the file is read.
  damage(contents(path("demo/parties/verifier/sign.keyrequest")), 7, [&](const std::string& file) {
    const Ran ran = run_footproof({"register", "add", file, "--key", path("absent.pem"),
                                   "--passphrase-file", passphrase, "--issuer", "https://a.example",
                                   "-o", path("out"), "--node", "http://127.0.0.1:1"});
    // A flipped key or proof still has the form of one; only a network can tell.
    if (ran.code != 3) one_line(ran, file);
  });
  write("nothing", {});
  one_line(run_footproof({"submit", path("nothing"), "--node", "http://127.0.0.1:1"}), "nothing");
  one_line(run_footproof({"status", path("nothing"), "--node", "http://127.0.0.1:1"}), "nothing");
}

TEST_F(OfflineCliTest, WrongUseIsExit4AndNoNodeIsExit3) {
  EXPECT_EQ(run_footproof({}).code, 4);
  EXPECT_EQ(run_footproof({"nonsense"}).code, 4);
  EXPECT_EQ(run_footproof({"--version"}).code, 0);
  EXPECT_EQ(run_footproof({"attest", "--help"}).code, 0);
  EXPECT_EQ(run_footproof({"submit", path("absent")}).code, 4);
  EXPECT_EQ(run_footproof({"trust", "export", "-o", path("p")}).code, 4);
  EXPECT_EQ(
      run_footproof({"trust", "export", "-o", path("p"), "--node", "http://127.0.0.1:1"}).code, 3);
  EXPECT_EQ(run_footproof({"doctor"}).code, 4);
  EXPECT_EQ(run_footproof({"doctor", "--listen", "nonsense"}).code, 3);
  EXPECT_EQ(run_footproof({"status", "nonsense"}).code, 4);
}

}  // namespace
}  // namespace footproof::api
