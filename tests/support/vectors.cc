#include "tests/support/vectors.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace footproof::testing {
namespace {

std::filesystem::path data_folder(const char* variable, const char* fallback) {
  if (const char* named = std::getenv(variable); named != nullptr && *named != '\0') return named;
  return std::filesystem::path(FOOTPROOF_SOURCE_DIR) / ".." / "shared" / "data" / fallback;
}

}  // namespace

std::filesystem::path vector_folder(std::string_view suite) {
  return data_folder("FOOTPROOF_VECTORS", "vectors") / suite;
}

std::filesystem::path pcf_folder() { return data_folder("FOOTPROOF_PCF", "pcf"); }

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Bytes read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read " << file;
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

std::string read_text(const std::filesystem::path& file) {
  const Bytes bytes = read_bytes(file);
  return std::string(as_text(bytes));
}

nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(read_text(file));
}

void report_cases(std::string_view suite, std::size_t count) {
  std::cout << "vectors: " << suite << ": " << count << " cases" << std::endl;
  EXPECT_GT(count, 0U) << suite << " ran no case";
}

}  // namespace footproof::testing
