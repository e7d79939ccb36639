#include <array>
#include <cstddef>

#include "binlog/event_header.h"

namespace pikachu::binlog {

namespace {

// By number, from 0 and from 160.
constexpr std::array<std::string_view, 44> kCommonNames = {"UNKNOWN",
                                                           "START_V3",
                                                           "QUERY",
                                                           "STOP",
                                                           "ROTATE",
                                                           "INTVAR",
                                                           "LOAD",
                                                           "SLAVE",
                                                           "CREATE_FILE",
                                                           "APPEND_BLOCK",
                                                           "EXEC_LOAD",
                                                           "DELETE_FILE",
                                                           "NEW_LOAD",
                                                           "RAND",
                                                           "USER_VAR",
                                                           "FORMAT_DESCRIPTION",
                                                           "XID",
                                                           "BEGIN_LOAD_QUERY",
                                                           "EXECUTE_LOAD_QUERY",
                                                           "TABLE_MAP",
                                                           "PRE_GA_WRITE_ROWS",
                                                           "PRE_GA_UPDATE_ROWS",
                                                           "PRE_GA_DELETE_ROWS",
                                                           "WRITE_ROWS_V1",
                                                           "UPDATE_ROWS_V1",
                                                           "DELETE_ROWS_V1",
                                                           "INCIDENT",
                                                           "HEARTBEAT",
                                                           "IGNORABLE",
                                                           "ROWS_QUERY",
                                                           "WRITE_ROWS_V2",
                                                           "UPDATE_ROWS_V2",
                                                           "DELETE_ROWS_V2",
                                                           "GTID",
                                                           "ANONYMOUS_GTID",
                                                           "PREVIOUS_GTIDS",
                                                           "TRANSACTION_CONTEXT",
                                                           "VIEW_CHANGE",
                                                           "XA_PREPARE",
                                                           "PARTIAL_UPDATE_ROWS",
                                                           "TRANSACTION_PAYLOAD",
                                                           "HEARTBEAT_V2",
                                                           "GTID_TAGGED",
                                                           "LARGE_TRANSACTION_HEADER"};
constexpr std::array<std::string_view, 13> kMariadbNames = {"ANNOTATE_ROWS",
                                                            "BINLOG_CHECKPOINT",
                                                            "GTID",
                                                            "GTID_LIST",
                                                            "START_ENCRYPTION",
                                                            "QUERY_COMPRESSED",
                                                            "WRITE_ROWS_COMPRESSED_V1",
                                                            "UPDATE_ROWS_COMPRESSED_V1",
                                                            "DELETE_ROWS_COMPRESSED_V1",
                                                            "WRITE_ROWS_COMPRESSED_V2",
                                                            "UPDATE_ROWS_COMPRESSED_V2",
                                                            "DELETE_ROWS_COMPRESSED_V2",
                                                            "PARTIAL_ROW_DATA"};
constexpr std::size_t kMariadbFirst = 160;

}  // namespace

std::string_view name_of(EventType type) {
  const auto number = static_cast<std::size_t>(type);
  if (number < kCommonNames.size()) return kCommonNames[number];
  if (number >= kMariadbFirst && number < kMariadbFirst + kMariadbNames.size()) {
    return kMariadbNames[number - kMariadbFirst];
  }
  return "";
}

std::string to_string(EventType type) {
  const std::string_view name = name_of(type);
  return name.empty() ? "type " + std::to_string(static_cast<unsigned>(type)) : std::string(name);
}

}  // namespace pikachu::binlog
