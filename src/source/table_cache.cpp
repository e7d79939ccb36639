#include "source/table_cache.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pikachu::source {

namespace {

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// MariaDB writes JSON as LONGTEXT, UUID and INET as CHAR(n) BINARY: which of them it is, only
/// information_schema knows.
bool needs_hints(const binlog::TableMap& map, change::Flavor flavor) {
  if (flavor != change::Flavor::kMariadb) return false;
  return std::any_of(map.columns.begin(), map.columns.end(), [](const auto& column) {
    using binlog::ColumnType;
    return column.type == ColumnType::kBlob || column.type == ColumnType::kString ||
           column.type == ColumnType::kVarchar || column.type == ColumnType::kBlobCompressed ||
           column.type == ColumnType::kTimestamp || column.type == ColumnType::kDatetime ||
           column.type == ColumnType::kTime;
  });
}

}  // namespace

TableCache::TableCache(TableFilter filter, SchemaReader& schemas, bool allow_unnamed,
                       ColumnFilter wants_column)
    : filter_(std::move(filter)),
      schemas_(schemas),
      allow_unnamed_(allow_unnamed),
      wants_column_(std::move(wants_column)) {
}

base::Result<void> TableCache::add(binlog::Bytes event, const binlog::FormatDescription& format,
                                   const std::stop_token& stop) {
  const auto id = binlog::read_table_id(event, format);
  if (!id) return tl::unexpected(id.error());
  const auto body = event.subspan(binlog::EventHeader::kSize);
  if (const auto known = tables_.find(*id);
      known != tables_.end() && std::ranges::equal(known->second.bytes, body)) {
    return {};
  }

  const auto name = binlog::read_table_name(event, format);
  if (!name) return tl::unexpected(name.error());
  auto table = std::make_shared<CachedTable>();
  table->map.database = name->database;
  table->map.table = name->table;
  table->wanted = filter_(name->database, name->table);
  if (!table->wanted) {
    describe_unwanted(*table, event, format);
  } else if (auto described = describe_wanted(*table, event, format, stop); !described) {
    return described;
  }
  tables_.insert_or_assign(*id, Entry{{body.begin(), body.end()}, std::move(table)});
  return {};
}

base::Result<void> TableCache::describe_wanted(CachedTable& table, binlog::Bytes event,
                                               const binlog::FormatDescription& format,
                                               const std::stop_token& stop) {
  auto map = binlog::parse_table_map(event, format);
  if (!map) return base::propagate(std::move(map));
  auto layout = lay_out(*map, format.flavor, stop);
  if (!layout) return base::propagate(std::move(layout));
  table.layout = std::move(*layout);
  table.map = std::move(*map);
  skip_unwanted_columns(table.layout);
  return {};
}

void TableCache::skip_unwanted_columns(binlog::TableLayout& layout) const {
  if (!wants_column_) return;
  const auto& key = layout.schema->primary_key;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    layout.columns[i].is_skipped =
        std::ranges::find(key, i) == key.end() && !wants_column_(*layout.schema, i);
  }
}

// A table that no task names must not stop those that are named, whatever is odd about it.
void TableCache::describe_unwanted(CachedTable& table, binlog::Bytes event,
                                   const binlog::FormatDescription& format) {
  auto map = binlog::parse_table_map(event, format);
  if (!map) {
    table.uncountable = map.error().message;
    return;
  }
  table.layout = binlog::make_nameless_layout(*map, format.flavor);
  table.map = std::move(*map);
}

void TableCache::begin_transaction() {
  if (tables_.size() >= kMaxTables) tables_.clear();
}

base::Result<binlog::TableLayout> TableCache::lay_out(const binlog::TableMap& map,
                                                      change::Flavor flavor,
                                                      const std::stop_token& stop) {
  std::optional<change::TableSchema> known;
  if (!map.has_names() || needs_hints(map, flavor)) {
    auto read = schemas_.read(map.database, map.table, stop);
    if (!read) return base::propagate(std::move(read));
    known = std::move(*read);
  }
  const auto doubtful =
      allow_unnamed_ ? binlog::DoubtfulColumns::kBinary : binlog::DoubtfulColumns::kRefused;
  auto layout = binlog::make_table_layout(map, flavor, known ? &*known : nullptr, doubtful);
  const bool names_do_not_fit = !layout && layout.error().code == base::ErrorCode::kInvalid;
  if (names_do_not_fit && allow_unnamed_) return binlog::make_nameless_layout(map, flavor);
  return layout;
}

std::shared_ptr<const CachedTable> TableCache::find(std::uint64_t table_id) const {
  const auto found = tables_.find(table_id);
  return found == tables_.end() ? nullptr : found->second.table;
}

void TableCache::forget_mentioned(std::string_view sql) {
  std::erase_if(tables_, [&](const auto& entry) {
    const std::string& name = entry.second.table->map.table;
    return contains_ignoring_case(sql, name) ||
           (name.find('`') != std::string::npos && sql.find("``") != std::string_view::npos);
  });
}

}  // namespace pikachu::source
