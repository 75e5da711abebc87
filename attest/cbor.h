// Deterministic CBOR (RFC 8949 §4.2.1), the subset of docs/formats.md §1: a Writer that can write
// nothing else, and a pull Reader that accepts nothing else, so every value has one spelling.
//
// Refused: indefinite lengths, heads longer than needed, duplicate or unsorted map keys (bytewise
// order of their encodings), floats, undefined and other simple values, tags that were not asked
// for, invalid UTF-8, trailing bytes, nesting deeper than kDepthMax, and any length larger than the
// bytes that remain (checked before anything is allocated).
//
// A Reader never stops a parser in the middle: what is not there yields a zero value and the first
// error is remembered, so a parser reads all its fields and asks finish() once. Views returned by a
// Reader live as long as the bytes it reads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::cbor {

// Arrays, maps and tags inside each other, the outermost counted.
inline constexpr std::size_t kDepthMax = 16;

enum class Type : std::uint8_t {
  none,  // nothing left, or nothing that we accept
  unsigned_integer,
  negative_integer,
  bytes,
  text,
  array,
  map,
  tag,
  boolean,
  null,
};

// Writes exactly one item. That map keys ascend, that each container gets as many items as
// announced, and that depth stays within kDepthMax are CHECKed: they are our own bugs.
class Writer {
 public:
  Writer& uint(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& digest(const Digest& value) { return bytes(value.view()); }
  Writer& text(std::string_view value);  // CHECKs UTF-8
  Writer& array(std::size_t count);
  Writer& map(std::size_t count);  // then key, value, key, value …, keys ascending
  Writer& tag(std::uint64_t number);
  Writer& boolean(bool value);
  Writer& null();
  // One item that is encoded already; only DCHECKed.
  Writer& raw(ByteView item);

  // What was written; CHECKs that every container is complete.
  [[nodiscard]] const Bytes& view() const&;
  [[nodiscard]] Bytes take() &&;

 private:
  struct Open {
    std::uint64_t left = 0;  // a map counts its keys and its values
    bool is_map = false;
    std::size_t key_begin = 0;  // the last key written, as a range of bytes_
    std::size_t key_end = 0;
  };
  void head(std::uint8_t major, std::uint64_t argument);
  void begin_item(bool is_scalar);
  void end_scalar(std::size_t begin);
  Writer& scalar(std::uint8_t major, std::uint64_t argument, ByteView content);
  void open(std::uint8_t major, std::uint64_t argument, std::uint64_t items);

  Bytes bytes_;
  std::vector<Open> open_;
};

class MapReader;

class Reader {
 public:
  // `what` names the thing read in errors ("attestation"); a literal, or one that outlives this.
  explicit Reader(ByteView bytes, std::string_view what = "cbor")
      : rest_(bytes), size_(bytes.size()), what_(what) {}

  // Names what is read next, for the error text. Returns *this: in.field("issued on").text(10).
  Reader& field(std::string_view name) {
    field_ = name;
    return *this;
  }

  // The type of the next item, without reading it.
  [[nodiscard]] Type peek() const;

  std::uint64_t uint();
  std::uint64_t uint_up_to(std::uint64_t max);
  std::int64_t integer();  // what does not fit is refused
  std::int64_t integer(std::int64_t min, std::int64_t max);
  bool boolean();
  void null();
  // Consumes a null and says so; otherwise leaves the item alone.
  bool take_null();
  ByteView bytes(std::size_t size_max);
  ByteView bytes_of(std::size_t size);
  Digest digest();
  std::optional<Digest> digest_or_null();
  std::string_view text(std::size_t size_max);
  // A text that must be exactly this one (a domain tag).
  void text_equal(std::string_view expected);
  // Heads of containers: read that many items next. Never more than the bytes that remain.
  std::size_t array();
  void array_of(std::size_t count);
  std::size_t array_up_to(std::size_t max);
  std::size_t array_between(std::size_t min, std::size_t max);
  MapReader map();
  // A tag with exactly this number; its content is the next item.
  void tag(std::uint64_t number);
  // Any one item, whole and well-formed, without tags: its exact bytes.
  ByteView skip();

  // Records an error of the parser's own (a value out of range); the first one stays.
  void reject(Errc code, std::string_view why);
  // Records an error of something read inside (a key, a nested item).
  void reject(const Error& error);

  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t offset() const { return size_ - rest_.size(); }
  // Success only if nothing failed and every byte was read.
  [[nodiscard]] Result<void> finish();
  // The first error; only after failed().
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  friend class MapReader;
  struct Head {
    Type type = Type::none;
    std::uint64_t argument = 0;  // value, length, count, tag number, or the boolean
    std::size_t size = 0;        // bytes of the head
    const char* problem = nullptr;
  };
  [[nodiscard]] static Head parse_head(ByteView bytes);
  // Consumes a head of this type; nothing means that the reader has failed.
  std::optional<Head> expect(Type type, std::string_view wanted);
  ByteView content(Type type, std::string_view wanted);
  std::string_view read_text(std::string_view wanted);
  void item_done();
  void enter(std::uint64_t items);
  void named(std::string_view member_text);
  void named(std::int64_t member_number);

  ByteView rest_;
  std::size_t size_;
  std::string_view what_;
  std::string_view field_;
  std::optional<std::int64_t> member_;  // names the field where field_ does not
  std::optional<Error> error_;
  // How many items each open container still expects, outermost first.
  std::array<std::uint64_t, kDepthMax> left_{};
  std::size_t depth_ = 0;
};

// The members of a map whose head was just read. Ask for the keys in ascending order of their
// encodings (positive integers, negative integers, texts by length then bytes); that is CHECKed.
//
//   auto map = in.map();
//   if (map.require(1)) version = in.uint_up_to(1);
//   if (map.key(13)) supersedes = in.digest();
//   map.end();
class MapReader {
 public:
  // True if the next key is this one, which is then consumed: read its value next.
  bool key(std::int64_t key);
  bool key(std::string_view key);
  // The same, and an error if it is another one.
  bool require(std::int64_t key);
  bool require(std::string_view key);
  // For maps with open key sets: the next key, which must be larger than the one before.
  std::int64_t next_integer();
  std::string_view next_text(std::size_t size_max);

  [[nodiscard]] std::size_t left() const { return left_; }
  // An error if members are left: unknown, duplicate or unsorted keys.
  void end();

 private:
  friend class Reader;
  // Integers before texts; see the order above.
  struct Key {
    bool is_text = false;
    std::int64_t number = 0;
    std::string text;
  };
  MapReader(Reader& reader, std::size_t count) : reader_(&reader), left_(count) {}
  [[nodiscard]] static bool ascends(const Key& a, const Key& b);
  void ask(Key key);
  void take(Key key);

  Reader* reader_;  // outlives this
  std::size_t left_ = 0;
  std::optional<Key> last_;  // the last key asked for or read
};

// Whole bytes are exactly one well-formed item of our subset, without tags.
[[nodiscard]] Result<void> check(ByteView bytes);

}  // namespace footproof::cbor
