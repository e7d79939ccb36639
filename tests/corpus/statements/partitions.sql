-- record: mysql-5.6 no_metadata
-- record: mysql-9.7 minimal
-- record: mariadb-11.8 no_log
CREATE DATABASE sc_partitions DEFAULT CHARACTER SET utf8mb4; USE sc_partitions;

CREATE TABLE parts (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET latin1) PARTITION BY RANGE (id)
  (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN (30), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, 'one'), (2, 'two'), (11, 'eleven'), (12, 'zwölf'), (21, 'x'), (22, NULL), (100, 'far');
UPDATE parts SET v = 'moves' , id = 13 WHERE id = 2;
UPDATE parts SET id = id + 1 WHERE id > 20 ORDER BY id DESC;
DELETE FROM parts WHERE id = 101;
CREATE TABLE alone (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET latin1);
INSERT INTO alone VALUES (14, 'was alone'), (15, 'too');
ALTER TABLE parts EXCHANGE PARTITION p1 WITH TABLE alone;
INSERT INTO parts VALUES (16, 'after'); INSERT INTO alone VALUES (17, 'after');
ALTER TABLE parts TRUNCATE PARTITION p0;
INSERT INTO parts VALUES (3, 'three');
ALTER TABLE parts DROP PARTITION p2;
INSERT INTO parts VALUES (25, 'in the rest');
ALTER TABLE parts REMOVE PARTITIONING;
UPDATE parts SET v = CONCAT(v, '.');
CREATE TABLE hashed (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 5;
INSERT INTO hashed VALUES (1,1),(2,2),(3,3),(4,4),(5,5),(6,6);
UPDATE hashed SET id = id + 10, v = v * 2; DELETE FROM hashed WHERE v > 8;
