#include "app/replay_advice.h"

#include <string_view>

namespace pikachu::app {
namespace {

void replace_all(std::string& text, std::string_view part, std::string_view by) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size())) {
    text.replace(at, part.size(), by);
  }
}

}  // namespace

std::string as_replay_advice(std::string message) {
  // A replay has these from its options, and not from the configuration.
  message.insert(message.begin(), ' ');
  replace_all(message, " start_from", " -from");
  message.erase(0, 1);
  replace_all(message, "database.server_id", "-server-id");
  replace_all(message, "pikachu state reset -config config.yaml -position ",
              "pikachu replay -from ");
  // No replay begins at the end.
  replace_all(message, " (or latest)", "");
  replace_all(message, "-from latest", "-from a later place");
  replace_all(message, "write latest, earliest", "write earliest");
  return message;
}

}  // namespace pikachu::app
