// What cbor::check accepts, reads and writes back to the same bytes.
#include "attest/cbor.h"
#include "attest/check.h"

namespace {

using namespace footproof;

// Depth is bounded by cbor::kDepthMax.
void copy(cbor::Reader& in, cbor::Writer& out) {
  switch (in.peek()) {
    case cbor::Type::unsigned_integer:
      out.uint(in.uint());
      break;
    case cbor::Type::bytes:
      out.bytes(in.bytes(SIZE_MAX));
      break;
    case cbor::Type::text:
      out.text(in.text(SIZE_MAX));
      break;
    case cbor::Type::array: {
      const std::size_t count = in.array();
      out.array(count);
      for (std::size_t i = 0; i < count; ++i) copy(in, out);
      break;
    }
    case cbor::Type::map: {
      const std::size_t count = in.map().left();
      out.map(count);
      for (std::size_t i = 0; i < 2 * count; ++i) copy(in, out);
      break;
    }
    case cbor::Type::boolean:
      out.boolean(in.boolean());
      break;
    default:  // null, and negative integers, which may be beyond 64 bits
      out.raw(in.skip());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (!cbor::check(bytes)) return 0;
  cbor::Reader in(bytes);
  cbor::Writer out;
  copy(in, out);
  CHECK(in.finish().has_value());
  CHECK(equal(out.view(), bytes));
  return 0;
}
