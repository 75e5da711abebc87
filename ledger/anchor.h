// The anchor file: what this node knows to be durable and what it has cosigned, kept outside the
// database so that a database that went back in time, or came up empty, is noticed before it can
// make this node sign a second history (docs/ARCHITECTURE.md, what is durable).
//
// Two slots in turn, each with a generation and a checksum and written as two copies: a torn write
// leaves the other slot, a byte gone bad the other copy.
// write() returns after fsync.
// Invariants: cosigned size never shrinks, a cosigned size never gets another root, its time never
// goes back; the executed height never shrinks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::ledger {

struct AnchorState {
  Digest chain_id;
  // The last executed head that is known to be synced in the database. A database behind it was
  // rolled back, emptied or damaged.
  std::uint64_t height = 0;
  Digest block_id;
  std::uint64_t log_size = 0;
  Digest log_root;
  // The last head that this node let itself cosign; all zero before the first. May be ahead of the
  // database after a power cut: the blocks in between stand in the write-ahead log.
  std::uint64_t cosigned_size = 0;
  Digest cosigned_root;
  std::uint64_t cosigned_time_s = 0;

  friend bool operator==(const AnchorState&, const AnchorState&) = default;
};

class Anchor {
 public:
  // Fails if the file exists.
  [[nodiscard]] static Result<Anchor> create(const std::filesystem::path& path,
                                             const AnchorState& state);
  // corrupt if no slot is whole.
  [[nodiscard]] static Result<Anchor> open(const std::filesystem::path& path);
  // What is not as a finished write leaves it, though open() may still find a whole copy. Reads
  // only.
  [[nodiscard]] static std::vector<std::string> inspect(const std::filesystem::path& path);
  Anchor(Anchor&& other) noexcept;
  Anchor& operator=(Anchor&& other) noexcept;
  ~Anchor();

  [[nodiscard]] const AnchorState& state() const { return state_; }
  // Refuses what the invariants forbid, before touching the file. After an io error nothing more
  // may be written: the disk is not to be trusted (fsync is never tried again).
  [[nodiscard]] Result<void> write(const AnchorState& next);

 private:
  Anchor(int file, AnchorState state, std::uint64_t generation);
  int file_ = -1;
  AnchorState state_;
  std::uint64_t generation_ = 0;
  bool failed_ = false;
  // What open() reads may stand in the page cache alone, of a life that was killed before its sync
  // ended or whose sync failed: the first write after it is made even where it says nothing new.
  bool on_disk_ = false;
};

}  // namespace footproof::ledger
