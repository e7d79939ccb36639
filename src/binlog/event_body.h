#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/event_header.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {

/// A reader that stands at the body of `event`; failed from the start if there is no whole header.
inline wire::ByteReader read_body(Bytes event) {
  wire::ByteReader in(event);
  in.skip(EventHeader::kSize);
  return in;
}

/// The type in the header of `event`; kUnknown if it is too short to have one.
inline EventType type_of(Bytes event) {
  constexpr std::size_t kTypeOffset = 4;
  return event.size() > kTypeOffset ? static_cast<EventType>(event[kTypeOffset])
                                    : EventType::kUnknown;
}

/// The error that `event` says something impossible: "GTID event of 44 bytes: <what>; <next step>".
tl::unexpected<base::Error> corrupt_event(Bytes event, std::string_view what);

/// The error that `event` ends before what it states it holds.
tl::unexpected<base::Error> truncated_event(Bytes event);

}  // namespace pikachu::binlog
