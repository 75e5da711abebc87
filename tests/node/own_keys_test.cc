// What a node knows of its own key files.
#include "node/own_keys.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/node/tls_fixture.h"

namespace footproof::node {
namespace {

std::uint64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

class OwnKeysTest : public ::testing::Test {
 protected:
  // As they are loaded, with a certificate that ends in so many days.
  [[nodiscard]] Result<KeyRing> load(int days) const {
    Config config;
    const auto& folder = folder_.path();
    const auto tls = test::make_tls_files(folder, "tls", days);
    config.tls_key = tls.key;
    config.tls_certificate = tls.certificate;
    config.vote_key = tls.key;
    config.cosign_key = tls.key;
    config.log_key = tls.key;
    return KeyRing::load(config);
  }

  footproof::test::TempFolder folder_;
};

TEST_F(OwnKeysTest, WarnOfACertificateThatEndsWithinAMonth) {
  constexpr std::uint64_t kDay = 86400;
  const auto far = load(40);
  ASSERT_TRUE(far) << far.error().detail;
  EXPECT_LE(far->first().tls_ends_s, now_ms() / 1000 + 40 * kDay);
  EXPECT_GT(far->first().tls_ends_s, now_ms() / 1000 + 39 * kDay);
  EXPECT_EQ(certificate_warning(far->first(), now_ms()), "");
  const auto near = load(20);
  ASSERT_TRUE(near) << near.error().detail;
  const auto warning = certificate_warning(near->first(), now_ms());
  EXPECT_NE(warning.find("tls.crt ends in "), std::string::npos) << warning;
  // Later still, and afterwards.
  EXPECT_NE(certificate_warning(near->first(), now_ms() + 25 * kDay * 1000).find("in 0 days"),
            std::string::npos);
}

}  // namespace
}  // namespace footproof::node
