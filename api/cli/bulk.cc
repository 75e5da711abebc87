#include "api/cli/bulk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "attest/printable.h"

namespace footproof::api {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> fail_path(const std::string& path, const char* what) {
  return fail(Errc::io, path + ": " + what + ": " + std::strerror(errno));
}

// What a folder holds beside the files taken: somebody may count on it.
void tell_left_out(const std::string& folder, const std::vector<std::string>& names) {
  constexpr std::size_t kNamedMax = 5;
  if (names.empty()) return;
  std::cerr << folder << ": left out " << names.size() << ": ";
  for (std::size_t i = 0; i < std::min(names.size(), kNamedMax); ++i) {
    std::cerr << (i == 0 ? "" : ", ") << printable(names[i]);
  }
  std::cerr << (names.size() > kNamedMax ? ", …" : "") << '\n';
}

Result<std::vector<std::string>> files_in_folder(const std::string& folder,
                                                 std::string_view ending) {
  std::vector<std::string> files;
  std::vector<std::string> left_out;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (!name.ends_with(ending) && at->is_regular_file(ignored)) continue;
    if (name.starts_with('.') || !at->is_regular_file(ignored)) {
      left_out.push_back(name + (at->is_directory(ignored) ? "/" : ""));
    } else {
      files.push_back(at->path().string());
    }
  }
  if (error) return fail(Errc::usage, folder + ": cannot be listed: " + error.message());
  std::sort(left_out.begin(), left_out.end());
  tell_left_out(folder, left_out);
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<std::string>> files_in_list(const std::string& path) {
  const auto bytes = read_file(path, kFileListMax);
  if (!bytes) return fail(bytes.error());
  const fs::path folder = fs::path(path).parent_path();
  std::vector<std::string> files;
  std::string_view text = as_text(*bytes);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);  // as spreadsheets and editors write it
    if (!line.empty()) files.push_back((folder / fs::path(line)).string());
  }
  return files;
}

// Work for some threads; the caller's draws the bar meanwhile.
class Workers {
 public:
  Workers(std::size_t count, const std::function<Result<void>(std::size_t)>& work)
      : count_(count), work_(work) {}

  Result<void> run(const std::string& what) {
    Progress progress(what, count_);
    const std::size_t threads =
        std::min<std::size_t>(count_, std::clamp(std::thread::hardware_concurrency(), 1U, 64U));
    running_ = threads;
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < threads; ++i) all.emplace_back([this] { work_through(); });
    {
      std::unique_lock lock(mutex_);
      while (!ended_.wait_for(lock, std::chrono::milliseconds(200),
                              [this] { return running_ == 0; })) {
        progress.advance(done_);
      }
    }
    for (std::thread& thread : all) thread.join();
    if (error_) return fail(std::move(*error_));
    return {};
  }

 private:
  void work_through() {
    for (std::size_t i = next_++; i < count_ && !stopped_; i = next_++) {
      if (auto done = work_(i); !done) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::move(done.error());
        stopped_ = true;
      }
      ++done_;
    }
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_all();
  }

  const std::size_t count_;
  const std::function<Result<void>(std::size_t)>& work_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;     // guarded by mutex_ once the threads run
  std::optional<Error> error_;  // likewise
};

}  // namespace

Result<std::vector<std::string>> list_files(const std::string& folder_or_list,
                                            std::string_view ending) {
  std::error_code error;
  auto files = fs::is_directory(folder_or_list, error) ? files_in_folder(folder_or_list, ending)
                                                       : files_in_list(folder_or_list);
  if (files && files->empty()) {
    return fail(Errc::usage, folder_or_list + ": names no file" +
                                 (ending.empty() ? "" : " that ends in " + std::string(ending)));
  }
  return files;
}

std::string stem_of(const std::string& path) { return fs::path(path).stem().string(); }

Result<std::vector<std::string>> outputs_in(const std::string& folder,
                                            const std::vector<std::string>& files,
                                            std::string_view ending) {
  std::vector<std::string> outputs;
  outputs.reserve(files.size());
  std::set<std::string> stems;
  for (const std::string& file : files) {
    const std::string stem = stem_of(file);
    if (!stems.insert(stem).second) {
      return fail(Errc::usage, file + ": a second file by the name of " + stem +
                                   "; each member needs a name of its own");
    }
    outputs.push_back((fs::path(folder) / (stem + std::string(ending))).string());
  }
  return outputs;
}

Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Errc::usage, folder + ": cannot be made: " + error.message());
  return {};
}

Result<void> for_each_index(std::size_t count, const std::string& what,
                            const std::function<Result<void>(std::size_t)>& work) {
  if (count == 0) return {};
  return Workers(count, work).run(what);
}

Result<void> write_file_unsynced(const std::string& path, ByteView bytes, unsigned mode) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());  // what a killed run left
  const int file =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode));
  if (file < 0) return fail_path(beside, "cannot create");
  bool written = true;
  while (written && !bytes.empty()) {
    const ssize_t some = ::write(file, bytes.data(), bytes.size());
    if (some < 0 && errno == EINTR) continue;
    written = some > 0;
    if (written) bytes = bytes.subspan(static_cast<std::size_t>(some));
  }
  if (::close(file) != 0) written = false;
  if (!written || ::rename(beside.c_str(), path.c_str()) != 0) {
    const auto error = fail_path(path, "cannot write");
    ::unlink(beside.c_str());
    return error;
  }
  return {};
}

Result<void> sync_folder(const std::string& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return fail_path(folder, "cannot open");
  const bool synced = ::syncfs(handle) == 0;
  ::close(handle);
  if (!synced) return fail_path(folder, "cannot sync");
  return {};
}

}  // namespace footproof::api
