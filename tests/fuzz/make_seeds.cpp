// Writes the first inputs of the fuzz targets, most of them cut out of the recorded binlogs in
// tests/corpus, and of the statements in tests/integration:
//
//     make_fuzz_seeds FOLDER     makes FOLDER/<target>/<name>
//
// The layouts of inputs stand at the head of each target.

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "binlog/decimal.h"
#include "binlog/rows_event.h"
#include "binlog/table_map.h"
#include "binlog/transaction_payload.h"
#include "tests/corpus/corpus_case.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::EventHeader;
using binlog::EventType;
using binlog::FormatDescription;
using binlog::Storage;
using corpus::CorpusCase;
using ByteList = std::vector<std::uint8_t>;

/// Writes inputs, one of each kind, and not more of a target than its share of the repository.
class SeedFolder {
 public:
  explicit SeedFolder(std::filesystem::path root) : root_(std::move(root)) {}

  /// `kind` is what the input is an example of, and its file's name.
  void add(const std::string& target, std::string kind, const ByteList& input) {
    constexpr std::size_t kTargetBytesMax = 16'000;
    constexpr std::size_t kTargetFilesMax = 60;
    const auto is_plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    std::ranges::replace_if(
        kind, [&is_plain](char c) { return !is_plain(c); }, '_');
    if (bytes_[target] + input.size() > kTargetBytesMax) return;
    if (count_[target] >= kTargetFilesMax || !known_.insert(target + '/' + kind).second) return;
    bytes_[target] += input.size();
    ++count_[target];
    std::filesystem::create_directories(root_ / target);
    std::ofstream file(root_ / target / kind, std::ios::binary);
    file.write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
  }

  const std::map<std::string, std::size_t>& bytes_by_target() const { return bytes_; }

 private:
  std::filesystem::path root_;
  std::set<std::string> known_;
  std::map<std::string, std::size_t> bytes_;
  std::map<std::string, std::size_t> count_;
};

void append_text(ByteList& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

std::uint8_t flavor_bit(const FormatDescription& format) {
  return format.flavor == change::Flavor::kMariadb ? 1 : 0;
}

/// The types of known_table.h for a table as information_schema showed it.
std::string types_text(const change::TableSchema& table) {
  std::string text;
  for (const change::Column& column : table.columns) {
    if (!text.empty()) text += '\n';
    text += static_cast<char>(column.hint);
    text += static_cast<char>(column.collation_id);
    text += column.sql_type.substr(0, 40);
  }
  return text;
}

/// Cuts inputs out of the events of one case.
class CaseCutter {
 public:
  CaseCutter(const CorpusCase& corpus_case, SeedFolder& seeds)
      : case_(corpus_case), known_(corpus::read_final_schema(corpus_case)), seeds_(seeds) {}

  base::Result<void> visit(const EventHeader& header, Bytes event,
                           const FormatDescription& format) {
    constexpr std::size_t kSmall = 300;
    const Bytes body = event.subspan(EventHeader::kSize);
    if (event.size() <= kSmall) {
      ByteList input{1};
      append(input, event);
      seeds_.add("events_fuzz", server() + std::string(binlog::name_of(header.type)), input);
    }
    if (header.type == EventType::kTableMap) take_map(event, format);
    if (binlog::is_rows_event(header.type)) take_rows(header.type, event, format);
    if (header.type == EventType::kQuery || header.type == EventType::kMariadbQueryCompressed) {
      take_query(event);
    }
    const std::map<EventType, std::uint8_t> gtid_kinds{
        {EventType::kPreviousGtids, std::uint8_t{2}},
        {EventType::kMariadbGtidList, std::uint8_t{3}},
        {EventType::kGtid, std::uint8_t{4}},
        {EventType::kAnonymousGtid, std::uint8_t{5}},
        {EventType::kGtidTagged, std::uint8_t{6}},
        {EventType::kMariadbGtid, std::uint8_t{7}}};
    if (const auto kind = gtid_kinds.find(header.type); kind != gtid_kinds.end()) {
      ByteList input{kind->second};
      append(input, body);
      seeds_.add("gtid_fuzz", server() + std::string(binlog::name_of(header.type)), input);
    }
    return {};
  }

 private:
  std::string server() const { return case_.server.substr(0, case_.server.find('-')) + '_'; }

  std::string types_of(const binlog::TableMap& map) const {
    const auto known = std::ranges::find(known_, map.table, &change::TableSchema::table);
    return known == known_.end() ? std::string() : types_text(*known);
  }

  void take_map(Bytes event, const FormatDescription& format) {
    constexpr std::size_t kSmall = 260;
    auto map = binlog::parse_table_map(event, format);
    if (!map) return;
    if (event.size() <= kSmall) {
      const std::string types = types_of(*map);
      ByteList input{flavor_bit(format)};
      put_uint(input, types.size(), 2);
      append_text(input, types);
      append(input, event.subspan(EventHeader::kSize));
      seeds_.add("table_map_fuzz", server() + case_.scenario + '_' + case_.metadata, input);
    }
    map_events_[map->table_id] = ByteList(event.begin(), event.end());
    maps_[map->table_id] = std::move(*map);
  }

  void take_rows(EventType type, Bytes event, const FormatDescription& format) {
    const auto id = binlog::read_table_id(event, format);
    if (!id || !maps_.contains(*id)) return;
    take_values(event, format, maps_.at(*id));
    constexpr std::size_t kSmall = 600;
    const ByteList& map_event = map_events_.at(*id);
    if (event.size() + map_event.size() > kSmall) return;
    const std::map<EventType, std::uint8_t> kinds{
        {EventType::kWriteRowsV2, std::uint8_t{0}},
        {EventType::kUpdateRowsV2, std::uint8_t{1}},
        {EventType::kDeleteRowsV2, std::uint8_t{2}},
        {EventType::kWriteRowsV1, std::uint8_t{3}},
        {EventType::kUpdateRowsV1, std::uint8_t{4}},
        {EventType::kDeleteRowsV1, std::uint8_t{5}},
        {EventType::kMariadbWriteRowsCompressedV1, std::uint8_t{6}},
        {EventType::kMariadbUpdateRowsCompressedV1, std::uint8_t{7}},
        {EventType::kMariadbDeleteRowsCompressedV1, std::uint8_t{8}},
        {EventType::kPartialUpdateRows, std::uint8_t{12}}};
    const std::string types = types_of(maps_.at(*id));
    ByteList input{flavor_bit(format), kinds.at(type)};
    put_uint(input, types.size(), 2);
    append_text(input, types);
    put_uint(input, map_event.size() - EventHeader::kSize, 2);
    append(input, Bytes(map_event).subspan(EventHeader::kSize));
    put_uint(input, 0, 2);
    append(input, event.subspan(EventHeader::kSize));
    seeds_.add("rows_fuzz", server() + case_.scenario + '_' + std::string(binlog::name_of(type)),
               input);
  }

  // JSON and text as they are stored: read as if they were binary.
  void take_values(Bytes event, const FormatDescription& format, const binlog::TableMap& map) {
    constexpr std::size_t kSmall = 200;
    auto layout = binlog::make_nameless_layout(map, format.flavor);
    const auto original = layout.columns;
    for (auto& column : layout.columns) {
      if (column.storage == Storage::kJson || column.storage == Storage::kText) {
        column.storage = Storage::kBinary;
      }
    }
    binlog::RowsReader rows;
    if (event[4] == static_cast<std::uint8_t>(EventType::kPartialUpdateRows)) return;
    if (!rows.open(event, format, layout)) return;
    while (rows.next().value_or(false)) {
      for (std::size_t i = 0; i < rows.after().size(); ++i) {
        const change::Value& value = rows.after()[i];
        if (value.kind != change::ValueKind::kBinary || value.bytes.size() > kSmall) continue;
        add_value(original[i], value.bytes);
      }
    }
  }

  void add_value(const binlog::TableLayout::ColumnLayout& column, std::string_view stored) {
    ByteList input;
    if (column.storage == Storage::kText && stored.size() > 2) {
      input.push_back(static_cast<std::uint8_t>(column.charset));
      append_text(input, stored);
      seeds_.add("text_fuzz", std::string(binlog::traits_of(column.charset).name), input);
    }
    if (column.storage == Storage::kJson && !stored.empty()) {
      append_text(input, stored);
      const auto size_class = static_cast<std::size_t>(std::bit_width(stored.size()));
      seeds_.add("json_fuzz",
                 "type_" + std::to_string(input[0]) + "_size_" + std::to_string(size_class), input);
    }
  }

  void take_query(Bytes event) {
    constexpr std::size_t kSmall = 250;
    std::string scratch;
    const auto query = binlog::parse_query(event, scratch);
    if (!query || query->sql.size() > kSmall) return;
    const bool compressed = query->sql.data() == scratch.data();
    const std::string word(query->sql.substr(0, query->sql.find(' ', query->sql.find(' ') + 1)));
    if (compressed) return;
    ByteList input{word.size() % 4 == 0 ? std::uint8_t{1} : std::uint8_t{0}};
    put_uint(input, event.size() - EventHeader::kSize - query->sql.size(), 2);
    append(input, event.subspan(EventHeader::kSize));
    seeds_.add("query_fuzz", server() + word, input);
  }

  const CorpusCase& case_;
  std::vector<change::TableSchema> known_;
  SeedFolder& seeds_;
  std::map<std::uint64_t, binlog::TableMap> maps_;
  std::map<std::uint64_t, ByteList> map_events_;
};

/// The events of a file as they stand in it, checksums cut off, payloads not taken apart.
std::vector<ByteList> raw_events(const std::string& binlog) {
  constexpr std::size_t kMagicSize = 4;
  std::vector<ByteList> events;
  Bytes rest(reinterpret_cast<const std::uint8_t*>(binlog.data()), binlog.size());
  rest = rest.subspan(kMagicSize);
  while (!rest.empty()) {
    wire::ByteReader in(rest);
    in.skip(9);
    const Bytes whole = rest.first(in.u32());
    const auto event = binlog::verify_checksum(whole, binlog::Checksum::kCrc32);
    if (event) events.emplace_back(event->begin(), event->end());
    rest = rest.subspan(whole.size());
  }
  return events;
}

void add_payload(SeedFolder& seeds, const ByteList& event) {
  ByteList raw{0};
  append(raw, Bytes(event).subspan(EventHeader::kSize));
  const std::string size = std::to_string(event.size());
  seeds.add("payload_fuzz", "event_" + size, raw);
  binlog::PayloadReader reader;
  if (!reader.open(event)) return;
  ByteList unpacked;
  while (true) {
    const auto nested = reader.next();
    if (!nested || !*nested) break;
    append(unpacked, **nested);
  }
  for (const std::uint8_t options : ByteList{1, 3, 5}) {
    ByteList input{options};
    put_uint(input, unpacked.size() + (options == 5 ? 1 : 0), 2);
    append(input, unpacked);
    seeds.add("payload_fuzz", "packed_" + std::to_string(options) + "_" + size, input);
  }
}

// Pieces of a stream from one GTID on, a few transactions each.
void add_streams(SeedFolder& seeds, const CorpusCase& corpus_case) {
  constexpr std::size_t kStreamBytes = 900;
  constexpr std::size_t kStreamsOfCase = 2;
  const bool mariadb = corpus_case.server.starts_with("mariadb");
  const std::set<std::string> worthwhile{"trx",     "tagged_my", "comp_my",
                                         "comp_ma", "ddl",       "misc_events"};
  std::size_t streams = 0;
  for (const std::string& binlog : corpus::read_binlogs(corpus_case)) {
    ByteList input;
    for (const ByteList& event : raw_events(binlog)) {
      const auto type = static_cast<EventType>(event[4]);
      if (type == EventType::kTransactionPayload) add_payload(seeds, event);
      if (!worthwhile.contains(corpus_case.scenario)) continue;
      const bool begins = type == EventType::kGtid || type == EventType::kMariadbGtid ||
                          type == EventType::kGtidTagged || type == EventType::kAnonymousGtid;
      if (begins && input.size() > kStreamBytes) {
        if (streams++ < kStreamsOfCase) {
          seeds.add("assembler_fuzz", corpus_case.test_name() + "_" + std::to_string(streams),
                    input);
        }
        input.clear();
      }
      if (input.empty()) {
        if (!begins) continue;
        input.push_back(static_cast<std::uint8_t>((mariadb ? 1 : 0) + 8 + (streams % 4) * 2));
      }
      put_uint(input, event.size(), 2);
      append(input, event);
    }
  }
}

void add_handmade(SeedFolder& seeds) {
  const auto text = [](std::uint8_t kind, std::string_view rest) {
    ByteList input{kind};
    append_text(input, rest);
    return input;
  };
  constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  seeds.add("gtid_fuzz", "mysql", text(0, std::string(kUuid) + ":1-5:7"));
  seeds.add("gtid_fuzz", "mysql_tags",
            text(0, std::string(kUuid) + ":1-5:7:tag:1-3:9,\n" + std::string(kUuid) + ":_a:4"));
  seeds.add("gtid_fuzz", "mariadb", text(1, "0-1-42, 7-2-18446744073709551615"));
  seeds.add("decimal_fuzz", "ten_two", {10, 2, 0x80, 0x00, 0x04, 0xd2, 0x38});
  seeds.add("decimal_fuzz", "negative", {10, 2, 0x7f, 0xff, 0xfb, 0x2d, 0xc7});
  seeds.add("decimal_fuzz", "fraction", {4, 4, 0x80 + 0x04, 0xd2});
  ByteList widest{81, 38};
  widest.resize(2 + *binlog::decimal_size(81, 38), 0);
  widest[2] = 0x80;
  seeds.add("decimal_fuzz", "widest", widest);
  // {"a": 1, "b": [10, 20]}, and changes of its members and elements.
  const ByteList object{0, 2,    0, 0x1e, 0,  0x12, 0, 1,  0, 0x13, 0,  1, 0, 5,  1, 0,
                        2, 0x14, 0, 97,   98, 2,    0, 10, 0, 5,    10, 0, 5, 20, 0};
  const std::map<std::string, ByteList> changes{
      {"replace", text(0, "\x03$.a\x03\x05\x07")},
      {"insert", text(1, "\x06$.b[1]\x03\x0c\x01x")},
      {"insert_member", text(1, "\x07$.\"c\\n\"\x03\x05\x07")},
      {"remove", text(2, "\x0b$.b[last-1]")}};
  for (const auto& [kind, change] : changes) {
    ByteList input;
    put_uint(input, object.size(), 2);
    append(input, object);
    append(input, change);
    if (kind == "replace") input.push_back(0);
    if (kind == "insert_member") input.push_back(0);
    seeds.add("json_diff_fuzz", kind, input);
  }
  for (std::uint8_t kind = 0; kind < 11; ++kind) {
    ByteList input{kind, static_cast<std::uint8_t>(kind % 7)};
    put_uint(input, kind == 1 ? 20'240'229'235'959 : 0x99b27ab2c3ULL + kind, 8);
    put_uint(input, 123'456, 4);
    seeds.add("temporal_fuzz", "kind_" + std::to_string(kind), input);
  }
}

// The statements by which the catalog is compared with real servers, some to an input.
void add_definitions(SeedFolder& seeds) {
  constexpr std::size_t kStatementsBytes = 400;
  std::ifstream in(PIKACHU_STATEMENTS);
  std::string text;
  std::size_t inputs = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with("--")) continue;
    text += line + '\n';
    if (text.size() < kStatementsBytes) continue;
    ByteList input{static_cast<std::uint8_t>(inputs % 2)};
    append_text(input, text);
    seeds.add("catalog_fuzz", "statements_" + std::to_string(inputs++), input);
    text.clear();
  }
}

int make_seeds(const std::filesystem::path& root) {
  SeedFolder seeds(root);
  add_handmade(seeds);
  add_definitions(seeds);
  for (const CorpusCase& corpus_case : corpus::all_cases()) {
    CaseCutter cutter(corpus_case, seeds);
    for (const std::string& binlog : corpus::read_binlogs(corpus_case)) {
      const auto visited = corpus::visit_events(
          binlog,
          [&cutter](const EventHeader& header, Bytes event, const FormatDescription& format) {
            return cutter.visit(header, event, format);
          });
      if (!visited) std::cerr << corpus_case.test_name() << ": " << visited.error().message << "\n";
    }
    if (corpus_case.metadata == "full") add_streams(seeds, corpus_case);
  }
  for (const auto& [target, bytes] : seeds.bytes_by_target()) {
    std::cout << target << ": " << bytes << " bytes\n";
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace pikachu::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "make_fuzz_seeds FOLDER: writes the fuzz targets' first inputs there\n";
    return 2;
  }
  return pikachu::fuzz::make_seeds(argv[1]);
}
