#include "attest/json.h"

#include <algorithm>

#include "attest/check.h"
#include "attest/json_tree.h"

namespace footproof::json {
namespace {

// RFC 6901 §4: "~1" is "/", then "~0" is "~"; nothing else may follow a "~".
std::optional<std::string> unescape_pointer_token(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      text += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    text += token[i] == '0' ? '~' : '/';
  }
  return text;
}

// An array index: digits without a leading zero.
std::optional<std::size_t> to_index(std::string_view token) {
  constexpr std::size_t kDigitsMax = 9;
  if (token.empty() || token.size() > kDigitsMax || (token.size() > 1 && token[0] == '0')) {
    return std::nullopt;
  }
  std::size_t index = 0;
  for (const char digit : token) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(digit - '0');
  }
  return index;
}

}  // namespace

std::string escape_pointer_token(std::string_view token) {
  std::string text;
  for (const char c : token) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

std::string pointer_of(const Tree& tree, std::uint32_t index) {
  std::vector<std::string> steps;
  for (; index != 0; index = tree.nodes[index].parent) {
    const Node& node = tree.nodes[index];
    const bool in_object = tree.nodes[node.parent].kind == Kind::object;
    steps.push_back(in_object ? escape_pointer_token(node.key) : std::to_string(node.position));
  }
  std::reverse(steps.begin(), steps.end());
  std::string pointer;
  for (const std::string& step : steps) pointer.append("/").append(step);
  return pointer;
}

Kind Value::kind() const { return tree_->nodes[index_].kind; }
std::string_view Value::token() const { return tree_->nodes[index_].token; }
std::string_view Value::text() const { return tree_->nodes[index_].text; }
std::string_view Value::key() const { return tree_->nodes[index_].key; }
std::size_t Value::size() const { return tree_->nodes[index_].size; }
std::string Value::pointer() const { return pointer_of(*tree_, index_); }

std::vector<Value> Value::children() const {
  std::vector<Value> values;
  values.reserve(size());
  const std::uint32_t end = tree_->nodes[index_].end;
  for (std::uint32_t i = index_ + 1; i < end; i = tree_->nodes[i].end) {
    values.push_back(Value(tree_, i));
  }
  return values;
}

Value Value::child(std::size_t position) const {
  std::uint32_t index = index_ + 1;
  for (; position > 0; --position) index = tree_->nodes[index].end;
  return {tree_, index};
}

std::optional<Value> Value::find(std::string_view key) const {
  if (kind() != Kind::object) return std::nullopt;
  const std::uint32_t end = tree_->nodes[index_].end;
  for (std::uint32_t i = index_ + 1; i < end; i = tree_->nodes[i].end) {
    if (tree_->nodes[i].key == key) return Value(tree_, i);
  }
  return std::nullopt;
}

std::optional<Value> Value::at(std::string_view pointer) const {
  Value value = *this;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (value.kind() == Kind::array) {
      const auto index = to_index(token);
      if (!index || *index >= value.size()) return std::nullopt;
      value = value.child(*index);
      continue;
    }
    const auto key = unescape_pointer_token(token);
    const auto member = key ? value.find(*key) : std::nullopt;
    if (!member) return std::nullopt;
    value = *member;
  }
  return value;
}

std::optional<Value> Value::parent() const {
  if (index_ == 0) return std::nullopt;
  return Value(tree_, tree_->nodes[index_].parent);
}

Document::Document(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const { return {tree_.get(), 0}; }
std::string_view Document::text() const { return tree_->source; }

Result<Document> Document::parse(std::string_view text) {
  if (text.size() > kSizeMax) return fail(Errc::bad_length, "JSON: longer than 16 MiB");
  auto tree = std::make_unique<Tree>();
  tree->source = std::string(text);
  const auto parsed = parse_tree(*tree);
  if (!parsed) return fail(parsed.error());
  return Document(std::move(tree));
}

}  // namespace footproof::json
