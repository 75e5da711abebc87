// Runs a simulator seed by seed, tells of those that fail, and sums up: for both simulators.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace footproof::simulation {

// What one seed came to.
struct SeedRun {
  std::string failure;  // empty: none
  std::string what;     // of its plan, in a line
  std::uint64_t trace_hash = 0;
  std::uint64_t virtual_ms = 0;
  std::vector<std::pair<std::string, std::uint64_t>> totals{};  // alike for all seeds
  std::map<std::string, std::uint64_t> counts{};                // of what happened
  std::map<std::string, std::uint64_t> points{};  // places where a run may be hit, how often it was
};

class Sums {
 public:
  void add(const SeedRun& run);
  // For people; as one line of JSON for programs.
  void print(bool json) const;
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  [[nodiscard]] std::string json() const;
  [[nodiscard]] std::uint64_t points_hit() const;

  std::uint64_t runs_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t virtual_ms_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> totals_;
  std::map<std::string, std::uint64_t> counts_;
  std::map<std::string, std::uint64_t> points_;
};

struct SeedOptions {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool given = false;  // the seeds
  bool trace = false;
  bool hashes = false;
  bool only_first = false;
  bool json = false;

  // Flags and options with a value, of one program alone, beside those above.
  using Flags = std::map<std::string_view, bool*>;
  using Values = std::map<std::string_view, std::uint64_t*>;
  // False: wrong usage, or no seeds.
  bool parse(int argc, char** argv, Flags flags, const Values& values = {});
};

// Exit code 0: all passed, 1: one failed.
[[nodiscard]] int run_seeds(const SeedOptions& options,
                            const std::function<SeedRun(std::uint64_t seed)>& run);

}  // namespace footproof::simulation
