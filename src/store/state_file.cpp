#include "store/state_file.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utc_time.h"

namespace pikachu::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "/pikachu.db";
constexpr const char* kDraftName = "/pikachu.db.new";

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

base::Result<void> check_pages(Connection& connection, const char* check) {
  auto verdict = connection.query_text(check);
  if (!verdict) return base::propagate(std::move(verdict));
  if (*verdict == "ok") return {};
  return base::fail(base::ErrorCode::kCorrupt, connection.path() + ": the state file is damaged (" +
                                                   *verdict + "); " + kDamagedFileRemedy);
}

// All pages where that takes no more than some seconds. Of a larger file, everything but the table
// of waiting deliveries, whose damage shows when it is read.
base::Result<void> check_pages(Connection& connection) {
  constexpr std::int64_t kLarge = std::int64_t{1} << 30;
  auto pages = connection.query_number("PRAGMA page_count");
  if (!pages) return base::propagate(std::move(pages));
  auto page_size = connection.query_number("PRAGMA page_size");
  if (!page_size) return base::propagate(std::move(page_size));
  if (*pages * *page_size <= kLarge) return check_pages(connection, "PRAGMA quick_check(1)");
  for (const char* check : {"PRAGMA quick_check(position)", "PRAGMA quick_check(start_from)",
                            "PRAGMA quick_check(numbers)", "PRAGMA quick_check(tasks)",
                            "PRAGMA quick_check(dead_letters)", "PRAGMA quick_check(retry)",
                            "PRAGMA quick_check(dropped_letters)"}) {
    if (auto checked = check_pages(connection, check); !checked) return checked;
  }
  return {};
}

// FULL: every commit is synced before it returns. NORMAL would sync the log only when it is copied
// into the database, so a power cut could take back a position that was reported as saved. The log
// is copied whenever it has 4 MiB (of pages of 8 KiB), so it has some more than the largest
// transaction, and is cut to 16 MiB when it begins anew.
constexpr const char* kSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 512; "
    "PRAGMA journal_size_limit = 16777216;";

}  // namespace

base::Result<std::int64_t> read_layout_version(Connection& connection) {
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
  if (*version != kStateFileVersion && *version != 1) {
    return base::fail(base::ErrorCode::kInvalid,
                      connection.path() + ": the state file has layout version " +
                          std::to_string(*version) + ", this pikachu knows version " +
                          std::to_string(kStateFileVersion) +
                          "; run the pikachu that wrote it, or a newer one");
  }
  return version;
}

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

base::Result<Connection> open_state_draft(const std::string& dir) {
  const std::string draft = dir + kDraftName;
  ::unlink(draft.c_str());
  ::unlink((draft + "-journal").c_str());
  // Made here, not by SQLite, for the mode: it holds rows. The log inherits it.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the mode is open's third argument.
  const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) {
    return base::fail(base::ErrorCode::kInvalid,
                      draft + ": cannot create the state file: " + reason(errno) +
                          "; make state.dir writable for pikachu's user");
  }
  ::close(fd);
  auto connection = Connection::open(draft, OpenMode::kCreate);
  if (!connection) return connection;
  if (auto written = write_schema(*connection); !written)
    return base::propagate(std::move(written));
  return connection;
}

base::Result<void> put_state_draft_in_place(const std::string& dir) {
  const std::string path = dir + kFileName;
  if (::rename((dir + kDraftName).c_str(), path.c_str()) != 0) {
    return base::fail(base::ErrorCode::kUnavailable,
                      path + ": cannot rename the new state file: " + reason(errno) +
                          "; make state.dir writable for pikachu's user");
  }
  return sync_directory(dir);
}

base::Result<std::string> set_state_file_aside(const std::string& dir) {
  const std::string path = dir + kFileName;
  auto time = base::to_utc(std::chrono::system_clock::now(), 0);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const std::string aside = path + ".damaged-" + time;
  // The file first: without it, what is left is known as a log whose database is gone.
  for (const char* part : {"", "-wal", "-shm"}) {
    const bool is_file = *part == '\0';
    if (::rename((path + part).c_str(), (aside + part).c_str()) == 0) continue;
    if (errno == ENOENT && !is_file) continue;
    return base::fail(
        base::ErrorCode::kInvalid,
        path + part + ": cannot be renamed: " + reason(errno) +
            "; make state.dir writable, or give the configuration that it belongs to");
  }
  if (auto synced = sync_directory(dir); !synced) return base::propagate(std::move(synced));
  return aside;
}

namespace {

base::Result<void> create_state_file(const std::string& dir) {
  if (auto connection = open_state_draft(dir); !connection) {
    return base::propagate(std::move(connection));
  }
  return put_state_draft_in_place(dir);
}

// The new layout is written beside the old file and renamed over it: whenever this is killed, the
// file of that name is the old one or the new one, whole.
base::Result<void> migrate_from_version_1(Connection old, const std::string& dir,
                                          const std::string& path) {
  // Brings the log into the file, and removes it: it would be taken for the new file's.
  auto mode = old.query_text("PRAGMA journal_mode = DELETE");
  if (!mode) return base::propagate(std::move(mode), "bringing the state file up to date");
  { const Connection closed = std::move(old); }
  {
    auto connection = open_state_draft(dir);
    if (!connection) return base::propagate(std::move(connection));
    if (auto copied = copy_version_1(*connection, path); !copied) {
      return base::propagate(std::move(copied), "bringing the state file up to date");
    }
  }
  const std::string backup = path + ".v1.bak";
  std::error_code error;
  fs::copy_file(path, backup, fs::copy_options::overwrite_existing, error);
  if (error) {
    return base::fail(base::ErrorCode::kUnavailable,
                      backup + ": cannot keep a copy of the old state file: " + error.message() +
                          "; free some space on its disk, or make state.dir writable");
  }
  return put_state_draft_in_place(dir);
}

}  // namespace

base::Result<Connection> open_state_file(const std::string& dir) {
  const std::string path = dir + kFileName;
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
    if (auto created = create_state_file(dir); !created) {
      return base::propagate(std::move(created));
    }
  }
  auto connection = Connection::open(path, OpenMode::kWrite);
  if (!connection) return connection;
  auto version = read_layout_version(*connection);
  if (!version) return base::propagate(std::move(version));
  if (auto checked = check_pages(*connection); !checked) return base::propagate(std::move(checked));
  if (*version == 1) {
    auto migrated = migrate_from_version_1(std::move(*connection), dir, path);
    if (!migrated) return base::propagate(std::move(migrated));
    connection = Connection::open(path, OpenMode::kWrite);
    if (!connection) return connection;
  }
  if (auto set = connection->execute(kSettings); !set) return base::propagate(std::move(set));
  return connection;
}

base::Result<Connection> open_state_file_beside(const std::string& dir, OpenMode mode) {
  const std::string path = dir + "/pikachu.db";
  std::error_code error;
  if (!fs::exists(path, error)) {
    return base::fail(base::ErrorCode::kInvalid,
                      path +
                          ": there is no state file; start pikachu once, or give the "
                          "configuration whose state.dir has it");
  }
  auto connection = Connection::open(path, mode);
  if (!connection) return base::propagate(std::move(connection));
  auto version = read_layout_version(*connection);
  if (!version) return base::propagate(std::move(version));
  if (*version != kStateFileVersion) {
    return base::fail(base::ErrorCode::kInvalid,
                      path + ": the state file has layout version " + std::to_string(*version) +
                          ", this command knows version " + std::to_string(kStateFileVersion) +
                          "; start this pikachu once, which brings it up to date");
  }
  if (mode == OpenMode::kWrite) {
    if (auto set = connection->execute("PRAGMA synchronous = FULL"); !set) {
      return base::propagate(std::move(set));
    }
  }
  return connection;
}

}  // namespace pikachu::store
