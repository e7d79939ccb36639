#include "store/state_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = DELETE;
PRAGMA application_id = 0x50494B41;
BEGIN;
CREATE TABLE position (
  id             INTEGER PRIMARY KEY CHECK (id = 1),
  flavor         TEXT    NOT NULL,
  server         TEXT    NOT NULL,
  server_version TEXT    NOT NULL,
  file           TEXT    NOT NULL,
  "offset"       INTEGER NOT NULL,
  gtids          TEXT    NOT NULL,
  saved_at       TEXT    NOT NULL
);
CREATE TABLE dead_letters (
  task_id     TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  body        BLOB    NOT NULL,
  reason      TEXT    NOT NULL,
  attempts    INTEGER NOT NULL,
  last_status INTEGER NOT NULL,
  last_reply  TEXT    NOT NULL,
  added_at    TEXT    NOT NULL,
  PRIMARY KEY (task_id, id)
);
PRAGMA user_version = 1;
COMMIT;
)sql";

std::string reason(int error) {
  return std::generic_category().message(error);
}

// A new name in a directory survives a power cut only once the directory itself is synced.
base::Result<void> sync_directory(const std::string& dir) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): how open() is declared.
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return base::fail(base::ErrorCode::kUnavailable,
                    dir + ": cannot sync the directory: " + reason(error) + "; check its disk");
}

base::Result<void> write_schema(const std::string& path) {
  // Made here, not by SQLite, for the mode: dead letters hold rows. The log inherits it.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the mode is open's third argument.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) {
    return base::fail(base::ErrorCode::kInvalid,
                      path + ": cannot create the state file: " + reason(errno) +
                          "; make state.dir writable for pikachu's user");
  }
  ::close(fd);
  auto connection = Connection::open(path, true);
  if (!connection) return base::propagate(std::move(connection));
  return connection->execute(kSchema);
}

base::Result<void> create_state_file(const std::string& dir, const std::string& path) {
  const std::string draft = path + ".new";
  // Left over from a start that was killed; never more than an empty schema.
  ::unlink(draft.c_str());
  ::unlink((draft + "-journal").c_str());
  if (auto written = write_schema(draft); !written) return written;
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    return base::fail(base::ErrorCode::kUnavailable,
                      path + ": cannot rename the new state file: " + reason(errno));
  }
  return sync_directory(dir);
}

base::Result<void> check_identity(Connection& connection) {
  auto id = connection.query_number("PRAGMA application_id");
  if (!id) return base::propagate(std::move(id));
  auto version = connection.query_number("PRAGMA user_version");
  if (!version) return base::propagate(std::move(version));
  if (*id != kStateFileId) {
    return base::fail(base::ErrorCode::kInvalid,
                      connection.path() +
                          ": this is an SQLite file, but not pikachu's (its "
                          "application_id is " +
                          std::to_string(*id) + ", not " + std::to_string(kStateFileId) +
                          "); give pikachu a state.dir of its own");
  }
  if (*version != kStateFileVersion) {
    return base::fail(base::ErrorCode::kInvalid,
                      connection.path() + ": the state file has layout version " +
                          std::to_string(*version) + ", this pikachu knows version " +
                          std::to_string(kStateFileVersion) +
                          "; run the pikachu that wrote it, or a newer one");
  }
  return {};
}

base::Result<void> check_pages(Connection& connection) {
  auto verdict = connection.query_text("PRAGMA quick_check(1)");
  if (!verdict) return base::propagate(std::move(verdict));
  if (*verdict == "ok") return {};
  return base::fail(base::ErrorCode::kCorrupt,
                    connection.path() + ": the state file is damaged (" + *verdict +
                        "); stop pikachu, keep a copy of the state directory, then restore it from "
                        "a backup, or move it away and start with database.start_from set to a "
                        "position that is known to have been delivered");
}

// FULL: every commit is synced before it returns. NORMAL would sync the log only when it is copied
// into the database, so a power cut could take back a position that was reported as saved. At one
// save per interval the price is one sync.
constexpr const char* kSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;";

}  // namespace

base::Result<void> ensure_state_directory(const std::string& dir) {
  std::error_code error;
  if (fs::is_directory(dir, error)) return {};
  const auto path = fs::absolute(dir, error).lexically_normal();
  if (!error) fs::create_directories(path.parent_path(), error);
  if (!error && ::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error && !fs::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return {};
  return base::fail(base::ErrorCode::kInvalid,
                    "state directory " + path.string() + " cannot be created: " + error.message() +
                        "; create it for pikachu's user, or set state.dir to another one");
}

base::Result<Connection> open_state_file(const std::string& dir) {
  const std::string path = dir + "/pikachu.db";
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size == 0) {
    return base::fail(base::ErrorCode::kCorrupt,
                      path +
                          ": the state file is empty, which pikachu never leaves behind; restore "
                          "it from a backup, or remove it to start from database.start_from");
  }
  if (error == std::errc::no_such_file_or_directory) {
    // SQLite would replay the old log into the new file.
    if (fs::exists(path + "-wal", error)) {
      return base::fail(base::ErrorCode::kCorrupt,
                        path + ": the state file is missing, but its log " + path +
                            "-wal is there; restore both from a backup, or remove the log to "
                            "start from database.start_from");
    }
    if (auto created = create_state_file(dir, path); !created) {
      return base::propagate(std::move(created));
    }
  }
  auto connection = Connection::open(path, false);
  if (!connection) return connection;
  for (auto* check : {check_identity, check_pages}) {
    if (auto checked = check(*connection); !checked) return base::propagate(std::move(checked));
  }
  if (auto set = connection->execute(kSettings); !set) return base::propagate(std::move(set));
  return connection;
}

}  // namespace pikachu::store
