// fsck, backup and restore as commands, on a validator that was initialised and never ran.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/command_line.h"

namespace footproof::testing {
namespace {

using nlohmann::json;

class StoreCommands : public CommandLine {
 protected:
  void SetUp() override {
    ASSERT_EQ(run({"network", "new", "net", "--validators", "4"}).exit_code, 0);
    ASSERT_EQ(run_node({"--init", path("net/battery/config.toml")}).exit_code, 0);
  }
};

TEST_F(StoreCommands, FsckSaysWhetherAStoreIsWhole) {
  const Answer whole = run({"fsck", "net/battery"});
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_NE(whole.out.find("whole"), std::string::npos) << whole.out;
  Bytes anchor = read("net/battery/data/anchor");
  anchor[100] ^= 1;
  write("net/battery/data/anchor", anchor);
  const Answer wrong = run({"fsck", "net/battery"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
  EXPECT_NE(wrong.out.find("wrong     anchor  height 0"), std::string::npos) << wrong.out;
  EXPECT_EQ(run({"fsck", "net"}).exit_code, 4);
  std::filesystem::remove_all(path("net/battery/data"));
  EXPECT_EQ(run({"fsck", "net/battery"}).exit_code, 3);
  EXPECT_FALSE(exists("net/battery/data"));
}

TEST_F(StoreCommands, ARestoredCopyIsAnObserver) {
  EXPECT_EQ(run({"backup", "net/battery", "copy"}).exit_code, 0);
  EXPECT_EQ(run({"restore", "copy", "net/battery"}).exit_code, 3);  // data is there
  std::filesystem::rename(path("net/battery/data"), path("lost"));
  const Answer restored = run({"restore", "copy", "net/battery"});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_TRUE(exists("net/battery/data/observer"));
  EXPECT_EQ(run({"fsck", "net/battery"}).exit_code, 0);
}

// The same for programs: one JSON object, and the exit code as before.
TEST_F(StoreCommands, AnswersInJson) {
  const Answer whole = run({"--json", "fsck", "net/battery"});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  const auto fsck = json::parse(whole.out);
  EXPECT_EQ(fsck["whole"], true);
  EXPECT_EQ(fsck["complete"], true);
  EXPECT_EQ(fsck["findings"], json::array());
  EXPECT_EQ(fsck["height"], 0);

  const Answer copied = run({"backup", "net/battery", "copy", "--json"});
  EXPECT_EQ(copied.exit_code, 0) << copied.err;
  EXPECT_EQ(json::parse(copied.out)["folder"], "copy");
  EXPECT_GT(json::parse(copied.out)["bytes"], 0);
  const Answer twice = run({"backup", "net/battery", "copy", "--json"});
  EXPECT_EQ(twice.exit_code, 3);
  EXPECT_EQ(twice.out, "");

  Bytes anchor = read("net/battery/data/anchor");
  anchor[100] ^= 1;
  write("net/battery/data/anchor", anchor);
  const Answer wrong = run({"fsck", "net/battery", "--json"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
  EXPECT_EQ(json::parse(wrong.out)["whole"], false);
  EXPECT_EQ(json::parse(wrong.out)["found"], 1) << wrong.out;
  EXPECT_EQ(json::parse(wrong.out)["findings"][0]["file"], "anchor");

  std::filesystem::rename(path("net/battery/data"), path("lost"));
  const Answer restored = run({"restore", "copy", "net/battery", "--json"});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(json::parse(restored.out)["files"], json::parse(copied.out)["files"]);
}

}  // namespace
}  // namespace footproof::testing
