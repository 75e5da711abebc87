#include "attest/presentation.h"

#include <array>
#include <utility>

#include "attest/block_record.h"
#include "attest/cbor.h"
#include "attest/cose.h"
#include "attest/merkle.h"
#include "attest/seal.h"

namespace footproof {
namespace {

// RFC 8949 §3.4.6: "what follows is CBOR", so that file(1) and others know the file.
constexpr std::uint64_t kSelfDescribedTag = 55799;
constexpr std::size_t kIdMax = 64;
constexpr std::size_t kSubjectPathMax = 20;  // 2^20 declarations

// Half the order of P-256, rounded down.
constexpr std::array<std::uint8_t, 32> kHalfOrder = {
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

bool has_low_s(ByteView signature) {
  return signature.size() == kSignatureSize && !less(kHalfOrder, signature.subspan(32));
}

enum class Part : bool { unsigned_part, whole };

void write_holder(cbor::Writer& out, const HolderBinding& holder) {
  out.map(1 + (holder.nonce ? 1U : 0U) + (holder.expiry ? 1U : 0U));
  out.uint(1).text(holder.audience);
  if (holder.nonce) out.uint(2).bytes(*holder.nonce);
  if (holder.expiry) out.uint(3).uint(holder.expiry->ms);
}

HolderBinding read_holder(cbor::Reader& in) {
  HolderBinding holder;
  auto map = in.map();
  if (map.require(1)) holder.audience = in.field("audience").text(kAudienceSizeMax);
  if (map.key(2)) {
    holder.nonce = to_bytes(in.field("nonce").bytes(kNonceSizeMax));
    if (holder.nonce->size() < kNonceSizeMin) {
      in.reject(Errc::bad_length, "must be at least 8 bytes");
    }
  }
  if (map.key(3)) holder.expiry = Instant{in.field("expiry").uint()};
  map.end();
  if (holder.audience.empty()) in.field("audience").reject(Errc::bad_value, "must not be empty");
  return holder;
}

std::vector<Hop> read_hops(cbor::Reader& in) {
  std::vector<Hop> hops;
  const std::size_t count = in.array_between(1, kHopsMax);
  while (hops.size() < count && !in.failed()) hops.push_back(read_hop(in));
  return hops;
}

// The epochs that the hops leave follow one another up to that of the receipt.
Result<void> check_hops(const Presentation& presentation) {
  if (presentation.hops.empty()) return {};
  std::optional<std::uint64_t> expected;
  for (std::size_t i = 0; i < presentation.hops.size(); ++i) {
    const auto boundary = parse_block_record(presentation.hops[i].last_record.record);
    const std::string which = "hop " + std::to_string(i);
    if (!boundary) return fail(which, boundary.error());
    if (expected && boundary->epoch != *expected) {
      return fail(Errc::malformed, which + ": leaves epoch " + std::to_string(boundary->epoch) +
                                       " where that of epoch " + std::to_string(*expected) +
                                       " must follow");
    }
    expected = boundary->epoch + 1;
  }
  const auto last = parse_block_record(presentation.receipt.last_record.record);
  if (!last) return fail("last record", last.error());
  if (last->epoch != *expected) {
    return fail(Errc::malformed, "hops: lead to epoch " + std::to_string(*expected) +
                                     ", the receipt is of epoch " + std::to_string(last->epoch));
  }
  return {};
}

Bytes write(const Presentation& presentation, Part part) {
  const auto& holder = presentation.holder;
  const bool with_signature = holder && part == Part::whole;
  cbor::Writer out;
  out.tag(kSelfDescribedTag);
  const bool hops = !presentation.hops.empty();
  out.map(8 + (hops ? 1U : 0U) + (holder ? 1U : 0U) + (with_signature ? 1U : 0U));
  out.uint(1).uint(1);
  out.uint(2);
  write_receipt(out, presentation.receipt);
  out.uint(3).text(presentation.core_profile);
  out.uint(4).uint(presentation.tree_size);
  out.uint(5).uint(presentation.position);
  out.uint(6);
  write_path(out, presentation.subject_path);
  out.uint(7);
  write_openings(out, presentation.openings);
  out.uint(8).text(presentation.disclosure_profile);
  if (hops) {
    out.uint(9).array(presentation.hops.size());
    for (const Hop& hop : presentation.hops) write_hop(out, hop);
  }
  if (holder) {
    out.uint(10);
    write_holder(out, *holder);
  }
  if (with_signature) out.uint(11).bytes(holder->signature);
  return std::move(out).take();
}

}  // namespace

Bytes encode_presentation(const Presentation& presentation) {
  return write(presentation, Part::whole);
}

Result<Presentation> parse_presentation(ByteView bytes) {
  if (bytes.size() > kPresentationSizeMax) {
    return fail(Errc::bad_length, "presentation: larger than 32 MiB");
  }
  Presentation presentation;
  cbor::Reader in(bytes, "presentation");
  in.tag(kSelfDescribedTag);
  auto map = in.map();
  if (map.require(1) && in.field("version").uint() != 1) {
    in.reject(Errc::bad_version, "only version 1 is known; update footproof");
  }
  if (map.require(2)) presentation.receipt = read_receipt(in);
  if (map.require(3)) presentation.core_profile = in.field("core profile").text(kIdMax);
  if (map.require(4)) presentation.tree_size = in.field("tree size").uint_up_to(kSealLeavesMax);
  if (map.require(5)) presentation.position = in.field("position").uint_up_to(kSubjectCountMax);
  if (map.require(6)) {
    in.field("subject path");
    presentation.subject_path = read_path(in, kSubjectPathMax);
  }
  if (map.require(7)) presentation.openings = read_openings(in.field("openings"));
  if (map.require(8)) presentation.disclosure_profile = in.field("disclosure profile").text(kIdMax);
  if (map.key(9)) presentation.hops = read_hops(in.field("hops"));
  if (map.key(10)) {
    presentation.holder = read_holder(in.field("holder"));
    if (map.require(11)) {
      presentation.holder->signature =
          to_bytes(in.field("holder signature").bytes(cose::kSign1SizeMax));
    }
  }
  map.end();
  if (auto finished = in.finish(); !finished) return fail(std::move(finished.error()));
  if (auto checked = check_hops(presentation); !checked) return fail(std::move(checked.error()));
  return presentation;
}

Result<Digest> declaration_root(const Presentation& presentation) {
  std::vector<OpenedLeaf> opened;
  opened.reserve(presentation.openings.entries.size());
  for (const auto& entry : presentation.openings.entries) {
    opened.push_back({entry.index, leaf_hash(leaf_entry(entry.salt, entry.label, entry.value))});
  }
  return root_from_multi_proof(presentation.tree_size, opened, presentation.openings.proof);
}

Bytes holder_payload(const Presentation& presentation) {
  return write(presentation, Part::unsigned_part);
}

Result<void> sign_presentation(Presentation& presentation, const Signer& holder) {
  if (!presentation.holder) return fail(Errc::usage, "holder: name an audience first");
  const auto& [audience, nonce, expiry, unused] = *presentation.holder;
  if (audience.empty() || audience.size() > kAudienceSizeMax || !is_utf8(as_bytes(audience))) {
    return fail(Errc::usage, "audience: must be a text of 1 to 256 bytes in UTF-8");
  }
  if (nonce && (nonce->size() < kNonceSizeMin || nonce->size() > kNonceSizeMax)) {
    return fail(Errc::usage, "nonce: must be 8 to 64 bytes");
  }
  auto signature =
      cose::Sign1::sign_detached(holder, kPresentationContentType, holder_payload(presentation));
  if (!signature) return fail("holder", std::move(signature.error()));
  presentation.holder->signature = signature->bytes();
  return {};
}

Result<void> verify_holder(const Presentation& presentation, const PublicKey& holder) {
  if (!presentation.holder) return fail(Errc::not_found, "holder: there is no signature");
  const auto sign1 = cose::Sign1::parse(presentation.holder->signature, cose::Profile::holder);
  if (!sign1) return fail("holder signature", sign1.error());
  if (sign1->header().content_type != kPresentationContentType) {
    return fail(Errc::bad_value, "holder signature: of another content type");
  }
  if (holder.algorithm() == Algorithm::es256 && !has_low_s(sign1->signature())) {
    // The other half of the pair (s, n − s) would be a second spelling of the same presentation.
    return fail(Errc::bad_signature, "holder signature: s is not in the lower half");
  }
  if (auto verified = sign1->verify_detached(holder, holder_payload(presentation)); !verified) {
    return fail("holder signature", std::move(verified.error()));
  }
  return {};
}

}  // namespace footproof
