#include "config/known_keys.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

namespace pikachu::config {
namespace {

using enum KeyKind;

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kKiB = 1'024;
constexpr std::int64_t kMiB = 1'024 * kKiB;
constexpr std::int64_t kGiB = 1'024 * kMiB;

constexpr std::string_view kOneQueue =
    "changes wait in one queue per task; limits.queue_changes and limits.queue_bytes bound it";
constexpr std::string_view kOneByOne = "each change is sent by itself and at once; remove this key";

// clang-format off
constexpr auto kKeys = std::to_array<KnownKey>({
    {"database", kSection, 0, 0, "the server whose changes are read", true},
    {"database.host", kTextOrList, 0, 0, "the server's name or address, or a list of servers"},
    {"database.port", kInteger, 1, 65'535},
    {"database.socket", kText},
    {"database.user", kText, 0, 0, "the account that reads the binlog", true},
    {"database.password", kSecret},
    {"database.password_file", kText},
    {"database.database", kText},
    {"database.server_id", kInteger, 1, 4'294'967'295, "a number from 1 to 4294967295 that neither the server nor another of its replicas has", true},
    {"database.charset", kText},
    {"database.tls", kSection},
    {"database.tls.mode", kChoice, 0, 0, "disabled|preferred|required|verify_ca|verify_identity"},
    {"database.tls.ca", kText},
    {"database.tls.cert", kText},
    {"database.tls.key", kText},
    {"database.start_from", kText},
    {"database.heartbeat", kDuration, 100, 10 * kMinute},
    {"database.connect_timeout", kDuration, 100, 10 * kMinute},
    {"database.failover_patience", kDuration, 0, 24 * kHour},

    {"state", kSection},
    {"state.dir", kText},
    {"state.checkpoint_interval", kDuration, 10, kMinute},

    {"log", kSection},
    {"log.level", kChoice, 0, 0, "debug|info|warn|error|fatal|panic"},
    {"log.format", kChoice, 0, 0, "text|json"},

    {"server", kSection},
    {"server.enabled", kBoolean},
    {"server.host", kText},
    {"server.port", kInteger, 0, 65'535},
    {"server.path", kText},

    {"callback_host", kText},
    {"tasks", kSections, 0, 0, "a list of what is sent where, with at least one task in it", true},
    {"tasks[].task_id", kText, 0, 0, "a name of this task that no other has", true},
    {"tasks[].name", kText},
    {"tasks[].table_name", kTextOrList, 0, 0, "a table, database.table, a pattern such as orders_*, or a list of them", true},
    {"tasks[].events", kTextList, 0, 0, "a list of insert, update, delete", true},
    {"tasks[].callback_url", kText, 0, 0, "the address that changes are sent to", true},
    {"tasks[].timeout", kDuration, 1, kHour},
    {"tasks[].max_retries", kInteger, 0, 1'000},
    {"tasks[].max_in_flight", kInteger, 1, 10'000},
    {"tasks[].order", kChoice, 0, 0, "key|table|none"},
    {"tasks[].headers", kHeaders},
    {"tasks[].auth", kSection},
    {"tasks[].auth.bearer", kSecret},
    {"tasks[].auth.bearer_file", kText},
    {"tasks[].auth.basic", kLater},
    {"tasks[].auth.mtls", kLater},
    {"tasks[].auth.oauth2", kLater},
    {"tasks[].columns", kLater},
    {"tasks[].where", kLater},
    {"tasks[].changed", kLater},
    {"tasks[].signing", kLater},
    {"tasks[].format", kLater},
    {"tasks[].batch", kLater},
    {"tasks[].max_age", kLater},

    {"dispatcher", kSection},
    {"dispatcher.loops", kInteger, 1, 64},
    {"dispatcher.max_in_flight", kInteger, 1, 10'000},
    {"dispatcher.timeout", kDuration, 1, kHour},
    {"dispatcher.max_retries", kInteger, 0, 1'000},
    {"dispatcher.retry_base_delay", kDuration, 1, kHour},
    {"dispatcher.retry_max_delay", kDuration, 1, 24 * kHour},
    {"dispatcher.max_connections", kInteger, 1, 100'000},
    {"dispatcher.idle_conn_timeout", kDuration, kSecond, kHour},
    {"dispatcher.queue_size", kInteger, 1, 10'000'000},
    {"dispatcher.worker_count", kObsolete, 0, 0, "few threads serve all endpoints; dispatcher.max_in_flight bounds the requests at a time to each, dispatcher.loops is the number of threads"},
    {"dispatcher.max_idle_conns", kObsolete, 0, 0, "dispatcher.max_connections bounds all connections, dispatcher.idle_conn_timeout closes idle ones"},
    {"dispatcher.batch_size", kObsolete, 0, 0, kOneByOne},
    {"dispatcher.batch_timeout", kObsolete, 0, 0, kOneByOne},

    {"monitor", kSection},
    {"monitor.event_queue_size", kObsolete, 0, 0, kOneQueue},
    {"monitor.event_queue_timeout", kObsolete, 0, 0, "what a full queue has no room for waits on disk, and nothing is dropped; remove this key"},
    {"monitor.batch_size", kObsolete, 0, 0, kOneByOne},
    {"monitor.batch_timeout", kObsolete, 0, 0, kOneByOne},
    {"monitor.flush_interval", kObsolete, 0, 0, "state.checkpoint_interval says how often the position is saved"},

    {"limits", kSection},
    {"limits.transaction_memory", kSize, 64 * kKiB, 64 * kGiB},
    {"limits.queue_changes", kInteger, 1, 10'000'000},
    {"limits.queue_bytes", kSize, 64 * kKiB, 64 * kGiB},
    {"limits.disk", kSize, 0, 1024 * 1024 * kGiB},
    {"limits.disk_per_task", kSize, 0, 1024 * 1024 * kGiB},
    {"limits.memory", kLater},
    {"limits.event_size", kLater},

    {"shutdown_timeout", kDuration, 0, kHour},
});
// clang-format on

// How many bytes are inserted, removed, replaced or swapped with their neighbour on the way from
// one word to the other (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = last[j] + (a[i] == b[j] ? 0U : 1U);
      row[j + 1] = std::min({last[j + 1] + 1, row[j] + 1, replaced});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
      }
    }
  }
  return row[b.size()];
}

// How far `typed` is from `word`, or nothing if nobody can have meant it: a third of the letters
// may be wrong, and one always; "username" and "user" have one in the other.
std::optional<std::size_t> closeness(std::string_view typed, std::string_view word) {
  constexpr std::size_t kLeastPart = 3;
  const std::size_t distance = edit_distance(typed, word);
  if (distance <= std::max<std::size_t>(1, typed.size() / 3)) return distance;
  const bool is_part =
      std::min(typed.size(), word.size()) >= kLeastPart &&
      (typed.find(word) != std::string_view::npos || word.find(typed) != std::string_view::npos);
  return is_part ? std::optional(distance) : std::nullopt;
}

bool is_worth_naming(const KnownKey& key) {
  return key.kind != KeyKind::kObsolete && key.kind != KeyKind::kLater;
}

}  // namespace

std::span<const KnownKey> known_keys() {
  return kKeys;
}

const KnownKey* find_known_key(std::string_view path) {
  const auto* const found = std::find_if(kKeys.begin(), kKeys.end(),
                                         [path](const KnownKey& k) { return k.path == path; });
  return found == kKeys.end() ? nullptr : found;
}

std::string_view section_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view name_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string nearest_key(std::string_view path) {
  const std::string_view section = section_of(path);
  const std::string_view name = name_of(path);
  std::string elsewhere;
  std::string nearest;
  std::size_t least = std::string_view::npos;
  for (const KnownKey& key : kKeys) {
    if (!is_worth_naming(key)) continue;
    if (elsewhere.empty() && name_of(key.path) == name) elsewhere = key.path;
    if (section_of(key.path) != section) continue;
    const auto distance = closeness(name, name_of(key.path));
    if (!distance || *distance >= least) continue;
    least = *distance;
    nearest = name_of(key.path);
  }
  // At the left edge a key is more often one that lost its indentation than one misspelt.
  const bool prefers_elsewhere = nearest.empty() || section.empty();
  return prefers_elsewhere && !elsewhere.empty() ? elsewhere : nearest;
}

std::string_view next_choice(std::string_view& choices) {
  const std::string_view word = choices.substr(0, choices.find('|'));
  choices.remove_prefix(std::min(choices.size(), word.size() + 1));
  return word;
}

std::string_view nearest_choice(std::string_view choices, std::string_view text) {
  std::string_view nearest;
  std::size_t least = std::string_view::npos;
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : (c == '-' ? '_' : c);
  });
  while (!choices.empty()) {
    const std::string_view word = next_choice(choices);
    const auto distance = closeness(lowered, word);
    if (!distance || *distance >= least) continue;
    least = *distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace pikachu::config
