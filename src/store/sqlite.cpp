#include "store/sqlite.h"

#include <utility>

#include <sqlite3.h>

namespace pikachu::store {
namespace {

// A person who looks in with the sqlite3 tool may hold the lock for a moment.
constexpr int kBusyTimeoutMs = 5'000;

struct Diagnosis {
  base::ErrorCode code;
  const char* next_step;
};

Diagnosis diagnose(int code) {
  using base::ErrorCode;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kCorrupt, kDamagedFileRemedy};
    case SQLITE_FULL:
      return {ErrorCode::kUnavailable, "free some space on its disk"};
    case SQLITE_IOERR:
      return {ErrorCode::kUnavailable, "check the disk, its space and its quota"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable, "another program has it locked for writing: end that"};
    case SQLITE_NOMEM:
      return {ErrorCode::kUnavailable, "there is no memory left"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return {ErrorCode::kInvalid,
              "make the state directory and the files in it readable and writable for pikachu's "
              "user, on a file system that is mounted for writing"};
    default:
      return {ErrorCode::kUnavailable, "this is unexpected: please report it"};
  }
}

base::Error error_of(int code, std::string_view detail, std::string_view path) {
  const auto diagnosis = diagnose(code);
  std::string message(path);
  ((message += ": ") += detail) += " (SQLite ";
  ((message += std::to_string(code)) += "); ") += diagnosis.next_step;
  return base::Error{diagnosis.code, std::move(message)};
}

tl::unexpected<base::Error> failure(sqlite3* database) {
  const char* path = ::sqlite3_db_filename(database, "main");
  return tl::unexpected(error_of(::sqlite3_extended_errcode(database), ::sqlite3_errmsg(database),
                                 path == nullptr ? "" : path));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  ::sqlite3_finalize(statement);
}

void Statement::note_bind(int code) {
  if (bind_failure_ == SQLITE_OK) bind_failure_ = code;
}

void Statement::bind(int index, std::int64_t number) {
  note_bind(::sqlite3_bind_int64(statement_.get(), index, number));
}

// The null destructor is SQLITE_STATIC: no copy is made. An empty view may have no address, which
// SQLite would take for NULL.
void Statement::bind_text(int index, std::string_view text) {
  note_bind(::sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(),
                                  text.size(), nullptr, SQLITE_UTF8));
}

void Statement::bind_blob(int index, std::string_view bytes) {
  note_bind(::sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(),
                                  bytes.size(), nullptr));
}

base::Result<bool> Statement::step() {
  auto* database = ::sqlite3_db_handle(statement_.get());
  if (const int code = std::exchange(bind_failure_, SQLITE_OK); code != SQLITE_OK) {
    const char* path = ::sqlite3_db_filename(database, "main");
    return tl::unexpected(error_of(code, ::sqlite3_errstr(code), path == nullptr ? "" : path));
  }
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto failed = failure(database);
  reset();
  return failed;
}

void Statement::reset() {
  ::sqlite3_reset(statement_.get());
  // Bound bytes belong to the caller, and are about to go.
  ::sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::number(int index) const {
  return ::sqlite3_column_int64(statement_.get(), index);
}

std::string Statement::text(int index) const {
  // As a blob: the bytes as they are, whatever is in them.
  const void* bytes = ::sqlite3_column_blob(statement_.get(), index);
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), index));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

bool Statement::is_null(int index) const {
  return ::sqlite3_column_type(statement_.get(), index) == SQLITE_NULL;
}

base::Result<void> Statement::run() {
  auto row = step();
  if (!row) return base::propagate(std::move(row));
  if (*row) reset();
  return {};
}

void Connection::Close::operator()(sqlite3* database) const {
  ::sqlite3_close_v2(database);
}

Connection::Connection(sqlite3* database, std::string path)
    : path_(std::move(path)), database_(database) {
}

base::Result<Connection> Connection::open(const std::string& path, OpenMode mode) {
  sqlite3* database = nullptr;
  // NOMUTEX: one thread at a time is the caller's duty, so SQLite need not lock for each call.
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (mode == OpenMode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (mode == OpenMode::kCreate ? SQLITE_OPEN_CREATE : 0);
  const int code = ::sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  Connection connection(database, path);
  if (code != SQLITE_OK) {
    const int extended = database == nullptr ? code : ::sqlite3_extended_errcode(database);
    return tl::unexpected(error_of(extended, ::sqlite3_errstr(code), path));
  }
  ::sqlite3_busy_timeout(database, kBusyTimeoutMs);
  // A file that is not writable opens all the same, for reading; the first save would tell.
  if (mode != OpenMode::kRead && ::sqlite3_db_readonly(database, "main") == 1) {
    return tl::unexpected(error_of(SQLITE_READONLY, "the file is read-only", path));
  }
  return connection;
}

base::Result<void> Connection::execute(const char* sql) {
  if (::sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(database_.get());
  }
  return {};
}

base::Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  if (::sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK) {
    return failure(database_.get());
  }
  Statement statement;
  statement.statement_.reset(prepared);
  return statement;
}

base::Result<std::string> Connection::query_text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return base::propagate(std::move(statement));
  auto row = statement->step();
  if (!row) return base::propagate(std::move(row));
  return *row ? statement->text(0) : std::string();
}

base::Result<std::int64_t> Connection::query_number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return base::propagate(std::move(statement));
  auto row = statement->step();
  if (!row) return base::propagate(std::move(row));
  return *row ? statement->number(0) : 0;
}

std::int64_t Connection::changes() const {
  return ::sqlite3_changes64(database_.get());
}

base::Result<Transaction> Transaction::begin(Connection& connection, OpenMode mode) {
  auto begun = connection.execute(mode == OpenMode::kRead ? "BEGIN" : "BEGIN IMMEDIATE");
  if (!begun) return base::propagate(std::move(begun));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {
}

Transaction::~Transaction() {
  // Where SQLite has rolled back already, after a full disk for one, this fails and nothing is
  // lost.
  if (connection_ != nullptr) static_cast<void>(connection_->execute("ROLLBACK"));
}

base::Result<void> Transaction::commit() {
  auto committed = connection_->execute("COMMIT");
  if (committed) connection_ = nullptr;
  return committed;
}

}  // namespace pikachu::store
