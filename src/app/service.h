#pragma once

#include "config/config.h"
#include "telemetry/logger.h"

namespace pikachu::app {

/// Runs the service until SIGTERM or SIGINT, or until something happens that no retry can mend.
///
/// Order of start: store, delivery loops, checkpointer, backlog, letter retry, admin server,
/// reader. Order of stop, which is that of the data: reader, letter retry, delivery loops (they
/// finish what they can within shutdown_timeout), backlog (it writes what is left to disk), last
/// checkpoint, admin server.
///
/// Threads: call it on the main thread before any other thread runs; it blocks the signals it waits
/// for, and its threads inherit that.
/// Returns the exit status: 0 stopped as asked, 1 failed (said in the log).
int run_service(const config::Config& config, const telemetry::Logger& logger);

}  // namespace pikachu::app
