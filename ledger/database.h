// The key-value database below the store: sealed values in, checked values out. The only place that
// knows LevelDB; what LevelDB does not notice by itself is noticed here (a value under the wrong
// key, a wrong value with a right block checksum).
//
// Options: paranoid checks, checksums verified on every read, no log reuse (so no opening changes a
// file that an earlier one wrote), no compression, explicit cache, buffer and file limits.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::ledger {

// Changes written together or not at all, in order.
class Batch {
 public:
  void put(const std::string& key, ByteView bytes);  // behind the header of ledger/store_format.h
  void erase(std::string key) { changes_.emplace_back(std::move(key), std::nullopt); }

  [[nodiscard]] const std::vector<std::pair<std::string, std::optional<std::string>>>& changes()
      const {
    return changes_;
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> changes_;
};

class Database {
 public:
  // `create`: fails if there is one; else: fails if there is none.
  [[nodiscard]] static Result<std::shared_ptr<Database>> open(const std::filesystem::path& folder,
                                                              bool create);
  virtual ~Database() = default;
  // One writer at a time. `synced`: the log file is synced before this returns.
  [[nodiscard]] virtual Result<void> write(const Batch& batch, bool synced) = 0;
};

// Row after row.
class Cursor {
 public:
  virtual ~Cursor() = default;
  [[nodiscard]] virtual bool valid() const = 0;
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  virtual void next() = 0;
  [[nodiscard]] virtual Result<void> status() const = 0;
};

// The database as it was at one moment. Any thread. Keeps the database open.
class Reading {
 public:
  explicit Reading(std::shared_ptr<Database> database);
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading();

  // The bytes without their header; none if there is no such key.
  [[nodiscard]] Result<std::optional<Bytes>> find(const std::string& key) const;
  // That must be there; `what` names it in the error.
  [[nodiscard]] Result<Bytes> get(const std::string& key, const char* what) const;
  // Every key with this prefix, ascending, until `visit` fails.
  [[nodiscard]] Result<void> scan(
      const std::string& prefix,
      const std::function<Result<void>(std::string_view key, ByteView bytes)>& visit) const;
  // The keys from `key` on that have this prefix, ascending, at most `count`. Their values, which
  // are empty, are not read.
  [[nodiscard]] Result<std::vector<std::string>> keys_from(const std::string& key,
                                                           const std::string& prefix,
                                                           std::size_t count) const;
  // Every row there is, ascending, with its value as it stands: nothing about it was checked. Rows
  // that cannot be read are left out; the error comes after the rest.
  [[nodiscard]] std::unique_ptr<Cursor> rows() const;
  // The first key not below, the last key not above; none if there is none.
  [[nodiscard]] Result<std::optional<std::string>> first_from(const std::string& key) const;
  [[nodiscard]] Result<std::optional<std::string>> last_to(const std::string& key) const;

 private:
  struct Moment;
  std::unique_ptr<const Moment> moment_;
};

}  // namespace footproof::ledger
