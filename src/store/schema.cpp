#include "store/schema.h"

#include <string_view>
#include <utility>

namespace pikachu::store {
namespace {

// The pragmas hold only for a file without a page yet. A page of 8 KiB takes a third more changes a
// second than one of 4 KiB (store_bench); auto_vacuum is what lets a drained backlog's pages go
// back to the file system.
constexpr const char* kSchema = R"sql(
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = DELETE;
PRAGMA application_id = 0x50494B41;
BEGIN;
CREATE TABLE position (
  id                 INTEGER PRIMARY KEY CHECK (id = 1),
  flavor             TEXT    NOT NULL,
  server             TEXT    NOT NULL,
  server_version     TEXT    NOT NULL,
  file               TEXT    NOT NULL,
  "offset"           INTEGER NOT NULL,
  gtids              TEXT    NOT NULL,
  through            INTEGER NOT NULL,
  inside_transaction TEXT,
  inside_rows        INTEGER,
  saved_at           TEXT    NOT NULL
);
CREATE TABLE start_from (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  value  TEXT    NOT NULL,
  set_at TEXT    NOT NULL
);
CREATE TABLE numbers (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  last INTEGER NOT NULL
);
INSERT INTO numbers (id, last) VALUES (1, 0);
CREATE TABLE tasks (
  slot          INTEGER PRIMARY KEY CHECK (slot BETWEEN 1 AND 32767),
  task_id       TEXT    NOT NULL UNIQUE,
  waiting       INTEGER NOT NULL DEFAULT 0,
  waiting_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE waiting (
  place          INTEGER PRIMARY KEY,
  id             TEXT    NOT NULL,
  key_a          INTEGER NOT NULL,
  key_b          INTEGER NOT NULL,
  label          TEXT    NOT NULL,
  commit_time_us INTEGER NOT NULL,
  body           BLOB    NOT NULL
);
CREATE TABLE dead_letters (
  letter         INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id        TEXT    NOT NULL,
  id             TEXT    NOT NULL,
  number         INTEGER NOT NULL,
  retry          INTEGER NOT NULL DEFAULT 0,
  key_a          INTEGER NOT NULL,
  key_b          INTEGER NOT NULL,
  label          TEXT    NOT NULL,
  commit_time_us INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  attempts       INTEGER NOT NULL,
  last_status    INTEGER NOT NULL,
  last_reply     TEXT    NOT NULL,
  added_at       TEXT    NOT NULL,
  body           BLOB    NOT NULL,
  UNIQUE (task_id, id)
);
CREATE INDEX dead_letters_by_task ON dead_letters (task_id);
CREATE INDEX dead_letters_by_number ON dead_letters (number);
CREATE INDEX dead_letters_to_retry ON dead_letters (task_id, number) WHERE retry = 1;
CREATE TABLE retry (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  rate INTEGER NOT NULL
);
INSERT INTO retry (id, rate) VALUES (1, 100);
CREATE TABLE dropped_letters (
  drop_number INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id     TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  dropped_at  TEXT    NOT NULL
);
PRAGMA user_version = 2;
COMMIT;
)sql";

constexpr const char* kCopyVersion1 = R"sql(
INSERT INTO position (id, flavor, server, server_version, file, "offset", gtids, through, saved_at)
  SELECT id, flavor, server, server_version, file, "offset", gtids, 0, saved_at
  FROM old.position;
INSERT INTO dead_letters (task_id, id, number, key_a, key_b, label, commit_time_us, reason,
    attempts, last_status, last_reply, added_at, body)
  SELECT task_id, id, row_number() OVER (ORDER BY added_at, task_id, id), 0, 0, '', 0, reason,
    attempts, last_status, last_reply, added_at, body
  FROM old.dead_letters;
UPDATE numbers SET last = (SELECT count(*) FROM dead_letters);
)sql";

}  // namespace

base::Result<void> write_schema(Connection& connection) {
  return connection.execute(kSchema);
}

base::Result<void> copy_version_1(Connection& connection, const std::string& old_path) {
  auto attach = connection.prepare("ATTACH ?1 AS old");
  if (!attach) return base::propagate(std::move(attach));
  attach->bind_text(1, old_path);
  if (auto attached = attach->run(); !attached) return attached;
  auto transaction = Transaction::begin(connection, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction));
  if (auto copied = connection.execute(kCopyVersion1); !copied) return copied;
  if (auto committed = transaction->commit(); !committed) return committed;
  return connection.execute("DETACH old");
}

}  // namespace pikachu::store
