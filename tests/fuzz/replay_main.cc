// Runs a fuzz target over a folder of inputs without libFuzzer, so that every test run covers it:
// each file as it is, cut off at every byte, and with every byte changed in a few ways.
//
// Usage: <target>_replay <folder>. Fails if the folder holds no file.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Larger files are run as they are: changing every byte of them would take too long.
constexpr std::size_t kChangedSizeMax = 4096;
constexpr std::uint8_t kChanges[] = {0x01, 0x04, 0x20, 0x80, 0xff};

using Input = std::vector<std::uint8_t>;

// On the heap and of its exact size, so that the sanitizer sees a read past the end.
std::size_t run(const std::uint8_t* data, std::size_t size) {
  const Input exact(data, data + size);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  return 1;
}

std::size_t run_with_changes(Input input) {
  std::size_t count = run(input.data(), input.size());
  if (input.size() > kChangedSizeMax) return count;
  for (std::size_t size = 0; size < input.size(); ++size) count += run(input.data(), size);
  for (std::uint8_t& byte : input) {
    for (const std::uint8_t change : kChanges) {
      byte ^= change;
      count += run(input.data(), input.size());
      byte ^= change;
    }
  }
  input.push_back(0);
  return count + run(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s <folder>\n", argv[0]), 4;
  std::size_t files = 0;
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream in(entry.path(), std::ios::binary);
    inputs += run_with_changes(Input(std::istreambuf_iterator<char>(in), {}));
    ++files;
  }
  std::printf("%zu files, %zu inputs\n", files, inputs);
  return files == 0 ? 1 : 0;
}
