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
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

struct Write {
  off_t at = 0;
  std::string bytes;
  off_t resize = -1;  // not negative: cut or made longer to this size instead
};

void apply(std::string& content, const Write& write) {
  if (write.resize >= 0) return content.resize(static_cast<std::size_t>(write.resize));
  const auto end = static_cast<std::size_t>(write.at) + write.bytes.size();
  if (content.size() < end) content.resize(end);
  content.replace(static_cast<std::size_t>(write.at), write.bytes.size(), write.bytes);
}

std::recursive_mutex mutex;  // over all below; what a disk does itself comes back through the calls

}  // namespace

struct FaultyDisk::State {
  explicit State(fs::path watched) : folder(std::move(watched)) {
    sync_names(folder);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_directory()) sync_names(entry.path());
      if (entry.is_regular_file()) synced[inode_of(entry.path())] = load(entry.path());
    }
  }

  [[nodiscard]] bool holds(const fs::path& path) const {
    const std::string& name = path.native();
    const std::string& prefix = folder.native();
    return name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/');
  }
  // True: this call meets the fault.
  bool count_call(bool syncs) {
    if (this_thread_only && std::this_thread::get_id() != maker) return false;
    if (!armed || (syncs_only && !syncs) || ++count != at) return false;
    met = true;
    return true;
  }
  void written(const fs::path& path, Write write) {
    if (!is_ignored(path)) pending[inode_of(path)].push_back(std::move(write));
  }
  // A new file has nothing synced, whatever had its number before.
  void forget(const fs::path& path) {
    synced.erase(inode_of(path));
    pending.erase(inode_of(path));
  }
  void sync(const fs::path& path) {
    if (fs::is_directory(path)) return sync_names(path);
    const ino_t inode = inode_of(path);
    auto& content = synced[inode];
    for (const auto& write : pending[inode]) apply(content, write);
    pending.erase(inode);
  }
  void sync_names(const fs::path& path) {
    auto& known = names[inode_of(path)];
    known.clear();
    for (const auto& entry : fs::directory_iterator(path)) {
      known[entry.path().filename().string()] = {inode_of(entry.path()), entry.is_directory()};
    }
  }

  void make_names(ino_t from, const fs::path& to) {
    fs::create_directories(to);
    for (const auto& [name, what] : names[from]) {
      if (what.second) {
        make_names(what.first, to / name);
      } else {
        std::ofstream(to / name, std::ios::binary) << synced[what.first];
      }
    }
  }
  void make_current(const fs::path& to, Kept kept, std::uint64_t seed) {
    fs::create_directories(to);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const fs::path name = fs::relative(entry.path(), folder);
      if (entry.is_directory()) fs::create_directories(to / name);
      if (!entry.is_regular_file()) continue;
      std::string bytes = synced[inode_of(entry.path())];
      if (kept == Kept::pages) mix(bytes, load(entry.path()), seed, name.native());
      fs::create_directories((to / name).parent_path());
      std::ofstream(to / name, std::ios::binary) << bytes;
    }
  }
  // By the file's name, so that the order in which a folder is read does not matter.
  static void mix(std::string& bytes, const std::string& written, std::uint64_t seed,
                  const std::string& name) {
    for (const char letter : name) {
      seed = seed * 1'099'511'628'211U + static_cast<unsigned char>(letter);
    }
    std::mt19937_64 random(seed);
    // The length is a matter of its own: it may have grown over pages that were not written.
    if (written.size() != bytes.size() && random() % 4 != 0) bytes.resize(written.size());
    for (std::size_t at = 0; at < std::min(bytes.size(), written.size()); at += kPage) {
      if (random() % 2 == 0) continue;
      const std::size_t size = std::min({kPage, bytes.size() - at, written.size() - at});
      const std::size_t torn = random() % 4 == 0 ? random() % (size + 1) : size;
      bytes.replace(at, torn, written, at, torn);
    }
  }

  fs::path folder;
  bool this_thread_only = true;
  std::thread::id maker = std::this_thread::get_id();
  Fault fault = Fault::power_cut;
  std::size_t at = 0;
  std::size_t count = 0;
  bool syncs_only = false;
  bool armed = false;
  bool met = false;
  bool cut = false;
  std::map<ino_t, std::string> synced;
  std::map<ino_t, std::vector<Write>> pending;                           // since then
  std::map<ino_t, std::map<std::string, std::pair<ino_t, bool>>> names;  // true: a folder
};

namespace {

fs::path path_of(int file) {
  std::string name(4096, '\0');
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  name.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return name;
}

const auto kNothing = [](FaultyDisk::State*) {};
const auto kSynced = [](FaultyDisk::State*) {
  return 0L;
};  // what is kept is this file's affair, not the real disk's

std::vector<FaultyDisk::State*>& watched() {
  static std::vector<FaultyDisk::State*> all;
  return all;
}

long refuse(int code) {
  errno = code;
  return -1;
}

// What a call does. `act` does it really; `half`, where there is one, half of it.
template <class Act, class Half>
long call(const fs::path& path, bool syncs, const Act& act, const Half& half) {
  const std::lock_guard lock(mutex);
  const auto disk = std::ranges::find_if(watched(), [&](auto* one) { return one->holds(path); });
  if (disk == watched().end() || is_ignored(path)) return act(nullptr);
  auto& on = **disk;
  if (on.cut) return refuse(EIO);
  if (on.count_call(syncs)) {
    if (on.fault == Fault::io) return refuse(EIO);
    if (on.fault == Fault::full) {
      half(&on);
      return refuse(ENOSPC);
    }
    on.cut = true;
  }
  const long done = act(&on);
  if (syncs && done == 0) on.sync(path);
  return done;
}

std::unique_ptr<FaultyDisk>& the_disk() {
  static std::unique_ptr<FaultyDisk> one;
  return one;
}

}  // namespace

FaultyDisk::FaultyDisk(const fs::path& folder, bool counts_all_threads) {
  const std::lock_guard lock(mutex);
  state_ = std::make_shared<State>(folder);
  state_->this_thread_only = !counts_all_threads;
  watched().push_back(state_.get());
}

FaultyDisk::~FaultyDisk() { stop(); }

void FaultyDisk::stop() {
  const std::lock_guard lock(mutex);
  std::erase(watched(), state_.get());
}

void FaultyDisk::set_fault(Fault fault, std::size_t call, bool syncs_only) {
  const std::lock_guard lock(mutex);
  state_->fault = fault;
  state_->at = call;
  state_->syncs_only = syncs_only;
  state_->count = 0;
  state_->armed = true;
  state_->met = state_->cut = false;
}

bool FaultyDisk::count_other() {
  const std::lock_guard lock(mutex);
  if (state_->cut) return false;
  if (state_->fault == Fault::power_cut && state_->count_call(false)) state_->cut = true;
  return true;
}

void FaultyDisk::cut_power() {
  const std::lock_guard lock(mutex);
  state_->cut = true;
}

std::size_t FaultyDisk::calls_counted() const {
  const std::lock_guard lock(mutex);
  return state_->count;
}

bool FaultyDisk::fault_met() const {
  const std::lock_guard lock(mutex);
  return state_->met;
}

bool FaultyDisk::is_cut() const {
  const std::lock_guard lock(mutex);
  return state_->cut;
}

void FaultyDisk::restore(const fs::path& to, Kept kept, std::uint64_t seed) {
  const std::lock_guard lock(mutex);
  if (kept == Kept::all) {
    fs::copy(state_->folder, to, fs::copy_options::recursive);
  } else if (kept == Kept::nothing) {
    state_->make_names(inode_of(state_->folder), to);
  } else {
    state_->make_current(to, kept, seed);
  }
}

void watch_disk(const fs::path& folder) {
  the_disk().reset();
  the_disk() = std::make_unique<FaultyDisk>(folder, true);
}
void set_fault(Fault fault, std::size_t call, bool syncs_only) {
  the_disk()->set_fault(fault, call, syncs_only);
}
std::size_t calls_counted() { return the_disk()->calls_counted(); }
bool fault_met() { return the_disk()->fault_met(); }
void stop_watching() { the_disk()->stop(); }
void restore_disk(const fs::path& to, Kept kept, std::uint64_t seed) {
  the_disk()->restore(to, kept, seed);
}

}  // namespace footproof::test

// The calls themselves. An opening that makes or empties a file changes the disk.
using footproof::test::call;
using footproof::test::FaultyDisk;
using footproof::test::kNothing;
using footproof::test::kSynced;
using footproof::test::path_of;

namespace {

using Disk = FaultyDisk::State*;

std::string text(const void* bytes, long size) {
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

long write_at(int file, const void* bytes, size_t size, off_t at, bool moves, Disk disk) {
  const off_t from = moves && disk != nullptr ? ::lseek(file, 0, SEEK_CUR) : at;
  const long done =
      moves ? syscall(SYS_write, file, bytes, size) : syscall(SYS_pwrite64, file, bytes, size, at);
  if (done > 0 && disk != nullptr) disk->written(path_of(file), {from, text(bytes, done), -1});
  return done;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  const auto act = [&](Disk disk) {
    const bool makes = (flags & O_CREAT) != 0 && !std::filesystem::exists(path);
    const long file = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (disk == nullptr || file < 0) return file;
    if (makes) disk->forget(path);
    if (!makes && (flags & O_TRUNC) != 0) disk->written(path, {0, {}, 0});
    return file;
  };
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return static_cast<int>(act(nullptr));
  return static_cast<int>(call(path, false, act, kNothing));
}

ssize_t write(int file, const void* bytes, size_t size) {
  if (file <= 2) return syscall(SYS_write, file, bytes, size);
  return call(
      path_of(file), false, [&](Disk disk) { return write_at(file, bytes, size, 0, true, disk); },
      [&](Disk disk) { write_at(file, bytes, size / 2, 0, true, disk); });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return call(
      path_of(file), false, [&](Disk disk) { return write_at(file, bytes, size, at, false, disk); },
      [&](Disk disk) { write_at(file, bytes, size / 2, at, false, disk); });
}

int fsync(int file) { return static_cast<int>(call(path_of(file), true, kSynced, kNothing)); }

int fdatasync(int file) { return static_cast<int>(call(path_of(file), true, kSynced, kNothing)); }

int ftruncate(int file, off_t size) noexcept {
  const auto act = [&](Disk disk) {
    const long done = syscall(SYS_ftruncate, file, size);
    if (done == 0 && disk != nullptr) disk->written(path_of(file), {0, {}, size});
    return done;
  };
  return static_cast<int>(call(path_of(file), false, act, kNothing));
}

int posix_fallocate(int file, off_t at, off_t size) {
  const auto act = [&](Disk disk) {
    const long done = syscall(SYS_fallocate, file, 0, at, size);
    if (done == 0 && disk != nullptr) disk->written(path_of(file), {at + size, {}, -1});
    return done;
  };
  const long done = call(path_of(file), false, act, kNothing);
  return done == 0 ? 0 : errno;
}

int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(call(
      to, false, [&](Disk) { return syscall(SYS_rename, from, to); }, kNothing));
}

int unlink(const char* path) noexcept {
  return static_cast<int>(call(
      path, false, [&](Disk) { return syscall(SYS_unlink, path); }, kNothing));
}

}  // extern "C"
