// The footproof command in this process: what it printed and its exit code.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/cli/run.h"

namespace footproof::api {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

inline Ran run_footproof(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "footproof");
  std::vector<const char*> argv;
  argv.reserve(arguments.size());
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ran ran;
  ran.code = run_command(static_cast<int>(argv.size()), argv.data());
  ran.out = ::testing::internal::GetCapturedStdout();
  ran.err = ::testing::internal::GetCapturedStderr();
  return ran;
}

}  // namespace footproof::api
