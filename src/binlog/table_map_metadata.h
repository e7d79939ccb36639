#pragma once

#include "binlog/table_map.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {

/// Reads the optional metadata at the end of a table map, up to the end of `in`, into `map`, whose
/// columns are known but for them: fields of type:u8 size:lenenc value, in any order. Fields of
/// unknown type are passed over.
///
/// Errors: kCorrupt where a field does not cover just the columns that it is about: taking it
/// anyway would give one column the properties of another. Spec: mysql-server 9.7
/// libs/mysql/binlog/event/rows_event.h, Table_map_event, enum Optional_metadata_field_type.
base::Result<void> read_optional_metadata(wire::ByteReader& in, Bytes event, change::Flavor flavor,
                                          TableMap& map);

}  // namespace pikachu::binlog
