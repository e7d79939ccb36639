#include "tests/support/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace pikachu::test {

TemporaryDirectory::TemporaryDirectory() {
  // Short: the path of a server's socket is made from it, and may have 107 bytes.
  std::string name = (std::filesystem::temp_directory_path() / "pikachu-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(std::string_view name, std::string_view text) const {
  const auto path = path_ / name;
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

}  // namespace pikachu::test
