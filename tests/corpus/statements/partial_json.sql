-- record: mysql-9.7 partial --binlog-row-value-options=PARTIAL_JSON --binlog-row-metadata=FULL
-- record: mysql-9.7 partial_compressed --binlog-row-value-options=PARTIAL_JSON --binlog-transaction-compression=ON
CREATE DATABASE sc_partial_json DEFAULT CHARACTER SET utf8mb4; USE sc_partial_json;

CREATE TABLE docs (id INT PRIMARY KEY, v VARCHAR(20), j JSON, k JSON);
INSERT INTO docs VALUES (1, 'v', '{"a": 1, "b": [1, 2, 3], "c": "a string that is long enough to be changed in place", "d": {"e": true}}', '{"x": [10, 20]}'),
 (2, 'w', '[1, 2, 3, "four", {"five": 5}]', NULL), (3, NULL, CONCAT('{"big": "', REPEAT('x', 70000), '", "n": 1}'), '[]'), (4, 'q', NULL, 'null');
UPDATE docs SET j = JSON_SET(j, '$.a', 2) WHERE id = 1;
UPDATE docs SET j = JSON_REPLACE(j, '$.c', 'short') WHERE id = 1;
UPDATE docs SET j = JSON_REMOVE(j, '$.b[1]') WHERE id = 1;
UPDATE docs SET j = JSON_SET(j, '$.new', JSON_OBJECT('p', 1.5, 'ü', 'ß')) WHERE id = 1;
UPDATE docs SET j = JSON_SET(j, '$.b[9]', 'at the end') WHERE id = 1;
UPDATE docs SET j = JSON_SET(JSON_REMOVE(j, '$.d'), '$.a', 3, '$.b[0]', NULL) WHERE id = 1;
UPDATE docs SET j = JSON_SET(j, '$[0]', 100, '$[4].five', 'V') WHERE id = 2;
UPDATE docs SET j = JSON_SET(j, '$.n', 2), k = JSON_SET(k, '$[0]', 1), v = 'both' WHERE id = 3;
UPDATE docs SET j = JSON_SET(j, '$.n', id * 10), k = JSON_SET(k, '$.x[0]', id);
UPDATE docs SET j = '{"fresh": 1}' WHERE id = 4;
UPDATE docs SET j = NULL, v = 'gone' WHERE id = 4;
UPDATE docs SET k = JSON_SET('{"a": 1}', '$."x.y"', CAST('2024-01-01' AS DATE)) WHERE id = 2;
UPDATE docs SET k = JSON_SET(k, '$.a', CAST(1.10 AS DECIMAL(5,2)), '$."quo\\"ted"', CAST('10:11:12.5' AS TIME(1))) WHERE id = 2;
UPDATE docs SET j = JSON_SET(j, '$.a', 999), id = 11 WHERE id = 1;
BEGIN; UPDATE docs SET j = JSON_SET(j, '$.a', 0) WHERE id = 11; UPDATE docs SET v = 'only v'; DELETE FROM docs WHERE id = 3; COMMIT;
