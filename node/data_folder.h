// The data folder of one node: made at the first start, held by one process at a time.
//
// Two processes with one vote key would sign against each other, so the folder carries an
// exclusive lock for as long as the process lives, and a marker {chain id, vote key, first use}
// that is written before the first vote: a data folder of another network, or of another key, is
// refused. Directories are synced after every create, rename and delete in them.
//
// What --init makes stands between a note, written first, and that marker, written last. A note
// without a marker is an --init that was cut off: nothing was ever started on it, so it may be
// taken away and made again. No note and no marker, but files: somebody lost the marker, and the
// vote key may have voted on them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::node {

// What stands in it, apart from lock and marker.
inline constexpr std::string_view kDatabaseFolder = "ledger";
inline constexpr std::string_view kAnchorFile = "anchor";
inline constexpr std::string_view kObserverFile = "observer";  // is there: follow, never vote
inline constexpr std::string_view kAlarmFile = "alarm";  // is there: why the chain is in doubt
inline constexpr std::string_view kWalFolder = "wal";
inline constexpr std::string_view kMarkerFile = "identity";
// In place of the vote key, in the folder of a node that has none.
inline constexpr ByteView kNoKey{};

// fsync of a directory, so that a name created, renamed or deleted in it survives a power cut.
[[nodiscard]] Result<bool> sync_directory(const std::filesystem::path& directory);
// Writes beside, syncs, renames, syncs the directory: the file is the old one or the new one.
[[nodiscard]] Result<bool> replace_file(const std::filesystem::path& file, ByteView content);
// At most `size_max` bytes.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& file, std::size_t size_max);

class DataFolder {
 public:
  // Makes the folder if it is not there (mode 0700) and takes its lock; refused as too_busy while
  // another process holds it.
  [[nodiscard]] static Result<DataFolder> open(const std::filesystem::path& folder);
  // Takes the lock of a folder that is there, and changes nothing in it.
  [[nodiscard]] static Result<DataFolder> open_existing(const std::filesystem::path& folder);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Whether this folder was used before under exactly these; a marker of others is an error.
  [[nodiscard]] Result<bool> has_marker(const Digest& chain_id, ByteView vote_key) const;
  [[nodiscard]] Result<bool> write_marker(const Digest& chain_id, ByteView vote_key) const;

  // Where the set in force names another vote key than the marker: it is written there, and
  // kObserverFile goes, unless that names this key too ("key HEX") as one that may have voted.
  // True if it was another.
  [[nodiscard]] static Result<bool> change_key(const std::filesystem::path& folder,
                                               const Digest& chain_id, ByteView vote_key);

  // Before anything is made: `kind` of init in one word, and the names that it will make. Takes
  // away what one of the same kind left that was cut off; usage where such names are there without
  // it.
  [[nodiscard]] Result<bool> begin_init(std::string_view kind,
                                        std::span<const std::string_view> names) const;
  // After the marker is written.
  [[nodiscard]] Result<bool> end_init() const;

 private:
  [[nodiscard]] static Result<DataFolder> take(const std::filesystem::path& folder, int flags);
  DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;  // the descriptor that holds the lock
};

}  // namespace footproof::node
