#include "tests/support/scenario.h"

#include <set>

#include <unistd.h>

namespace pikachu::test {

std::string config_text(const ServerProcess& server, std::uint16_t admin_port,
                        const std::vector<TaskText>& tasks, std::string_view extra,
                        std::string_view state) {
  // Test programs run side by side against servers of their own, so the number need only differ
  // within this program, and from the server's own id, which is its port.
  static std::uint32_t next_server_id = 900'000;
  std::string text =
      "database:\n  host: " + server.host() + "\n  port: " + std::to_string(server.port()) +
      "\n  user: " + server.user() + "\n  password: " + server.password() +
      "\n  database: test_db\n  server_id: " + std::to_string(++next_server_id) +
      "\nstate:\n  dir: data\n" + std::string(state) +
      "server:\n  enabled: true\n  host: 127.0.0.1\n  port: " + std::to_string(admin_port) +
      "\ndispatcher:\n  retry_base_delay: 50ms\n  retry_max_delay: 500ms\ntasks:\n";
  for (const auto& task : tasks) {
    text += "  - task_id: " + task.task_id + "\n    table_name: " + task.tables +
            "\n    events: [insert, update, delete]\n    callback_url: " + task.url + "\n" +
            task.extra;
  }
  return text.append(extra);
}

std::vector<nlohmann::json> bodies(const WebhookReceiver::Requests& requests) {
  std::vector<nlohmann::json> parsed;
  for (const auto& request : requests) parsed.push_back(nlohmann::json::parse(request.body));
  return parsed;
}

std::string summary(const nlohmann::json& body) {
  std::string text = body["event"].get<std::string>() + " " + body["table"].get<std::string>() +
                     " " + body["primary_id"].dump() + " ";
  if (body["event"] == "update") {
    return text + body["old_data"].dump() + "->" + body["new_data"].dump();
  }
  return text + body["data"].dump();
}

std::vector<nlohmann::json> first_arrivals(const WebhookReceiver::Requests& requests) {
  std::set<std::string> seen;
  std::vector<nlohmann::json> first;
  for (auto& body : bodies(requests)) {
    if (seen.insert(body["id"].get<std::string>()).second) first.push_back(std::move(body));
  }
  return first;
}

std::vector<std::string> ids_with_differing_bodies(const WebhookReceiver::Requests& requests) {
  std::map<std::string, std::string> body_of;
  std::vector<std::string> differing;
  for (const auto& request : requests) {
    const auto [known, is_new] = body_of.emplace(request.header("webhook-id"), request.body);
    if (!is_new && known->second != request.body) differing.push_back(known->first);
  }
  return differing;
}

}  // namespace pikachu::test
