#include "attest/leaf_value.h"

#include <algorithm>
#include <array>

#include "attest/decimal.h"
#include "attest/identifier.h"
#include "attest/json.h"

namespace footproof {
namespace {

constexpr auto kLinkKinds =
    std::to_array<std::string_view>({"component", "uses-dataset", "same-as", "supersedes"});
constexpr std::size_t kMediaTypeMax = 127;

// Digits without leading zeros, up to `end` or the whole rest; taken off `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    if (++digits > 9) return std::nullopt;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// RFC 6901: empty, or tokens each after a slash; ~ only as ~0 or ~1.
bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return is_utf8(as_bytes(text));
}

std::size_t steps_of(std::string_view pointer) {
  return static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
}

// A token that could stand in JSON: a scalar, or an empty container.
bool is_leaf_token(std::string_view token) {
  const auto document = json::Document::parse(token);
  if (!document || document->root().token() != token) return false;
  return document->root().is_scalar() || document->root().size() == 0;
}

void check_source_value(cbor::Reader& in, std::string_view pointer) {
  in.array_of(2);
  const std::string_view path = in.text(json::kDepthMax);
  const std::string_view token = in.text(json::kSizeMax);
  if (in.failed()) return;
  const bool letters =
      std::all_of(path.begin(), path.end(), [](char c) { return c == 'o' || c == 'a'; });
  if (!letters || path.size() != steps_of(pointer)) {
    in.reject(Errc::bad_value, "the kind path does not match the pointer");
  } else if (!is_leaf_token(token)) {
    in.reject(Errc::bad_value, "not a token of JSON");
  }
}

void check_document_value(cbor::Reader& in) {
  in.array_of(3);
  if (!is_media_type(in.text(kMediaTypeMax))) in.reject(Errc::bad_value, "not a media type");
  in.uint();
  in.digest();
}

}  // namespace

Result<Label> parse_label(std::string_view text, const CoreProfile& profile) {
  Label label;
  if (take_prefix(text, "core:")) {
    const auto rank = profile.rank(text);
    if (!rank) return fail(Errc::malformed, "a label names a core slot that the profile lacks");
    return Label{LabelKind::core, *rank, text};
  }
  const bool source = take_prefix(text, "src:");
  if (source) {
    label.kind = LabelKind::source;
  } else if (take_prefix(text, "doc:")) {
    label.kind = LabelKind::document;
  } else if (take_prefix(text, "link:")) {
    label.kind = LabelKind::link;
  } else if (take_prefix(text, "pad:")) {
    label.kind = LabelKind::pad;
  } else {
    return fail(Errc::malformed, "a label is none of core, doc, src, link, pad");
  }
  const auto number = take_number(text);
  if (!number) return fail(Errc::malformed, "a label lacks its number");
  label.number = *number;
  if (source && !take_prefix(text, ":")) {
    return fail(Errc::malformed, "a source label lacks its JSON pointer");
  }
  if (source ? !is_pointer(text) : !text.empty()) {
    return fail(Errc::malformed, "a label ends in what does not belong there");
  }
  label.rest = text;
  return label;
}

Bytes document_value(const SourceDocument& document) {
  cbor::Writer out;
  out.array(3).text(document.media_type).uint(document.bytes.size()).digest(sha256(document.bytes));
  return std::move(out).take();
}

Bytes source_value(std::string_view kind_path, std::string_view token) {
  cbor::Writer out;
  out.array(2).text(kind_path).text(token);
  return std::move(out).take();
}

Bytes link_value(const Link& link) {
  cbor::Writer out;
  write_link(out, link);
  return std::move(out).take();
}

void write_link(cbor::Writer& out, const Link& link) {
  out.array(3).text(to_text(link.kind));
  if (const auto* release = std::get_if<ReleaseRef>(&link.target)) {
    out.array(2).text(release->database).text(release->release);
  } else {
    out.digest(std::get<Digest>(link.target));
  }
  link.weight ? out.text(*link.weight) : out.null();
}

Link read_link(cbor::Reader& in) {
  Link link;
  in.array_of(3);
  const std::string_view kind = in.text(16);
  const auto found = std::find(std::begin(kLinkKinds), std::end(kLinkKinds), kind);
  if (found == std::end(kLinkKinds)) {
    in.reject(Errc::bad_value, "unknown kind of link");
    return link;
  }
  link.kind = static_cast<LinkKind>(found - std::begin(kLinkKinds));
  if (link.kind == LinkKind::uses_dataset) {
    in.array_of(2);
    ReleaseRef release;
    release.database = std::string(in.text(kIdSizeMax));
    release.release = std::string(in.text(kIdSizeMax));
    if (!is_id(release.database) || !is_id(release.release)) {
      in.reject(Errc::bad_value, "a dataset release is two ids");
    }
    link.target = std::move(release);
  } else {
    link.target = in.digest();
  }
  if (!in.take_null()) {
    link.weight = std::string(in.text(64));
    if (!is_decimal(*link.weight)) in.reject(Errc::bad_value, "a weight is a core decimal");
  }
  return link;
}

std::string_view to_text(LinkKind kind) { return kLinkKinds[static_cast<std::size_t>(kind)]; }

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (text.size() > kMediaTypeMax || slash == 0 || slash == std::string_view::npos ||
      slash + 1 == text.size()) {
    return false;
  }
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-' ||
           c == '_';
  };
  const std::string_view subtype = text.substr(slash + 1);
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(slash), fits) &&
         std::all_of(subtype.begin(), subtype.end(), fits);
}

Result<void> check_leaf_value(const Label& label, ByteView value, const CoreProfile& profile) {
  if (label.kind == LabelKind::core) {
    return check_core_value(profile.slots[label.number], value);
  }
  cbor::Reader in(value, "leaf value");
  switch (label.kind) {
    case LabelKind::document:
      check_document_value(in);
      break;
    case LabelKind::source:
      check_source_value(in, label.rest);
      break;
    case LabelKind::link:
      static_cast<void>(read_link(in));
      break;
    default:
      in.null();
  }
  return in.finish();
}

}  // namespace footproof
