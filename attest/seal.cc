#include "attest/seal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/identifier.h"
#include "attest/json.h"
#include "attest/leaf_value.h"
#include "attest/source_format.h"

namespace footproof {
namespace {

constexpr std::uint64_t kFileVersion = 1;
constexpr std::string_view kSaltTag = "footproof/salt/v1";

bool is_json(std::string_view media_type) {
  return media_type == "application/json" || media_type.ends_with("+json");
}

std::string document_name(std::size_t number) { return "document " + std::to_string(number); }

std::string at_field(std::size_t document, std::string_view pointer) {
  return (pointer.empty() ? std::string("the whole") : std::string(pointer)) + " of " +
         document_name(document);
}

struct LabelledValue {
  std::string label;
  Bytes value;
};

// Every scalar and empty container below `value`, in the order of the text.
class SourceLeaves {
 public:
  // `label_bytes` counts those of all documents.
  SourceLeaves(std::size_t document, std::vector<LabelledValue>& leaves, std::size_t& label_bytes)
      : prefix_("src:" + std::to_string(document) + ":"),
        leaves_(leaves),
        label_bytes_(label_bytes) {}

  // False where that exceeds a limit.
  bool walk(json::Value value) {
    if (value.is_scalar() || value.size() == 0) {
      label_bytes_ += prefix_.size() + pointer_.size();
      if (leaves_.size() == kSealLeavesMax || label_bytes_ > kSealLabelBytesMax) return false;
      leaves_.push_back({prefix_ + pointer_, source_value(kinds_, value.token())});
      return true;
    }
    const bool object = value.kind() == json::Kind::object;
    const std::size_t kept = pointer_.size();
    kinds_ += object ? 'o' : 'a';
    std::size_t index = 0;
    for (const json::Value child : value.children()) {
      pointer_ += '/';
      pointer_ += object ? json::escape_pointer_token(child.key()) : std::to_string(index++);
      if (!walk(child)) return false;
      pointer_.resize(kept);
    }
    kinds_.pop_back();
    return true;
  }

 private:
  std::string prefix_;
  std::vector<LabelledValue>& leaves_;
  std::size_t& label_bytes_;
  std::string pointer_;
  std::string kinds_;
};

// What the documents say about the core slots: the first of a known format fills them, further
// ones must not contradict, and companions fill what is left open.
class CoreSlots {
 public:
  CoreSlots() : slots_(core_profile().slots.size()) {}

  Result<void> add(std::size_t number, Mapping mapping) {
    if (mapping.format == nullptr) return {};
    const bool fills = mapping.format->companion || !main_;
    if (!mapping.format->companion) main_ = true;
    for (std::size_t rank = 0; rank < slots_.size(); ++rank) {
      auto& mine = slots_[rank];
      auto& other = mapping.slots[rank];
      if (mine && other && mine->value != other->value) {
        return fail(Errc::mismatch, at_field(mine->document, mine->pointer) + " and " +
                                        at_field(number, other->pointer) + " disagree about core:" +
                                        std::string(core_profile().slots[rank].name));
      }
      if (!mine && other && fills) {
        mine = Filled{std::move(other->value), std::move(other->pointer), number};
      }
    }
    return {};
  }

  // Values given by hand fill what the documents leave open, and must agree with what they say.
  Result<std::vector<Bytes>> values(const std::map<std::string, Bytes>& by_hand) const {
    const CoreProfile& profile = core_profile();
    std::vector<Bytes> values(slots_.size(), absent_value());
    for (std::size_t rank = 0; rank < slots_.size(); ++rank) {
      if (slots_[rank]) values[rank] = slots_[rank]->value;
    }
    for (const auto& [name, value] : by_hand) {
      const auto rank = profile.rank(name);
      if (!rank) return fail(Errc::usage, "there is no core slot " + name);
      if (auto fits = check_core_value(profile.slots[*rank], value); !fits) {
        return fail("core:" + name, fits.error());
      }
      if (is_absent(value)) continue;
      if (slots_[*rank] && slots_[*rank]->value != value) {
        return fail(Errc::mismatch, "core:" + name + " given by hand disagrees with " +
                                        at_field(slots_[*rank]->document, slots_[*rank]->pointer));
      }
      values[*rank] = value;
    }
    return values;
  }

 private:
  struct Filled {
    Bytes value;
    std::string pointer;
    std::size_t document = 0;
  };
  std::vector<std::optional<Filled>> slots_;
  bool main_ = false;  // a footprint was seen
};

// The source leaves of a document that is JSON, and what it says about the core.
Result<Mapping> read_document(std::size_t number, const SourceDocument& document,
                              std::vector<LabelledValue>& leaves, std::size_t& label_bytes) {
  if (document.media_type == "text/csv") return map_csv(as_text(document.bytes));
  if (!is_json(document.media_type)) {
    Mapping nothing;
    nothing.slots.resize(core_profile().slots.size());
    return nothing;
  }
  const auto parsed = json::Document::parse(as_text(document.bytes));
  if (!parsed) return fail(parsed.error());
  if (!SourceLeaves(number, leaves, label_bytes).walk(parsed->root())) {
    return fail(Errc::bad_length,
                "too many fields, or too long names above them: at most 1048576 fields "
                "with 64 MiB of JSON pointers together");
  }
  return map_document(*parsed);
}

Result<void> check_link(const Link& link, std::size_t number) {
  const auto wrong = [&](const char* why) {
    return fail(Errc::bad_value, "link " + std::to_string(number) + ": " + why);
  };
  const auto* release = std::get_if<ReleaseRef>(&link.target);
  if ((release != nullptr) != (link.kind == LinkKind::uses_dataset)) {
    return wrong("only uses-dataset points to a dataset release, all others to an entry id");
  }
  if (release != nullptr && (!is_id(release->database) || !is_id(release->release))) {
    return wrong("a dataset release is two ids of [A-Za-z0-9._-]");
  }
  if (link.weight && !is_decimal(*link.weight)) return wrong("the weight is not a core decimal");
  return {};
}

Result<void> check_input(const SealInput& input) {
  if (input.documents.empty()) return fail(Errc::usage, "there is no document to seal");
  if (input.documents.size() > kSealDocumentsMax) {
    return fail(Errc::bad_length, "more than 64 documents in one declaration");
  }
  if (input.links.size() > kSealLinksMax) return fail(Errc::bad_length, "more than 4096 links");
  std::size_t total = 0;
  for (std::size_t i = 0; i < input.documents.size(); ++i) {
    if (!is_media_type(input.documents[i].media_type)) {
      return fail(Errc::bad_value, document_name(i) + ": the media type is not type/subtype");
    }
    total += input.documents[i].bytes.size();
  }
  if (total > kSealBytesMax) return fail(Errc::bad_length, "the documents exceed 64 MiB together");
  for (std::size_t i = 0; i < input.links.size(); ++i) {
    if (auto good = check_link(input.links[i], i); !good) return good;
  }
  return {};
}

Result<void> add_padding(std::vector<LabelledValue>& others) {
  const std::size_t count = core_profile().slots.size() + others.size();
  if (count > kSealLeavesMax) {
    return fail(Errc::bad_length, "the documents have more than 1048576 fields together");
  }
  const std::size_t size = std::max(kSealSizeClassMin, std::bit_ceil(count));
  for (std::size_t i = 0; count + i < size; ++i) {
    others.push_back({"pad:" + std::to_string(i), absent_value()});
  }
  return {};
}

// Core slots by rank, all others by their salts: a position tells nothing about them.
std::vector<SealedLeaf> in_tree_order(const Digest& seed, std::vector<Bytes> core,
                                      std::vector<LabelledValue> others,
                                      const SealProgress& progress) {
  constexpr std::size_t kToldEvery = 4096;
  const std::size_t total = core.size() + others.size();
  std::vector<SealedLeaf> leaves;
  leaves.reserve(total);
  const auto add = [&](std::string label, Bytes value) {
    const Digest salt = leaf_salt(seed, label);
    const Digest hash = leaf_hash(leaf_entry(salt, label, value));
    leaves.push_back({std::move(label), std::move(value), salt, hash});
    if (progress && leaves.size() % kToldEvery == 0) progress(leaves.size(), total);
  };
  for (std::size_t rank = 0; rank < core.size(); ++rank) {
    add("core:" + std::string(core_profile().slots[rank].name), std::move(core[rank]));
  }
  for (LabelledValue& other : others) add(std::move(other.label), std::move(other.value));
  std::sort(leaves.begin() + static_cast<std::ptrdiff_t>(core.size()), leaves.end(),
            [](const SealedLeaf& a, const SealedLeaf& b) { return a.salt < b.salt; });
  return leaves;
}

// The first half of a sealed file.
SealInput read_seed_and_documents(cbor::Reader& in) {
  in.field("version").array_of(6);
  if (in.uint_up_to(0xFFFF) != kFileVersion && !in.failed()) {
    in.reject(Errc::bad_version, "a version that this build does not know");
  }
  SealInput input;
  input.seed = in.field("seed").digest();
  const std::size_t documents = in.field("documents").array_between(1, kSealDocumentsMax);
  for (std::size_t i = 0; i < documents && !in.failed(); ++i) {
    in.array_of(2);
    std::string media_type(in.text(127));
    input.documents.push_back({std::move(media_type), to_bytes(in.bytes(kSealBytesMax))});
  }
  return input;
}

// Core slots are found by their rank.
std::vector<std::uint32_t> order_by_label(const std::vector<SealedLeaf>& leaves) {
  const std::size_t slots = core_profile().slots.size();
  std::vector<std::uint32_t> order(leaves.size() - slots);
  std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(slots));
  const auto label = [&](std::uint32_t at) -> const std::string& { return leaves[at].label; };
  std::ranges::sort(order, {}, label);
  CHECK(std::ranges::adjacent_find(order, {}, label) == order.end());  // no name twice in JSON
  return order;
}

}  // namespace

std::string_view media_type_of(std::string_view file_name) {
  struct Ending {
    std::string_view ending;
    std::string_view media_type;
  };
  constexpr auto kEndings = std::to_array<Ending>(
      {{".json", "application/json"},
       {".jsonld", "application/ld+json"},
       {".pdf", "application/pdf"},
       {".xml", "application/xml"},
       {".csv", "text/csv"},
       {".txt", "text/plain"},
       {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
       {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
       {".zip", "application/zip"},
       {".png", "image/png"},
       {".jpg", "image/jpeg"}});
  std::string lower(file_name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const auto& [ending, media_type] : kEndings) {
    if (lower.ends_with(ending)) return media_type;
  }
  return "application/octet-stream";
}

Digest leaf_salt(const Digest& seed, std::string_view label) {
  constexpr auto kZero = std::to_array<std::uint8_t>({0});
  return hmac_sha256(seed.view(), {as_bytes(kSaltTag), kZero, as_bytes(label)});
}

Bytes leaf_entry(const Digest& salt, std::string_view label, ByteView value) {
  cbor::Writer out;
  out.array(3).digest(salt).text(label).raw(value);
  return std::move(out).take();
}

Result<SealedDeclaration> SealedDeclaration::seal(SealInput input, const SealProgress& progress) {
  if (auto good = check_input(input); !good) return fail(good.error());
  SealedDeclaration sealed;
  CoreSlots core;
  std::vector<LabelledValue> others;
  std::size_t label_bytes = 0;
  for (std::size_t i = 0; i < input.documents.size(); ++i) {
    const SourceDocument& document = input.documents[i];
    others.push_back({"doc:" + std::to_string(i), document_value(document)});
    sealed.formats_.emplace_back();
    auto mapping = read_document(i, document, others, label_bytes);
    if (!mapping) return fail(document_name(i), mapping.error());
    if (mapping->format != nullptr) {
      sealed.formats_.back() = mapping->format->id;
    } else if (is_json(document.media_type)) {
      sealed.notes_.push_back(document_name(i) +
                              " is not one footprint of a known format: it fills no core slot");
    }
    for (const std::string& note : mapping->notes) {
      sealed.notes_.push_back(document_name(i) + ": " + note);
    }
    if (auto agreed = core.add(i, std::move(*mapping)); !agreed) return fail(agreed.error());
  }
  for (std::size_t i = 0; i < input.links.size(); ++i) {
    others.push_back({"link:" + std::to_string(i), link_value(input.links[i])});
  }
  if (auto padded = add_padding(others); !padded) return fail(padded.error());
  auto values = core.values(input.by_hand);
  if (!values) return fail(values.error());

  sealed.leaves_ = in_tree_order(input.seed, std::move(*values), std::move(others), progress);
  sealed.input_ = std::move(input);
  sealed.root_ = tree_root(sealed.leaf_hashes());
  sealed.by_label_ = order_by_label(sealed.leaves_);
  return sealed;
}

Bytes SealedDeclaration::encode() const {
  cbor::Writer out;
  out.array(6).uint(kFileVersion).digest(input_.seed);
  out.array(input_.documents.size());
  for (const SourceDocument& document : input_.documents) {
    out.array(2).text(document.media_type).bytes(document.bytes);
  }
  out.array(leaves_.size());
  for (const SealedLeaf& leaf : leaves_) out.text(leaf.label);
  const std::size_t slots = core_profile().slots.size();
  out.array(2).text(profile()).array(slots);
  for (std::size_t rank = 0; rank < slots; ++rank) out.raw(leaves_[rank].value);
  out.array(input_.links.size());
  for (const Link& link : input_.links) write_link(out, link);
  return std::move(out).take();
}

Result<std::vector<SourceDocument>> sealed_documents(ByteView file) {
  cbor::Reader in(file, "sealed file");
  SealInput input = read_seed_and_documents(in);
  for (int rest = 0; rest < 3; ++rest) (void)in.skip();
  if (auto whole = in.finish(); !whole) return fail(whole.error());
  return std::move(input.documents);
}

Result<SealedDeclaration> SealedDeclaration::parse(ByteView file) {
  if (file.size() > kSealedFileMax) return fail(Errc::bad_length, "a sealed file above 256 MiB");
  cbor::Reader in(file, "sealed file");
  SealInput input = read_seed_and_documents(in);
  std::vector<std::string_view> labels(in.field("labels").array_up_to(kSealLeavesMax));
  for (std::string_view& label : labels) label = in.text(json::kSizeMax * 2);
  in.field("core values").array_of(2);
  if (in.text(64) != kCoreProfileId && !in.failed()) {
    return fail(Errc::bad_version, "sealed under a core profile that this build does not know");
  }
  const auto slots = core_profile().slots;
  in.array_of(slots.size());
  std::vector<ByteView> values;
  for (const CoreSlot& slot : slots) {
    values.push_back(in.skip());
    if (!in.failed()) input.by_hand.emplace(slot.name, to_bytes(values.back()));
  }
  const std::size_t links = in.field("links").array_up_to(kSealLinksMax);
  for (std::size_t i = 0; i < links && !in.failed(); ++i) input.links.push_back(read_link(in));
  if (auto whole = in.finish(); !whole) return fail(whole.error());

  auto sealed = seal(std::move(input));
  if (!sealed) return fail("sealed file", sealed.error());
  const auto differs = [](const char* what) {
    return fail(Errc::mismatch, std::string("sealed file: its ") + what +
                                    " are not those of its documents; seal them again");
  };
  for (std::size_t rank = 0; rank < slots.size(); ++rank) {
    if (!equal(values[rank], sealed->core_value(rank))) return differs("core values");
  }
  if (labels.size() != sealed->leaves_.size()) return differs("labels");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != sealed->leaves_[i].label) return differs("labels");
  }
  return sealed;
}

std::vector<Digest> SealedDeclaration::leaf_hashes() const {
  std::vector<Digest> hashes;
  hashes.reserve(leaves_.size());
  for (const SealedLeaf& leaf : leaves_) hashes.push_back(leaf.hash);
  return hashes;
}

std::optional<std::uint64_t> SealedDeclaration::find(std::string_view label) const {
  if (label.starts_with("core:")) return core_profile().rank(label.substr(5));
  const auto of = [&](std::uint32_t at) -> std::string_view { return leaves_[at].label; };
  const auto found = std::ranges::lower_bound(by_label_, label, {}, of);
  if (found == by_label_.end() || of(*found) != label) return std::nullopt;
  return *found;
}

}  // namespace footproof
