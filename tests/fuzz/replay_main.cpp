// Runs a fuzz target once on each file below the folders that are named on the command line: what a
// fuzzer found once is found again without one. Fails if an input takes more memory than its size
// can explain.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "tests/fuzz/allocation_meter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using pikachu::fuzz::AllocationMeter;

bool replay(const std::filesystem::path& path) {
  std::cout << path.filename().string() << std::endl;  // Flushed: a crash names it.
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  AllocationMeter::start();
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const std::size_t peak = AllocationMeter::peak_bytes();
  const std::size_t allowed = pikachu::fuzz::memory_allowed_for(bytes.size());
  if (peak <= allowed) return true;
  std::cout << "  took " << peak << " bytes of memory for " << bytes.size()
            << " bytes of input; the limit is " << allowed << "\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  std::size_t failures = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      if (!replay(entry.path())) ++failures;
      ++inputs;
    }
  }
  std::cout << inputs << " inputs replayed, " << failures << " took too much memory\n";
  return inputs > 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
