#include "app/state_directory.h"

#include <ostream>

#include "config/config.h"

namespace pikachu::app {

std::optional<std::string> state_directory(const std::string& config_path,
                                           const std::string& tasks_path, std::ostream& messages) {
  const auto loaded = config::load(config_path, tasks_path);
  for (const auto& finding : loaded.findings) {
    if (finding.severity == config::Finding::Severity::kError) {
      messages << finding.to_string() << '\n';
    }
  }
  if (!loaded.config) return std::nullopt;
  return loaded.config->state_dir;
}

}  // namespace pikachu::app
