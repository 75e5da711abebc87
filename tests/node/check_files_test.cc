// What --check-config says of the files that a configuration names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/node/node_cluster.h"

namespace footproof::node {
namespace {

class Configuration : public ::testing::Test {
 protected:
  void expect_refused(const Config& config, const std::string& field, const std::string& why) {
    const auto checked = check_files(config);
    ASSERT_FALSE(checked);
    EXPECT_TRUE(checked.error().detail.starts_with(field)) << checked.error().detail;
    EXPECT_NE(checked.error().detail.find(why), std::string::npos) << checked.error().detail;
  }

  test::NodeCluster cluster_;
};

TEST_F(Configuration, OfANodeThatMayStartIsGood) {
  const auto checked = check_files(cluster_.config(0));
  EXPECT_TRUE(checked) << checked.error().detail;
}

TEST_F(Configuration, NamesADataFolderThatIsThereOrCanBeMade) {
  Config config = cluster_.config(0);
  config.data = config.genesis;
  expect_refused(config, "[node] data: ", "genesis.cbor is not a folder");
  config.data = config.genesis / "data";
  expect_refused(config, "[node] data: ", "genesis.cbor is not a folder");
  config.data = config.home / "none" / "data";
  expect_refused(config, "[node] data: ", "none is not a folder; make it");
  config.data = config.home;
  EXPECT_TRUE(check_files(config));
}

TEST_F(Configuration, HasNextKeysThatCanBeRead) {
  const Config& config = cluster_.config(0);
  std::filesystem::create_directories(config.next_keys);
  EXPECT_TRUE(check_files(config));  // none yet
  cluster_.make_next_keys(0, "new");
  EXPECT_TRUE(check_files(config));
  std::filesystem::permissions(config.next_keys / "vote.pem", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  expect_refused(config, "[node] next_keys: ", "chmod 600");
  test::write_private(config.next_keys / "vote.pem", as_bytes("no key"));
  expect_refused(config, "[node] next_keys: ", "vote.pem");
  std::filesystem::remove(config.next_keys / "vote.pem");
  expect_refused(config, "[node] next_keys: ", "or take them away");
}

}  // namespace
}  // namespace footproof::node
