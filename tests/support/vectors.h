// Where the vector suites and sample documents lie, and how a suite reports itself.
//
// $FOOTPROOF_VECTORS and $FOOTPROOF_PCF name the folders; by default ../shared/data/{vectors,pcf}
// beside the checkout. A missing folder is a skipped suite; a suite that ran no case is a failure.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"

namespace footproof::testing {

// The folder of one vector suite / of the sample documents; may not exist.
[[nodiscard]] std::filesystem::path vector_folder(std::string_view suite);
[[nodiscard]] std::filesystem::path pcf_folder();

// Every regular file below `folder`, sorted by path.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);
[[nodiscard]] Bytes read_bytes(const std::filesystem::path& file);
[[nodiscard]] std::string read_text(const std::filesystem::path& file);
[[nodiscard]] nlohmann::json read_json(const std::filesystem::path& file);

// Prints "vectors: <suite>: <count> cases" and fails the current test if count is 0.
void report_cases(std::string_view suite, std::size_t count);

}  // namespace footproof::testing

// First line of a vector test: skips it, saying so, where the folder is missing.
#define FOOTPROOF_REQUIRE_FOLDER(folder) \
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no such folder: " << (folder).string()
