#include "tests/corpus/corpus_case.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <zstd.h>

#include "binlog/charset.h"
#include "binlog/transaction_payload.h"
#include "wire/byte_reader.h"

namespace pikachu::corpus {
namespace {

using binlog::Bytes;
using binlog::EventHeader;
using binlog::EventType;

constexpr std::string_view kMagic =
    "\xfe"
    "bin";

/// Some collation of the character set that a collation's name begins with.
std::uint32_t collation_of(const std::string& name) {
  constexpr std::uint32_t kIdsToTry = 300;
  const std::string charset = name.substr(0, name.find('_'));
  for (std::uint32_t id = 1; id < kIdsToTry; ++id) {
    const auto found = binlog::charset_of_collation(id);
    if (found && binlog::traits_of(*found).name == charset) return id;
  }
  return 0;
}

/// The labels of "enum('a','it''s')".
std::vector<std::string> labels_of(std::string_view sql_type) {
  std::vector<std::string> labels;
  if (!sql_type.starts_with("enum(") && !sql_type.starts_with("set(")) return labels;
  bool in_label = false;
  for (std::size_t i = sql_type.find('('); i < sql_type.size(); ++i) {
    if (sql_type[i] != '\'') {
      if (in_label) labels.back().push_back(sql_type[i]);
    } else if (!in_label) {
      labels.emplace_back();
      in_label = true;
    } else if (i + 1 < sql_type.size() && sql_type[i + 1] == '\'') {
      labels.back().push_back(sql_type[i++]);
    } else {
      in_label = false;
    }
  }
  return labels;
}

base::Result<void> visit_payload(Bytes event, const binlog::FormatDescription& format,
                                 const EventVisitor& visit) {
  binlog::PayloadReader payload;
  if (auto opened = payload.open(event); !opened) return opened;
  while (true) {
    auto nested = payload.next();
    if (!nested) return base::propagate(std::move(nested));
    if (!nested->has_value()) return {};
    auto header = binlog::read_event_header(**nested);
    if (!header) return base::propagate(std::move(header));
    if (auto visited = visit(*header, **nested, format); !visited) return visited;
  }
}

}  // namespace

void PrintTo(const CorpusCase& corpus_case, std::ostream* out) {
  *out << corpus_case.test_name();
}

std::string CorpusCase::test_name() const {
  std::string name = server + "_" + scenario + "_" + metadata;
  std::ranges::replace_if(
      name, [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

change::Flavor CorpusCase::flavor() const {
  return server.starts_with("mariadb") ? change::Flavor::kMariadb : change::Flavor::kMysql;
}

std::vector<CorpusCase> all_cases() {
  namespace fs = std::filesystem;
  std::vector<CorpusCase> cases;
  for (const auto& server : fs::directory_iterator(PIKACHU_CORPUS_DIR)) {
    if (!server.is_directory() || server.path().filename() == "statements") continue;
    for (const auto& scenario : fs::directory_iterator(server)) {
      for (const auto& metadata : fs::directory_iterator(scenario)) {
        cases.push_back({metadata.path(), server.path().filename().string(),
                         scenario.path().filename().string(), metadata.path().filename().string()});
      }
    }
  }
  std::ranges::sort(cases, {}, &CorpusCase::directory);
  return cases;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string compressed((std::istreambuf_iterator<char>(file)),
                               std::istreambuf_iterator<char>());
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  std::string result;
  std::vector<char> chunk(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::size_t left = 1;
  while (left != 0) {
    ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
    const std::size_t consumed = in.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (out.pos == 0 && in.pos == consumed)) {
      throw std::runtime_error("cannot decompress " + path.string());
    }
    result.append(chunk.data(), out.pos);
  }
  return result;
}

std::vector<std::string> read_binlogs(const CorpusCase& corpus_case) {
  std::vector<std::filesystem::path> paths;
  for (const auto& file : std::filesystem::directory_iterator(corpus_case.directory)) {
    if (file.path().filename().string().starts_with("master-bin.")) paths.push_back(file.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> binlogs;
  std::ranges::transform(paths, std::back_inserter(binlogs), read_file);
  return binlogs;
}

std::vector<change::TableSchema> read_final_schema(const CorpusCase& corpus_case) {
  const auto document =
      nlohmann::json::parse(read_file(corpus_case.directory / "final_schema.json.zst"));
  std::vector<change::TableSchema> tables;
  for (const auto& table : document) {
    change::TableSchema schema;
    schema.table = table.at("table").get<std::string>();
    for (const auto& described : table.at("columns")) {
      change::Column column;
      column.name = described.at("name").get<std::string>();
      column.sql_type = described.at("column_type").get<std::string>();
      column.is_unsigned = column.sql_type.find("unsigned") != std::string::npos;
      column.collation_id = collation_of(described.at("collation").get<std::string>());
      column.labels = labels_of(column.sql_type);
      if (described.at("key") == "PRI") schema.primary_key.push_back(schema.columns.size());
      schema.columns.push_back(std::move(column));
    }
    tables.push_back(std::move(schema));
  }
  return tables;
}

std::vector<Bytes> whole_events(const std::string& binlog) {
  constexpr std::size_t kSizeOffset = 9;
  if (!binlog.starts_with(kMagic)) throw std::runtime_error("no binlog");
  std::vector<Bytes> events;
  Bytes rest(reinterpret_cast<const std::uint8_t*>(binlog.data()), binlog.size());
  rest = rest.subspan(kMagic.size());
  while (!rest.empty()) {
    wire::ByteReader size_reader(rest);
    size_reader.skip(kSizeOffset);
    const std::size_t size = size_reader.u32();
    if (size < binlog::EventHeader::kSize || size > rest.size()) {
      throw std::runtime_error("the last event is no whole one");
    }
    events.push_back(rest.first(size));
    rest = rest.subspan(size);
  }
  return events;
}

base::Result<void> visit_events(const std::string& binlog, const EventVisitor& visit) {
  binlog::FormatDescription format;
  for (const Bytes whole : whole_events(binlog)) {
    auto header = binlog::read_event_header(whole);
    if (!header) return base::propagate(std::move(header));
    if (header->type == EventType::kFormatDescription) {
      auto parsed = binlog::parse_format_description(whole);
      if (!parsed) return base::propagate(std::move(parsed));
      format = std::move(*parsed);
    }
    auto event = binlog::verify_checksum(whole, format.checksum);
    if (!event) return base::propagate(std::move(event));
    auto visited = header->type == EventType::kTransactionPayload
                       ? visit_payload(*event, format, visit)
                       : visit(*header, *event, format);
    if (!visited) return visited;
  }
  return {};
}

}  // namespace pikachu::corpus
