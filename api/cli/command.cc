#include "api/cli/command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "attest/digest.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

constexpr std::size_t kPassphraseMax = 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<Error> fail_path(const std::string& path, const char* what) {
  return fail(Errc::io, path + ": " + what + ": " + std::strerror(errno));
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// Turns echo off for as long as it lives, and back on whatever happens.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    active_ = ::tcgetattr(terminal_, &saved_) == 0;
    if (!active_) return;
    termios quiet = saved_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~Silence() {
    if (active_) ::tcsetattr(terminal_, TCSAFLUSH, &saved_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int terminal_;
  termios saved_{};
  bool active_ = false;
};

Result<std::string> ask(int terminal, const std::string& prompt) {
  if (!write_all(terminal, as_bytes(prompt))) return fail(Errc::io, "cannot write to the terminal");
  std::string line;
  {
    const Silence silence(terminal);
    for (char c = 0; line.size() <= kPassphraseMax;) {
      const ssize_t got = ::read(terminal, &c, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || c == '\n') break;
      line.push_back(c);
    }
  }
  write_all(terminal, as_bytes("\n"));
  return line;
}

std::uint64_t monotonic_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

int report(const Error& error) {
  // One line, whatever a file or a node made us quote.
  std::cerr << "footproof: " << printable(error.detail) << '\n';
  switch (error.code) {
    case Errc::refused:
    case Errc::bad_signature:
    case Errc::bad_proof:
    case Errc::mismatch:
      return kRefused;
    case Errc::usage:
      return kUsage;
    default:
      return kCannotEvaluate;
  }
}

Error wrong_file(const std::string& path, const Error& error) {
  return {Errc::usage, path + ": " + error.detail};
}

Result<Bytes> read_file(const std::string& path, std::size_t size_max) {
  const Descriptor file(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return fail(Errc::usage, path + ": cannot open: " + std::strerror(errno));
  Bytes bytes;
  std::array<std::uint8_t, std::size_t{64} * 1024> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_path(path, "cannot read");
    if (got == 0) return bytes;
    append(bytes, ByteView(chunk).first(static_cast<std::size_t>(got)));
    if (bytes.size() > size_max) {
      return fail(Errc::bad_length, path + ": larger than the " + std::to_string(size_max) +
                                        " bytes that such a file may have");
    }
  }
}

Result<std::size_t> write_file(const std::string& path, ByteView bytes, unsigned mode,
                               Overwrite overwrite) {
  if (path == "-") {
    if (!write_all(STDOUT_FILENO, bytes)) return fail_path("standard output", "cannot write");
    return bytes.size();
  }
  if (overwrite == Overwrite::no && ::access(path.c_str(), F_OK) == 0) {
    return fail(Errc::usage, path + ": exists already; choose another name or remove it first");
  }
  const std::string beside = path + ".new-" + to_hex(random_bytes(4));
  {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (!file.is_open()) return fail_path(path, "cannot create");
    if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0) {
      auto error = fail_path(path, "cannot write");
      ::unlink(beside.c_str());
      return error;
    }
  }
  // link() fails where the name has come into being meanwhile; rename() would replace it.
  const bool placed = overwrite == Overwrite::yes ? ::rename(beside.c_str(), path.c_str()) == 0
                                                  : ::link(beside.c_str(), path.c_str()) == 0;
  auto error = fail_path(path, "cannot put in place");
  if (!placed || overwrite == Overwrite::no) ::unlink(beside.c_str());
  if (!placed) return error;
  const auto slash = path.rfind('/');
  const Descriptor folder(
      ::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(),
             O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) ::fsync(folder.get());
  return bytes.size();
}

Result<std::string> read_passphrase(const std::string& file, const std::string& prompt,
                                    bool confirm) {
  if (!file.empty()) {
    auto bytes = read_file(file, kPassphraseMax);
    if (!bytes) return fail(bytes.error());
    std::string line(as_text(*bytes).substr(0, as_text(*bytes).find('\n')));
    wipe(*bytes);
    if (line.empty()) return fail(Errc::usage, file + ": its first line, the passphrase, is empty");
    return line;
  }
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal.is_open()) {
    return fail(Errc::usage, "no terminal to ask for the passphrase: use --passphrase-file FILE");
  }
  auto first = ask(terminal.get(), prompt + ": ");
  if (!first) return first;
  if (first->empty()) return fail(Errc::usage, "the passphrase is empty");
  if (confirm) {
    auto second = ask(terminal.get(), prompt + ", once more: ");
    if (!second) return second;
    if (*first != *second) return fail(Errc::usage, "the two passphrases differ");
  }
  return first;
}

Result<std::uint64_t> parse_age(const std::string& text) {
  constexpr std::uint64_t kCountMax = 100'000;
  std::uint64_t count = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && count < kCountMax) {
    count = count * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
  }
  const std::string unit = text.substr(digits);
  if (digits != 0 && unit == "d") return count * 86'400;
  if (digits != 0 && unit == "h") return count * 3'600;
  if (digits != 0 && unit == "m") return count * 60;
  return fail(Errc::usage, "--max-age: '" + text + "' is no age; write 7d, 36h or 90m");
}

Instant clock_now() {
  return {static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count())};
}

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), started_ms_(monotonic_ms()) {}

Progress::~Progress() {
  if (drawn_ms_ != 0) std::cerr << "\r\x1b[K" << std::flush;
}

void Progress::advance(std::uint64_t done) {
  const std::uint64_t now = monotonic_ms();
  if (now - started_ms_ < 1000 || now - drawn_ms_ < 100 || ::isatty(STDERR_FILENO) == 0) return;
  drawn_ms_ = now;
  draw(done);
}

void Progress::draw(std::uint64_t done) {
  constexpr std::uint64_t kWidth = 30;
  std::string line = what_ + ' ';
  if (total_ == 0) {
    line += std::to_string(done);
  } else {
    const std::uint64_t filled = kWidth * std::min(done, total_) / total_;
    line += '[' + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
            std::to_string(done) + " of " + std::to_string(total_);
  }
  std::cerr << '\r' << line << "\x1b[K" << std::flush;
}

Waiting::Waiting(std::string what)
    : thread_([this, name = std::move(what)] {
        Progress progress(name, 0);
        std::unique_lock lock(mutex_);
        for (std::uint64_t ticks = 1;
             !ended_.wait_for(lock, std::chrono::milliseconds(250), [this] { return done_; });
             ++ticks) {
          progress.advance(ticks / 4);
        }
      }) {}

Waiting::~Waiting() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

}  // namespace footproof::api
