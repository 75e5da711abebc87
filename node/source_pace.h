// Of a source that says nothing false: whether it gives enough for the time it takes, and as much
// as it says that it has.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "node/chain_answer.h"
#include "node/source_book.h"

namespace footproof::node {

// An answer that takes longer is measured: fewer bytes a second are slow.
inline constexpr std::chrono::seconds kMeasuredAfter{3};
inline constexpr std::size_t kBytesPerSecondMin = std::size_t{64} * 1024;

[[nodiscard]] std::optional<Trouble> slow(std::size_t bytes,
                                          std::chrono::steady_clock::duration cost);
// Of an answer of so many bytes: it ends before it is full, its epoch or what is shown ends.
[[nodiscard]] std::optional<Trouble> withheld(const ChainAnswer& answer, std::size_t bytes);

}  // namespace footproof::node
