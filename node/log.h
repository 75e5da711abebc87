// The node's log: one line of key=value per event, to standard error.
//
// Grades: error = the node stops; warning = the operator should act; info = rare, and nothing an
// attacker can trigger at will; debug = the rest. Values are escaped and cut at kLogValueMax bytes,
// so that nothing from outside can forge a line or fill the disk with one. Never log a key, a salt
// or a request body. The consensus and ledger folders do not log. Any thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "node/config.h"

namespace footproof::node {

constexpr std::size_t kLogValueMax = 256;

struct LogField {
  std::string_view key;  // a constant of ours
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, std::integral auto v) : key(k), value(std::to_string(v)) {}
};

void set_log_level(LogLevel level);
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// "key=value": the value bare if it is plain, else in quotes with escapes, cut at kLogValueMax.
[[nodiscard]] std::string log_text(std::string_view event, std::initializer_list<LogField> fields);

}  // namespace footproof::node
