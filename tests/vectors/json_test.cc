// JSONTestSuite and our own strict cases: every file must be taken or refused as I-JSON demands,
// also on a thread with little stack.
#include "attest/json.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>
#include <set>
#include <sstream>

#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

bool accepts(const Bytes& bytes) { return json::Document::parse(as_text(bytes)).has_value(); }

// Runs `work` on a thread with 512 KiB of stack.
void on_small_stack(std::function<void()> work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 512 * 1024), 0);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
}

// Legal JSON that I-JSON (RFC 7493 §2) forbids: duplicate names, and noncharacters, of which the
// pair \uDBFF\uDFFF is one (U+10FFFF).
bool is_forbidden_by_i_json(const std::string& name) {
  for (const char* part :
       {"duplicated_key", "nonCharacter", "noncharacter", "nonchar", "last_surrogates_1_and_2"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST(JsonVectors, JsonTestSuiteParsing) {
  const auto folder = vector_folder("jsontestsuite") / "test_parsing";
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  on_small_stack([&] {
    for (const auto& file : files_below(folder)) {
      ++count;
      const std::string name = file.filename();
      // Every i_ file breaks a rule of ours: numbers beyond doubles, lone surrogates, invalid
      // UTF-8, UTF-16, or too much nesting.
      const bool expected = name.starts_with("y_") && !is_forbidden_by_i_json(name);
      EXPECT_EQ(accepts(read_bytes(file)), expected) << name;
    }
  });
  report_cases("jsontestsuite/test_parsing", count);
}

TEST(JsonVectors, JsonTestSuiteTransform) {
  const auto folder = vector_folder("jsontestsuite") / "test_transform";
  FOOTPROOF_REQUIRE_FOLDER(folder);
  // The rest: duplicate names, integers beyond 2^53 − 1, a number that vanishes, bad code points.
  const std::set<std::string> taken = {"number_1.0.json",
                                       "number_1.000000000000000005.json",
                                       "number_1000000000000000.json",
                                       "number_1e6.json",
                                       "object_key_nfc_nfd.json",
                                       "object_key_nfd_nfc.json",
                                       "string_with_escaped_NULL.json"};
  std::size_t count = 0;
  for (const auto& file : files_below(folder)) {
    ++count;
    const std::string name = file.filename();
    EXPECT_EQ(accepts(read_bytes(file)), taken.contains(name)) << name;
  }
  report_cases("jsontestsuite/test_transform", count);
}

// The suite is made for canonicalisation, which is not built; taking and refusing is judged here.
TEST(JsonVectors, OwnStrictCases) {
  const auto folder = vector_folder("own-jcs-strict");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  on_small_stack([&] {
    for (const auto& [file, expected] :
         {std::pair("accept.jsonl", true), {"reject.jsonl", false}}) {
      std::istringstream lines(read_text(folder / file));
      for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        ++count;
        const auto test = nlohmann::json::parse(line);
        const Bytes input = from_hex(test["input_hex"].get<std::string>()).value();
        EXPECT_EQ(accepts(input), expected) << test["id"];
        if (expected) {
          const Bytes output = from_hex(test["output_hex"].get<std::string>()).value();
          EXPECT_TRUE(accepts(output)) << test["id"];
        }
      }
    }
  });
  report_cases("own-jcs-strict", count);
}

}  // namespace
}  // namespace footproof::testing
