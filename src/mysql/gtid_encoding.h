#pragma once

#include <cstdint>
#include <vector>

#include "change/gtid_set.h"

namespace pikachu::mysql {

/// A MySQL GTID set as COM_BINLOG_DUMP_GTID carries it: what PREVIOUS_GTIDS events hold as well.
///
///     without tags:  n_sources:u64 { uuid[16] n_intervals:u64 { first:u64 last+1:u64 }* }*
///     with tags:     01 n_sources:u48 01 { uuid[16] tag_length*2:u8 tag n_intervals:u64 {…}* }*
///
/// The form with tags is used only where the set has one: servers before 8.3 do not know it.
/// REQUIRES: a set of MySQL's.
/// Spec: MySQL Source Code Documentation 9, "COM_BINLOG_DUMP_GTID"; the tagged form was observed on
/// MySQL 9.7.
std::vector<std::uint8_t> encode_gtid_set(const change::GtidSet& set);

}  // namespace pikachu::mysql
