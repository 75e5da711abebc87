// Suites whose subject is not built: said aloud and counted as skipped, never as passed.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

class NotBuilt : public ::testing::TestWithParam<const char*> {};

TEST_P(NotBuilt, Suite) {
  std::cout << "vectors: " << GetParam() << ": not built" << std::endl;
  GTEST_SKIP() << "not built";
}

INSTANTIATE_TEST_SUITE_P(Suites, NotBuilt,
                         ::testing::Values("jcs-cyberphone", "cose-receipts", "sd-jwt",
                                           "wycheproof/hkdf_sha256"));

}  // namespace
}  // namespace footproof::testing
