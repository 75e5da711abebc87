// What the commands for catalogues share: which files there are, working through them on all cores,
// and writing many files without waiting for the disk after each.
//
// A kill in between leaves whole files and none half-written; the same command then continues. A
// power cut may lose files that were not synced yet: sync_folder() ends a run.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/command.h"
#include "attest/bytes.h"
#include "attest/result.h"

namespace footproof::api {

inline constexpr std::size_t kFileListMax = std::size_t{256} * 1024 * 1024;

// A folder: its regular files with this ending (any if empty; never hidden ones), by name; folders,
// hidden files and what is no file are named on standard error. A text file: one path a line,
// relative to its own folder, in its order. usage: none, or a name twice.
[[nodiscard]] Result<std::vector<std::string>> list_files(const std::string& folder_or_list,
                                                          std::string_view ending);

// The name of a file without folder and ending: "a/coil.sealed" is "coil".
[[nodiscard]] std::string stem_of(const std::string& path);
// <folder>/<stem><ending> for each. usage: two would be the same file.
[[nodiscard]] Result<std::vector<std::string>> outputs_in(const std::string& folder,
                                                          const std::vector<std::string>& files,
                                                          std::string_view ending);
// Makes the folder if it is not there.
[[nodiscard]] Result<void> make_folder(const std::string& folder);

// Calls work(i) for every i below `count`, on all cores, and draws the bar. Ends early with the
// first error.
[[nodiscard]] Result<void> for_each_index(std::size_t count, const std::string& what,
                                          const std::function<Result<void>(std::size_t)>& work);

// Beside the target, then renamed into its place; not synced. Replaces what a killed run left.
[[nodiscard]] Result<void> write_file_unsynced(const std::string& path, ByteView bytes,
                                               unsigned mode);
// Everything written to the file system of this folder is on disk afterwards.
[[nodiscard]] Result<void> sync_folder(const std::string& folder);

}  // namespace footproof::api
