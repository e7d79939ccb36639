#pragma once

#include "config/config.h"
#include "config/settings.h"

namespace pikachu::config {

// Each reads a part of the document into its part of `config` and reports what types and ranges do
// not tell: conflicts between keys, files, addresses. REQUIRES: check_shape() has seen the
// document.

/// database.
void read_database(const Settings& document, Config& config);

/// log, server, state, limits.transaction_memory, shutdown_timeout.
void read_service(const Settings& document, Config& config);

/// dispatcher and limits: what holds for every endpoint, as the endpoint that tasks begin with.
sink::webhook::EndpointOptions read_dispatcher(const Settings& document, Config& config);

/// tasks and callback_host, into config.tasks and config.webhook.endpoints.
/// REQUIRES: config.database is read.
void read_tasks(const Settings& document, const sink::webhook::EndpointOptions& defaults,
                Config& config);

}  // namespace pikachu::config
