#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace pikachu::telemetry {

/// What a line means: kWarn is unexpected, but nothing is lost; kError needs a person; kFatal ends
/// the program; kPanic is a fault in pikachu itself.
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kFatal, kPanic };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;  ///< Lines below it are not written.
  LogFormat format = LogFormat::kText;
};

/// A key and a value beside a message. Keys are snake_case; values carry no secret, and no row
/// value below kDebug.
struct LogField {
  // NOLINTBEGIN(google-explicit-constructor): {"attempt", 3} at the call.
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, std::string text) : key(name), value(std::move(text)) {}
  template <std::integral Number>
  LogField(std::string_view name, Number number)
      : key(name), value(std::to_string(number)), is_number(true) {}
  // NOLINTEND(google-explicit-constructor)

  std::string_view key;
  std::string value;
  bool is_number = false;
};

/// Writes lines about one component: a fixed sentence and fields, to standard error.
///
///     text: 2026-11-20T12:00:00.123Z WARN  webhook  Webhook attempt failed. task=t1 attempt=2
///     json:
///     {"time":"…","level":"warn","component":"webhook","message":"…","task":"t1","attempt":2}
///
/// Line breaks and control characters in values are escaped: a value cannot forge a line.
/// Cheap to copy. Threads: all methods from any thread.
class Logger {
 public:
  /// Writes nothing; for tests and for components whose logger does not matter.
  Logger() = default;

  /// The program's logger. Lines go to standard error.
  static Logger to_stderr(const LogOptions& options);

  /// The same output under another component's name.
  [[nodiscard]] Logger for_component(std::string_view component) const;

  void log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields = {}) const;
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kInfo, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kWarn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    log(LogLevel::kError, message, fields);
  }
  /// Whether lines of this level are written: ask before building costly fields.
  bool enabled(LogLevel level) const;

 private:
  struct Output;
  std::shared_ptr<Output> output_;
  std::string component_;
};

}  // namespace pikachu::telemetry
