#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/support/random_tables.h"
#include "tests/support/random_values.h"
#include "tests/support/server_process.h"

namespace pikachu::test {

// The columns of random_tables(), by kind of type.

/// Integers of all widths, DECIMAL of all kinds of precision and scale, FLOAT, DOUBLE, BIT, YEAR.
std::vector<RandomColumn> number_columns(RandomValues& random);
/// DATE, and TIME, DATETIME, TIMESTAMP with 0 to 6 fractional digits.
std::vector<RandomColumn> temporal_columns(std::int64_t last_second);
/// CHAR, VARCHAR, BINARY, VARBINARY around the lengths where their storage changes.
std::vector<RandomColumn> string_columns();
/// The four sizes of BLOB and of TEXT.
std::vector<RandomColumn> blob_columns();
/// ENUM and SET around the numbers of labels where their storage changes.
std::vector<RandomColumn> label_columns();
std::vector<RandomColumn> json_columns(bool is_mariadb);
std::vector<RandomColumn> geometry_columns();
std::vector<RandomColumn> address_columns();     ///< MariaDB: UUID, INET4, INET6.
std::vector<RandomColumn> compressed_columns();  ///< MariaDB: COMPRESSED.
std::vector<RandomColumn> vector_columns(bool is_mariadb);
std::vector<RandomColumn> generated_columns();
std::vector<RandomColumn> mixed_columns();
std::vector<RandomColumn> wide_columns();  ///< 600 of them.

/// A character set, with those of many characters that it has.
struct RandomCharset {
  std::string name;
  std::size_t bytes_max = 1;
  std::vector<char32_t> characters;
};
/// All that the server has, but binary.
base::Result<std::vector<RandomCharset>> read_charsets(ServerProcess& server);
/// CHAR, VARCHAR, TEXT, ENUM and unchecked bytes in each of `charsets`.
std::vector<RandomColumn> charset_columns(std::span<const RandomCharset> charsets,
                                          RandomValues& random);

}  // namespace pikachu::test
