#include "node/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "attest/printable.h"

namespace footproof::node {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> one = [] {
    auto made = std::make_shared<spdlog::logger>("footproofd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ level=%l thread=%t %v",
                      spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return one;
}

spdlog::level::level_enum grade(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '='; }

void append_value(std::string& line, std::string_view value) {
  const bool cut = value.size() > kLogValueMax;
  if (cut) value = value.substr(0, kLogValueMax);
  // A path in Korean stays one to read; what is not sound UTF-8 throughout is escaped.
  const bool is_text = printable(value) == value;
  const auto stays = [is_text](char c) {
    return is_plain(c) || (is_text && static_cast<unsigned char>(c) >= 0x80);
  };
  if (!cut && !value.empty() && std::ranges::all_of(value, stays)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (stays(c) || c == ' ' || c == '=') {
      line += c;
    } else {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  line += cut ? "...\"" : "\"";
}

}  // namespace

void set_log_level(LogLevel level) { logger()->set_level(grade(level)); }

std::string log_text(std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = "event=";
  append_value(line, event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!logger()->should_log(grade(level))) return;
  logger()->log(grade(level), log_text(event, fields));
}

}  // namespace footproof::node
