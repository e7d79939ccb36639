#pragma once

#include <iosfwd>
#include <stop_token>

#include "receive/receive_options.h"

namespace pikachu::receive {

/// A webhook receiver to try pikachu with: prints what arrives, a line for each webhook, to `out`:
///
///     2026-11-20T12:00:00.123Z POST /hook insert shop.users 1 id=0-1-42-0 attempt=1
///     {"primary_id":…
///
/// and says to `messages` where it listens, first of all:
///
///     pikachu receive: listening on http://127.0.0.1:9000
///
/// Returns the exit status: 0 once SIGINT or SIGTERM arrive, `stop` is requested or `count`
/// webhooks were received; 1 if it cannot listen there; 2 if `listen` is no address to listen on.
/// The reason of 1 and 2 is in `messages`. Threads: SIGINT and SIGTERM are blocked in the calling
/// thread while it runs; the other threads of the process must block them too, else they get them
/// first.
int run_receive(const ReceiveOptions& options, std::ostream& out, std::ostream& messages,
                const std::stop_token& stop = {});

/// The same with standard error for `messages`.
int run_receive(const ReceiveOptions& options, std::ostream& out);

}  // namespace pikachu::receive
