-- record: mysql-5.6 v1_events --log-bin-use-v1-row-events=1
-- record: mysql-5.6 no_checksum --binlog-checksum=NONE
-- record: mysql-5.6 minimal_image --binlog-row-image=MINIMAL
-- record: mysql-9.7 compressed --binlog-transaction-compression=ON --gtid-mode=ON --enforce-gtid-consistency=ON
-- record: mysql-9.7 noblob_image --binlog-row-image=NOBLOB --binlog-row-metadata=FULL
-- record: mariadb-11.8 full --binlog-row-metadata=FULL
-- record: mariadb-11.8 no_log --binlog-row-metadata=NO_LOG --binlog-checksum=NONE
-- record: mariadb-11.8 nodup_image --binlog-row-image=FULL_NODUP --binlog-row-metadata=MINIMAL
-- record: mariadb-11.8 compressed --log-bin-compress=ON --log-bin-compress-min-len=10
CREATE DATABASE sc_every_type DEFAULT CHARACTER SET utf8mb4; USE sc_every_type;
SET SESSION sql_mode = 'ALLOW_INVALID_DATES';

CREATE TABLE numbers (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED,
  m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED ZEROFILL, b BIGINT, bu BIGINT UNSIGNED,
  d1 DECIMAL(1,0), d65 DECIMAL(65,30), d30 DECIMAL(30,30), f FLOAT, db DOUBLE, b1 BIT(1), b9 BIT(9), b64 BIT(64), y YEAR);
INSERT INTO numbers VALUES (1,-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,18446744073709551615,
  -9,-99999999999999999999999999999999999.999999999999999999999999999999,-0.999999999999999999999999999999,-3.4028235e38,-1.7976931348623157e308,1,511,18446744073709551615,2155),
 (2,127,0,32767,0,8388607,0,2147483647,0,9223372036854775807,0,0,0.000000000000000000000000000001,0,1.4e-45,5e-324,0,0,0,0),
 (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (4,-1,1,-1,1,-1,1,-1,1,-1,1,5,-123456789.123456789,0.1,-0e0,-0e0,1,257,9223372036854775808,1901);
UPDATE numbers SET t = t + 1, b = 7, d65 = NULL WHERE id IN (1, 4);
UPDATE numbers SET id = 30, f = 0.1, db = 0.1 WHERE id = 3;
DELETE FROM numbers WHERE id = 2;

CREATE TABLE temporals (id INT PRIMARY KEY, d DATE, t0 TIME, t1 TIME(1), t3 TIME(3), t6 TIME(6), dt0 DATETIME, dt2 DATETIME(2),
  dt4 DATETIME(4), dt6 DATETIME(6), ts0 TIMESTAMP NULL, ts1 TIMESTAMP(1) NULL, ts5 TIMESTAMP(5) NULL, ts6 TIMESTAMP(6) NULL);
INSERT INTO temporals VALUES
 (1,'0000-00-00','-838:59:59','-00:00:00.1','-00:00:00.001','-00:00:00.000001','0000-00-00','0000-00-00','9999-12-31 23:59:59.9999','9999-12-31 23:59:59.999999',0,0,0,0),
 (2,'2024-00-00','838:59:59','00:00:00.9','23:59:59.999','838:59:58.999999','2024-02-00 01:02:03','2023-02-31 00:00:00.01','0001-01-01','1000-01-01 00:00:00.000001','1970-01-01 00:00:01','1970-01-01 00:00:01.9','2038-01-19 03:14:07.00001','2038-01-19 03:14:07.999999'),
 (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
UPDATE temporals SET t6 = '-12:34:56.000001', ts6 = '2024-02-29 12:00:00.123456' WHERE id >= 2;

CREATE TABLE strings (id INT PRIMARY KEY, c CHAR(10), cl CHAR(255) CHARACTER SET latin1, v VARCHAR(255), v256 VARCHAR(256),
  vs VARCHAR(20) CHARACTER SET sjis, b BINARY(8), vb VARBINARY(300), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, tt TINYTEXT, tx TEXT,
  lt LONGTEXT CHARACTER SET ucs2, e ENUM('a','ü','it''s',''), s SET('x','y','日本'));
INSERT INTO strings VALUES (1,'','','','','',0x00,'','','','','','','','',''),
 (2,'äö€ x ',REPEAT('é',255),REPEAT('v',255),REPEAT('w',256),'表ソ',0x0102030000000000,REPEAT(0x00ff,150),REPEAT(0x00,255),REPEAT('b',300),'m','t','t😀','é😀x','ü','x,日本'),
 (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (4,'\'"\\','\0\n',' trailing ','%_','\\',0xff00000000000000,0x2000,'x','y','z','\t','a\0b','\\',99,7);
UPDATE strings SET v = CONCAT(v, '!'), bl = NULL, e = 'it''s' WHERE id IN (1, 4);
UPDATE strings SET tx = 'changed' WHERE id = 3;

CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT);
INSERT INTO shapes VALUES (1, ST_GeomFromText('LINESTRING(0 0,1.5 -1,1e10 3)'), ST_GeomFromText('POINT(1 2)')),
 (2, ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))', 3857), NULL), (3, NULL, ST_GeomFromText('POINT(-0.5 1e-300)'));
UPDATE shapes SET p = NULL WHERE id = 1;

CREATE TABLE without_key (a INT, b VARCHAR(20) DEFAULT 'by default', c BLOB);
INSERT INTO without_key VALUES (1,'x','y'),(1,'x','y'),(NULL,NULL,NULL);
INSERT INTO without_key (a) VALUES (9);
UPDATE without_key SET b = 'z' WHERE a = 1 LIMIT 1;
DELETE FROM without_key WHERE b = 'x';

BEGIN; INSERT INTO shapes (id) VALUES (10); SAVEPOINT a; INSERT INTO shapes (id) VALUES (11); ROLLBACK TO a; INSERT INTO shapes (id) VALUES (12); COMMIT;
BEGIN; INSERT INTO shapes (id) VALUES (13); ROLLBACK;
REPLACE INTO shapes VALUES (12, NULL, ST_GeomFromText('POINT(5 5)'));
INSERT INTO shapes (id) VALUES (10), (14) ON DUPLICATE KEY UPDATE id = 20;
