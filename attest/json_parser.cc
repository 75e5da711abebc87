#include <algorithm>

#include "attest/bytes.h"
#include "attest/check.h"
#include "attest/json_number.h"
#include "attest/json_tree.h"

namespace footproof::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_noncharacter(std::uint32_t point) {
  return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffeU) == 0xfffe;
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

void append_utf8(std::string& to, std::uint32_t point) {
  const auto byte = [&to](std::uint32_t value) { to += static_cast<char>(value); };
  const auto tail = [&byte, point](unsigned shift) { byte(0x80U | ((point >> shift) & 0x3fU)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0U | (point >> 6)), tail(0);
  } else if (point < 0x10000) {
    byte(0xe0U | (point >> 12)), tail(6), tail(0);
  } else {
    byte(0xf0U | (point >> 18)), tail(12), tail(6), tail(0);
  }
}

// No recursion: what is open stands in open_, so depth costs no stack. After a failure every call
// returns at once and the first error stays.
class Parser {
 public:
  explicit Parser(Tree& tree) : tree_(tree), source_(tree.source) {}
  Result<void> run();

 private:
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }
  void reject(Errc code, std::string_view why);
  void reject(std::string_view why) { reject(Errc::malformed, why); }
  void skip_space();
  bool take(char c);
  void expect(char c, std::string_view why);

  void value(std::string_view key);
  void next_in_container();
  void open(Kind kind);
  void close();
  void refuse_duplicates(std::uint32_t object);
  void literal(Kind kind, std::string_view spelling);
  void number();
  void digits();
  // Reads from the opening quote to the closing one; the answer lives in the tree.
  std::string_view string();
  void escape();
  std::uint32_t four_hex_digits();
  void raw_character();

  Tree& tree_;
  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> open_;
  std::uint32_t current_ = 0;  // the value that an error belongs to
  std::optional<Error> error_;
};

void Parser::reject(Errc code, std::string_view why) {
  if (failed()) return;
  const std::size_t offset = std::min(at_, source_.size());
  const auto line =
      1 + std::count(source_.begin(), source_.begin() + static_cast<long>(offset), '\n');
  const std::string pointer = tree_.nodes.empty() ? "" : pointer_of(tree_, current_);
  std::string detail = "JSON: line " + std::to_string(line) + ", byte " + std::to_string(offset);
  detail.append(", at \"").append(pointer).append("\": ").append(why);
  error_ = Error{code, std::move(detail)};
  at_ = source_.size();
}

void Parser::skip_space() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
}

bool Parser::take(char c) {
  if (at_ >= source_.size() || source_[at_] != c) return false;
  ++at_;
  return true;
}

void Parser::expect(char c, std::string_view why) {
  if (!take(c)) reject(why);
}

Result<void> Parser::run() {
  if (source_.starts_with("\xef\xbb\xbf")) {
    reject("a byte order mark; save the file without one");
  } else if (!is_utf8(as_bytes(source_))) {
    reject("not UTF-8");
  }
  skip_space();
  if (!failed()) value({});
  while (!failed() && !open_.empty()) next_in_container();
  skip_space();
  if (!failed() && at_ != source_.size()) {
    current_ = 0;
    reject("something follows the value");
  }
  if (failed()) return fail(*error_);
  return {};
}

void Parser::value(std::string_view key) {
  if (tree_.nodes.size() == kValuesMax) return reject(Errc::bad_length, "more than 2^20 values");
  const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
  Node node{};
  node.key = key;
  if (!open_.empty()) {
    node.parent = open_.back();
    node.position = tree_.nodes[open_.back()].size++;
  }
  tree_.nodes.push_back(node);
  current_ = index;
  const std::size_t begin = at_;
  switch (peek()) {
    case '{':
      return open(Kind::object);
    case '[':
      return open(Kind::array);
    case '"':
      tree_.nodes[index].kind = Kind::string;
      tree_.nodes[index].text = string();
      break;
    case 't':
      literal(Kind::boolean, "true");
      break;
    case 'f':
      literal(Kind::boolean, "false");
      break;
    case 'n':
      literal(Kind::null, "null");
      break;
    default:
      number();
  }
  if (failed()) return;
  tree_.nodes[index].token = source_.substr(begin, at_ - begin);
  tree_.nodes[index].end = index + 1;
}

void Parser::open(Kind kind) {
  if (open_.size() == kDepthMax) return reject("nested deeper than 64 levels");
  Node& node = tree_.nodes[current_];
  node.kind = kind;
  node.token = source_.substr(at_);  // cut at the closing bracket
  open_.push_back(current_);
  ++at_;
}

void Parser::next_in_container() {
  const std::uint32_t container = open_.back();
  const bool is_object = tree_.nodes[container].kind == Kind::object;
  const bool is_first = tree_.nodes[container].size == 0;
  current_ = container;
  skip_space();
  if (take(is_object ? '}' : ']')) return close();
  if (!is_first) {
    expect(',', is_object ? "expected , or }" : "expected , or ]");
    skip_space();
  }
  std::string_view key;
  if (is_object && !failed()) {
    if (peek() != '"') return reject("expected a member name in double quotes");
    key = string();
    skip_space();
    expect(':', "expected : after a member name");
    skip_space();
  }
  if (!failed()) value(key);
}

void Parser::close() {
  const std::uint32_t index = open_.back();
  open_.pop_back();
  Node& node = tree_.nodes[index];
  const auto begin = static_cast<std::size_t>(node.token.data() - source_.data());
  node.token = source_.substr(begin, at_ - begin);
  node.end = static_cast<std::uint32_t>(tree_.nodes.size());
  if (node.kind == Kind::object) refuse_duplicates(index);
}

void Parser::refuse_duplicates(std::uint32_t object) {
  std::vector<std::uint32_t> members;
  members.reserve(tree_.nodes[object].size);
  const std::uint32_t end = tree_.nodes[object].end;
  for (std::uint32_t i = object + 1; i < end; i = tree_.nodes[i].end) members.push_back(i);
  const auto key = [this](std::uint32_t i) { return tree_.nodes[i].key; };
  std::sort(members.begin(), members.end(),
            [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  const auto same = [&key](std::uint32_t a, std::uint32_t b) { return key(a) == key(b); };
  const auto twice = std::adjacent_find(members.begin(), members.end(), same);
  if (twice == members.end()) return;
  current_ = *twice;
  reject("a member name that occurs twice");
}

void Parser::literal(Kind kind, std::string_view spelling) {
  if (source_.substr(at_, spelling.size()) != spelling) return reject("not a JSON value");
  tree_.nodes[current_].kind = kind;
  at_ += spelling.size();
}

void Parser::digits() {
  if (!is_digit(peek())) return reject("expected a digit");
  while (is_digit(peek())) ++at_;
}

void Parser::number() {
  const std::size_t begin = at_;
  const bool is_negative = take('-');
  if (!is_negative && !is_digit(peek())) return reject("not a JSON value");
  if (take('0')) {
    if (is_digit(peek())) return reject("a number with a leading zero");
  } else {
    digits();
  }
  if (take('.')) digits();
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    digits();
  }
  if (failed()) return;
  const char* const problem = number_problem(source_.substr(begin, at_ - begin));
  if (problem != nullptr) {
    at_ = begin;
    return reject(Errc::bad_value, problem);
  }
  tree_.nodes[current_].kind = Kind::number;
}

std::string_view Parser::string() {
  const std::size_t begin = ++at_;
  const std::size_t unescaped_begin = tree_.unescaped.size();
  bool has_escapes = false;
  while (!failed()) {
    const std::size_t run = at_;
    while (at_ < source_.size() && peek() != '"' && peek() != '\\' && !failed()) raw_character();
    if (failed()) break;
    if (at_ == source_.size()) {
      reject("a string that does not end");
      break;
    }
    if (has_escapes) tree_.unescaped.append(source_.substr(run, at_ - run));
    if (take('"')) {
      if (!has_escapes) return source_.substr(begin, at_ - 1 - begin);
      CHECK(tree_.unescaped.size() <= source_.size());
      return std::string_view(tree_.unescaped).substr(unescaped_begin);
    }
    if (!has_escapes) {
      has_escapes = true;
      if (tree_.unescaped.capacity() < source_.size()) tree_.unescaped.reserve(source_.size());
      tree_.unescaped.append(source_.substr(begin, at_ - begin));
    }
    ++at_;
    escape();
  }
  return {};
}

// One character as it stands. The source is known to be UTF-8.
void Parser::raw_character() {
  const auto lead = static_cast<std::uint8_t>(source_[at_]);
  if (lead < 0x20) return reject("a control character in a string; escape it");
  if (lead < 0x80) {
    ++at_;
    return;
  }
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t point = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    point = (point << 6) | (static_cast<std::uint8_t>(source_[at_ + i]) & 0x3fU);
  }
  if (is_noncharacter(point)) return reject("a code point that is not a character");
  at_ += size;
}

void Parser::escape() {
  const char c = peek();
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t simple = at_ < source_.size() ? kEscapes.find(c) : std::string_view::npos;
  if (simple != std::string_view::npos) {
    tree_.unescaped += kMeanings[simple];
    ++at_;
    return;
  }
  if (!take('u')) return reject("an unknown escape in a string");
  std::uint32_t point = four_hex_digits();
  if (is_low_surrogate(point)) return reject("a lone surrogate");
  if (is_high_surrogate(point)) {
    if (!take('\\') || !take('u')) return reject("a lone surrogate");
    const std::uint32_t low = four_hex_digits();
    if (!is_low_surrogate(low)) return reject("a lone surrogate");
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  }
  if (failed()) return;
  if (is_noncharacter(point)) return reject("a code point that is not a character");
  append_utf8(tree_.unescaped, point);
}

std::uint32_t Parser::four_hex_digits() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = peek();
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    } else {
      reject("expected four hex digits after \\u");
      return 0;
    }
    value = value * 16 + digit;
    ++at_;
  }
  return value;
}

}  // namespace

Result<void> parse_tree(Tree& tree) { return Parser(tree).run(); }

}  // namespace footproof::json
