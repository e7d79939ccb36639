#include "app/export_line.h"

#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace pikachu::app {
namespace {

using Json = nlohmann::ordered_json;
using base::ErrorCode;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Spec: RFC 4648, section 4.
std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool is_padding = i + k > bytes.size();
      out += is_padding ? '=' : kDigits[group >> (18U - 6U * k) & 63U];
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char digit = text[i + k];
      const auto value = kDigits.find(digit);
      const bool may_be_padding = i + 4 == text.size() && k >= 2;
      if (digit == '=' && may_be_padding) {
        ++padding;
      } else if (value == std::string_view::npos || padding > 0) {
        return std::nullopt;
      }
      group = group << 6U | (digit == '=' ? 0U : static_cast<std::uint32_t>(value));
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) {
      out += static_cast<char>(group >> (16U - 8U * k) & 0xFFU);
    }
  }
  return out;
}

// Whether nlohmann/json writes these bytes as they are.
bool is_utf8(const std::string& bytes) {
  try {
    static_cast<void>(Json(bytes).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

void put_bytes(Json& line, const std::string& key, const std::string& bytes) {
  if (is_utf8(bytes)) {
    line[key] = bytes;
  } else {
    line[key + "_base64"] = to_base64(bytes);
  }
}

// Numbers of 64 bits are text: most readers of JSON would round them.
void put_keys(Json& line, const std::array<std::uint64_t, 2>& keys) {
  line["keys"] = {std::to_string(keys[0]), std::to_string(keys[1])};
}

Json to_json(const store::StateSummary& summary) {
  Json line{{"kind", "state"}, {"version", 1}, {"last_number", summary.last_number}};
  if (summary.start_from) line["start_from"] = *summary.start_from;
  if (!summary.checkpoint) return line;
  const auto& [position, through, inside] = *summary.checkpoint;
  Json saved{{"flavor", change::to_string(position.flavor)},
             {"server", position.server},
             {"server_version", position.server_version},
             {"file", position.file},
             {"offset", position.offset},
             {"gtids", position.gtids.to_string()},
             {"through", through}};
  if (inside) saved["inside"] = {{"transaction", inside->transaction}, {"rows", inside->rows}};
  saved["saved_at"] = summary.saved_at;
  line["position"] = std::move(saved);
  return line;
}

Json to_json(const store::StoredDelivery& stored) {
  const auto& message = *stored.delivery.message;
  Json line{{"kind", "waiting"},      {"task_id", stored.task_id},
            {"id", message.id},       {"number", stored.delivery.number},
            {"label", message.label}, {"commit_time_us", message.commit_time_us}};
  put_keys(line, message.keys);
  put_bytes(line, "body", message.body);
  return line;
}

Json to_json(const store::StoredLetter& letter) {
  const auto& content = letter.content;
  Json line{{"kind", "dead_letter"},
            {"task_id", content.task_id},
            {"id", content.id},
            {"number", content.number},
            {"marked", letter.is_marked},
            {"label", content.label},
            {"commit_time_us", content.commit_time_us},
            {"reason", content.reason},
            {"attempts", content.attempts},
            {"last_status", content.last_status},
            {"added_at", letter.added_at}};
  put_keys(line, content.keys);
  put_bytes(line, "last_reply", content.last_reply);
  put_bytes(line, "body", content.body);
  return line;
}

Json to_json(const store::DroppedLetter& letter) {
  return {{"kind", "dropped"},
          {"task_id", letter.task_id},
          {"id", letter.id},
          {"reason", letter.reason},
          {"dropped_at", letter.dropped_at}};
}

Json to_json(const ExportEnd& end) {
  return {{"kind", "end"}, {"lines", end.lines}};
}

// Takes the members of an object; remembers the first that is not as it must be.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  std::string text(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_string()) return found->get<std::string>();
    return note(key, "a string"), std::string();
  }
  std::string bytes(const std::string& key) {
    const auto encoded = object_.find(key + "_base64");
    if (encoded == object_.end()) return text(key.c_str());
    if (encoded->is_string()) {
      if (auto decoded = from_base64(encoded->get<std::string>())) return std::move(*decoded);
    }
    return note(key + "_base64", "base64"), std::string();
  }
  static constexpr std::uint64_t kMostKept = ~std::uint64_t{0} >> 1U;  // SQLite: 63 bits.
  std::uint64_t number(const char* key, std::uint64_t most = kMostKept) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_number_unsigned()) {
      const auto value = found->get<std::uint64_t>();
      if (value <= most) return value;
    }
    return note(key, "a number from 0 to " + std::to_string(most)), 0;
  }
  std::int64_t signed_number(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_number_integer()) return found->get<std::int64_t>();
    return note(key, "a whole number"), 0;
  }
  bool boolean(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_boolean()) return found->get<bool>();
    return note(key, "true or false"), false;
  }
  std::array<std::uint64_t, 2> keys() {
    const auto found = object_.find("keys");
    std::array<std::uint64_t, 2> keys{};
    bool is_good = found != object_.end() && found->is_array() && found->size() == keys.size();
    for (std::size_t i = 0; is_good && i < keys.size(); ++i) {
      is_good = (*found)[i].is_string();
      if (!is_good) break;
      const auto digits = (*found)[i].get<std::string>();
      const auto* end = digits.data() + digits.size();
      const auto parsed = std::from_chars(digits.data(), end, keys[i]);
      is_good = parsed.ec == std::errc() && parsed.ptr == end;
    }
    if (!is_good) note("keys", "two numbers in quotes");
    return keys;
  }
  const Json* object(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    if (found->is_object()) return &*found;
    return note(key, "an object"), nullptr;
  }
  bool has(const char* key) const { return object_.contains(key); }
  void note(const std::string& key, const std::string& wanted) {
    if (problem_.empty()) problem_ = "\"" + key + "\" must be " + wanted;
  }
  // `record` unless something was noted.
  template <typename Record>
  base::Result<ExportRecord> finish(Record record) {
    if (problem_.empty()) return ExportRecord(std::move(record));
    return base::fail(ErrorCode::kInvalid, problem_);
  }
  const std::string& problem() const { return problem_; }

 private:
  const Json& object_;
  std::string problem_;
};

base::Result<pipeline::Checkpoint> read_checkpoint(const Json& object) {
  Members members(object);
  pipeline::Checkpoint checkpoint;
  auto& position = checkpoint.position;
  const auto flavor = members.text("flavor");
  if (flavor == change::to_string(change::Flavor::kMariadb)) {
    position.flavor = change::Flavor::kMariadb;
  } else if (flavor != change::to_string(change::Flavor::kMysql)) {
    members.note("flavor", "MySQL or MariaDB");
  }
  position.server = members.text("server");
  position.server_version = members.text("server_version");
  position.file = members.text("file");
  position.offset = members.number("offset");
  auto gtids = change::GtidSet::parse(position.flavor, members.text("gtids"));
  if (!gtids) return base::propagate(std::move(gtids), "gtids");
  position.gtids = std::move(*gtids);
  checkpoint.through = members.number("through");
  if (const auto* part = members.object("inside")) {
    Members inside(*part);
    checkpoint.inside = {inside.text("transaction"), inside.number("rows")};
    if (!inside.problem().empty()) members.note("inside", "whole: " + inside.problem());
  }
  if (!members.problem().empty()) return base::fail(ErrorCode::kInvalid, members.problem());
  return checkpoint;
}

base::Result<ExportRecord> read_summary(const Json& object) {
  Members members(object);
  constexpr std::uint64_t kVersion = 1;
  if (members.number("version") != kVersion) members.note("version", "1 for this pikachu");
  store::StateSummary summary;
  summary.last_number = members.number("last_number");
  if (members.has("start_from")) summary.start_from = members.text("start_from");
  if (const auto* position = members.object("position")) {
    auto checkpoint = read_checkpoint(*position);
    if (!checkpoint) return base::propagate(std::move(checkpoint), "position");
    summary.checkpoint = std::move(*checkpoint);
  }
  return members.finish(std::move(summary));
}

base::Result<ExportRecord> read_waiting(const Json& object) {
  Members members(object);
  auto message = std::make_shared<pipeline::Message>();
  message->id = members.text("id");
  message->label = members.text("label");
  message->commit_time_us = members.signed_number("commit_time_us");
  message->keys = members.keys();
  message->body = members.bytes("body");
  store::StoredDelivery stored{members.text("task_id"), {0, std::move(message)}};
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 48U) - 2;
  stored.delivery.number = members.number("number", kLast);
  return members.finish(std::move(stored));
}

base::Result<ExportRecord> read_letter(const Json& object) {
  Members members(object);
  store::StoredLetter letter;
  auto& content = letter.content;
  content.task_id = members.text("task_id");
  content.id = members.text("id");
  content.number = members.number("number");
  letter.is_marked = members.boolean("marked");
  content.label = members.text("label");
  content.commit_time_us = members.signed_number("commit_time_us");
  content.reason = members.text("reason");
  content.attempts = static_cast<std::uint32_t>(
      members.number("attempts", std::numeric_limits<std::uint32_t>::max()));
  content.last_status = static_cast<int>(members.number("last_status", 999));
  letter.added_at = members.text("added_at");
  content.keys = members.keys();
  content.last_reply = members.bytes("last_reply");
  content.body = members.bytes("body");
  letter.body_bytes = content.body.size();
  return members.finish(std::move(letter));
}

base::Result<ExportRecord> read_dropped(const Json& object) {
  Members members(object);
  store::DroppedLetter letter{members.text("task_id"), members.text("id"), members.text("reason"),
                              members.text("dropped_at")};
  return members.finish(std::move(letter));
}

}  // namespace

std::string to_export_line(const ExportRecord& record) {
  return std::visit([](const auto& chosen) { return to_json(chosen); }, record)
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<ExportRecord> parse_export_line(std::string_view line) {
  const auto object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return base::fail(ErrorCode::kInvalid, "not a JSON object");
  Members members(object);
  const auto kind = members.text("kind");
  if (kind == "state") return read_summary(object);
  if (kind == "waiting") return read_waiting(object);
  if (kind == "dead_letter") return read_letter(object);
  if (kind == "dropped") return read_dropped(object);
  if (kind == "end") {
    ExportEnd end{members.number("lines")};
    return members.finish(end);
  }
  return base::fail(
      ErrorCode::kInvalid,
      "\"kind\" is \"" + kind + "\"; it must be state, waiting, dead_letter, dropped or end");
}

}  // namespace pikachu::app
