// footproof doctor over what changes after genesis: sets, keys, nodes that follow.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/api/cli_stage.h"

namespace footproof::api {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class DoctorTest : public CliStage {
 protected:
  DoctorTest() {
    network().admit_verifier();
    write("home/config.toml", as_bytes("[node]\nvalidator = \"validator-4\"\n"));
    fs::copy_file(path("node/genesis"), path("home/genesis.cbor"));
  }

  void write_keys(const std::string& folder, const ValidatorProposal& of) const {
    const auto put = [&](const std::string& name, const PublicKey& key) {
      const auto file = folder + "/" + name;
      write(file, as_bytes(testing::Sequencer::secret_of(key).to_pem(std::nullopt)));
      fs::permissions(path(file), fs::perms::owner_read | fs::perms::owner_write);
    };
    put("vote.pem", of.vote_key);
    put("cosign.pem", of.cosign_key);
    put("log.pem", of.log_key);
  }
  // validator-4 comes; then it has other keys.
  void admit() {
    network().decide(AdmitValidator{network().validator(4)});
    network().end_epoch();
    network().run({});
  }
  void rotate() {
    network().decide(ReplaceValidator{"validator-4", network().validator(4, "second")});
    network().end_epoch();
    network().run({});
  }
  void copy_data() {
    fs::remove_all(path("home/data"));
    fs::create_directories(path("home/data"));
    fs::copy(network().paths().database, path("home/data/ledger"), fs::copy_options::recursive);
  }
  [[nodiscard]] Ran examine() const { return run_footproof({"doctor", "--home", path("home")}); }
};

TEST_F(DoctorTest, AValidatorThatCameByBallotIsJudgedByTheSetInItsFolder) {
  write_keys("home/keys", network().validator(4));
  const Ran before = examine();
  EXPECT_EQ(before.code, 1) << before.out;
  EXPECT_NE(before.out.find("the genesis file has"), std::string::npos) << before.out;
  admit();
  copy_data();
  const Ran after = examine();
  EXPECT_EQ(after.code, 0) << after.out;
  EXPECT_NE(after.out.find("validator-4, in the set of epoch 1"), std::string::npos) << after.out;
  EXPECT_FALSE(fs::exists(path("home/data/ledger.peek")));
}

TEST_F(DoctorTest, KeysThatChangedByBallotMayStandInEitherFolder) {
  admit();
  rotate();
  copy_data();
  write_keys("home/keys", network().validator(4));
  const Ran old = examine();
  EXPECT_EQ(old.code, 3) << old.out;
  EXPECT_NE(old.out.find("is not the key that the set of epoch 2 names"), std::string::npos)
      << old.out;
  write_keys("home/keys/next", network().validator(4, "second"));
  const Ran next = examine();
  EXPECT_EQ(next.code, 0) << next.out;
  write_keys("home/keys", network().validator(4, "second"));
  fs::remove_all(path("home/keys/next"));
  EXPECT_EQ(examine().code, 0);
  fs::permissions(path("home/keys/log.pem"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(examine().code, 3);
}

TEST_F(DoctorTest, ANodeThatFollowsNeedsNoKey) {
  write("home/config.toml", as_bytes("[node]\nfollow = [\"http://127.0.0.1:1\"]\n"));
  const Ran ran = examine();
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_NE(ran.out.find("it needs no key"), std::string::npos) << ran.out;
}

TEST_F(DoctorTest, ANodeThatFollowsNeedsNoLinks) {
  const auto grade_of = [this](const std::string& what) {
    for (const json& symptom : json::parse(run({"doctor", "--json"}).out)) {
      if (symptom["what"] == what + url_) return symptom["grade"].get<std::string>();
    }
    return std::string();
  };
  EXPECT_EQ(grade_of("peers of "), "fail");  // one of three
  node_.say_it_follows(0);
  EXPECT_EQ(grade_of("peers of "), "");
  EXPECT_EQ(grade_of("sources of "), "pass");
  node_.say_it_follows(100);
  EXPECT_EQ(grade_of("sources of "), "warn");
}

}  // namespace
}  // namespace footproof::api
