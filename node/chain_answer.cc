#include "node/chain_answer.h"

#include <utility>

#include "attest/note.h"
#include "node/chain_store.h"

namespace footproof::node {
namespace {

constexpr std::uint8_t kVersion = 2;
// A block of 512 references, its next members and a certificate of 31 fit several times over.
constexpr std::size_t kBlobMax = std::size_t{256} * 1024;
constexpr std::size_t kHeaderMax = 1024;

tl::unexpected<Error> malformed(const char* what) {
  return fail(Errc::malformed, std::string("chain answer: ") + what);
}

Result<ChainBlock> read_block(ByteReader& in) {
  const ByteView blob = in.sized(kBlobMax);
  if (in.failed()) return malformed("a block is cut off or too long");
  auto applied = parse_block_blob(blob);
  if (!applied) return malformed("a block does not parse");
  ChainBlock out{*std::move(applied), {}};
  for (const auto& ref : out.applied.block.batch_refs) {
    if (ref.bytes > consensus::kBatchBytesMax) return malformed("a batch above its limit is named");
    const ByteView batch = in.sized(ref.bytes);
    if (in.failed() || batch.size() != ref.bytes) {
      return malformed("a batch is cut off, or of another length than its block names");
    }
    out.batches.push_back(to_bytes(batch));
  }
  return out;
}

}  // namespace

Bytes encode_chain_answer(const ChainAnswer& answer) {
  ByteWriter out;
  out.u8(kVersion).u64(answer.height).sized(as_bytes(answer.checkpoint));
  out.u16(static_cast<std::uint16_t>(answer.blocks.size()));
  for (const auto& [applied, batches] : answer.blocks) {
    out.sized(block_blob(applied.block, applied.finalization).bytes);
    for (const Bytes& batch : batches) out.sized(batch);
  }
  out.u16(static_cast<std::uint16_t>(answer.link.size()));
  for (const auto& header : answer.link) out.sized(consensus::encode_header(header));
  return std::move(out).take();
}

Result<ChainAnswer> parse_chain_answer(ByteView bytes) {
  if (bytes.size() > kChainAnswerBytesMax) return malformed("above its limit");
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::bad_version, "chain answer: of another version");
  ChainAnswer out;
  out.height = in.u64();
  out.checkpoint = std::string(as_text(in.sized(kNoteSizeMax)));
  const std::size_t blocks = in.u16();
  if (in.failed() || blocks > kStretchBlocksMax) return malformed("too many blocks, or cut off");
  for (std::size_t i = 0; i < blocks; ++i) {
    auto block = read_block(in);
    if (!block) return fail(block.error());
    out.blocks.push_back(*std::move(block));
  }
  const std::size_t link = in.u16();
  if (in.failed() || link > kStretchLinkMax) return malformed("too long a link, or cut off");
  for (std::size_t i = 0; i < link; ++i) {
    const auto header = consensus::parse_header(in.sized(kHeaderMax));
    if (in.failed() || !header) return malformed("a header of the link does not parse");
    out.link.push_back(*header);
  }
  if (!in.exhausted()) return malformed("cut off, or bytes left");
  return out;
}

}  // namespace footproof::node
