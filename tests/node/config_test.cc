#include "node/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "node/data_folder.h"
#include "node/log.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

constexpr std::string_view kSmallest = R"(
[node]
validator = "battery"
[mesh]
listen = "127.0.0.1:7101"
[http]
listen = "127.0.0.1:8101"
)";

std::string with(std::string_view more) { return std::string(kSmallest) + std::string(more); }

TEST(Config, SmallestHasDefaultsAndAbsolutePaths) {
  const auto config = parse_config(kSmallest, "/home/of/node");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->validator, "battery");
  EXPECT_EQ(config->mesh_listen, (Endpoint{"127.0.0.1", 7101}));
  EXPECT_EQ(config->vote_key, "/home/of/node/keys/vote.pem");
  EXPECT_EQ(config->genesis, "/home/of/node/genesis.cbor");
  EXPECT_EQ(config->batch_statements_max, 256U);
  EXPECT_TRUE(config->peers.empty());
}

TEST(Config, ANodeThatFollowsNamesNodesAndNoValidator) {
  const auto follower = [](std::string_view node, std::string_view more = "") {
    return parse_config("[node]\n" + std::string(node) + "\n[http]\nlisten = \"127.0.0.1:8101\"\n" +
                            std::string(more),
                        "/h");
  };
  const auto config = follower("follow = [\"https://a.example\", \"http://b.example:81\"]");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_TRUE(config->follows());
  EXPECT_EQ(config->follow.size(), 2U);
  EXPECT_EQ(config->catch_up, CatchUp::replay);
  EXPECT_EQ(follower("follow = [\"https://a\"]\ncatch_up = \"snapshot\"")->catch_up,
            CatchUp::snapshot);
  EXPECT_FALSE(follower("follow = []"));
  EXPECT_FALSE(follower("follow = \"https://a.example\""));
  EXPECT_FALSE(follower("follow = [\"a.example\"]"));
  EXPECT_FALSE(follower("follow = [\"https://a\", \"https://a\"]"));
  EXPECT_FALSE(follower("follow = [\"https://a\"]", "[mesh]\nlisten = \"127.0.0.1:1\"\n"));
  EXPECT_FALSE(follower("follow = [\"https://a\"]\ncatch_up = \"soon\""));
  EXPECT_FALSE(follower("follow = [\"https://a\", \"https://a/\"]"));
  EXPECT_FALSE(parse_config(with("[node.catch_up]\n"), "/h"));
}

TEST(Config, RefusesSourcesThatAreNotANodeAloneOrThisNodeItself) {
  const auto says = [](std::string_view url, std::string_view listen, std::string_view why) {
    const auto config = parse_config(fmt::format("[node]\nfollow = [\"{}\"]\n[http]\n"
                                                 "listen = \"{}\"\n",
                                                 url, listen),
                                     "/h");
    if (why.empty()) return config.has_value();
    return !config && config.error().detail.starts_with("[node] follow: ") &&
           config.error().detail.find(why) != std::string::npos;
  };
  constexpr std::string_view kHere = "127.0.0.1:8101";
  EXPECT_TRUE(says("https://a.example/", kHere, ""));
  EXPECT_TRUE(says("https://a.example/v1/chain", kHere, "without path or query"));
  EXPECT_TRUE(says("https://a.example?x=1", kHere, "without path or query"));
  EXPECT_TRUE(says("https://me@a.example", kHere, "without path or query"));
  EXPECT_TRUE(says("https://", kHere, "must be a URL"));
  EXPECT_TRUE(says("http://127.0.0.1:8102", kHere, ""));
  EXPECT_TRUE(says("http://127.0.0.1:8101", kHere, "name other nodes"));
  EXPECT_TRUE(says("http://localhost:8101/", kHere, "name other nodes"));
  EXPECT_TRUE(says("http://127.0.0.1:8101", "0.0.0.0:8101", "name other nodes"));
  EXPECT_TRUE(says("http://127.0.0.1", "0.0.0.0:80", "name other nodes"));
  EXPECT_TRUE(says("https://[::1]", "[::]:443", "name other nodes"));
  EXPECT_TRUE(says("http://a.example:8101", "0.0.0.0:8101", ""));
}

TEST(Config, AValidatorMayNameNodesThatItAsksWithoutLinks) {
  const auto config = parse_config(with("[log]\nlevel = \"info\"\n"), "/h");
  ASSERT_TRUE(config) << config.error().detail;
  const std::string text = with("");
  const auto at = text.find("validator =");
  const auto also = [&](const std::string& node) {
    return parse_config(text.substr(0, at) + node + "\n" + text.substr(at), "/h");
  };
  const auto both = also("follow = [\"https://a.example\"]");
  ASSERT_TRUE(both) << both.error().detail;
  EXPECT_FALSE(both->follows());  // it is a validator
  EXPECT_EQ(both->follow.size(), 1U);
  EXPECT_FALSE(also("follow = [\"https://a\", \"https://a\"]"));
  EXPECT_EQ(also("follow = [\"https://a\"]\ncatch_up = \"snapshot\"")->catch_up, CatchUp::snapshot);
  EXPECT_FALSE(also("catch_up = \"snapshot\""));
}

TEST(Config, ReadsPeersInOrder) {
  const auto config = parse_config(with(R"(
[[mesh.peer]]
validator = "automobile"
address = "127.0.0.1:7102"
[[mesh.peer]]
validator = "steel"
address = "[::1]:7103"
)"),
                                   "/h");
  // TOML lets a sub-table of [mesh] follow [http].
  ASSERT_TRUE(config) << config.error().detail;
  ASSERT_EQ(config->peers.size(), 2U);
  EXPECT_EQ(config->peers[1].address, (Endpoint{"::1", 7103}));
  EXPECT_EQ(config->peers[1].address.text(), "[::1]:7103");
}

struct BadConfig {
  std::string_view name;
  std::string_view more;
  std::string_view says;
};

class ConfigRefuses : public testing::TestWithParam<BadConfig> {};

TEST_P(ConfigRefuses, AndNamesTheKey) {
  const auto config = parse_config(with(GetParam().more), "/h");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().detail.find(GetParam().says), std::string::npos)
      << config.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Config, ConfigRefuses,
    testing::Values(
        BadConfig{"UnknownKey", "[batch]\nstatement_max = 3\n", "statement_max: unknown key"},
        BadConfig{"UnknownTable", "[metrics]\nport = 3\n", "metrics: unknown key"},
        BadConfig{"UnknownPeerKey", "[[mesh.peer]]\nvalidator='a'\naddress='h:1'\nweight=3\n",
                  "weight: unknown key"},
        BadConfig{"WrongType", "[batch]\nstatements_max = \"3\"\n", "statements_max"},
        BadConfig{"OutOfRange", "[batch]\nstatements_max = 0\n", "statements_max"},
        BadConfig{"Float", "[consensus]\ndelta_ms = 1.5\n", "delta_ms"},
        BadConfig{"TableIsValue", "batch = 3\n", "batch"},
        BadConfig{"PeerTwice",
                  "[[mesh.peer]]\nvalidator='a'\naddress='h:1'\n"
                  "[[mesh.peer]]\nvalidator='a'\naddress='h:2'\n",
                  "named twice"},
        BadConfig{"PeerIsSelf", "[[mesh.peer]]\nvalidator='battery'\naddress='h:1'\n",
                  "this node itself"},
        BadConfig{"PeerWithoutAddress", "[[mesh.peer]]\nvalidator='a'\n", "address"},
        BadConfig{"BadPort", "[[mesh.peer]]\nvalidator='a'\naddress='h:65536'\n", "port"},
        BadConfig{"BareV6", "[[mesh.peer]]\nvalidator='a'\naddress='::1:7'\n", "brackets"},
        BadConfig{"IdleBelowDelta", "[consensus]\ndelta_ms = 500\nidle_block_ms = 1000\n",
                  "idle_block_ms"},
        BadConfig{"MempoolBelowBatch",
                  "[batch]\nstatements_max = 1024\nmempool_statements_max = 300\n",
                  "mempool_statements_max"},
        BadConfig{"AddressCapZero", "connections_per_address_max = 0\n",
                  "connections_per_address_max"},
        BadConfig{"LogLevel", "[log]\nlevel = \"loud\"\n", "level"},
        BadConfig{"NoToml", "[batch\n", "line"}),
    [](const auto& bad) { return std::string(bad.param.name); });

TEST(Config, RefusesMissingRequiredKeysAndEqualListeners) {
  EXPECT_FALSE(parse_config("[mesh]\nlisten='h:1'\n[http]\nlisten='h:2'\n", "/h"));
  EXPECT_FALSE(parse_config("[node]\nvalidator='a'\n[http]\nlisten='h:2'\n", "/h"));
  EXPECT_FALSE(parse_config("[node]\nvalidator='a'\n[mesh]\nlisten='h:1'\n", "/h"));
  const auto same =
      parse_config("[node]\nvalidator='a'\n[mesh]\nlisten='h:1'\n[http]\nlisten='h:1'\n", "/h");
  ASSERT_FALSE(same);
  EXPECT_NE(same.error().detail.find("another port"), std::string::npos);
}

TEST(Log, EscapesAndBoundsWhatComesFromOutside) {
  EXPECT_EQ(log_text("peer_up", {{"peer", "battery"}, {"port", 7}}),
            "event=peer_up peer=battery port=7");
  EXPECT_EQ(log_text("x", {{"v", "a\nevent=forged \""}}), "event=x v=\"a\\x0aevent=forged \\x22\"");
  EXPECT_EQ(log_text("x", {{"data", "/집/데이터"}, {"why", "없는 파일"}}),
            "event=x data=/집/데이터 why=\"없는 파일\"");
  EXPECT_EQ(log_text("x", {{"v", "집\xed\x95"}}), "event=x v=\"\\xec\\xa7\\x91\\xed\\x95\"");
  EXPECT_EQ(log_text("x", {{"v", "\xe2\x80\xae"}}), "event=x v=\"\\xe2\\x80\\xae\"");
  const auto cut = log_text("x", {{"v", std::string(10'000, 'a')}});
  EXPECT_LT(cut.size(), kLogValueMax + 20);
  EXPECT_EQ(cut.substr(cut.size() - 4), "...\"");
}

TEST(DataFolder, IsHeldByOneProcessAtATime) {
  const test::TempFolder temp;
  {
    const auto first = DataFolder::open(temp / "data");
    ASSERT_TRUE(first);
    const auto second = DataFolder::open(temp / "data");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::too_busy);
  }
  EXPECT_TRUE(DataFolder::open(temp / "data"));
}

TEST(DataFolder, MarkerBindsItToOneChainAndKey) {
  const test::TempFolder temp;
  const auto folder = DataFolder::open(temp / "data");
  ASSERT_TRUE(folder);
  const Digest chain = sha256(as_bytes("chain"));
  const Bytes key(32, 7);
  ASSERT_TRUE(folder->has_marker(chain, key));
  EXPECT_FALSE(*folder->has_marker(chain, key));
  ASSERT_TRUE(folder->write_marker(chain, key));
  EXPECT_TRUE(*folder->has_marker(chain, key));
  EXPECT_FALSE(folder->has_marker(sha256(as_bytes("other")), key));
  EXPECT_FALSE(folder->has_marker(chain, Bytes(32, 8)));
}

}  // namespace
}  // namespace footproof::node
