#include <algorithm>
#include <limits>
#include <utility>

#include "attest/cbor.h"
#include "attest/cbor_head.h"
#include "attest/check.h"

namespace footproof::cbor {
namespace {

// One open container while skip() walks: how many items are left and the last key of a map.
struct Level {
  std::uint64_t left = 0;
  bool is_map = false;
  ByteView last_key;
};

Type type_of_major(std::uint8_t major) {
  constexpr std::array<Type, 7> kTypes = {Type::unsigned_integer,
                                          Type::negative_integer,
                                          Type::bytes,
                                          Type::text,
                                          Type::array,
                                          Type::map,
                                          Type::tag};
  return kTypes[major];
}

bool has_content(Type type) { return type == Type::bytes || type == Type::text; }

}  // namespace

// The one place where heads are judged: minimal, definite, of a kind that we know, and announcing
// no more than the bytes that remain.
Reader::Head Reader::parse_head(ByteView bytes) {
  if (bytes.empty()) return {.problem = "nothing is left to read"};
  const auto major = static_cast<std::uint8_t>(bytes[0] >> 5U);
  const auto info = static_cast<std::uint8_t>(bytes[0] & 0x1fU);
  if (major == kMajorSimple) {
    if (info == kFalse || info == kTrue) {
      return {.type = Type::boolean, .argument = info == kTrue ? 1U : 0U, .size = 1};
    }
    if (info == kNull) return {.type = Type::null, .size = 1};
    return {.problem = "floats and other simple values are not allowed"};
  }
  if (info > kEightBytes) return {.problem = "indefinite or reserved length"};
  Head head{.type = type_of_major(major), .argument = info, .size = 1};
  if (info >= kOneByte) {
    const std::size_t size = std::size_t{1} << (info - kOneByte);
    if (bytes.size() < 1 + size) return {.problem = "the head is cut off"};
    head.argument = 0;
    for (const std::uint8_t byte : bytes.subspan(1, size)) {
      head.argument = (head.argument << 8) | byte;
    }
    head.size = 1 + size;
    const std::uint64_t smaller_max =
        size == 1 ? kOneByte - 1U : (std::uint64_t{1} << (4 * size)) - 1U;
    if (head.argument <= smaller_max) return {.problem = "a longer head than needed"};
  }
  const std::size_t left = bytes.size() - head.size;
  if ((has_content(head.type) || head.type == Type::array) && head.argument > left) {
    return {.problem = "a length beyond the bytes that remain"};
  }
  if (head.type == Type::map && head.argument > left / 2) {
    return {.problem = "a length beyond the bytes that remain"};
  }
  return head;
}

Type Reader::peek() const { return parse_head(rest_).type; }

void Reader::reject(Errc code, std::string_view why) {
  if (error_) return;
  std::string detail(what_);
  detail += ": ";
  if (!field_.empty()) {
    detail.append(field_).append(": ");
  } else if (member_) {
    detail += "member " + std::to_string(*member_) + ": ";
  }
  detail.append(why).append(" (at byte ").append(std::to_string(offset())).append(")");
  error_ = Error{code, std::move(detail)};
  rest_ = {};
}

void Reader::reject(const Error& error) { reject(error.code, error.detail); }

void Reader::named(std::int64_t member_number) {
  field_ = {};
  member_ = member_number;
}

void Reader::named(std::string_view member_text) {
  field_ = member_text;
  member_.reset();
}

void Reader::item_done() {
  while (depth_ > 0 && --left_[depth_ - 1] == 0) --depth_;
}

void Reader::enter(std::uint64_t items) {
  if (depth_ == kDepthMax) return reject(Errc::malformed, "nested too deeply");
  if (items == 0) return item_done();
  left_[depth_++] = items;
}

std::optional<Reader::Head> Reader::expect(Type type, std::string_view wanted) {
  if (failed()) return std::nullopt;
  const Head head = parse_head(rest_);
  if (head.problem != nullptr) {
    reject(Errc::malformed, head.problem);
    return std::nullopt;
  }
  if (head.type != type) {
    reject(Errc::malformed, "expected " + std::string(wanted));
    return std::nullopt;
  }
  rest_ = rest_.subspan(head.size);
  return head;
}

std::uint64_t Reader::uint() {
  const auto head = expect(Type::unsigned_integer, "an unsigned integer");
  if (!head) return 0;
  item_done();
  return head->argument;
}

std::uint64_t Reader::uint_up_to(std::uint64_t max) {
  const std::uint64_t value = uint();
  if (value <= max) return value;
  reject(Errc::bad_value, "more than " + std::to_string(max));
  return 0;
}

std::int64_t Reader::integer() {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  const bool negative = peek() == Type::negative_integer;
  const auto head =
      expect(negative ? Type::negative_integer : Type::unsigned_integer, "an integer");
  if (!head) return 0;
  if (head->argument > kMax) {
    reject(Errc::bad_value, "an integer beyond 64 bits");
    return 0;
  }
  item_done();
  const auto value = static_cast<std::int64_t>(head->argument);
  return negative ? -1 - value : value;
}

std::int64_t Reader::integer(std::int64_t min, std::int64_t max) {
  const std::int64_t value = integer();
  if (failed()) return 0;
  if (value >= min && value <= max) return value;
  reject(Errc::bad_value, "not within " + std::to_string(min) + " and " + std::to_string(max));
  return 0;
}

bool Reader::boolean() {
  const auto head = expect(Type::boolean, "a boolean");
  if (!head) return false;
  item_done();
  return head->argument == 1;
}

void Reader::null() {
  if (expect(Type::null, "null")) item_done();
}

bool Reader::take_null() {
  if (peek() != Type::null) return false;
  null();
  return !failed();
}

ByteView Reader::content(Type type, std::string_view wanted) {
  const auto head = expect(type, wanted);
  if (!head) return {};
  const ByteView taken = rest_.first(head->argument);  // parse_head has compared it with the rest
  rest_ = rest_.subspan(taken.size());
  item_done();
  return taken;
}

ByteView Reader::bytes(std::size_t size_max) {
  const ByteView value = content(Type::bytes, "a byte string");
  if (value.size() <= size_max) return value;
  reject(Errc::bad_length, "longer than " + std::to_string(size_max) + " bytes");
  return {};
}

ByteView Reader::bytes_of(std::size_t size) {
  const ByteView value = content(Type::bytes, "a byte string");
  if (failed() || value.size() == size) return value;
  reject(Errc::bad_length, "not " + std::to_string(size) + " bytes");
  return {};
}

Digest Reader::digest() {
  const ByteView value = bytes_of(Digest::kSize);
  Digest digest;
  std::copy(value.begin(), value.end(), digest.bytes.begin());  // empty if that failed
  return digest;
}

std::optional<Digest> Reader::digest_or_null() {
  if (take_null()) return std::nullopt;
  return digest();
}

std::string_view Reader::read_text(std::string_view wanted) {
  const ByteView value = content(Type::text, wanted);
  if (is_utf8(value)) return as_text(value);
  reject(Errc::malformed, "not UTF-8");
  return {};
}

std::string_view Reader::text(std::size_t size_max) {
  const std::string_view value = read_text("a text");
  if (value.size() <= size_max) return value;
  reject(Errc::bad_length, "longer than " + std::to_string(size_max) + " bytes");
  return {};
}

void Reader::text_equal(std::string_view expected) {
  if (read_text("a text") != expected) {
    reject(Errc::bad_version, "not \"" + std::string(expected) + "\"");
  }
}

std::size_t Reader::array() {
  const auto head = expect(Type::array, "an array");
  if (!head) return 0;
  enter(head->argument);
  return failed() ? 0 : static_cast<std::size_t>(head->argument);
}

std::size_t Reader::array_between(std::size_t min, std::size_t max) {
  const std::size_t count = array();
  if (failed() || (count >= min && count <= max)) return count;
  reject(Errc::bad_length,
         min == max ? "not an array of " + std::to_string(min)
                    : "not an array of " + std::to_string(min) + " to " + std::to_string(max));
  return 0;
}

void Reader::array_of(std::size_t count) { static_cast<void>(array_between(count, count)); }
std::size_t Reader::array_up_to(std::size_t max) { return array_between(0, max); }

MapReader Reader::map() {
  const auto head = expect(Type::map, "a map");
  if (!head) return {*this, 0};
  enter(2 * head->argument);
  return {*this, failed() ? 0 : static_cast<std::size_t>(head->argument)};
}

void Reader::tag(std::uint64_t number) {
  const std::string wanted = "tag " + std::to_string(number);
  const auto head = expect(Type::tag, wanted);
  if (!head) return;
  if (head->argument != number) return reject(Errc::malformed, "expected " + wanted);
  enter(1);
}

ByteView Reader::skip() {
  if (failed()) return {};
  const ByteView from = rest_;
  std::array<Level, kDepthMax> levels;
  std::size_t open = 0;
  do {
    const ByteView item = rest_;
    const Head head = parse_head(item);
    if (head.problem != nullptr) return reject(Errc::malformed, head.problem), ByteView{};
    if (head.type == Type::tag) return reject(Errc::malformed, "tags are not allowed"), ByteView{};
    const bool is_container = head.type == Type::array || head.type == Type::map;
    const std::size_t size = head.size + (has_content(head.type) ? head.argument : 0);
    rest_ = item.subspan(size);
    if (head.type == Type::text && !is_utf8(item.first(size).subspan(head.size))) {
      return reject(Errc::malformed, "not UTF-8"), ByteView{};
    }
    if (open > 0 && levels[open - 1].is_map && levels[open - 1].left % 2 == 0) {
      Level& map = levels[open - 1];
      const ByteView key = item.first(size);
      if (is_container) return reject(Errc::malformed, "a container as map key"), ByteView{};
      if (!less(map.last_key, key)) {
        return reject(Errc::malformed, "map keys are duplicate or not sorted"), ByteView{};
      }
      map.last_key = key;
    }
    if (is_container) {
      if (depth_ + open == kDepthMax)
        return reject(Errc::malformed, "nested too deeply"), ByteView{};
      const bool is_map = head.type == Type::map;
      levels[open++] = {is_map ? 2 * head.argument : head.argument, is_map, {}};
    }
    // Close what is complete; a container counts as an item of the one around it.
    if (!is_container && open > 0) --levels[open - 1].left;
    while (open > 0 && levels[open - 1].left == 0) {
      --open;
      if (open > 0) --levels[open - 1].left;
    }
  } while (open > 0);
  item_done();
  return from.first(from.size() - rest_.size());
}

Result<void> Reader::finish() {
  if (!failed() && !rest_.empty()) {
    field_ = {};
    member_.reset();
    reject(Errc::malformed, "bytes follow the end");
  }
  if (!failed() && depth_ > 0) reject(Errc::malformed, "items are left unread");
  if (failed()) return fail(*error_);
  return {};
}

Result<void> check(ByteView bytes) {
  Reader in(bytes);
  static_cast<void>(in.skip());
  return in.finish();
}

}  // namespace footproof::cbor
