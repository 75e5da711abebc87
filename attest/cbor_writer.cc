#include "attest/cbor.h"
#include "attest/cbor_head.h"
#include "attest/check.h"

namespace footproof::cbor {

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto lead = static_cast<std::uint8_t>(major << 5U);
  unsigned size = 0;  // of the argument after the first byte
  if (argument < kOneByte) {
    bytes_.push_back(static_cast<std::uint8_t>(lead | argument));
    return;
  }
  if (argument <= UINT8_MAX) {
    size = 1, bytes_.push_back(lead | kOneByte);
  } else if (argument <= UINT16_MAX) {
    size = 2, bytes_.push_back(lead | kTwoBytes);
  } else if (argument <= UINT32_MAX) {
    size = 4, bytes_.push_back(lead | kFourBytes);
  } else {
    size = 8, bytes_.push_back(lead | kEightBytes);
  }
  while (size-- > 0) bytes_.push_back(static_cast<std::uint8_t>(argument >> (8 * size)));
}

void Writer::begin_item(bool is_scalar) {
  while (!open_.empty() && open_.back().left == 0) open_.pop_back();
  if (open_.empty()) {
    CHECK(bytes_.empty());  // a Writer writes one item
    return;
  }
  Open& top = open_.back();
  const bool is_key = top.is_map && top.left % 2 == 0;  // else a value
  CHECK(!is_key || is_scalar);
  --top.left;
}

// Where the item just written was a map's key, it must be larger than the key before.
void Writer::end_scalar(std::size_t begin) {
  if (open_.empty()) return;
  Open& top = open_.back();
  if (!top.is_map || top.left % 2 == 0) return;
  const ByteView all = bytes_;
  const ByteView last = all.subspan(top.key_begin, top.key_end - top.key_begin);
  CHECK(less(last, all.subspan(begin)));
  top.key_begin = begin;
  top.key_end = bytes_.size();
}

Writer& Writer::scalar(std::uint8_t major, std::uint64_t argument, ByteView content) {
  begin_item(true);
  const std::size_t begin = bytes_.size();
  head(major, argument);
  append(bytes_, content);
  end_scalar(begin);
  return *this;
}

void Writer::open(std::uint8_t major, std::uint64_t argument, std::uint64_t items) {
  begin_item(false);
  CHECK(open_.size() < kDepthMax);
  head(major, argument);
  open_.push_back({.left = items, .is_map = major == kMajorMap});
}

Writer& Writer::uint(std::uint64_t value) { return scalar(kMajorUnsigned, value, {}); }

Writer& Writer::integer(std::int64_t value) {
  // −1 − value, without ever overflowing.
  if (value < 0) return scalar(kMajorNegative, ~static_cast<std::uint64_t>(value), {});
  return uint(static_cast<std::uint64_t>(value));
}

Writer& Writer::bytes(ByteView value) { return scalar(kMajorBytes, value.size(), value); }

Writer& Writer::text(std::string_view value) {
  CHECK(is_utf8(as_bytes(value)));
  return scalar(kMajorText, value.size(), as_bytes(value));
}

Writer& Writer::array(std::size_t count) {
  open(kMajorArray, count, count);
  return *this;
}

Writer& Writer::map(std::size_t count) {
  open(kMajorMap, count, 2 * static_cast<std::uint64_t>(count));
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  open(kMajorTag, number, 1);
  return *this;
}

Writer& Writer::boolean(bool value) { return scalar(kMajorSimple, value ? kTrue : kFalse, {}); }
Writer& Writer::null() { return scalar(kMajorSimple, kNull, {}); }

Writer& Writer::raw(ByteView item) {
  CHECK(!item.empty());
  DCHECK(check(item).has_value());
  const unsigned major = item[0] >> 5U;
  begin_item(major != kMajorArray && major != kMajorMap && major != kMajorTag);
  const std::size_t begin = bytes_.size();
  append(bytes_, item);
  end_scalar(begin);
  return *this;
}

const Bytes& Writer::view() const& {
  CHECK(!bytes_.empty());
  for (const Open& open : open_) CHECK(open.left == 0);
  return bytes_;
}

Bytes Writer::take() && {
  CHECK(!view().empty());
  return std::move(bytes_);
}

}  // namespace footproof::cbor
