#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pikachu::store {

/// What to do about a file that is damaged: the end of a sentence, for messages.
inline constexpr const char* kDamagedFileRemedy =
    "keep a copy of the state directory, then restore it from a backup, or set the damaged file "
    "aside with pikachu state reset -damaged and start with database.start_from at a position that "
    "is known to have been delivered";

/// A prepared statement, made once and run many times.
///
/// Threads: one at a time. Lifetime: the Connection that made it outlives it.
class Statement {
 public:
  Statement() = default;

  /// Binds parameter `index`, from 1, for the next run. The text must live until then.
  void bind(int index, std::int64_t number);
  void bind_text(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);

  /// Goes to the next row: true if there is one. After false or an error the statement is ready for
  /// the next run. Errors: as Connection.
  base::Result<bool> step();

  /// Gives up the rows that are left.
  void reset();

  /// Column `index`, from 0, of the row that step() found; NULL reads as 0 or "".
  std::int64_t number(int index) const;
  std::string text(int index) const;
  bool is_null(int index) const;

  /// Runs it to its end; for statements whose rows, if any, do not matter. Errors: as Connection.
  base::Result<void> run();

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void note_bind(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_failure_ = 0;  ///< The first since the last run; step() reports it.
};

/// What a Connection may do with its file.
enum class OpenMode {
  kRead,    ///< The file must exist. It may still make the log's index beside it.
  kWrite,   ///< The file must exist.
  kCreate,  ///< Makes it if it is not there.
};

/// One open SQLite database.
///
/// Errors of all calls: kCorrupt for a file that is damaged or no database; kInvalid for one that
/// cannot be opened or written because of what the operator set up; kUnavailable for the rest (disk
/// full, I/O error, locked by another program). Messages name the file.
/// Threads: one at a time.
class Connection {
 public:
  static base::Result<Connection> open(const std::string& path, OpenMode mode);

  /// Runs statements that return nothing of interest.
  base::Result<void> execute(const char* sql);
  base::Result<Statement> prepare(std::string_view sql);
  /// Runs `sql` and returns the first column of its first row, "" if there is none.
  base::Result<std::string> query_text(std::string_view sql);
  base::Result<std::int64_t> query_number(std::string_view sql);

  /// Rows that the last INSERT, UPDATE or DELETE touched.
  std::int64_t changes() const;

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Connection(sqlite3* database, std::string path);

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// A transaction that is taken back unless commit() succeeded.
///
/// Lifetime: the connection outlives it, and does not move.
class Transaction {
 public:
  /// kWrite takes the lock for writing at once, so that nothing within can find it taken; kRead
  /// sees the file as it is at its first SELECT, whatever others write meanwhile.
  static base::Result<Transaction> begin(Connection& connection, OpenMode mode);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&& other) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Errors: as Connection; nothing of it happened then.
  base::Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;  ///< Null once it has ended.
};

}  // namespace pikachu::store
