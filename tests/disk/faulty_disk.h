// Disks below this whole program: what it writes with the system's calls goes through here,
// whoever writes it (LevelDB, anchor, write-ahead log). Calls can be counted, fail, or end at one
// of them as if the power went; then the folder watched can be made again as such a disk may leave
// it.
//
// A power cut ends the calls of all threads. Those of other threads than the disk's maker are
// counted only where asked for: what LevelDB does behind it comes at no fixed place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace footproof::test {

enum class Fault : std::uint8_t {
  power_cut,  // this call is done, and none after it
  io,         // EIO, once
  full,       // ENOSPC, once; of a write, after half of it
};

// What the disk kept of what was not synced.
enum class Kept : std::uint8_t {
  nothing,  // names and bytes as of the last sync of each folder and file
  names,    // all names, bytes as synced
  pages,    // all names, of the other bytes every page or none, by a seed
  all,      // as after a kill -9
};

// The disk under one folder; any number of them, none inside another's folder.
class FaultyDisk {
 public:
  // Begins to watch a folder, whose content counts as synced.
  explicit FaultyDisk(const std::filesystem::path& folder, bool counts_all_threads = false);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // From now on call number `call` (from 1) of the kind counted meets the fault. `syncs_only`
  // counts fsync and fdatasync alone.
  void set_fault(Fault fault, std::size_t call, bool syncs_only = false);
  // Something that is no call of the disk, and counts as one: a message that leaves. False: the
  // power is gone.
  bool count_other();
  void cut_power();
  [[nodiscard]] std::size_t calls_counted() const;  // since set_fault()
  [[nodiscard]] bool fault_met() const;
  [[nodiscard]] bool is_cut() const;
  // Ends watching.
  void stop();
  // Then: gives the folder as it is found after the power came back, into a new one.
  void restore(const std::filesystem::path& to, Kept kept, std::uint64_t seed);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

// One disk, for tests that need no second.
void watch_disk(const std::filesystem::path& folder);
void set_fault(Fault fault, std::size_t call, bool syncs_only = false);
[[nodiscard]] std::size_t calls_counted();
[[nodiscard]] bool fault_met();
void stop_watching();
void restore_disk(const std::filesystem::path& to, Kept kept, std::uint64_t seed);

}  // namespace footproof::test
