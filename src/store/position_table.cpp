#include "store/position_table.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/fault_point.h"
#include "base/utc_time.h"

namespace pikachu::store {
namespace {

constexpr std::string_view kLoad = R"sql(
SELECT flavor, server, server_version, file, "offset", gtids, through, inside_transaction,
  inside_rows FROM position)sql";
constexpr std::string_view kSave = R"sql(
INSERT OR REPLACE INTO position (id, flavor, server, server_version, file, "offset", gtids, through,
  inside_transaction, inside_rows, saved_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10))sql";

tl::unexpected<base::Error> senseless(const std::string& path, const std::string& what) {
  return base::fail(base::ErrorCode::kCorrupt,
                    path + ": the saved position's " + what + "; restore the file from a backup");
}

base::Result<change::Flavor> parse_flavor(std::string_view text, const std::string& path) {
  for (const auto flavor : {change::Flavor::kMysql, change::Flavor::kMariadb}) {
    if (text == change::to_string(flavor)) return flavor;
  }
  return senseless(path,
                   "flavor is \"" + std::string(text) + "\", which is neither MySQL nor MariaDB");
}

base::Result<pipeline::Checkpoint> read_checkpoint(const Statement& row, const std::string& path) {
  auto flavor = parse_flavor(row.text(0), path);
  if (!flavor) return base::propagate(std::move(flavor));
  auto gtids = change::GtidSet::parse(*flavor, row.text(5));
  if (!gtids) return senseless(path, "GTID set cannot be read: " + gtids.error().message);
  constexpr int kOffset = 4;
  constexpr int kThrough = 6;
  constexpr int kInsideRows = 8;
  for (const int column : {kOffset, kThrough, kInsideRows}) {
    if (row.number(column) < 0) {
      const char* name = column == kOffset    ? "offset "
                         : column == kThrough ? "last number "
                                              : "count of rows ";
      return senseless(path, name + std::to_string(row.number(column)) + " is negative");
    }
  }
  pipeline::Checkpoint checkpoint;
  auto& position = checkpoint.position;
  position.flavor = *flavor;
  position.server = row.text(1);
  position.server_version = row.text(2);
  position.file = row.text(3);
  position.offset = static_cast<std::uint64_t>(row.number(kOffset));
  position.gtids = std::move(*gtids);
  checkpoint.through = static_cast<std::uint64_t>(row.number(kThrough));
  if (!row.is_null(7)) {
    checkpoint.inside = {row.text(7), static_cast<std::uint64_t>(row.number(kInsideRows))};
  }
  return checkpoint;
}

}  // namespace

base::Result<PositionTable> PositionTable::open(Connection& connection) {
  PositionTable table(connection);
  auto load = connection.prepare(kLoad);
  if (!load) return base::propagate(std::move(load));
  table.load_ = std::move(*load);
  auto save = connection.prepare(kSave);
  if (!save) return base::propagate(std::move(save));
  table.save_ = std::move(*save);
  auto begun = table.start_from();
  if (!begun) return base::propagate(std::move(begun));
  table.has_start_from_ = begun->has_value();
  return table;
}

base::Result<std::optional<pipeline::Checkpoint>> PositionTable::load() {
  auto row = load_.step();
  if (!row) return base::propagate(std::move(row), "reading the saved position");
  if (!*row) return std::nullopt;
  auto checkpoint = read_checkpoint(load_, connection_->path());
  load_.reset();
  if (!checkpoint) return base::propagate(std::move(checkpoint));
  return std::move(*checkpoint);
}

base::Result<void> PositionTable::save(const pipeline::Checkpoint& checkpoint) {
  const auto& position = checkpoint.position;
  const auto flavor = change::to_string(position.flavor);
  const auto gtids = position.gtids.to_string();
  const auto saved_at = base::to_utc(std::chrono::system_clock::now(), 3);
  save_.bind_text(1, flavor);
  save_.bind_text(2, position.server);
  save_.bind_text(3, position.server_version);
  save_.bind_text(4, position.file);
  save_.bind(5, static_cast<std::int64_t>(position.offset));
  save_.bind_text(6, gtids);
  save_.bind(7, static_cast<std::int64_t>(checkpoint.through));
  if (checkpoint.inside && !forgets_inside_) {
    save_.bind_text(8, checkpoint.inside->transaction);
    save_.bind(9, static_cast<std::int64_t>(checkpoint.inside->rows));
  }
  save_.bind_text(10, saved_at);
  PIKACHU_FAULT_POINT("position.saving");
  auto saved = save_.run();
  if (!saved) return base::propagate(std::move(saved), "saving the position");
  PIKACHU_FAULT_POINT("position.saved");
  forgets_inside_ = false;
  if (has_start_from_) {
    // After the position, which comes before it at a start: in between, nothing is lost by both.
    auto removed = connection_->execute("DELETE FROM start_from");
    if (!removed) return base::propagate(std::move(removed), "saving the position");
    has_start_from_ = false;
  }
  return {};
}

base::Result<void> PositionTable::forget_inside() {
  auto forgotten =
      connection_->execute("UPDATE position SET inside_transaction = NULL, inside_rows = NULL");
  if (!forgotten) return base::propagate(std::move(forgotten), "saving the position");
  forgets_inside_ = true;
  return {};
}

base::Result<std::optional<std::string>> PositionTable::start_from() {
  auto value = connection_->query_text("SELECT value FROM start_from");
  if (!value) return base::propagate(std::move(value), "reading where to begin");
  if (value->empty()) return std::nullopt;
  return std::move(*value);
}

base::Result<std::string> PositionTable::saved_at() {
  return connection_->query_text("SELECT saved_at FROM position");
}

base::Result<void> PositionTable::replace(const std::optional<std::string>& start_from) {
  auto removed = connection_->execute(R"sql(
UPDATE numbers SET last = max(last, coalesce((SELECT through FROM position), 0));
DELETE FROM position;
DELETE FROM start_from;)sql");
  if (!removed) return base::propagate(std::move(removed), "removing the position");
  if (!start_from) return {};
  auto insert = connection_->prepare("INSERT INTO start_from (id, value, set_at) VALUES (1,?1,?2)");
  if (!insert) return base::propagate(std::move(insert));
  const auto now = base::to_utc(std::chrono::system_clock::now(), 3);
  insert->bind_text(1, *start_from);
  insert->bind_text(2, now);
  return insert->run();
}

}  // namespace pikachu::store
