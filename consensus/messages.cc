#include "consensus/messages.h"

#include <algorithm>
#include <string>

namespace footproof::consensus {
namespace {

constexpr std::string_view kTagBlock = "footproof/consensus/block/v1";
constexpr std::string_view kTagBatch = "footproof/consensus/batch/v1";
constexpr std::string_view kTagBatches = "footproof/consensus/batches/v1";
constexpr std::string_view kTagEvidence = "footproof/consensus/evidence/v1";
constexpr std::string_view kTagMembers = "footproof/consensus/members/v1";
constexpr std::string_view kTagNotarize = "footproof/consensus/notarize/v1";
constexpr std::string_view kTagNullify = "footproof/consensus/nullify/v1";
constexpr std::string_view kTagFinalize = "footproof/consensus/finalize/v1";

// The first byte of a message. Never reused.
enum class Kind : std::uint8_t {
  propose = 1,
  vote = 2,
  certificate = 3,
  get_cert = 4,
  get_block = 5,
  block = 6,
  // 7 was GET_CHAIN without an epoch.
  chain = 8,
  status = 9,
  evidence = 10,
  end_of_epoch = 11,
  get_chain = 12,
};

std::string_view tag(VoteType type) {
  switch (type) {
    case VoteType::notarize:
      return kTagNotarize;
    case VoteType::nullify:
      return kTagNullify;
    case VoteType::finalize:
      return kTagFinalize;
  }
  return {};
}

tl::unexpected<Error> short_input(std::string_view what) {
  return fail(Errc::malformed, std::string(what) + ": ends too early");
}

Digest read_digest(ByteReader& in) {
  Digest digest;
  const ByteView bytes = in.take(Digest::kSize);
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

Signature read_signature(ByteReader& in) {
  Signature signature{};
  const ByteView bytes = in.take(signature.size());
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
}

// A u32 count, at most `max`, of items of at least `item_bytes`. 0 and a failed result otherwise.
Result<std::size_t> read_count(ByteReader& in, std::size_t max, std::size_t item_bytes,
                               std::string_view what) {
  const std::size_t count = in.u32();
  if (in.failed()) return short_input(what);
  if (count > max) return fail(Errc::bad_length, std::string(what) + ": too many");
  if (count * item_bytes > in.remaining()) return short_input(what);
  return count;
}

void write(ByteWriter& out, const Proposal& p) {
  out.u64(p.epoch).u64(p.view).u64(p.parent_view).raw(p.block_id.view());
}

Proposal read_proposal(ByteReader& in) {
  Proposal p;
  p.epoch = in.u64();
  p.view = in.u64();
  p.parent_view = in.u64();
  p.block_id = read_digest(in);
  return p;
}

// One spelling: what a NULLIFY does not say is zero.
bool canonical(VoteType type, const Proposal& p) {
  return type != VoteType::nullify || (p.parent_view == 0 && p.block_id.is_zero());
}

Result<VoteType> read_vote_type(ByteReader& in) {
  const std::uint8_t value = in.u8();
  if (value < 1 || value > 3) return fail(Errc::bad_value, "vote type: unknown");
  return static_cast<VoteType>(value);
}

void write(ByteWriter& out, const BlockHeader& h) {
  out.raw(h.chain_id.view()).u64(h.epoch).u64(h.view).u64(h.height).raw(h.parent.view());
  out.u64(h.time_ms).u8(h.proposer).raw(h.batch_root.view()).u32(h.batch_count);
  out.raw(h.evidence_root.view());
  out.u64(h.checkpoint.height).u64(h.checkpoint.log_size).raw(h.checkpoint.log_root.view());
  out.raw(h.members_hash.view()).u8(h.boundary).raw(h.next_members_hash.view());
}

Result<BlockHeader> read_header(ByteReader& in) {
  BlockHeader h;
  h.chain_id = read_digest(in);
  h.epoch = in.u64();
  h.view = in.u64();
  h.height = in.u64();
  h.parent = read_digest(in);
  h.time_ms = in.u64();
  h.proposer = in.u8();
  h.batch_root = read_digest(in);
  h.batch_count = in.u32();
  h.evidence_root = read_digest(in);
  h.checkpoint.height = in.u64();
  h.checkpoint.log_size = in.u64();
  h.checkpoint.log_root = read_digest(in);
  h.members_hash = read_digest(in);
  h.boundary = in.u8();
  h.next_members_hash = read_digest(in);
  if (in.failed()) return short_input("block header");
  if (h.proposer >= kValidatorsMax) return fail(Errc::bad_value, "block header: proposer");
  if (h.boundary > 1) return fail(Errc::bad_value, "block header: boundary is 0 or 1");
  if (h.boundary == 0 && !h.next_members_hash.is_zero()) {
    return fail(Errc::bad_value, "block header: next members without boundary");
  }
  return h;
}

constexpr std::size_t kRefBytes = Digest::kSize + 8;
constexpr std::size_t kEvidenceBytes = 2 * (1 + 56 + 1 + 64);
constexpr std::size_t kCertificateBytesMin = 1 + 56 + 4 + 4;

void write(ByteWriter& out, const std::optional<Certificate>& certificate) {
  out.u8(certificate ? 1 : 0);
  if (certificate) write(out, *certificate);
}

Result<std::optional<Certificate>> read_optional_certificate(ByteReader& in) {
  const std::uint8_t present = in.u8();
  if (present == 0) return std::optional<Certificate>{};
  if (present != 1) return fail(Errc::bad_value, "certificate: presence is 0 or 1");
  auto certificate = read_certificate(in);
  if (!certificate) return fail(std::move(certificate.error()));
  return std::optional<Certificate>(std::move(*certificate));
}

struct Writer {
  ByteWriter& out;

  void kind(Kind kind) { out.u8(static_cast<std::uint8_t>(kind)); }
  void operator()(const Propose& m) {
    kind(Kind::propose);
    write(out, m.proposal);
    write(out, m.block);
    out.raw(m.signature).u32(static_cast<std::uint32_t>(m.justification.size()));
    for (const Certificate& certificate : m.justification) write(out, certificate);
  }
  void operator()(const Vote& m) {
    kind(Kind::vote);
    write(out, m);
  }
  void operator()(const Certificate& m) {
    kind(Kind::certificate);
    write(out, m);
  }
  void operator()(const GetCert& m) {
    kind(Kind::get_cert);
    out.u64(m.epoch).u32(static_cast<std::uint32_t>(m.queries.size()));
    for (const CertQuery& q : m.queries) out.u64(q.view).u8(static_cast<std::uint8_t>(q.wanted));
  }
  void operator()(const GetBlock& m) {
    kind(Kind::get_block);
    out.u32(static_cast<std::uint32_t>(m.block_ids.size()));
    for (const Digest& id : m.block_ids) out.raw(id.view());
  }
  void operator()(const BlockAnswer& m) {
    kind(Kind::block);
    write(out, m.block);
  }
  void operator()(const GetChain& m) {
    kind(Kind::get_chain);
    out.u64(m.epoch).u64(m.from_height).u32(m.max);
  }
  void operator()(const Chain& m) {
    kind(Kind::chain);
    out.u32(static_cast<std::uint32_t>(m.blocks.size()));
    for (const Block& block : m.blocks) write(out, block);
    write(out, m.finalization);
  }
  void operator()(const Status& m) {
    kind(Kind::status);
    out.u64(m.epoch).u64(m.view).u64(m.finalized_height);
    write(out, m.finalization);
    write(out, m.entry);
  }
  void operator()(const Evidence& m) {
    kind(Kind::evidence);
    write(out, m);
  }
  void operator()(const EndOfEpoch& m) {
    kind(Kind::end_of_epoch);
    write(out, m.boundary);
    write(out, m.finalization);
  }
};

Result<Message> read_propose(ByteReader& in) {
  Propose m;
  m.proposal = read_proposal(in);
  auto block = read_block(in);
  if (!block) return fail("propose", std::move(block.error()));
  m.block = std::move(*block);
  m.signature = read_signature(in);
  const auto count =
      read_count(in, kJustificationMax, kCertificateBytesMin, "propose: justification");
  if (!count) return fail(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    auto certificate = read_certificate(in);
    if (!certificate) return fail("propose: justification", std::move(certificate.error()));
    m.justification.push_back(std::move(*certificate));
  }
  return m;
}

Result<Message> read_get_cert(ByteReader& in) {
  GetCert m;
  m.epoch = in.u64();
  const auto count = read_count(in, kCertQueriesMax, 9, "get_cert: queries");
  if (!count) return fail(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    CertQuery query{in.u64(), Wanted::any};
    const std::uint8_t wanted = in.u8();
    if (wanted < 1 || wanted > 3) return fail(Errc::bad_value, "get_cert: wanted");
    query.wanted = static_cast<Wanted>(wanted);
    m.queries.push_back(query);
  }
  return m;
}

Result<Message> read_get_block(ByteReader& in) {
  GetBlock m;
  const auto count = read_count(in, kBlockQueriesMax, Digest::kSize, "get_block: ids");
  if (!count) return fail(count.error());
  for (std::size_t i = 0; i < *count; ++i) m.block_ids.push_back(read_digest(in));
  return m;
}

Result<Message> read_chain(ByteReader& in) {
  Chain m;
  const auto count = read_count(in, kChainBlocksMax, Digest::kSize, "chain: blocks");
  if (!count) return fail(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    auto block = read_block(in);
    if (!block) return fail("chain", std::move(block.error()));
    m.blocks.push_back(std::move(*block));
  }
  auto finalization = read_certificate(in);
  if (!finalization) return fail("chain", std::move(finalization.error()));
  m.finalization = std::move(*finalization);
  return m;
}

Result<Message> read_status(ByteReader& in) {
  Status m;
  m.epoch = in.u64();
  m.view = in.u64();
  m.finalized_height = in.u64();
  auto finalization = read_optional_certificate(in);
  if (!finalization) return fail("status", std::move(finalization.error()));
  m.finalization = std::move(*finalization);
  auto entry = read_optional_certificate(in);
  if (!entry) return fail("status", std::move(entry.error()));
  m.entry = std::move(*entry);
  return m;
}

// Of one epoch, the one an end, the other a finalization; whether they are true is for the rules.
Result<Message> read_end_of_epoch(ByteReader& in) {
  auto boundary = read_block(in);
  if (!boundary) return fail("end_of_epoch", std::move(boundary.error()));
  auto finalization = read_certificate(in);
  if (!finalization) return fail("end_of_epoch", std::move(finalization.error()));
  if (boundary->header.boundary != 1) {
    return fail(Errc::bad_value, "end_of_epoch: the block is no boundary block");
  }
  if (finalization->type != VoteType::finalize ||
      finalization->proposal.epoch != boundary->header.epoch) {
    return fail(Errc::bad_value, "end_of_epoch: no finalization of the block's epoch");
  }
  return EndOfEpoch{std::move(*boundary), std::move(*finalization)};
}

// Lifts the result of one kind into a message.
template <class T>
Result<Message> as_message(Result<T> part) {
  if (!part) return fail(std::move(part.error()));
  return Message(std::move(*part));
}

Result<Message> read_message(ByteReader& in) {
  switch (static_cast<Kind>(in.u8())) {
    case Kind::propose:
      return read_propose(in);
    case Kind::vote:
      return as_message(read_vote(in));
    case Kind::certificate:
      return as_message(read_certificate(in));
    case Kind::get_cert:
      return read_get_cert(in);
    case Kind::get_block:
      return read_get_block(in);
    case Kind::block: {
      auto block = read_block(in);
      if (!block) return fail(std::move(block.error()));
      return BlockAnswer{std::move(*block)};
    }
    case Kind::get_chain: {
      const Epoch epoch = in.u64();
      const Height from_height = in.u64();
      const std::uint32_t max = in.u32();
      return GetChain{epoch, from_height, max};
    }
    case Kind::chain:
      return read_chain(in);
    case Kind::status:
      return read_status(in);
    case Kind::evidence:
      return as_message(read_evidence(in));
    case Kind::end_of_epoch:
      return read_end_of_epoch(in);
  }
  return fail(Errc::bad_version, "consensus message: unknown kind");
}

struct EpochOf {
  std::optional<Epoch> operator()(const Propose& m) const { return m.proposal.epoch; }
  std::optional<Epoch> operator()(const Vote& m) const { return m.proposal.epoch; }
  std::optional<Epoch> operator()(const Certificate& m) const { return m.proposal.epoch; }
  std::optional<Epoch> operator()(const GetCert& m) const { return m.epoch; }
  std::optional<Epoch> operator()(const GetBlock&) const { return std::nullopt; }
  std::optional<Epoch> operator()(const BlockAnswer& m) const { return m.block.header.epoch; }
  std::optional<Epoch> operator()(const GetChain& m) const { return m.epoch; }
  std::optional<Epoch> operator()(const Chain& m) const { return m.finalization.proposal.epoch; }
  std::optional<Epoch> operator()(const Status& m) const { return m.epoch; }
  std::optional<Epoch> operator()(const Evidence& m) const { return m.first.proposal.epoch; }
  std::optional<Epoch> operator()(const EndOfEpoch& m) const { return m.boundary.header.epoch; }
};

}  // namespace

std::string_view name(const Message& message) {
  constexpr std::array<std::string_view, std::variant_size_v<Message>> kNames = {
      "propose",   "vote",  "certificate", "get_cert", "get_block",   "block",
      "get_chain", "chain", "status",      "evidence", "end_of_epoch"};
  return kNames[message.index()];
}

std::optional<Epoch> epoch_of(const Message& message) { return std::visit(EpochOf{}, message); }

Bytes encode(const Message& message) {
  ByteWriter out;
  std::visit(Writer{out}, message);
  return std::move(out).take();
}

Result<Message> parse_message(ByteView bytes) {
  if (bytes.size() > kMessageBytesMax) {
    return fail(Errc::bad_length, "consensus message: too long");
  }
  ByteReader in(bytes);
  auto message = read_message(in);
  if (!message) return message;
  if (in.failed()) return short_input(name(*message));
  if (in.remaining() != 0) return fail(Errc::malformed, "consensus message: trailing bytes");
  return message;
}

void write(ByteWriter& out, const Block& block) {
  write(out, block.header);
  out.u32(static_cast<std::uint32_t>(block.batch_refs.size()));
  for (const BatchRef& ref : block.batch_refs) {
    out.raw(ref.digest.view()).u32(ref.count).u32(ref.bytes);
  }
  if (!block.header.evidence_root.is_zero()) {
    out.u32(static_cast<std::uint32_t>(block.evidence.size()));
    for (const Evidence& evidence : block.evidence) write(out, evidence);
  }
  if (block.header.boundary == 0) return;
  out.u32(static_cast<std::uint32_t>(block.next_members.size())).raw(block.next_members);
}

namespace {

Result<void> read_block_evidence(ByteReader& in, Block& block) {
  if (block.header.evidence_root.is_zero()) return {};
  const auto count = read_count(in, kBlockEvidenceMax, kEvidenceBytes, "block: evidence");
  if (!count) return fail(count.error());
  if (*count == 0) return fail(Errc::bad_length, "block: no evidence");
  for (std::size_t i = 0; i < *count; ++i) {
    auto evidence = read_evidence(in);
    if (!evidence) return fail("block", std::move(evidence.error()));
    if (i > 0 && key_of(block.evidence.back()) >= key_of(*evidence)) {
      return fail(Errc::bad_value, "block: evidence is not in order");
    }
    block.evidence.push_back(*std::move(evidence));
  }
  return {};
}

}  // namespace

Result<Block> read_block(ByteReader& in) {
  Block block;
  auto header = read_header(in);
  if (!header) return fail(std::move(header.error()));
  block.header = *header;
  const auto count = read_count(in, kBatchRefsMax, kRefBytes, "block: batches");
  if (!count) return fail(count.error());
  block.batch_refs.reserve(*count);
  std::uint64_t payload = 0;
  for (std::size_t i = 0; i < *count; ++i) {
    BatchRef ref;
    ref.digest = read_digest(in);
    ref.count = in.u32();
    ref.bytes = in.u32();
    if (ref.count == 0 || ref.count > kBatchStatementsMax || ref.bytes > kBatchBytesMax) {
      return fail(Errc::bad_value, "block: batch of impossible size");
    }
    payload += ref.bytes;
    block.batch_refs.push_back(ref);
  }
  if (payload > kBlockPayloadBytesMax) return fail(Errc::bad_length, "block: payload too large");
  if (auto read = read_block_evidence(in, block); !read) return fail(std::move(read.error()));
  if (block.header.boundary == 0) return block;
  const auto bytes = read_count(in, kNextMembersBytesMax, 1, "block: next members");
  if (!bytes) return fail(bytes.error());
  if (*bytes == 0) return fail(Errc::bad_length, "block: no next members");
  const ByteView members = in.take(*bytes);
  block.next_members.assign(members.begin(), members.end());
  return block;
}

void write(ByteWriter& out, const Vote& vote) {
  out.u8(static_cast<std::uint8_t>(vote.type));
  write(out, vote.proposal);
  out.u8(vote.signer).raw(vote.signature);
}

Result<Vote> read_vote(ByteReader& in) {
  Vote vote;
  const auto type = read_vote_type(in);
  if (!type) return fail(type.error());
  vote.type = *type;
  vote.proposal = read_proposal(in);
  vote.signer = in.u8();
  vote.signature = read_signature(in);
  if (in.failed()) return short_input("vote");
  if (vote.signer >= kValidatorsMax) return fail(Errc::bad_value, "vote: signer");
  if (!canonical(vote.type, vote.proposal))
    return fail(Errc::bad_value, "vote: nullify of a block");
  return vote;
}

void write(ByteWriter& out, const Certificate& c) {
  out.u8(static_cast<std::uint8_t>(c.type));
  write(out, c.proposal);
  out.u32(c.signers).u32(static_cast<std::uint32_t>(c.signatures.size()));
  for (const Signature& signature : c.signatures) out.raw(signature);
}

Result<Certificate> read_certificate(ByteReader& in) {
  Certificate c;
  const auto type = read_vote_type(in);
  if (!type) return fail(type.error());
  c.type = *type;
  c.proposal = read_proposal(in);
  c.signers = in.u32();
  const auto count = read_count(in, kValidatorsMax, 64, "certificate: signatures");
  if (!count) return fail(count.error());
  c.signatures.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) c.signatures.push_back(read_signature(in));
  if (!canonical(c.type, c.proposal)) {
    return fail(Errc::bad_value, "certificate: nullification of a block");
  }
  return c;
}

void write(ByteWriter& out, const Evidence& evidence) {
  write(out, evidence.first);
  write(out, evidence.second);
}

Result<Evidence> read_evidence(ByteReader& in) {
  auto first = read_vote(in);
  if (!first) return fail("evidence", std::move(first.error()));
  auto second = read_vote(in);
  if (!second) return fail("evidence", std::move(second.error()));
  return Evidence{*first, *second};
}

namespace {

template <class T>
Bytes encode_alone(const T& value) {
  ByteWriter out;
  write(out, value);
  return std::move(out).take();
}

template <class T>
Result<T> parse_alone(ByteView bytes, Result<T> (*read)(ByteReader&), std::string_view what) {
  ByteReader in(bytes);
  auto value = read(in);
  if (value && !in.exhausted())
    return fail(Errc::malformed, std::string(what) + ": trailing bytes");
  return value;
}

}  // namespace

Bytes encode_block(const Block& block) { return encode_alone(block); }
Result<Block> parse_block(ByteView bytes) { return parse_alone(bytes, &read_block, "block"); }
Bytes encode_header(const BlockHeader& header) { return encode_alone(header); }
Result<BlockHeader> parse_header(ByteView bytes) {
  return parse_alone(bytes, &read_header, "block header");
}
Bytes encode_certificate(const Certificate& certificate) { return encode_alone(certificate); }
Result<Certificate> parse_certificate(ByteView bytes) {
  return parse_alone(bytes, &read_certificate, "certificate");
}

Digest block_id(const BlockHeader& header) {
  return tagged_hash(kTagBlock, {encode_header(header)});
}

Digest batch_digest(ByteView canonical_batch) { return tagged_hash(kTagBatch, {canonical_batch}); }

Digest next_members_hash(ByteView next_members) { return tagged_hash(kTagMembers, {next_members}); }

Digest batch_root(const std::vector<BatchRef>& refs) {
  ByteWriter out;
  for (const BatchRef& ref : refs) out.raw(ref.digest.view()).u32(ref.count).u32(ref.bytes);
  return tagged_hash(kTagBatches, {out.bytes()});
}

Digest evidence_root(const std::vector<Evidence>& evidence) {
  if (evidence.empty()) return {};
  ByteWriter out;
  for (const Evidence& one : evidence) write(out, one);
  return tagged_hash(kTagEvidence, {out.bytes()});
}

Bytes sign_bytes(const Digest& chain_id, VoteType type, const Proposal& proposal) {
  ByteWriter out;
  out.raw(as_bytes(tag(type))).u8(0).raw(chain_id.view()).u64(proposal.epoch).u64(proposal.view);
  if (type != VoteType::nullify) out.u64(proposal.parent_view).raw(proposal.block_id.view());
  return std::move(out).take();
}

Block genesis_block(const Digest& chain_id, std::uint64_t time_ms, const Digest& members_hash) {
  Block block;
  block.header.chain_id = chain_id;
  block.header.time_ms = time_ms;
  block.header.members_hash = members_hash;
  return block;
}

}  // namespace footproof::consensus
