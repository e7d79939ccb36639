#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pikachu::store {

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

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void note_bind(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_failure_ = 0;  ///< The first since the last run; step() reports it.
};

/// One open SQLite database.
///
/// Errors of all calls: kCorrupt for a file that is damaged or no database; kInvalid for one that
/// cannot be opened or written because of what the operator set up; kUnavailable for the rest (disk
/// full, I/O error, locked by another program). Messages name the file.
/// Threads: one at a time.
class Connection {
 public:
  /// Opens `path`, which must exist unless `create`.
  static base::Result<Connection> open(const std::string& path, bool create);

  /// Runs statements that return nothing of interest.
  base::Result<void> execute(const char* sql);
  base::Result<Statement> prepare(std::string_view sql);
  /// Runs `sql` and returns the first column of its first row, "" if there is none.
  base::Result<std::string> query_text(std::string_view sql);
  base::Result<std::int64_t> query_number(std::string_view sql);

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Connection(sqlite3* database, std::string path);

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace pikachu::store
