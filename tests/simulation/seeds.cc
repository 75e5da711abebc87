#include "tests/simulation/seeds.h"

#include <charconv>
#include <cstdio>
#include <ctime>

namespace footproof::simulation {
namespace {

bool parse(std::string_view& text, std::uint64_t& value) {
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return true;
}

bool parse_number(std::string_view text, std::uint64_t& value) {
  return parse(text, value) && text.empty();
}

// "A..B", or one number.
bool parse_range(std::string_view text, SeedOptions& options) {
  if (!parse(text, options.first)) return false;
  options.last = options.first;
  if (text.empty()) return true;
  if (!text.starts_with("..")) return false;
  text.remove_prefix(2);
  return parse_number(text, options.last) && options.first <= options.last;
}

double core_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void print_each(const std::map<std::string, std::uint64_t>& counts) {
  for (const auto& [what, times] : counts) {
    std::printf("  %s: %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
}

}  // namespace

void Sums::add(const SeedRun& run) {
  ++runs_;
  failed_ += run.failure.empty() ? 0U : 1U;
  virtual_ms_ += run.virtual_ms;
  totals_.resize(run.totals.size());
  for (std::size_t i = 0; i < run.totals.size(); ++i) {
    totals_[i].first = run.totals[i].first;
    totals_[i].second += run.totals[i].second;
  }
  for (const auto& [what, times] : run.counts) counts_[what] += times;
  for (const auto& [what, times] : run.points) points_[what] += times;
}

std::uint64_t Sums::points_hit() const {
  std::uint64_t hit = 0;
  for (const auto& [what, times] : points_) hit += times > 0 ? 1 : 0;
  return hit;
}

std::string Sums::json() const {
  const auto field = [](const std::string& name, std::uint64_t value) {
    return "\"" + name + "\": " + std::to_string(value) + ", ";
  };
  std::string text = "{" + field("runs", runs_) + field("failed", failed_);
  for (const auto& [name, value] : totals_) text += field(name, value);
  if (!points_.empty()) text += field("points", points_.size()) + field("points_hit", points_hit());
  return text + "\"core_seconds\": " + std::to_string(core_seconds()) +
         ", \"simulated_hours\": " + std::to_string(static_cast<double>(virtual_ms_) / 3'600'000) +
         "}\n";
}

void Sums::print(bool as_json) const {
  if (as_json) {
    std::fputs(json().c_str(), stdout);
    return;
  }
  std::string line = std::to_string(runs_) + " seeds, " + std::to_string(failed_) + " failed";
  for (const auto& [name, value] : totals_) line += ", " + std::to_string(value) + " " + name;
  const double hours = static_cast<double>(virtual_ms_) / 3'600'000;
  std::printf("%s\n%.1f core-seconds (%.2f a seed), %.3f simulated hours\n", line.c_str(),
              core_seconds(), runs_ == 0 ? 0 : core_seconds() / static_cast<double>(runs_), hours);
  print_each(counts_);
  if (points_.empty()) return;
  std::printf("%zu points, %llu of them hit\n", points_.size(),
              static_cast<unsigned long long>(points_hit()));
  print_each(points_);
}

bool SeedOptions::parse(int argc, char** argv, Flags flags, const Values& values) {
  flags.insert(
      {{"--trace", &trace}, {"--hashes", &hashes}, {"--first", &only_first}, {"--json", &json}});
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (const auto flag = flags.find(option); flag != flags.end()) {
      *flag->second = true;
      continue;
    }
    if (++i >= argc) return false;
    if (option == "--seeds" || option == "--seed") {
      given = parse_range(argv[i], *this);
      if (!given) return false;
      continue;
    }
    const auto value = values.find(option);
    if (value == values.end() || !parse_number(argv[i], *value->second)) return false;
  }
  return true;
}

int run_seeds(const SeedOptions& options, const std::function<SeedRun(std::uint64_t seed)>& run) {
  Sums sums;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const SeedRun done = run(seed);
    sums.add(done);
    const auto number = static_cast<unsigned long long>(seed);
    const auto hash = static_cast<unsigned long long>(done.trace_hash);
    if (options.hashes) std::printf("%llu %016llx\n", number, hash);
    if (done.failure.empty() && options.first != options.last) continue;
    std::printf("seed %llu  trace %016llx  %s  virtual %llu ms  %s\n", number, hash,
                done.what.c_str(), static_cast<unsigned long long>(done.virtual_ms),
                done.failure.empty() ? "passed" : done.failure.c_str());
    std::fflush(stdout);
    if (options.only_first && !done.failure.empty()) break;
  }
  sums.print(options.json);
  return sums.failed() == 0 ? 0 : 1;
}

}  // namespace footproof::simulation
