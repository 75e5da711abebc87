// footproof seal --link: hidden links to other declarations and to dataset releases.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;

class LinkOption : public testing::CommandLine {
 protected:
  void SetUp() override { write("coil.json", as_bytes("{\"a\":1}")); }
  const std::string entry_ = std::string(64, 'a');
};

TEST_F(LinkOption, SealsWhatItSaysAndInspectShowsIt) {
  const std::vector<std::string> links = {"component=" + entry_ + "@0.75",
                                          "uses-dataset=keiti-lci/2026.1", "same-as=" + entry_,
                                          "supersedes=" + entry_};
  std::vector<std::string> words = {"seal", "coil.json", "-o", "coil.sealed", "--json"};
  for (const std::string& link : links) {
    words.emplace_back("--link");
    words.push_back(link);
  }
  const Answer sealed = run(words);
  ASSERT_EQ(sealed.exit_code, 0) << sealed.err;
  EXPECT_EQ(json::parse(sealed.out)["links"], json(links));
  const Answer inspected = run({"inspect", "coil.sealed", "--json"});
  ASSERT_EQ(inspected.exit_code, 0) << inspected.err;
  const json shown = json::parse(inspected.out);
  for (std::size_t i = 0; i < links.size(); ++i) {
    EXPECT_EQ(shown["link " + std::to_string(i)], links[i]);
  }
}

TEST_F(LinkOption, RefusesWhatIsNoLink) {
  for (const std::string& link :
       {std::string("component"), std::string("=") + entry_, "part=" + entry_,
        std::string("component="), "component=" + entry_.substr(1), "component=" + entry_ + "@",
        "component=" + entry_ + "@0.750", "component=" + entry_ + "@1@2", "same-as=A" + entry_,
        std::string("uses-dataset=keiti-lci"), std::string("uses-dataset=/1"),
        std::string("uses-dataset=a/b/c"), "uses-dataset=" + entry_,
        std::string("uses-dataset=한국/1"), std::string("")}) {
    const Answer answer = run({"seal", "coil.json", "-o", "coil.sealed", "--link", link});
    EXPECT_EQ(answer.exit_code, 4) << link << answer.err;
    EXPECT_NE(answer.err.find("--link"), std::string::npos) << link << answer.err;
    EXPECT_FALSE(exists("coil.sealed")) << link;
  }
}

}  // namespace
}  // namespace footproof
