#include "node/source_pace.h"

#include <fmt/format.h>

#include "node/serve_chain.h"

namespace footproof::node {

std::optional<Trouble> slow(std::size_t bytes, std::chrono::steady_clock::duration cost) {
  if (cost <= kMeasuredAfter) return std::nullopt;
  if (bytes >= kBytesPerSecondMin * static_cast<std::size_t>(cost / std::chrono::seconds(1))) {
    return std::nullopt;
  }
  return Trouble{Fault::slow,
                 fmt::format("slow: less than {} KiB a second", kBytesPerSecondMin / 1024)};
}

std::optional<Trouble> withheld(const ChainAnswer& answer, std::size_t bytes) {
  const auto& blocks = answer.blocks;
  if (blocks.empty()) return std::nullopt;
  const auto& last = blocks.back().applied.block.header;
  const bool is_full =
      blocks.size() == kStretchBlocksMax || bytes >= kStretchBytes || last.boundary != 0;
  if (is_full || last.height >= answer.height) return std::nullopt;
  return Trouble{Fault::withholding, fmt::format("says height {} and gives {} blocks, up to {}",
                                                 answer.height, blocks.size(), last.height)};
}

}  // namespace footproof::node
