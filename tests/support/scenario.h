#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/pikachu_process.h"
#include "tests/support/receiver.h"
#include "tests/support/server_process.h"

namespace pikachu::test {

/// One task of a test's configuration. All events of `tables` go to `url`.
struct TaskText {
  std::string task_id;
  std::string tables;
  std::string url;
  std::string extra;  ///< Further YAML lines of the task, indented by 4.
};

/// A configuration for `server` with a server_id that no other test of this program uses, state in
/// ./data, short retry pauses, and the admin server on `admin_port`.
/// `extra` goes to the end, `state` (indented by 2) to `state:`.
std::string config_text(const ServerProcess& server, std::uint16_t admin_port,
                        const std::vector<TaskText>& tasks, std::string_view extra = "",
                        std::string_view state = "");

/// The bodies of requests, parsed, in order of arrival.
std::vector<nlohmann::json> bodies(const WebhookReceiver::Requests& requests);

/// "insert users 1 {…}" or "update users 1 {…}->{…}": what happened, without ids and times.
std::string summary(const nlohmann::json& body);

/// The first arrival of each id, in order of arrival.
std::vector<nlohmann::json> first_arrivals(const WebhookReceiver::Requests& requests);

/// Ids that arrived with more than one body; there must be none.
std::vector<std::string> ids_with_differing_bodies(const WebhookReceiver::Requests& requests);

inline constexpr std::chrono::seconds kPatience{30};

}  // namespace pikachu::test
