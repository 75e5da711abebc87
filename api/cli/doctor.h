// What `footproof doctor` finds: one line each, pass, warn or fail, with the remedy in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "api/client/client.h"

namespace footproof::api {

enum class Grade : std::uint8_t { pass, warn, fail };

struct Symptom {
  std::string what;  // "clock of http://…"
  Grade grade = Grade::pass;
  std::string detail;
};

// Of running nodes, each asked by itself, then compared with each other. `now_ms` gives our clock.
[[nodiscard]] std::vector<Symptom> examine_nodes(const std::vector<std::string>& nodes);
[[nodiscard]] Symptom disk_symptom(const std::string& what, std::uint64_t free_bytes);
// Of a node's home folder: disk, genesis, and a validator's keys: private, and those that the set
// in force names by the state in the data folder. The node may run.
[[nodiscard]] std::vector<Symptom> examine_home(const std::filesystem::path& home);
// Whether something listens on host:port (numeric), or could.
[[nodiscard]] Symptom examine_port(const std::string& address);

}  // namespace footproof::api
