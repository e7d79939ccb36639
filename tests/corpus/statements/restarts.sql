-- record: mysql-5.6 no_metadata
-- record: mysql-9.7 minimal
-- record: mariadb-11.8 no_log
CREATE DATABASE sc_restarts DEFAULT CHARACTER SET utf8mb4; USE sc_restarts;

-- After each restart table ids begin again: the same ids, of other tables.
CREATE TABLE first (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE second (a BIGINT UNSIGNED, b BLOB, id INT PRIMARY KEY);
INSERT INTO first VALUES (1, 'one'), (2, 'two'); INSERT INTO second VALUES (18446744073709551615, 0x00ff, 1);
-- restart
INSERT INTO second VALUES (2, 'b', 2); INSERT INTO first VALUES (3, 'three');
UPDATE second SET a = 1 WHERE id = 1; UPDATE first SET v = 'eins' WHERE id = 1;
-- restart --binlog-checksum=NONE
UPDATE first SET v = 'zwei' WHERE id = 2; CREATE TABLE third (id INT PRIMARY KEY, t TIME(3)); INSERT INTO third VALUES (1, '-01:02:03.004');
DELETE FROM second WHERE id = 2; ALTER TABLE first ADD COLUMN n INT FIRST; INSERT INTO first VALUES (7, 4, 'vier');
-- restart
INSERT INTO third VALUES (2, NULL); UPDATE first SET n = 8; INSERT INTO second VALUES (3, NULL, 3);
