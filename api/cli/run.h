// The whole `footproof` command as a function, so that tests can run it in their own process.
#pragma once

namespace footproof::api {

// Parses the command line, runs what it says, returns the exit code (docs/formats.md §9).
[[nodiscard]] int run_command(int argc, const char* const* argv);

}  // namespace footproof::api
