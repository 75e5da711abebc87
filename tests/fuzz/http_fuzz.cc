// What comes in over HTTP: a header section that is accepted could not be read in another way by
// another parser, and a sequence of statements that can be cut is cut into what it was made of.
#include <algorithm>
#include <string_view>
#include <variant>

#include "api/request_head.h"
#include "api/submit.h"
#include "attest/check.h"
#include "attest/cose.h"

namespace {

using namespace footproof;

void check_head(std::string_view text) {
  const api::HeadLimits limits;
  const auto parsed = api::parse_request_head(text, limits);
  if (const auto* refusal = std::get_if<api::HeadRefusal>(&parsed)) {
    CHECK(refusal->status >= 400 && refusal->status < 600);
    CHECK(api::refusal_text(*refusal).starts_with("HTTP/1.1 "));
    return;
  }
  const auto& head = std::get<api::RequestHead>(parsed);
  CHECK(head.method == "GET" || head.method == "POST");
  CHECK(head.path.starts_with('/') && head.path.size() <= api::kPathMax);
  CHECK(head.query.size() <= api::kParametersMax);
  CHECK(head.content_length <= limits.body_bytes_max);
  CHECK(head.method == "POST" || head.content_length == 0);
  // Line ends are CRLF, nothing else is a control character, and the only empty line is the last.
  CHECK(text.ends_with("\r\n\r\n") && text.find("\r\n\r\n") == text.size() - 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\r') CHECK(text[i + 1] == '\n');
    if (byte == '\n') CHECK(i > 0 && text[i - 1] == '\r');
    CHECK(byte >= 0x20 || byte == '\t' || byte == '\r' || byte == '\n');
  }
}

void check_sequence(ByteView bytes) {
  const auto items = api::split_statements(bytes);
  if (!items) return;
  CHECK(!items->empty() && items->size() <= api::kSequenceItemsMax);
  Bytes joined;
  for (const Bytes& item : *items) append(joined, item);
  // Cutting once more changes nothing: unprotected headers are empty now, or it is no COSE_Sign1.
  const auto again = api::split_statements(joined);
  CHECK(again && *again == *items);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_head(as_text(bytes));
  check_sequence(bytes);
  return 0;
}
