// What validators say to each other: blocks, votes, certificates, requests, and their one spelling
// in bytes (README.md §2, §4).
//
// Every object has a fixed big-endian layout; what parses encodes back to the same bytes. Parsing
// is bounded: no count is believed before it was compared with its limit and with the bytes that
// are there. Parsing judges form only; signatures and rules are judged by quorum.h and replica.h.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::consensus {

using Epoch = std::uint64_t;
using View = std::uint64_t;
using Height = std::uint64_t;
using ValidatorIndex = std::uint8_t;  // position in the epoch's list, sorted by validator id

inline constexpr std::size_t kValidatorsMin = 4;
inline constexpr std::size_t kValidatorsMax = 31;
inline constexpr std::size_t kBatchRefsMax = 512;                  // in a block
inline constexpr std::uint64_t kBlockPayloadBytesMax = 4U << 20U;  // sum of its batches' bytes
inline constexpr std::uint32_t kBatchBytesMax = 256U << 10U;       // canonical bytes of one batch
inline constexpr std::uint32_t kBatchStatementsMax = 1024;
inline constexpr std::size_t kBlockEvidenceMax = 16;
// Of one signer in one epoch. More is neither kept nor put into blocks: it would show nothing new,
// and nobody's offences take the room of another's.
inline constexpr std::size_t kSignerEvidenceMax = 64;
inline constexpr std::size_t kJustificationMax = 65;  // one parent, 64 nullifications
inline constexpr std::size_t kCertQueriesMax = 64;
inline constexpr std::size_t kBlockQueriesMax = 64;
inline constexpr std::size_t kChainBlocksMax = 1024;
inline constexpr std::size_t kChainBytesMax = 8U << 20U;
inline constexpr std::size_t kNextMembersBytesMax = 64U << 10U;  // in a boundary block
inline constexpr std::size_t kMessageBytesMax = 9U << 20U;

// A committed log head: after executing height `height` the log had `log_size` entries.
struct Checkpoint {
  Height height = 0;
  std::uint64_t log_size = 0;
  Digest log_root;
  friend auto operator<=>(const Checkpoint&, const Checkpoint&) = default;
};

struct BlockHeader {
  Digest chain_id;
  Epoch epoch = 0;
  View view = 0;  // of its first proposal
  Height height = 0;
  Digest parent;              // block id
  std::uint64_t time_ms = 0;  // since 1970, UTC
  ValidatorIndex proposer = 0;
  Digest batch_root;
  std::uint32_t batch_count = 0;
  Digest evidence_root;  // zero without evidence
  Checkpoint checkpoint;
  Digest members_hash;
  std::uint8_t boundary = 0;  // 1: the last block of its epoch
  Digest next_members_hash;   // zero unless boundary
  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

// A batch named by a block. Bodies travel apart from blocks (README.md §3).
struct BatchRef {
  Digest digest;
  std::uint32_t count = 0;  // statements
  std::uint32_t bytes = 0;  // length of the canonical batch
  friend bool operator==(const BatchRef&, const BatchRef&) = default;
};

// What NOTARIZE and FINALIZE vote on. In a NULLIFY parent_view and block_id are zero and unsigned.
struct Proposal {
  Epoch epoch = 0;
  View view = 0;
  View parent_view = 0;
  Digest block_id;
  friend auto operator<=>(const Proposal&, const Proposal&) = default;
};

enum class VoteType : std::uint8_t { notarize = 1, nullify = 2, finalize = 3 };

using Signature = std::array<std::uint8_t, 64>;

struct Vote {
  VoteType type = VoteType::notarize;
  Proposal proposal;
  ValidatorIndex signer = 0;
  Signature signature{};
  // Same statement by the same signer; signature bytes identify nothing.
  [[nodiscard]] bool says_same(const Vote& other) const {
    return type == other.type && proposal == other.proposal && signer == other.signer;
  }
  friend bool operator==(const Vote&, const Vote&) = default;
};

// A notarization, nullification or finalization: exactly q signatures, in index order.
struct Certificate {
  VoteType type = VoteType::notarize;
  Proposal proposal;
  std::uint32_t signers = 0;  // bit i = validator i
  std::vector<Signature> signatures;
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

// Two votes of one signer, epoch and view that an honest validator never signs both (README.md
// §11).
struct Evidence {
  Vote first;
  Vote second;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};
// What a chain holds of one epoch at most once: who is guilty, and of which view.
using EvidenceKey = std::pair<View, ValidatorIndex>;
[[nodiscard]] inline EvidenceKey key_of(const Evidence& evidence) {
  return {evidence.first.proposal.view, evidence.first.signer};
}

struct Block {
  BlockHeader header;
  std::vector<BatchRef> batch_refs;
  std::vector<Evidence> evidence{};  // ascending by view and signer, each pair once
  Bytes next_members{};              // of a boundary block; empty, and not written, in others
  friend bool operator==(const Block&, const Block&) = default;
};

// ---- messages

struct Propose {
  Proposal proposal;
  Block block;
  Signature signature{};  // the leader's NOTARIZE of `proposal`
  std::vector<Certificate> justification;
  friend bool operator==(const Propose&, const Propose&) = default;
};

enum class Wanted : std::uint8_t { notarization = 1, nullification = 2, any = 3 };

struct CertQuery {
  View view = 0;
  Wanted wanted = Wanted::any;
  friend bool operator==(const CertQuery&, const CertQuery&) = default;
};

struct GetCert {
  Epoch epoch = 0;
  std::vector<CertQuery> queries;
  friend bool operator==(const GetCert&, const GetCert&) = default;
};

struct GetBlock {
  std::vector<Digest> block_ids;
  friend bool operator==(const GetBlock&, const GetBlock&) = default;
};

struct BlockAnswer {
  Block block;
  friend bool operator==(const BlockAnswer&, const BlockAnswer&) = default;
};

struct GetChain {
  Epoch epoch = 0;  // of the asker: blocks of another say nothing to it
  Height from_height = 0;
  std::uint32_t max = 0;  // blocks
  friend bool operator==(const GetChain&, const GetChain&) = default;
};

// Consecutive finalized blocks of one epoch, lowest first; `finalization` names the last one.
struct Chain {
  std::vector<Block> blocks;
  Certificate finalization;
  friend bool operator==(const Chain&, const Chain&) = default;
};

// Where a validator stands. Everything but the certificates is a hint.
struct Status {
  Epoch epoch = 0;
  View view = 0;
  Height finalized_height = 0;
  std::optional<Certificate> finalization;  // the highest it has
  std::optional<Certificate> entry;         // proves that view - 1 ended
  friend bool operator==(const Status&, const Status&) = default;
};

// That an epoch has ended, and with which set the next one begins: its boundary block and a
// finalization that names it. Of which epoch, those two say (README.md §10).
struct EndOfEpoch {
  Block boundary;
  Certificate finalization;
  friend bool operator==(const EndOfEpoch&, const EndOfEpoch&) = default;
};

using Message = std::variant<Propose, Vote, Certificate, GetCert, GetBlock, BlockAnswer, GetChain,
                             Chain, Status, Evidence, EndOfEpoch>;

// The short name of the message kind, for logs and metrics: "propose", "vote", …
[[nodiscard]] std::string_view name(const Message& message);

// The epoch that a message is of. None: GET_BLOCK, which names its blocks by hash alone.
[[nodiscard]] std::optional<Epoch> epoch_of(const Message& message);

// ---- bytes

[[nodiscard]] Bytes encode(const Message& message);
// Refuses trailing bytes, unknown kinds, every count above its limit and messages above
// kMessageBytesMax.
[[nodiscard]] Result<Message> parse_message(ByteView bytes);

// A block alone, as stored and as carried in messages: header, u32 count, refs.
[[nodiscard]] Bytes encode_block(const Block& block);
[[nodiscard]] Result<Block> parse_block(ByteView bytes);
[[nodiscard]] Bytes encode_header(const BlockHeader& header);
[[nodiscard]] Result<BlockHeader> parse_header(ByteView bytes);
[[nodiscard]] Bytes encode_certificate(const Certificate& certificate);
[[nodiscard]] Result<Certificate> parse_certificate(ByteView bytes);

void write(ByteWriter& out, const Vote& vote);
void write(ByteWriter& out, const Block& block);
void write(ByteWriter& out, const Certificate& certificate);
void write(ByteWriter& out, const Evidence& evidence);
[[nodiscard]] Result<Vote> read_vote(ByteReader& in);
[[nodiscard]] Result<Block> read_block(ByteReader& in);
[[nodiscard]] Result<Certificate> read_certificate(ByteReader& in);
[[nodiscard]] Result<Evidence> read_evidence(ByteReader& in);

// ---- hashes and signature inputs; domain tags "footproof/consensus/<name>/v1" and 0x00

[[nodiscard]] Digest block_id(const BlockHeader& header);
[[nodiscard]] Digest batch_digest(ByteView canonical_batch);
// What header.next_members_hash of a boundary block must be, as members_hash of the next epoch.
[[nodiscard]] Digest next_members_hash(ByteView next_members);
// What header.batch_root must be.
[[nodiscard]] Digest batch_root(const std::vector<BatchRef>& refs);
// What header.evidence_root must be.
[[nodiscard]] Digest evidence_root(const std::vector<Evidence>& evidence);
// What the vote signs; NULLIFY leaves parent_view and block_id out.
[[nodiscard]] Bytes sign_bytes(const Digest& chain_id, VoteType type, const Proposal& proposal);

// The block of height 0 (docs/formats.md §5): only chain id, time and members hash are not zero.
[[nodiscard]] Block genesis_block(const Digest& chain_id, std::uint64_t time_ms,
                                  const Digest& members_hash);

}  // namespace footproof::consensus
