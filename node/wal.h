// The write-ahead log: what this node must remember before it speaks (consensus/README.md).
//
// A row of preallocated segment files of records {length, crc32c, group, epoch, view, type, body}.
// append() only buffers; sync() writes all that was appended since the last one as one *group* and
// waits for the disk. Each record names the place where its group begins, which tells two cases
// apart when a record is bad at start:
//   - nothing good follows, or only records of the same group: the group was never acknowledged
//     (a power cut tears it at any byte and in any order). The tail is cut off.
//   - a good header of a later group follows, a segment is missing or ends early, or there is no
//     log at all where one was made: synced bytes were lost. The disk is not to be trusted, and its
//     owner must not vote: see WalOpened::trusted.
// A bit flipped in the very last group cannot be told from a torn one; no log can.
//
// Directories are synced after each create, rename and delete. After a failed write or sync the
// log refuses everything: the process must end and start again through recovery (never retry a
// failed fsync: the kernel may have dropped the pages). One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::node {

struct WalRecord {
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  std::uint8_t type = 0;  // 1..254, the owner's; 255 is the seal of a full segment
  Bytes body;             // at most kWalBodySizeMax
};

constexpr std::size_t kWalBodySizeMax = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kWalSegmentSizeMin = 4096;
constexpr std::size_t kWalSegmentsMax = 2;
constexpr std::size_t kWalSegmentSizeDefault = std::size_t{8} * 1024 * 1024;

using WalVisitor = std::function<void(WalRecord&&)>;

struct WalOpened;

class Wal {
 public:
  // The empty log of a new data folder, made once, before its first vote: a log that is not there
  // later was lost.
  [[nodiscard]] static Result<bool> create(const std::filesystem::path& folder,
                                           std::size_t segment_size);
  // Reads every record that is there, oldest first, into `visit`, and cuts a torn tail. An error
  // only where the folder cannot be read or written; damage is told by WalOpened::trusted.
  [[nodiscard]] static Result<WalOpened> open(const std::filesystem::path& folder,
                                              std::size_t segment_size, const WalVisitor& visit);
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;
  ~Wal();

  // The record's position: 1, 2, 3 … since open(). Durable once sync() has returned.
  [[nodiscard]] Result<std::uint64_t> append(std::uint64_t epoch, std::uint64_t view,
                                             std::uint8_t type, ByteView body);
  // Everything appended so far is on the disk when this returns a value: the last position.
  [[nodiscard]] Result<std::uint64_t> sync();
  [[nodiscard]] bool has_unsynced() const;

  [[nodiscard]] std::size_t segment_count() const;
  // Above kWalSegmentsMax segments, and twice of what the last rewrite left: where much is live,
  // writing it again and again frees nothing.
  [[nodiscard]] bool wants_rewrite() const;
  // Garbage collection: begins a new segment, writes what is still needed into it, syncs, and only
  // then drops all older ones.
  [[nodiscard]] Result<bool> rewrite(const std::vector<WalRecord>& live);

 private:
  struct State;
  explicit Wal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct WalOpened {
  std::unique_ptr<Wal> wal;  // none where the disk is not to be trusted
  bool trusted = false;
  std::string reason;           // why it is not, for the operator
  std::uint64_t records = 0;    // handed to the visitor
  std::uint64_t bytes_cut = 0;  // of a torn tail
};

}  // namespace footproof::node
