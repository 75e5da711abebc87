// Strict JSON (RFC 8259) that keeps the exact text of every token: what is sealed is what was
// received ("12.50" stays "12.50"), and no number passes through a double (docs/formats.md §4.1).
//
// Refused: anything but UTF-8, a byte order mark, duplicate member names after unescaping, lone
// surrogates, nesting deeper than kDepthMax, more than kSizeMax bytes or kValuesMax values, and
// anything but white space after the value. Also what I-JSON (RFC 7493) forbids because two readers
// would understand it differently: noncharacters, integers beyond ±(2^53 − 1), and numbers that
// would overflow a double or vanish in it. An error tells line, byte offset and JSON pointer.
//
// A Document is immutable and owns its text; Values are handles into it and live as long as it
// does (moving the Document keeps them valid).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/result.h"

namespace footproof::json {

inline constexpr std::size_t kSizeMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kDepthMax = 64;        // arrays and objects inside each other
inline constexpr std::size_t kValuesMax = 1 << 20;  // bounds memory: some 80 bytes a value

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

class Document;
struct Tree;  // private to json.cc

class Value {
 public:
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_scalar() const { return kind() < Kind::array; }
  [[nodiscard]] bool is_container() const { return !is_scalar(); }

  // The value as it stands in the text, quotes, escapes and inner white space included.
  [[nodiscard]] std::string_view token() const;
  // A string without quotes and escapes; empty for every other kind.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] bool is_true() const { return token() == "true"; }

  // Elements or members in the order of the text; none for a scalar.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<Value> children() const;
  // Unescaped name, if this is a member of an object; else empty.
  [[nodiscard]] std::string_view key() const;
  // A member by its unescaped name. Nothing in anything but an object.
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;
  // A member or element below this one by RFC 6901 pointer; "" is this value.
  [[nodiscard]] std::optional<Value> at(std::string_view pointer) const;

  // RFC 6901 pointer from the document's root, "" for the root.
  [[nodiscard]] std::string pointer() const;
  // Nothing for the root.
  [[nodiscard]] std::optional<Value> parent() const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  friend class Document;
  [[nodiscard]] Value child(std::size_t position) const;  // which must exist
  Value(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
  const Tree* tree_;
  std::uint32_t index_;
};

class Document {
 public:
  [[nodiscard]] static Result<Document> parse(std::string_view text);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  [[nodiscard]] Value root() const;
  [[nodiscard]] std::string_view text() const;

 private:
  explicit Document(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

// RFC 6901 §3: "~" is "~0", "/" is "~1".
[[nodiscard]] std::string escape_pointer_token(std::string_view token);

}  // namespace footproof::json
