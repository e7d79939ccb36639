// A whole stream of events, put together into transactions. An input is
//
//     options:u8 { size:u16 event[size] }*
//
// The options' bit 0 is for MariaDB, bit 1 for GTIDs as the start, bit 2 for transactions that
// spill to disk, bit 3 for rows without names, bit 4 for checksums. The target writes the ROTATE
// and the FORMAT_DESCRIPTION that a stream begins with, and sizes and checksums of all events.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "encode/body.h"
#include "source/transaction_assembler.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::EventType;
using source::TransactionAssembler;
using Step = TransactionAssembler::Step;

constexpr std::size_t kTypeOffset = 4;

class NoSchemas final : public source::SchemaReader {
 public:
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    return std::optional<change::TableSchema>();
  }
  void definition_changed(const source::DefinitionStatement& statement) override {
    require(!statement.query.sql.empty(), "a definition has a text");
  }
};

EventType type_in(const std::vector<std::uint8_t>& event) {
  return static_cast<EventType>(event[kTypeOffset]);
}

std::vector<std::uint8_t> format_description(change::Flavor flavor, bool checksums) {
  const binlog::FormatDescription format = current_format(flavor);
  const bool mysql = flavor == change::Flavor::kMysql;
  std::vector<std::uint8_t> body;
  put_uint(body, 4, 2);
  std::string version = mysql ? "9.7.4" : "10.11.19-MariaDB";
  version.resize(50);
  body.insert(body.end(), version.begin(), version.end());
  put_uint(body, 0, 4);
  put_uint(body, binlog::EventHeader::kSize, 1);
  append(body, Bytes(format.post_header_lengths).first(mysql ? 43 : 172));
  body.push_back(checksums ? 1 : 0);
  return event_around(EventType::kFormatDescription, body);
}

/// The bytes of the input as a server would send them: with their real sizes and checksums.
class Wire {
 public:
  explicit Wire(bool checksums) : checksums_(checksums) {}

  void seal(std::vector<std::uint8_t>& event) {
    if (event.size() < binlog::EventHeader::kSize) return;
    const bool describes = type_in(event) == EventType::kFormatDescription;
    if (describes) event[kFlagsOffset] = static_cast<std::uint8_t>(event[kFlagsOffset] & ~1U);
    if (!describes && !checksums_) return set_size(event);
    event.resize(event.size() + 4);
    set_size(event);
    event.resize(event.size() - 4);
    append_checksum(event);
    const auto format = describes ? binlog::parse_format_description(event)
                                  : base::Result<binlog::FormatDescription>();
    if (describes && format) checksums_ = format->checksum == binlog::Checksum::kCrc32;
  }

 private:
  static constexpr std::size_t kFlagsOffset = 17;
  bool checksums_;
};

/// Takes what an assembler makes of a stream.
class Taker {
 public:
  explicit Taker(std::uint8_t options)
      : assembler_(
            options_of(options),
            [](std::string_view, std::string_view table) { return table != "unwanted"; }, schemas_,
            [](const source::Notice& notice) {
              require(!notice.where.empty(), "a notice says where");
            }) {
    source::OpenedStream opened;
    opened.start.flavor = flavor_of(options);
    opened.start.gtids = change::GtidSet(opened.start.flavor);
    opened.start.file = "binlog.000001";
    opened.start.offset = 4;
    opened.by_gtid = (options & 2U) != 0;
    opened.checksum_negotiated = (options & 16U) != 0;
    assembler_.restart(opened);
  }

  /// False once nothing may follow.
  bool take(const std::vector<std::uint8_t>& event) {
    const auto step = assembler_.take(event, {});
    if (!step) {
      require(!step.error().message.empty(), "an error has a message");
      return false;
    }
    return *step != Step::kCommitted || take_rows();
  }

 private:
  static source::SourceOptions options_of(std::uint8_t options) {
    source::SourceOptions made;
    if ((options & 4U) != 0) made.transaction_memory_bytes = 64;
    made.spill_dir = "/tmp";
    made.allow_unnamed = (options & 8U) != 0;
    return made;
  }

  bool take_rows() {
    std::optional<std::uint64_t> last;
    while (true) {
      const auto row = assembler_.next_row();
      if (!row) return false;
      if (*row == nullptr) return true;
      const change::RowChange& change = **row;
      require(!last || change.row > *last, "rows of a transaction are numbered upwards");
      last = change.row;
      require(change.table != nullptr && change.transaction != nullptr, "a row has its table");
      require(change.identity().size() == change.table->columns.size(),
              "a row has a value for each column");
      check_text(change);
    }
  }

  void check_text(const change::RowChange& change) {
    std::string text;
    bodies_.append_decoded(change, text);
    require(nlohmann::json::accept(in_ascii(text)), "a row is shown as JSON");
  }

  NoSchemas schemas_;
  TransactionAssembler assembler_;
  encode::BodyWriter bodies_;
};

void decode(Bytes input) {
  if (input.empty()) return;
  const std::uint8_t options = input[0];
  const bool checksums = (options & 16U) != 0;
  Taker taker(options);
  Wire wire(checksums);
  std::vector<std::uint8_t> rotate{4, 0, 0, 0, 0, 0, 0, 0};
  append(rotate, Bytes(reinterpret_cast<const std::uint8_t*>("binlog.000001"), 13));
  rotate = event_around(EventType::kRotate, rotate);
  std::fill_n(rotate.begin(), 4, std::uint8_t{0});  // made up for this client
  wire.seal(rotate);
  std::vector<std::uint8_t> format = format_description(flavor_of(options), checksums);
  wire.seal(format);
  require(taker.take(rotate) && taker.take(format), "a stream begins");

  wire::ByteReader in(input.subspan(1));
  while (!in.at_end()) {
    const Bytes bytes = in.bytes(in.u16());
    if (!in.ok()) return;
    std::vector<std::uint8_t> event(bytes.begin(), bytes.end());
    wire.seal(event);
    if (!taker.take(event)) return;
  }
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
