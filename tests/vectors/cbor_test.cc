// RFC 8949 appendix A, and our own malformed and non-deterministic items: every line.
#include "attest/cbor.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/vectors.h"

namespace footproof::testing {
namespace {

// Decodes one item and writes it again. Depth is bounded by cbor::kDepthMax.
nlohmann::json decode(cbor::Reader& in, cbor::Writer& out) {
  using cbor::Type;
  switch (in.peek()) {
    case Type::unsigned_integer: {
      const std::uint64_t value = in.uint();
      out.uint(value);
      return value;
    }
    case Type::bytes: {
      const ByteView value = in.bytes(SIZE_MAX);
      out.bytes(value);
      return "h'" + to_hex(value) + "'";
    }
    case Type::text: {
      const std::string_view value = in.text(SIZE_MAX);
      out.text(value);
      return value;
    }
    case Type::array: {
      auto list = nlohmann::json::array();
      const std::size_t count = in.array();
      out.array(count);
      for (std::size_t i = 0; i < count; ++i) list.push_back(decode(in, out));
      return list;
    }
    case Type::map: {
      auto object = nlohmann::json::object();
      const std::size_t count = in.map().left();
      out.map(count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto key = decode(in, out);
        object[key.is_string() ? key.get<std::string>() : key.dump()] = decode(in, out);
      }
      return object;
    }
    case Type::boolean: {
      const bool value = in.boolean();
      out.boolean(value);
      return value;
    }
    case Type::negative_integer: {
      const ByteView item = in.skip();
      out.raw(item);
      cbor::Reader again(item);
      const std::int64_t value = again.integer();
      // −2^64 fits no integer of ours; the suite's JSON has it as a number that nlohmann rounds.
      return again.finish() ? nlohmann::json(value) : nlohmann::json(-18446744073709551616.0);
    }
    default:
      in.null();
      out.null();
      return nullptr;
  }
}

// Tags and the simple values and floats of major type 7, but false, true and null, are not ours.
bool is_of_our_subset(const std::string& hex) {
  if (hex[0] == 'c' || hex[0] == 'd') return false;
  const bool is_known_simple = hex == "f4" || hex == "f5" || hex == "f6";
  return is_known_simple || (hex[0] != 'e' && hex[0] != 'f');
}

TEST(CborVectors, AppendixA) {
  const auto folder = vector_folder("cbor");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  std::size_t decoded = 0;
  for (const auto& test : read_json(folder / "appendix_a.json")) {
    ++count;
    const std::string hex = test["hex"];
    const Bytes bytes = from_hex(hex).value();
    const bool ours = is_of_our_subset(hex) && test["roundtrip"].get<bool>();
    EXPECT_EQ(cbor::check(bytes).has_value(), ours) << hex;
    if (!ours) continue;
    ++decoded;
    cbor::Reader in(bytes);
    cbor::Writer out;
    const auto value = decode(in, out);
    EXPECT_TRUE(in.finish()) << hex;
    EXPECT_EQ(to_hex(out.view()), hex);
    if (test.contains("decoded")) {
      EXPECT_EQ(value, test["decoded"]) << hex;
    } else if (hex[0] == '4') {
      EXPECT_EQ(value, test["diagnostic"]) << hex;
    }
  }
  EXPECT_GT(decoded, 0U);
  report_cases("cbor/appendix_a", count);
}

void expect_all_refused(const char* file) {
  const auto folder = vector_folder("cbor");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  std::size_t count = 0;
  std::istringstream lines(read_text(folder / file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    ++count;
    const Bytes bytes = from_hex(line).value();
    EXPECT_FALSE(cbor::check(bytes)) << line;
    // Also where a tag is asked for.
    cbor::Reader in(bytes);
    in.tag(18);
    static_cast<void>(in.skip());
    EXPECT_FALSE(in.finish()) << line;
  }
  report_cases(std::string("cbor/") + file, count);
}

TEST(CborVectors, MalformedIsRefused) { expect_all_refused("own-malformed.txt"); }
TEST(CborVectors, NondeterministicIsRefused) { expect_all_refused("own-nondeterministic.txt"); }

}  // namespace
}  // namespace footproof::testing
