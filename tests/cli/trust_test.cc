// trust join as a person types it.
#include <nlohmann/json.hpp>

#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::FixtureLog;

class Trust : public testing::CommandLine {
 protected:
  void SetUp() override {
    FixtureLog log;
    write("2026.policy", as_bytes(encode(log.policy())));
    for (const std::size_t validators : {5U, 7U}) {
      log.advance(std::uint64_t{365} * 86'400);
      log.begin_epoch(validators);
    }
    write("today.policy", as_bytes(encode(log.policy())));
    Policy short_memory = log.policy();
    short_memory.epochs.erase(short_memory.epochs.begin());
    write("short.policy", as_bytes(encode(short_memory)));
    write("other.policy", as_bytes(encode(FixtureLog(4, "elsewhere").policy())));
  }
};

TEST_F(Trust, JoinsAnOldPolicyWithTodays) {
  const Answer joined = run({"trust", "join", "2026.policy", "today.policy", "-o", "all.policy"});
  ASSERT_EQ(joined.exit_code, 0) << joined.err;
  EXPECT_EQ(read("all.policy"), read("today.policy"));
  EXPECT_NE(joined.out.find("epochs 0 to 2, 5 of 7 validators"), std::string::npos) << joined.out;
  EXPECT_NE(joined.out.find("2 of its epochs (the last is 2) only today.policy names: not checked"),
            std::string::npos)
      << joined.out;
  const Answer again =
      run({"--json", "trust", "join", "today.policy", "2026.policy", "-o", "again.policy"});
  EXPECT_EQ(json::parse(again.out)["only_in"][0]["epochs"], json({1, 2}));
  EXPECT_EQ(read("again.policy"), read("all.policy"));
  // Nothing is overwritten.
  EXPECT_EQ(run({"trust", "join", "2026.policy", "today.policy", "-o", "all.policy"}).exit_code, 4);
}

TEST_F(Trust, RefusesWhatDoesNotFitAndWritesNothing) {
  const auto refused = [&](const char* other, const char* words) {
    const Answer answer = run({"trust", "join", "2026.policy", other, "-o", "bad.policy"});
    EXPECT_EQ(answer.exit_code, 2) << answer.out;
    EXPECT_NE(answer.err.find(words), std::string::npos) << answer.err;
    EXPECT_FALSE(exists("bad.policy"));
  };
  refused("other.policy", "chain:");
  refused("short.policy", "where epoch 0 ended is in neither");
  EXPECT_EQ(run({"trust", "join", "2026.policy", "no.policy", "-o", "bad.policy"}).exit_code, 4);
}

}  // namespace
}  // namespace footproof
