// Malformed files of every kind through the real program: each ends with the right exit code and
// says why in one clear line.
#include <algorithm>
#include <random>

#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using testing::Answer;

struct BadFile {
  std::string how;
  Bytes bytes;
  bool changed_only = false;  // still has the shape of its kind; may be another, well-formed file
};

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return bytes;
}

// Forty ways to damage a good file; the same ones in every run.
std::vector<BadFile> damage(const Bytes& good) {
  std::mt19937 random(7);  // NOLINT: reproducible on purpose
  const std::size_t size = good.size();
  std::vector<BadFile> bad = {
      {"empty", {}},
      {"one byte", {good[0]}},
      {"zeros", Bytes(size, 0)},
      {"ones", Bytes(size, 0xff)},
      {"text", to_bytes(as_bytes("this is no file of ours\n"))},
      {"json", to_bytes(as_bytes("{\"version\": 1}"))},
      {"twice", good},
      {"byte more", good},
      {"byte less", Bytes(good.begin(), good.end() - 1)},
      {"first byte missing", Bytes(good.begin() + 1, good.end())},
      {"byte order mark", {0xef, 0xbb, 0xbf}},
      {"indefinite length", {0x9f}},
      {"depth", Bytes(5000, 0x81)},
      {"huge array", {0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"huge bytes", {0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {"huge map", {0xbb, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff}}};
  append(bad[6].bytes, good);
  bad[7].bytes.push_back(0);
  append(bad[10].bytes, good);
  append(bad[11].bytes, good);
  for (const std::size_t share : {10U, 25U, 33U, 50U, 66U, 75U, 90U, 99U}) {
    bad.push_back(
        {"cut at " + std::to_string(share) + "%",
         Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size * share / 100))});
  }
  for (std::size_t i = 0; i < 8; ++i) {
    bad.push_back({"head byte " + std::to_string(i),
                   with(good, i, static_cast<std::uint8_t>(good[i] ^ (1U << (random() % 8)))),
                   true});
  }
  while (bad.size() < 40) {
    const std::size_t at = random() % size;
    bad.push_back({"byte " + std::to_string(at),
                   with(good, at, static_cast<std::uint8_t>(good[at] ^ (1U + random() % 255))),
                   true});
  }
  return bad;
}

class Malformed : public testing::CommandLine {
 protected:
  void SetUp() override {
    seal_and_attest();
    ASSERT_EQ(run({"disclose", "coil.sealed", "coil.attested", "-o", "coil.footproof", "--profile",
                   "cbam-declarant"})
                  .exit_code,
              0);
    write("phrase", as_bytes("correct horse\n"));
    ASSERT_EQ(run({"key", "new", "-o", "key.pem", "--passphrase-file", "phrase"}).exit_code, 0);
  }

  // One line, ours, that names the file and hides nothing behind it.
  void expect_one_clear_line(const Answer& answer, const std::string& file,
                             const std::string& how) const {
    EXPECT_EQ(answer.err.rfind("footproof: ", 0), 0U) << how << ": " << answer.err;
    EXPECT_EQ(std::ranges::count(answer.err, '\n'), 1) << how << ": " << answer.err;
    EXPECT_NE(answer.err.find(file), std::string::npos) << how << ": " << answer.err;
    EXPECT_LT(answer.err.size(), 400U) << how << ": " << answer.err;
  }

  // Runs the command on each damaged copy of `file`.
  template <class Expect>
  void each(const std::string& file, const std::vector<std::string>& command, Expect expect) const {
    const Bytes good = read(file);
    int count = 0;
    for (const BadFile& bad : damage(good)) {
      ASSERT_NE(bad.bytes, good) << bad.how;
      write(file, bad.bytes);
      expect(run(command), bad);
      ++count;
    }
    write(file, good);
    EXPECT_EQ(count, 40);
    RecordProperty("cases", count);
  }
};

TEST_F(Malformed, SealedDeclarations) {
  const std::vector<std::string> command = {"disclose", "coil.sealed", "coil.attested", "-o",
                                            "n.footproof"};
  each("coil.sealed", command, [&](const Answer& answer, const BadFile& bad) {
    // Changed in a document, it may be a sealed declaration all the same: of another document.
    const bool fits = answer.exit_code == 3 || (bad.changed_only && answer.exit_code == 2);
    EXPECT_TRUE(fits) << bad.how << ": " << answer.exit_code << answer.err;
    expect_one_clear_line(answer, "coil.sealed", bad.how);
    EXPECT_FALSE(exists("n.footproof")) << bad.how;
  });
}

TEST_F(Malformed, AttestedFiles) {
  const std::vector<std::string> command = {"disclose",    "coil.sealed", "coil.attested", "-o",
                                            "n.footproof", "--policy",    "korea.policy"};
  each("coil.attested", command, [&](const Answer& answer, const BadFile& bad) {
    const bool fits = answer.exit_code == 3 || (bad.changed_only && answer.exit_code == 2);
    EXPECT_TRUE(fits) << bad.how << ": " << answer.exit_code << answer.err;
    EXPECT_EQ(std::ranges::count(answer.err, '\n'), 1) << bad.how << ": " << answer.err;
    EXPECT_FALSE(exists("n.footproof")) << bad.how;
  });
}

TEST_F(Malformed, Presentations) {
  const std::vector<std::string> command = {"verify", "coil.footproof", "--policy", "korea.policy"};
  each("coil.footproof", command, [&](const Answer& answer, const BadFile& bad) {
    // A changed origin, chain or epoch is one that this policy cannot judge.
    const bool fits = answer.exit_code == 2 || (bad.changed_only && answer.exit_code == 3);
    EXPECT_TRUE(fits) << bad.how << ": " << answer.exit_code << answer.err;
    EXPECT_EQ(answer.err, "") << bad.how;
    const std::string first = answer.exit_code == 2 ? "NOT CERTIFIED\n" : "CANNOT EVALUATE\n";
    EXPECT_EQ(answer.out.rfind(first, 0), 0U) << bad.how << answer.out;
    EXPECT_NE(answer.out.find("FAIL"), std::string::npos) << bad.how << answer.out;
    EXPECT_EQ(answer.out.find("What the attestation says"), std::string::npos) << bad.how;
  });
}

TEST_F(Malformed, Policies) {
  const std::vector<std::string> command = {"verify", "coil.footproof", "--policy", "korea.policy"};
  each("korea.policy", command, [&](const Answer& answer, const BadFile& bad) {
    // A policy with another key or another network in it may still be one.
    if (bad.changed_only && answer.err.empty()) {
      EXPECT_NE(answer.exit_code, 0) << bad.how;
      return;
    }
    EXPECT_EQ(answer.exit_code, 3) << bad.how << answer.err;
    expect_one_clear_line(answer, "korea.policy", bad.how);
    EXPECT_EQ(answer.out, "") << bad.how;
  });
}

TEST_F(Malformed, Keys) {
  const std::vector<std::string> command = {"key", "show", "key.pem", "--passphrase-file",
                                            "phrase"};
  each("key.pem", command, [&](const Answer& answer, const BadFile& bad) {
    // Without its last line end it is the same key.
    if (bad.how == "byte less") {
      EXPECT_EQ(answer.exit_code, 0) << answer.err;
      return;
    }
    // Damaged where it is encrypted, it looks like a wrong passphrase: usage.
    const bool fits = answer.exit_code == 3 || (bad.changed_only && answer.exit_code == 4);
    EXPECT_TRUE(fits) << bad.how << ": " << answer.exit_code << answer.err;
    expect_one_clear_line(answer, "key.pem", bad.how);
    EXPECT_EQ(answer.out, "") << bad.how;
  });
}

}  // namespace
}  // namespace footproof
