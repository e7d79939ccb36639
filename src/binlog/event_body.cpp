#include "binlog/event_body.h"

namespace pikachu::binlog {

tl::unexpected<base::Error> corrupt_event(Bytes event, std::string_view what) {
  std::string message = to_string(type_of(event));
  message += " event of " + std::to_string(event.size()) + " bytes: ";
  message += what;
  message += "; compare with mysqlbinlog --hexdump on the server and report it";
  return base::fail(base::ErrorCode::kCorrupt, std::move(message));
}

tl::unexpected<base::Error> truncated_event(Bytes event) {
  return corrupt_event(event, "a length or count in it goes beyond its end");
}

}  // namespace pikachu::binlog
