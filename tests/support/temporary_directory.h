#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pikachu::test {

/// A new, empty directory, removed with all that is in it when this object goes.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes `text` to the file `name` in it; returns the file's path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace pikachu::test
