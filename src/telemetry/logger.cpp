#include "telemetry/logger.h"

#include <chrono>
#include <span>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "telemetry/log_line.h"

namespace pikachu::telemetry {

// spdlog takes whole lines: the format is ours, because its patterns escape nothing.
struct Logger::Output {
  explicit Output(const LogOptions& log_options)
      : options(log_options), lines("pikachu", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    lines.set_pattern("%v");
    lines.set_level(spdlog::level::trace);
    // Whatever ends the process next, the line is out.
    lines.flush_on(spdlog::level::trace);
  }

  LogOptions options;
  spdlog::logger lines;
};

Logger Logger::to_stderr(const LogOptions& options) {
  Logger logger;
  logger.output_ = std::make_shared<Output>(options);
  return logger;
}

Logger Logger::for_component(std::string_view component) const {
  Logger logger = *this;
  logger.component_ = component;
  return logger;
}

void Logger::log(LogLevel level, std::string_view message,
                 std::initializer_list<LogField> fields) const {
  if (!enabled(level)) return;
  const auto line = format_line(output_->options.format, std::chrono::system_clock::now(), level,
                                component_, message, std::span(fields.begin(), fields.size()));
  output_->lines.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

bool Logger::enabled(LogLevel level) const {
  return output_ != nullptr && level >= output_->options.level;
}

}  // namespace pikachu::telemetry
