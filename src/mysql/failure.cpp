#include "mysql/failure.h"

#include <algorithm>
#include <array>

namespace pikachu::mysql {
namespace {

using base::Error;
using base::ErrorCode;

constexpr unsigned int kAccessDenied = 1045;
constexpr unsigned int kSpecificAccessDenied = 1227;
constexpr unsigned int kReadingBinlog = 1236;  // ER_MASTER_FATAL_ERROR_READING_BINLOG
constexpr unsigned int kTlsError = 2026;
constexpr unsigned int kSameServerIdMariadb = 4052;  // ER_SLAVE_SAME_ID

// What an operator has to mend, and how. Texts end a sentence that quotes the server.
struct Remedy {
  unsigned int number;
  std::string_view next_step;
};
constexpr std::array kRemedies{
    Remedy{1044, "grant the user access to the database"},
    Remedy{1045,
           "check database.user and database.password, and that the user may connect from here"},
    Remedy{1049, "correct database.database"},
    Remedy{1129, "run FLUSH HOSTS (or TRUNCATE performance_schema.host_cache) on the server"},
    Remedy{1130, "create the user for the host that pikachu connects from"},
    Remedy{1142, "grant SELECT on the table"},
    Remedy{1143, "grant SELECT on the table"},
    Remedy{1227, "grant the privilege"},
    Remedy{1251, "give the user an authentication plugin that clients of today know"},
    Remedy{1275, "give the user a password in the current format"},
    Remedy{1698,
           "the account logs in by another way than a password; create one that has a password"},
    Remedy{1820, "set a new password for the account"},
    Remedy{1862, "set a new password for the account"},
    Remedy{2012, "correct database.host"},
    Remedy{2054, "use a server that speaks protocol version 10"},
    Remedy{2058, "install the client library's authentication plugin, or change the user's"},
    Remedy{2059, "install the client library's authentication plugin, or change the user's"},
    Remedy{3118, "unlock the account: ALTER USER … ACCOUNT UNLOCK"},
    Remedy{3159,
           "set database.tls.mode to required or more: the server takes encrypted clients only"},
    Remedy{4151, "unlock the account: ALTER USER … ACCOUNT UNLOCK"},
};

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

// A TLS handshake fails for good over certificates and versions; over lost connections it does not.
bool is_lasting_tls_failure(std::string_view text) {
  constexpr std::array<std::string_view, 9> kParts{"certificate", "verif",         "renegotiation",
                                                   "protocol",    "wrong version", "match",
                                                   "not support", "no such file",  "PEM"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return contains(text, part); });
}

// 2000 to 2999 are the client library's numbers: the server may never have been asked.
std::string quoted(const Failure& failure) {
  const bool is_client = failure.number >= 2000 && failure.number <= 2999;
  return (is_client ? "client error " : "server error ") + std::to_string(failure.number) + " (" +
         failure.text + ")";
}

// No way to the server: nobody at the socket, nobody at the port, no such name.
bool is_unreachable(const Failure& failure) {
  return failure.number == 2002 || failure.number == 2003 || failure.number == 2005;
}

struct BinlogRefusal {
  std::string_view part;  // of the server's text, in any case
  ErrorCode code;
  std::string_view meaning;
};

// Texts of MySQL 5.6 to 9.7 and MariaDB 10.11 and 11.8; MySQL 8.0.26 renamed master to source and
// slave to replica in them. The first that fits counts.
constexpr std::array kBinlogRefusals{
    BinlogRefusal{
        "more GTIDs than", ErrorCode::kInvalid,
        "the position is ahead of the server: its data were reset or restored from a backup; to "
        "begin anew: pikachu state reset -config config.yaml -position earliest (or latest)"},
    BinlogRefusal{
        "purged", ErrorCode::kInvalid,
        "the server has purged binlogs that are needed; changes are lost unless another "
        "replica still has them: name it in database.host, or begin anew without them: pikachu "
        "state reset -config config.yaml -position earliest (or latest); and keep binlogs longer "
        "(binlog_expire_logs_seconds)"},
    BinlogRefusal{"which is not in the", ErrorCode::kInvalid,
                  "the server does not know this GTID: it is behind the one that the position is "
                  "from, or has another history; name the former server or a complete replica in "
                  "database.host, or begin anew: pikachu state reset -config config.yaml -position "
                  "earliest (or latest)"},
    BinlogRefusal{
        "AUTO_POSITION mode", ErrorCode::kInvalid,
        "the server has gtid_mode switched off, and the position can only be found by GTID; "
        "set gtid_mode=ON"},
    BinlogRefusal{"anonymous transaction", ErrorCode::kInvalid,
                  "the binlog has transactions without GTID, written before gtid_mode was switched "
                  "on; give start_from a file and offset behind them"},
    BinlogRefusal{"could not find first log file", ErrorCode::kInvalid,
                  "the server has no such binlog file (any more): it was purged, or is another "
                  "server's; to begin anew: pikachu state reset -config config.yaml -position "
                  "earliest (or latest)"},
    BinlogRefusal{"could not find next log", ErrorCode::kInvalid,
                  "a binlog file is missing in the server's index; restore it, or begin anew: "
                  "pikachu state reset -config config.yaml -position earliest (or latest)"},
    BinlogRefusal{"position > file size", ErrorCode::kInvalid,
                  "the offset is beyond the end of the file: the server lost the end of its binlog "
                  "in a crash, or was replaced; to begin anew: pikachu state reset -config "
                  "config.yaml -position earliest (or latest); and set sync_binlog=1 on the "
                  "server"},
    BinlogRefusal{"impossible position", ErrorCode::kInvalid,
                  "the offset is no start of an event; give start_from the offset of one"},
    BinlogRefusal{"same server_uuid/server_id", ErrorCode::kInvalid,
                  "another replica has connected with the same server_id; give each its own"},
    BinlogRefusal{
        "max_allowed_packet", ErrorCode::kInvalid,
        "an event is larger than the server sends, or the offset is no start of an event; "
        "raise max_allowed_packet on the server to 1G"},
    BinlogRefusal{"bogus data", ErrorCode::kInvalid,
                  "the offset is no start of an event, or the binlog is damaged; examine it with "
                  "mysqlbinlog"},
    BinlogRefusal{"checksum that", ErrorCode::kUnsupported,
                  "the server wants a checksum that this version does not know; set "
                  "binlog_checksum=CRC32 on the server"},
    BinlogRefusal{"checksum", ErrorCode::kInvalid,
                  "the server finds its binlog damaged; examine it with mysqlbinlog "
                  "--verify-binlog-checksum"},
    BinlogRefusal{"truncated in the middle", ErrorCode::kInvalid,
                  "the server's binlog ends within an event; examine its disk"},
    BinlogRefusal{"not open", ErrorCode::kInvalid,
                  "the server writes no binlog; set log_bin and restart it"},
};

Error same_server_id(const Failure& failure, const DumpContext& context) {
  return {ErrorCode::kInvalid, context.target +
                                   ": another replica has connected with database.server_id " +
                                   std::to_string(context.server_id) +
                                   " and took over; give each replica, and each "
                                   "pikachu, its own: " +
                                   quoted(failure)};
}

}  // namespace

bool is_access_denied(const Failure& failure) {
  return failure.cause == Failure::Cause::kServer &&
         (failure.number == kAccessDenied || failure.number == kSpecificAccessDenied ||
          failure.number == 1044 || failure.number == 1142);
}

Error to_error(const Failure& failure, std::string_view target) {
  std::string what = std::string(target) + ": ";
  switch (failure.cause) {
    case Failure::Cause::kStopped:
      return {ErrorCode::kCancelled, what + "stopped"};
    case Failure::Cause::kSilence:
      return {ErrorCode::kUnavailable, what + failure.text};
    case Failure::Cause::kServer:
      break;
  }
  what += quoted(failure);
  if (failure.number == kTlsError) {
    if (!is_lasting_tls_failure(failure.text)) return {ErrorCode::kUnavailable, std::move(what)};
    return {ErrorCode::kInvalid,
            what + "; check database.tls (mode, ca, cert, key) and the server's certificate"};
  }
  for (const Remedy& remedy : kRemedies) {
    if (remedy.number != failure.number) continue;
    return {ErrorCode::kInvalid, what.append("; ").append(remedy.next_step)};
  }
  if (is_unreachable(failure)) {
    what +=
        "; check database.host and database.port (or database.socket), and that the server runs";
  }
  return {ErrorCode::kUnavailable, std::move(what)};
}

Error dump_error(const Failure& failure, const DumpContext& context) {
  if (failure.cause != Failure::Cause::kServer) return to_error(failure, context.target);
  if (failure.number == kSameServerIdMariadb) return same_server_id(failure, context);
  if (is_access_denied(failure)) {
    return {ErrorCode::kInvalid, context.target + ": the user may not read the binlog; run: " +
                                     context.privileges_fix + " — " + quoted(failure)};
  }
  if (failure.number != kReadingBinlog) return to_error(failure, context.target);
  for (const BinlogRefusal& refusal : kBinlogRefusals) {
    if (!contains(failure.text, refusal.part)) continue;
    if (contains(refusal.part, "server_uuid")) return same_server_id(failure, context);
    return {refusal.code,
            (context.target + ": cannot read the binlog from " + context.position + ": ")
                    .append(refusal.meaning) +
                ": " + quoted(failure)};
  }
  return {ErrorCode::kUnavailable, context.target + ": cannot read the binlog from " +
                                       context.position + ": " + quoted(failure)};
}

}  // namespace pikachu::mysql
