// footproofd: one validator of a Footproof network.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "node/config.h"

namespace {

constexpr std::string_view kUsage =
    "usage: footproofd CONFIG                 run the validator that this file describes\n"
    "       footproofd --check-config CONFIG  say whether the file is good, and nothing else\n"
    "       footproofd --version | --help\n";

int check_config(const char* file) {
  const auto config = footproof::node::load_config(file);
  if (!config) {
    fmt::print(stderr, "footproofd: {}\n", config.error().detail);
    return 4;
  }
  fmt::print("configuration ok: {}\n", footproof::node::describe(*config));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && first == "--help") {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (argc == 2 && first == "--version") {
    fmt::print("footproofd {}\n", FOOTPROOF_VERSION);
    return 0;
  }
  if (argc == 3 && first == "--check-config") return check_config(argv[2]);
  fmt::print(stderr, "{}", kUsage);
  return 4;
}
