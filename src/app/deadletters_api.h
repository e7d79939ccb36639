#pragma once

#include <string>
#include <string_view>

#include "admin/api.h"
#include "telemetry/logger.h"

namespace pikachu::app {

/// What is below /api/deadletters on the admin server: what `pikachu deadletters` does, as JSON.
///
/// Each request opens the state file for itself, as the command does beside the service.
///
/// Threads: answer() from any thread. Spec: docs/reference/http.md.
class DeadLettersApi {
 public:
  /// `dir` is the state directory.
  DeadLettersApi(std::string dir, telemetry::Logger log);

  admin::ApiReply answer(const admin::ApiRequest& request) const;

 private:
  admin::ApiReply list(const admin::ApiRequest& request) const;
  admin::ApiReply show(std::string_view task_and_id) const;
  admin::ApiReply retry(const admin::ApiRequest& request) const;
  admin::ApiReply drop(const admin::ApiRequest& request) const;

  const std::string dir_;
  const telemetry::Logger log_;
};

}  // namespace pikachu::app
