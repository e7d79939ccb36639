#pragma once

#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Whether a format description ends with a checksum algorithm and a checksum, whatever the
/// algorithm is: servers older than MySQL 5.6.1 and MariaDB 5.3 wrote neither. A description that
/// names such a version but more event types than those had is a damaged one, and has them.
///
/// False also where the event is too short to tell; its parser then says so.
/// Spec: mysql-server 9.7 libs/mysql/binlog/event/control_events.cpp, Format_description_event.
bool has_checksum_field(Bytes format_description);

}  // namespace pikachu::binlog
