#include "node/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace footproof::node {
namespace {

constexpr std::size_t kMarkerSizeMax = 1024;
constexpr std::size_t kObserverFileSizeMax = std::size_t{64} * 1024;
constexpr std::string_view kInitNoteName = "initialising";

tl::unexpected<Error> system_error(std::string_view what, const std::filesystem::path& file) {
  return fail(Errc::io, fmt::format("{} {}: {}", what, file.string(), std::strerror(errno)));
}

std::string marker_text(const Digest& chain_id, ByteView vote_key) {
  return fmt::format("footproof identity 1\n{}\n{}\n", chain_id.hex(), to_hex(vote_key));
}

// Why it is not the one that was looked for. Never in favour of another folder where keys may have
// voted on this one.
std::string explain_marker(const std::filesystem::path& file, std::string_view text,
                           const Digest& chain_id, ByteView vote_key) {
  const std::size_t second = text.find('\n') + 1;
  const std::size_t third = text.find('\n', second) + 1;
  const auto chain = from_hex(text.substr(second, third - second - 1));
  const auto key = from_hex(text.substr(third, text.size() - third - 1));
  const Result<Digest> chain_then = chain ? to_digest(*chain) : fail(chain.error());
  if (!chain_then || !key || text != marker_text(*chain_then, *key)) {
    return fmt::format(
        "{} is damaged: it names no network and vote key. Bring it back from a backup; without one "
        "this "
        "is a lost disk, and the keys may have voted: footproofd --init-observer, and "
        "new keys by ballot",
        file.string());
  }
  if (*chain_then != chain_id) {
    return fmt::format("{} belongs to another network, {}; name the data folder of this one",
                       file.string(), chain_then->hex());
  }
  if (key->empty()) {
    return fmt::format(
        "{} is of a node that follows. With [node] validator footproofd --init takes "
        "its folder over",
        file.string());
  }
  if (vote_key.empty()) {
    return fmt::format(
        "{} is of a validator with the vote key {}. Put [node] validator back, or "
        "give the node that follows a data folder of its own",
        file.string(), to_hex(*key));
  }
  return fmt::format(
      "{} is of the vote key {}, and the keys here have {}. Bring those keys back; "
      "in another data folder these might vote against themselves",
      file.string(), to_hex(*key), to_hex(vote_key));
}

bool write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<bool> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error("cannot open", directory);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) return system_error("cannot sync", directory);
  return true;
}

Result<bool> replace_file(const std::filesystem::path& file, ByteView content) {
  const std::filesystem::path beside = file.string() + ".new";
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error("cannot create", beside);
  const bool written = write_all(descriptor, content) && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!written) return system_error("cannot write", beside);
  if (::rename(beside.c_str(), file.c_str()) != 0) return system_error("cannot rename", beside);
  return sync_directory(file.parent_path());
}

Result<Bytes> read_file(const std::filesystem::path& file, std::size_t size_max) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return fail(Errc::not_found, fmt::format("no file {}", file.string()));
    return system_error("cannot open", file);
  }
  Bytes content;
  std::array<std::uint8_t, 16384> chunk{};
  for (;;) {
    const auto got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      ::close(descriptor);
      return system_error("cannot read", file);
    }
    if (got == 0) break;
    content.insert(content.end(), chunk.begin(), chunk.begin() + got);
    if (content.size() > size_max) {
      ::close(descriptor);
      return fail(Errc::bad_length,
                  fmt::format("{} is larger than {} bytes", file.string(), size_max));
    }
  }
  ::close(descriptor);
  return content;
}

Result<DataFolder> DataFolder::open(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    auto synced = sync_directory(folder.parent_path().empty() ? "." : folder.parent_path());
    if (!synced) return fail(synced.error());
  } else if (errno != EEXIST) {
    return system_error("cannot make the data folder", folder);
  }
  return take(folder, O_RDWR | O_CREAT);
}

Result<DataFolder> DataFolder::open_existing(const std::filesystem::path& folder) {
  return take(folder, O_RDONLY);
}

Result<DataFolder> DataFolder::take(const std::filesystem::path& folder, int flags) {
  const auto lock_file = folder / "lock";
  const int lock = ::open(lock_file.c_str(), flags | O_CLOEXEC, 0600);
  if (lock < 0) return system_error("cannot open", lock_file);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    ::close(lock);
    if (!held) return system_error("cannot lock", lock_file);
    return fail(Errc::too_busy, fmt::format("{} is in use: one process at a time may use a data "
                                            "folder. Stop the footproofd that runs on it, or wait "
                                            "for its fsck, backup or restore to end",
                                            folder.string()));
  }
  return DataFolder(folder, lock);
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

Result<bool> DataFolder::has_marker(const Digest& chain_id, ByteView vote_key) const {
  const auto file = path_ / kMarkerFile;
  auto content = read_file(file, kMarkerSizeMax);
  if (!content) {
    if (content.error().code == Errc::not_found) return false;
    return fail(content.error());
  }
  if (as_text(*content) == marker_text(chain_id, vote_key)) return true;
  return fail(Errc::mismatch, explain_marker(file, as_text(*content), chain_id, vote_key));
}

Result<bool> DataFolder::write_marker(const Digest& chain_id, ByteView vote_key) const {
  const std::string text = marker_text(chain_id, vote_key);
  return replace_file(path_ / kMarkerFile, as_bytes(text));
}

// The observer file first: were it left beside the new key, that key would be silent for ever; and
// the old one is never used again, for the set that is in force names it no more.
Result<bool> DataFolder::change_key(const std::filesystem::path& folder, const Digest& chain_id,
                                    ByteView vote_key) {
  const std::string text = marker_text(chain_id, vote_key);
  const auto content = read_file(folder / kMarkerFile, kMarkerSizeMax);
  if (!content) return fail(content.error());
  if (as_text(*content) == text) return false;
  const auto observer = folder / kObserverFile;
  const auto why = read_file(observer, kObserverFileSizeMax);
  if (!why && why.error().code != Errc::not_found) return fail(why.error());
  const bool may_have_voted =
      why && as_text(*why).find(fmt::format("key {}\n", to_hex(vote_key))) != std::string::npos;
  if (!may_have_voted && ::unlink(observer.c_str()) != 0 && errno != ENOENT) {
    return system_error("cannot delete", observer);
  }
  auto written = replace_file(folder / kMarkerFile, as_bytes(text));
  if (!written) return written;
  return true;
}

Result<bool> DataFolder::begin_init(std::string_view kind,
                                    std::span<const std::string_view> names) const {
  const auto note = path_ / kInitNoteName;
  const std::string text = fmt::format("{}\n", kind);
  const auto content = read_file(note, kMarkerSizeMax);
  if (!content && content.error().code != Errc::not_found) return fail(content.error());
  if (content && as_text(*content) != text) {
    return fail(Errc::usage,
                fmt::format("an initialisation of another kind was cut off in {}: repeat that one, "
                            "or delete the folder if nothing was ever started on it",
                            path_.string()));
  }
  std::error_code error;
  for (const std::string_view name : names) {
    if (content) {
      std::filesystem::remove_all(path_ / name, error);
      if (error) return fail(Errc::io, "cannot delete " + (path_ / name).string());
    } else if (std::filesystem::exists(path_ / name, error)) {
      return fail(Errc::usage,
                  fmt::format("{} holds {} but no {}: its vote key may have voted. Bring the file "
                              "back, or initialise an empty folder as observer",
                              path_.string(), name, kMarkerFile));
    }
  }
  if (content) return sync_directory(path_);
  return replace_file(note, as_bytes(text));
}

Result<bool> DataFolder::end_init() const {
  const auto note = path_ / kInitNoteName;
  if (::unlink(note.c_str()) != 0 && errno != ENOENT) return system_error("cannot delete", note);
  return sync_directory(path_);
}

}  // namespace footproof::node
