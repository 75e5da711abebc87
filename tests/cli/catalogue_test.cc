// seal --catalogue, compare, and what attest and disclose refuse of catalogues, no node anywhere.
#include "attest/catalogue.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attest/seal.h"
#include "tests/cli/command_line.h"
#include "tests/support/fixture_presentation.h"

namespace footproof {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::FixtureLog;

class CatalogueCli : public testing::CommandLine {
 protected:
  static constexpr int kMembers = 5;

  void SetUp() override {
    std::filesystem::create_directory(path("in"));
    for (int i = 0; i < kMembers; ++i) write("in/" + name(i) + ".json", document(i));
    ASSERT_EQ(seal().exit_code, 0);
  }

  static std::string name(int number) { return "coil-" + std::to_string(number); }
  static Bytes document(int number) {
    return to_bytes(as_bytes(R"({"specVersion":"3.0.3","companyName":"Hanbit","pcf":{)"
                             R"("primaryDataShare":")" +
                             std::to_string(70 + number) + R"("}})"));
  }
  [[nodiscard]] Answer seal() const {
    return run({"--json", "seal", "--catalogue", "in", "-o", "sealed"});
  }
  [[nodiscard]] SealedDeclaration sealed(int number) const {
    return *SealedDeclaration::parse(read("sealed/" + name(number) + ".sealed"));
  }

  // "all.catalogue" over a fixture log, without a receipt.
  void make_catalogue() {
    std::vector<Digest> leaves;
    for (int i = 0; i < kMembers; ++i) leaves.push_back(subject_leaf(testing::tree_of(sealed(i))));
    while (leaves.size() < 8)
      leaves.push_back(sha256(Bytes{static_cast<std::uint8_t>(leaves.size())}));
    auto tree = *SubjectTree::make(std::move(leaves));
    const FixtureLog log;
    const Statement statement = log.sign(log.attestation(tree.subject()));
    write("all.catalogue",
          encode_catalogue({statement.bytes(), std::move(tree), {}, {"http://127.0.0.1:1"}}));
  }
};

TEST_F(CatalogueCli, SealsEachFileByItselfAndGoesOnWhereItWas) {
  for (int i = 0; i < kMembers; ++i) {
    EXPECT_EQ(as_text(sealed(i).documents().at(0).bytes), as_text(document(i)));
  }
  EXPECT_NE(sealed(0).root(), sealed(1).root());
  const Bytes before = read("sealed/coil-1.sealed");
  std::filesystem::remove(path("sealed/coil-2.sealed"));
  write("sealed/coil-2.sealed.new", as_bytes("half"));
  const auto again = json::parse(seal().out);
  EXPECT_EQ(again["sealed"], 1);
  EXPECT_EQ(again["kept"], kMembers - 1);
  EXPECT_EQ(read("sealed/coil-1.sealed"), before);
  EXPECT_FALSE(exists("sealed/coil-2.sealed.new"));
}

TEST_F(CatalogueCli, ASealOfAnotherDocumentIsNotOverwritten) {
  write("in/coil-3.json", as_bytes("{}"));
  const Answer changed = seal();
  EXPECT_EQ(changed.exit_code, 4);
  EXPECT_NE(changed.err.find("coil-3.sealed: exists and seals another document"), std::string::npos)
      << changed.err;
  write("in/coil-3.json", document(3));
  write("sealed/coil-3.sealed", as_bytes("torn"));
  EXPECT_EQ(seal().exit_code, 4);
}

TEST_F(CatalogueCli, AListNamesItsFilesRelativeToItself) {
  write("in/list", as_bytes("coil-4.json\r\n\ncoil-0.json\n"));
  const Answer answer = run({"--json", "seal", "--catalogue", "in/list", "-o", "two"});
  EXPECT_EQ(json::parse(answer.out)["sealed"], 2) << answer.err;
  EXPECT_TRUE(exists("two/coil-4.sealed"));
  write("in/list", as_bytes("coil-4.json\ncoil-4.json\n"));
  EXPECT_EQ(run({"seal", "--catalogue", "in/list", "-o", "three"}).exit_code, 4);
  write("in/list", as_bytes("missing.json\n"));
  EXPECT_EQ(run({"seal", "--catalogue", "in/list", "-o", "four"}).exit_code, 4);
}

// Somebody may count on what was not taken.
TEST_F(CatalogueCli, NamesWhatAFolderHoldsBesideItsFiles) {
  std::filesystem::create_directory(path("in/archive"));
  std::filesystem::create_symlink(path("nowhere"), path("in/dangling.json"));
  write("in/.hidden", as_bytes("{}"));
  const Answer answer = run({"--json", "seal", "--catalogue", "in", "-o", "sealed"});
  EXPECT_EQ(json::parse(answer.out)["kept"], kMembers) << answer.err;
  EXPECT_NE(answer.err.find("in: left out 3: .hidden, archive/, dangling.json"), std::string::npos)
      << answer.err;
}

TEST_F(CatalogueCli, WrongCommandLinesAreUsageErrors) {
  make_catalogue();
  std::filesystem::create_directory(path("empty"));
  const std::vector<std::string> attest = {"attest",
                                           "--body",
                                           "https://b.example",
                                           "--accreditation",
                                           "A-1",
                                           "--scope",
                                           "s",
                                           "--scheme",
                                           "x",
                                           "--scheme-version",
                                           "1",
                                           "--standard",
                                           "iso",
                                           "--until",
                                           "2030-01-01",
                                           "--key",
                                           "no.pem",
                                           "--issuer",
                                           "https://v.example",
                                           "--node",
                                           "http://127.0.0.1:1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), attest.begin(), attest.end());
    return more;
  };
  const std::vector<std::vector<std::string>> wrong = {
      {"seal", "-o", "x.sealed"},
      {"seal", "in/coil-0.json", "--catalogue", "in", "-o", "sealed"},
      {"seal", "--catalogue", "empty", "-o", "sealed"},
      {"seal", "--catalogue", "nowhere", "-o", "sealed"},
      {"disclose", "sealed/coil-0.sealed", "-o", "x.footproof"},
      {"disclose", "--catalogue", "sealed", "all.catalogue", "-o", "shown", "--audience", "me"},
      {"disclose", "--catalogue", "sealed", "all.catalogue", "-o", "shown", "--with-document", "0"},
      {"disclose", "--catalogue", "sealed", "in/coil-0.json", "-o", "shown"},
      with({"-o", "x"}),
      with({"sealed/coil-0.sealed", "--each", "each", "-o", "x"}),
      with({"--catalogue", "sealed"}),
      with({"--catalogue", "in/coil-0.json", "-o", "x.catalogue"}),
      with({"--catalogue", "sealed", "sealed/coil-0.sealed", "-o", "x.catalogue"}),
  };
  for (const auto& words : wrong) {
    const Answer answer = run(words);
    std::string line;
    for (const std::string& word : words) line += word + " ";
    EXPECT_EQ(answer.exit_code, 4) << line << answer.out << answer.err;
    EXPECT_NE(answer.err, "") << line;
  }
}

TEST_F(CatalogueCli, AMemberFindsItsPlaceAndAStrangerNone) {
  make_catalogue();
  const Answer member =
      run({"disclose", "sealed/coil-0.sealed", "all.catalogue", "-o", "x.footproof"});
  EXPECT_EQ(member.exit_code, 4);
  EXPECT_NE(member.err.find("holds no receipt yet"), std::string::npos) << member.err;
  write("other.json", as_bytes("{}"));
  ASSERT_EQ(run({"seal", "other.json", "-o", "other.sealed"}).exit_code, 0);
  const Answer stranger = run({"disclose", "other.sealed", "all.catalogue", "-o", "x.footproof"});
  EXPECT_EQ(stranger.exit_code, 2);
  EXPECT_NE(stranger.err.find("no member of this catalogue"), std::string::npos) << stranger.err;
}

TEST_F(CatalogueCli, ACatalogueIsShownToPeople) {
  make_catalogue();
  const Answer shown = run({"inspect", "all.catalogue"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("places"), std::string::npos) << shown.out;
  Bytes torn = read("all.catalogue");
  torn.resize(torn.size() / 2);
  write("all.catalogue", torn);
  EXPECT_NE(run({"inspect", "all.catalogue"}).exit_code, 0);
}

TEST_F(CatalogueCli, CompareTellsCoresApartSlotBySlot) {
  write("two.json", as_bytes(R"({"specVersion":"2.3.0","companyName":"Hanbit","pcf":{)"
                             R"("primaryDataShare":7.0E1}})"));
  ASSERT_EQ(run({"seal", "two.json", "-o", "two.sealed"}).exit_code, 0);
  const Answer same = run({"--json", "compare", "sealed/coil-0.sealed", "two.sealed"});
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_EQ(json::parse(same.out)["verdict"], "the same core");
  EXPECT_EQ(json::parse(same.out)["same"], 3);

  write("more.json", as_bytes(R"({"specVersion":"3.0.3","companyName":"Hanbit","status":"Active",)"
                              R"("pcf":{"primaryDataShare":"70"}})"));
  ASSERT_EQ(run({"seal", "more.json", "-o", "more.sealed"}).exit_code, 0);
  const Answer more = run({"--json", "compare", "sealed/coil-0.sealed", "more.sealed"});
  EXPECT_EQ(more.exit_code, 1);
  EXPECT_EQ(json::parse(more.out)["one_sided"], 1);

  const Answer other = run({"compare", "sealed/coil-0.sealed", "sealed/coil-1.sealed"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.out.find("method.pds            different           70  |  71"),
            std::string::npos)
      << other.out;
  EXPECT_EQ(run({"compare", "sealed/coil-0.sealed", "in/coil-0.json"}).exit_code, 4);
}

// One name as the keyboard of one system writes it and as another stores it: the bytes differ, and
// so do the cores, but nobody sees by what.
TEST_F(CatalogueCli, CompareNamesWhatTellsTextsApartThatLookAlike) {
  const auto seal = [this](const std::string& name, const std::string& company) {
    write(name + ".json", as_bytes(R"({"specVersion":"2.3.0","companyName":")" + company +
                                   R"(","pcf":{"primaryDataShare":70}})"));
    EXPECT_EQ(run({"seal", name + ".json", "-o", name + ".sealed"}).exit_code, 0);
  };
  seal("composed", "\uD55C");
  seal("parts", "\u1112\u1161\u11AB");
  seal("blank", "Hanbit ");
  seal("plain", "Hanbit");
  seal("other", "Hanul");
  const auto note = [this](const std::string& one, const std::string& other) {
    const Answer answer = run({"--json", "compare", one + ".sealed", other + ".sealed"});
    EXPECT_EQ(answer.exit_code, 2) << answer.out << answer.err;
    const json shown = json::parse(answer.out);
    EXPECT_EQ(shown["different"], 1) << answer.out;
    for (const json& slot : shown["slots"]) {
      if (slot["slot"] == "declarant.name") return slot.value("note", "");
    }
    return std::string("none such");
  };
  EXPECT_NE(note("composed", "parts").find("U+D55C | U+1112"), std::string::npos);
  EXPECT_NE(note("blank", "plain").find("U+0020 | the end"), std::string::npos);
  EXPECT_EQ(note("plain", "other"), "");
  const Answer shown = run({"compare", "blank.sealed", "plain.sealed"});
  EXPECT_NE(shown.out.find("U+0020 | the end"), std::string::npos) << shown.out;
}

}  // namespace
}  // namespace footproof
