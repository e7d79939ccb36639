-- record: mariadb-11.8 full --binlog-row-metadata=FULL
-- record: mariadb-11.8 no_log
-- record: mariadb-11.8 minimal_image --binlog-row-image=MINIMAL --binlog-row-metadata=MINIMAL
CREATE DATABASE sc_mariadb_types DEFAULT CHARACTER SET utf8mb4; USE sc_mariadb_types;
SET SESSION column_compression_threshold = 0;

CREATE TABLE addresses (id INT PRIMARY KEY, u UUID, i4 INET4, i6 INET6, b BINARY(16), v VECTOR(3) NOT NULL);
INSERT INTO addresses VALUES (1, '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::', 0x00, VEC_FromText('[0,-0.5,0.25]')),
 (2, '123e4567-e89b-12d3-a456-426614174000', '10.0.0.0', '::ffff:1.2.3.4', 0x0102, VEC_FromText('[1,2,3]')),
 (3, 'ffffffff-ffff-ffff-ffff-ffffffffff00', '255.255.255.255', '2001:db8::1:0:0:100', REPEAT(0xff, 16), VEC_FromText('[100000,0,0.1]'));
INSERT INTO addresses (id, v) VALUES (4, VEC_FromText('[0,0,0]'));
UPDATE addresses SET u = NULL, i6 = '1:2:3:4:5:6:7:0' WHERE id = 2;
UPDATE addresses SET v = VEC_FromText('[9,9,9]') WHERE id = 1;
DELETE FROM addresses WHERE id = 3;

CREATE TABLE compressed (id INT PRIMARY KEY, v VARCHAR(500) COMPRESSED CHARACTER SET latin1, t TEXT COMPRESSED, b BLOB COMPRESSED, lb LONGBLOB COMPRESSED);
INSERT INTO compressed VALUES (1, '', '', '', ''), (2, REPEAT('é', 300), REPEAT('ü€', 500), REPEAT(0x00ff, 500), 'x'), (3, NULL, NULL, NULL, NULL);
UPDATE compressed SET t = CONCAT(t, 'end'), lb = REPEAT('long', 20000) WHERE id = 2;
UPDATE compressed SET v = 'now' WHERE id = 3;

CREATE TABLE documents (id INT PRIMARY KEY, j JSON, plain LONGTEXT);
INSERT INTO documents VALUES (1, '{"b" : 1,"a":[1, 2.50,  "x"]}', '{"not": "json"'), (2, 'null', 'x'), (3, NULL, NULL);
UPDATE documents SET j = JSON_SET(j, '$.b', 'ü') WHERE id = 1;

CREATE TABLE versions (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING;
INSERT INTO versions VALUES (1, 1), (2, 2); UPDATE versions SET a = 10 WHERE id = 1; DELETE FROM versions WHERE id = 2;
CREATE TABLE far (id INT PRIMARY KEY, t TIMESTAMP(6) NULL, n TIMESTAMP NULL);
INSERT INTO far VALUES (1, '2106-02-07 06:28:15.999999', '2106-02-07 06:28:15'), (2, '2038-01-19 03:14:08', NULL);
CREATE SEQUENCE sq; CREATE TABLE numbered (id INT DEFAULT NEXTVAL(sq) PRIMARY KEY, a INT); INSERT INTO numbered (a) VALUES (1), (2);
