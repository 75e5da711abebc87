#include "tests/support/soft_token.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace footproof::testing {
namespace {

// Debian's softhsm2.
constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";

std::string with_percent(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == ' ' ? std::string("%20") : std::string(1, c);
  return result;
}

}  // namespace

SoftToken::SoftToken(std::string label) : label_(std::move(label)) {
  EXPECT_TRUE(std::filesystem::exists(kModule)) << "softhsm2 is missing; run scripts/deps";
  std::filesystem::create_directory(folder_ / "tokens");
  std::ofstream(configuration()) << "directories.tokendir = " << store() << '\n'
                                 << "objectstore.backend = file\nlog.level = ERROR\n"
                                 << "slots.removable = false\n";
  EXPECT_EQ(util("--init-token --free --label '" + label_ + "' --pin " + pin() + " --so-pin 24680"),
            0);
}

std::string SoftToken::uri(const std::string& object) const {
  return "pkcs11:token=" + with_percent(label_) + ";object=" + object + "?module-path=" + kModule;
}

int SoftToken::util(const std::string& words) const {
  // The words are the test's own.
  const std::string line = environment() + " softhsm2-util " + words + " >/dev/null 2>&1";
  const int status = std::system(line.c_str());  // NOLINT(cert-env33-c)
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace footproof::testing
