#include <utility>

#include "attest/cbor.h"
#include "attest/check.h"

namespace footproof::cbor {

bool MapReader::ascends(const Key& a, const Key& b) {
  if (a.is_text != b.is_text) return b.is_text;
  if (a.is_text) {
    if (a.text.size() != b.text.size()) return a.text.size() < b.text.size();
    return less(as_bytes(a.text), as_bytes(b.text));
  }
  const bool a_negative = a.number < 0;
  const bool b_negative = b.number < 0;
  if (a_negative != b_negative) return b_negative;
  return a_negative ? a.number > b.number : a.number < b.number;
}

void MapReader::ask(Key key) {
  CHECK(!last_ || ascends(*last_, key));
  last_ = std::move(key);
}

bool MapReader::key(std::int64_t key) {
  ask({false, key, {}});
  if (left_ == 0 || reader_->failed()) return false;
  const Reader::Head head = Reader::parse_head(reader_->rest_);
  const bool negative = key < 0;
  const auto argument =
      negative ? ~static_cast<std::uint64_t>(key) : static_cast<std::uint64_t>(key);
  const Type type = negative ? Type::negative_integer : Type::unsigned_integer;
  if (head.type != type || head.argument != argument) return false;
  reader_->named(key);
  static_cast<void>(reader_->integer());
  --left_;
  return true;
}

bool MapReader::key(std::string_view key) {
  ask({true, 0, std::string(key)});
  if (left_ == 0 || reader_->failed()) return false;
  const Reader::Head head = Reader::parse_head(reader_->rest_);
  if (head.type != Type::text || head.argument != key.size()) return false;
  if (!equal(reader_->rest_.subspan(head.size, key.size()), as_bytes(key))) return false;
  static_cast<void>(reader_->read_text("a text key"));
  reader_->named(key);
  --left_;
  return true;
}

bool MapReader::require(std::int64_t key) {
  if (this->key(key)) return true;
  reader_->named(key);
  reader_->reject(Errc::malformed, "missing, or an unknown member stands before it");
  return false;
}

bool MapReader::require(std::string_view key) {
  if (this->key(key)) return true;
  reader_->named(key);
  reader_->reject(Errc::malformed, "missing, or an unknown member stands before it");
  return false;
}

void MapReader::take(Key key) {
  if (last_ && !ascends(*last_, key)) {
    reader_->reject(Errc::malformed, "map keys are duplicate or not sorted");
  }
  last_ = std::move(key);
  if (left_ > 0) --left_;
}

std::int64_t MapReader::next_integer() {
  if (left_ == 0) reader_->reject(Errc::malformed, "no member is left");
  const std::int64_t number = reader_->integer();
  if (!reader_->failed()) take({false, number, {}});
  return reader_->failed() ? 0 : number;
}

std::string_view MapReader::next_text(std::size_t size_max) {
  if (left_ == 0) reader_->reject(Errc::malformed, "no member is left");
  const std::string_view text = reader_->text(size_max);
  if (!reader_->failed()) take({true, 0, std::string(text)});
  return reader_->failed() ? std::string_view{} : text;
}

void MapReader::end() {
  if (left_ == 0 || reader_->failed()) return;
  reader_->named(std::string_view{});
  reader_->reject(Errc::malformed, "unknown, duplicate or unsorted map keys");
}

}  // namespace footproof::cbor
