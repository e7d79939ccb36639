#pragma once

#include "config/config.h"
#include "telemetry/logger.h"

namespace pikachu::app {

/// Runs the service until SIGTERM or SIGINT, or until something happens that no retry can mend.
///
/// Order of start: store, delivery loops, checkpointer, admin server, reader. Order of stop, which
/// is that of the data: reader, delivery loops (they finish what they can within shutdown_timeout),
/// last checkpoint, admin server. What was not delivered by then stays behind the saved position.
///
/// Threads: call it on the main thread before any other thread runs; it blocks the signals it waits
/// for, and its threads inherit that.
/// Returns the exit status: 0 stopped as asked, 1 failed (said in the log).
int run_service(const config::Config& config, const telemetry::Logger& logger);

}  // namespace pikachu::app
