#include "app/letter_json.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/utc_time.h"

namespace pikachu::app {
namespace {

using Json = nlohmann::ordered_json;

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json commit_time(std::int64_t commit_time_us) {
  if (commit_time_us == 0) return nullptr;  // A letter of layout version 1.
  std::string text;
  base::append_utc(std::chrono::microseconds(commit_time_us), 6, text);
  return text;
}

}  // namespace

std::string to_json(const store::StoredLetter& letter) {
  const auto& content = letter.content;
  Json json{{"letter", letter.letter},
            {"task_id", content.task_id},
            {"id", content.id},
            {"change", content.label},
            {"committed_at", commit_time(content.commit_time_us)},
            {"added_at", letter.added_at},
            {"marked", letter.is_marked},
            {"reason", content.reason},
            {"attempts", content.attempts},
            {"last_status", content.last_status},
            {"last_reply", content.last_reply},
            {"body_bytes", letter.body_bytes}};
  if (!content.body.empty()) json["body"] = content.body;
  return to_line(json);
}

std::string to_json(const store::StateSummary& summary, const std::string& dir,
                    const std::string& holder) {
  Json json;
  json["dir"] = dir;
  json["held_by"] = holder.empty() ? Json() : Json(holder);
  Json position;
  if (summary.checkpoint) {
    const auto& saved = summary.checkpoint->position;
    position = {{"flavor", change::to_string(saved.flavor)},
                {"server", saved.server},
                {"server_version", saved.server_version},
                {"file", saved.file},
                {"offset", saved.offset},
                {"gtids", saved.gtids.to_string()},
                {"saved_at", summary.saved_at}};
    if (const auto& inside = summary.checkpoint->inside) {
      position["inside"] = {{"transaction", inside->transaction}, {"rows", inside->rows}};
    }
  }
  json["position"] = std::move(position);
  json["start_from"] = summary.start_from ? Json(*summary.start_from) : Json();
  json["file_bytes"] = summary.file_bytes;
  json["free_bytes"] = summary.free_bytes;
  json["tasks"] = Json::array();
  for (const auto& task : summary.tasks) {
    json["tasks"].push_back({{"task_id", task.task_id},
                             {"waiting", task.waiting.changes},
                             {"waiting_bytes", task.waiting.bytes},
                             {"dead_letters", task.dead_letters},
                             {"marked", task.marked}});
  }
  return to_line(json);
}

}  // namespace pikachu::app
