// What json::Document accepts keeps every token: written again from its tokens it parses to the
// same values, and every pointer leads back to its value.
#include <string>

#include "attest/bytes.h"
#include "attest/check.h"
#include "attest/json.h"

namespace {

using namespace footproof;

// A name spelt with nothing but \u escapes, for characters that need it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      out += "\\u00" + to_hex(ByteView(&byte, 1));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Depth is bounded by json::kDepthMax.
void write(const json::Value& value, std::string& out) {
  if (value.is_scalar()) {
    out += value.token();
    return;
  }
  const bool is_object = value.kind() == json::Kind::object;
  out += is_object ? '{' : '[';
  bool is_first = true;
  for (const json::Value& child : value.children()) {
    if (!is_first) out += ',';
    is_first = false;
    if (is_object) out += quoted(child.key()) + ":";
    write(child, out);
  }
  out += is_object ? '}' : ']';
}

void compare(const json::Value& a, const json::Value& b, const json::Value& root) {
  CHECK(a.kind() == b.kind() && a.key() == b.key() && a.text() == b.text());
  CHECK(a.is_container() || a.token() == b.token());
  CHECK(root.at(a.pointer()) == a);
  const auto ours = a.children();
  const auto theirs = b.children();
  CHECK(ours.size() == theirs.size() && ours.size() == a.size());
  for (std::size_t i = 0; i < ours.size(); ++i) compare(ours[i], theirs[i], root);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSizeMax = 64 * 1024;  // pointers make this quadratic
  if (size > kSizeMax) return 0;
  const auto document = json::Document::parse(as_text(ByteView(data, size)));
  if (!document) return 0;
  std::string written;
  write(document->root(), written);
  const auto again = json::Document::parse(written);
  CHECK(again.has_value());
  compare(document->root(), again->root(), document->root());
  return 0;
}
