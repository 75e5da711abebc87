#include "tests/disk/faulty_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>

namespace footproof::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;

std::string load(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

ino_t inode_of(const fs::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

// LevelDB's own diary and lock, and the copy that start rehearses with, hold nothing.
bool is_ignored(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("LOG") || name == "LOCK" || name == "lock" ||
         path.string().find(".rehearsal") != std::string::npos;
}

class Disk {
 public:
  void watch(const fs::path& folder) {
    const std::lock_guard lock(mutex_);
    folder_ = folder;
    met_ = cut_ = false;
    armed_ = false;
    count_ = 0;
    synced_.clear();
    names_.clear();
    sync_names(folder);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_directory()) sync_names(entry.path());
      if (entry.is_regular_file()) synced_[inode_of(entry.path())] = load(entry.path());
    }
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = folder_;
    folder_.clear();
    armed_ = cut_ = false;
  }
  void set(Fault fault, std::size_t call, bool syncs_only) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    at_ = call;
    syncs_only_ = syncs_only;
    count_ = 0;
    armed_ = true;
    met_ = cut_ = false;
  }
  [[nodiscard]] std::size_t counted() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  [[nodiscard]] bool met() {
    const std::lock_guard lock(mutex_);
    return met_;
  }

  // What a call does. `act` does it really; `half`, where there is one, half of it.
  template <class Act, class Half>
  long call(const fs::path& path, bool syncs, const Act& act, const Half& half) {
    const std::lock_guard lock(mutex_);
    if (!is_watched(path)) return act();
    if (cut_) return refuse(EIO);
    if (armed_ && (syncs || !syncs_only_) && ++count_ == at_) {
      met_ = true;
      if (fault_ == Fault::io) return refuse(EIO);
      if (fault_ == Fault::full) {
        half();
        return refuse(ENOSPC);
      }
      cut_ = true;
    }
    const long done = act();
    if (syncs && done == 0) sync(path);
    return done;
  }

  // A new file has nothing synced, whatever had its number before.
  void forget(const fs::path& path) {
    if (!folder_.empty()) synced_.erase(inode_of(path));
  }
  // Before a name goes: its number must not come back as that of another file.
  void bury(const fs::path& path) {
    if (!is_watched(path)) return;
    const fs::path grave = folder_.string() + ".grave" + std::to_string(++buried_);
    static_cast<void>(::link(path.c_str(), grave.c_str()));
  }

  void restore(const fs::path& to, Kept kept, std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    random_.seed(seed);
    if (kept == Kept::all) {
      fs::copy(stopped_, to, fs::copy_options::recursive);
    } else if (kept == Kept::nothing) {
      make_synced(stopped_, to);
    } else {
      make_current(to, kept);
    }
  }

 private:
  [[nodiscard]] bool is_watched(const fs::path& path) const {
    return !folder_.empty() && !is_ignored(path) && path.string().starts_with(folder_.string());
  }
  static long refuse(int code) {
    errno = code;
    return -1;
  }
  void sync_names(const fs::path& folder) {
    auto& names = names_[inode_of(folder)];
    names.clear();
    for (const auto& entry : fs::directory_iterator(folder)) {
      names[entry.path().filename().string()] = {inode_of(entry.path()), entry.is_directory()};
    }
  }
  void sync(const fs::path& path) {
    fs::is_directory(path) ? sync_names(path)
                           : static_cast<void>(synced_[inode_of(path)] = load(path));
  }
  void make_synced(const fs::path& from, const fs::path& to) { make_names(inode_of(from), to); }
  void make_names(ino_t folder, const fs::path& to) {
    fs::create_directories(to);
    for (const auto& [name, what] : names_[folder]) {
      if (what.second) {
        make_names(what.first, to / name);
      } else {
        std::ofstream(to / name, std::ios::binary) << synced_[what.first];
      }
    }
  }
  void make_current(const fs::path& to, Kept kept) {
    fs::create_directories(to);
    for (const auto& entry : fs::recursive_directory_iterator(stopped_)) {
      const fs::path made = to / fs::relative(entry.path(), stopped_);
      if (entry.is_directory()) fs::create_directories(made);
      if (!entry.is_regular_file()) continue;
      std::string bytes = synced_[inode_of(entry.path())];
      if (kept == Kept::pages) mix(bytes, load(entry.path()));
      std::ofstream(made, std::ios::binary) << bytes;
    }
  }
  void mix(std::string& bytes, const std::string& written) {
    // The length is a matter of its own: it may have grown over pages that were not written.
    if (written.size() != bytes.size() && random_() % 4 != 0) bytes.resize(written.size());
    for (std::size_t at = 0; at < std::min(bytes.size(), written.size()); at += kPage) {
      if (random_() % 2 == 0) continue;
      const std::size_t size = std::min({kPage, bytes.size() - at, written.size() - at});
      const std::size_t torn = random_() % 4 == 0 ? random_() % (size + 1) : size;
      bytes.replace(at, torn, written, at, torn);
    }
  }

  std::recursive_mutex mutex_;  // what it does itself comes back through the calls

  fs::path folder_;
  fs::path stopped_;
  Fault fault_ = Fault::power_cut;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  std::size_t buried_ = 0;
  bool syncs_only_ = false;
  bool armed_ = false;
  bool met_ = false;
  bool cut_ = false;
  std::map<ino_t, std::string> synced_;
  std::map<ino_t, std::map<std::string, std::pair<ino_t, bool>>> names_;  // true: a folder
  std::mt19937_64 random_;
};

Disk& disk() {
  static Disk one;
  return one;
}

fs::path path_of(int file) {
  std::string name(4096, '\0');
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  name.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return name;
}

const auto kNothing = [] {};
const auto kSynced = [] { return 0L; };  // what is kept is this file's affair, not the real disk's

}  // namespace

void watch_disk(const fs::path& folder) { disk().watch(folder); }
void set_fault(Fault fault, std::size_t call, bool syncs_only) {
  disk().set(fault, call, syncs_only);
}
std::size_t calls_counted() { return disk().counted(); }
bool fault_met() { return disk().met(); }
void stop_watching() { disk().stop(); }
void restore_disk(const fs::path& to, Kept kept, std::uint64_t seed) {
  disk().restore(to, kept, seed);
}

}  // namespace footproof::test

// The calls themselves. An opening that makes or empties a file changes the disk.
using footproof::test::disk;
using footproof::test::kNothing;
using footproof::test::kSynced;
using footproof::test::path_of;

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  const auto act = [&] {
    const bool makes = (flags & O_CREAT) != 0 && !std::filesystem::exists(path);
    const long file = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (makes && file >= 0) disk().forget(path);
    return file;
  };
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return static_cast<int>(act());
  return static_cast<int>(disk().call(path, false, act, kNothing));
}

ssize_t write(int file, const void* bytes, size_t size) {
  if (file <= 2) return syscall(SYS_write, file, bytes, size);
  return disk().call(
      path_of(file), false, [&] { return syscall(SYS_write, file, bytes, size); },
      [&] { syscall(SYS_write, file, bytes, size / 2); });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return disk().call(
      path_of(file), false, [&] { return syscall(SYS_pwrite64, file, bytes, size, at); },
      [&] { syscall(SYS_pwrite64, file, bytes, size / 2, at); });
}

int fsync(int file) {
  return static_cast<int>(disk().call(path_of(file), true, kSynced, kNothing));
}

int fdatasync(int file) {
  return static_cast<int>(disk().call(path_of(file), true, kSynced, kNothing));
}

int ftruncate(int file, off_t size) noexcept {
  return static_cast<int>(disk().call(
      path_of(file), false, [&] { return syscall(SYS_ftruncate, file, size); }, kNothing));
}

int posix_fallocate(int file, off_t at, off_t size) {
  const long done = disk().call(
      path_of(file), false, [&] { return syscall(SYS_fallocate, file, 0, at, size); }, kNothing);
  return done == 0 ? 0 : errno;
}

int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(disk().call(
      to, false,
      [&] {
        disk().bury(to);
        return syscall(SYS_rename, from, to);
      },
      kNothing));
}

int unlink(const char* path) noexcept {
  return static_cast<int>(disk().call(
      path, false,
      [&] {
        disk().bury(path);
        return syscall(SYS_unlink, path);
      },
      kNothing));
}

}  // extern "C"
