// A SoftHSM token in a folder of its own: started, initialised and thrown away by the test.
//
// SoftHSM is a library: what is "started" is its store. It finds it by the environment variable
// SOFTHSM2_CONF, which the test sets for its own process or for the program that it runs.
#pragma once

#include <string>

#include "tests/support/temp_folder.h"

namespace footproof::testing {

class SoftToken {
 public:
  // Initialises a token of this label. Fails the test where softhsm2 is not installed.
  explicit SoftToken(std::string label = "Test Body");

  // "pkcs11:token=…;object=<object>?module-path=…"
  [[nodiscard]] std::string uri(const std::string& object) const;
  // SOFTHSM2_CONF=<file>
  [[nodiscard]] std::string environment() const { return "SOFTHSM2_CONF=" + configuration(); }
  [[nodiscard]] std::string configuration() const { return (folder_ / "softhsm2.conf").string(); }
  [[nodiscard]] static std::string pin() { return "13579"; }
  // Runs softhsm2-util with these words and no output; its exit code.
  [[nodiscard]] int util(const std::string& words) const;
  [[nodiscard]] std::string store() const { return (folder_ / "tokens").string(); }

 private:
  std::string label_;
  test::TempFolder folder_;
};

}  // namespace footproof::testing
