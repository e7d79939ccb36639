#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace pikachu::test {

/// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

/// An answer to http_get().
struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// GET http://127.0.0.1:<port><path>. Nothing if nobody answers.
std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& path);

/// What a finished program left behind.
struct FinishedProgram {
  int status = 0;  ///< Exit status, or minus the signal's number.
  std::string output;
  std::string errors;
};

/// Runs the built pikachu to its end with `arguments`, in `directory` if it is not empty. Kills it
/// after `timeout` (status -9).
FinishedProgram run_pikachu(const std::vector<std::string>& arguments,
                            std::chrono::milliseconds timeout = std::chrono::seconds(60),
                            const std::filesystem::path& directory = {});

/// The real program, as a service, in a directory of its own: configuration, state and all. It can
/// be killed and started again with what it left there.
///
/// The binary is the build's, or the one that the environment's PIKACHU_BINARY names.
/// Threads: one owner, and see ChildProcess.
class PikachuProcess {
 public:
  /// Writes `config` to config.yaml; relative paths in it (state.dir) are below directory().
  explicit PikachuProcess(std::string_view config);

  const std::filesystem::path& directory() const { return directory_.path(); }
  /// Replaces the configuration, for the next start() or SIGHUP.
  void write_config(std::string_view config);

  /// Starts `pikachu -config config.yaml` with `arguments` after it, and `environment` on top of
  /// the test's own. REQUIRES: it does not run.
  void start(const std::vector<std::string>& arguments = {},
             const std::map<std::string, std::string>& environment = {});
  bool running();
  /// REQUIRES: it was started.
  pid_t pid() const { return process_->pid(); }

  /// kill -9, and waits.
  void kill();
  /// SIGTERM, and waits for its end: the exit status, or nothing if it still runs after `timeout`.
  std::optional<int> terminate(std::chrono::milliseconds timeout = std::chrono::seconds(30));
  void send_signal(int number);
  /// Waits for its end by itself: as terminate().
  std::optional<int> wait(std::chrono::milliseconds timeout);

  /// Standard error of the current (or last) run.
  std::string log() const;
  /// Waits for `text` in the log of this run. False if it ended or `timeout` passed without.
  bool wait_for_log(std::string_view text,
                    std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;
  /// Waits until `path` on `port` answers with `status`. False if it ended or `timeout` passed.
  bool wait_for_status(std::uint16_t port, const std::string& path, int status,
                       std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// Waits until it has read so many transactions to their end: a row may arrive before that. False
  /// as above.
  bool wait_for_transactions(std::uint16_t port, std::size_t count,
                             std::chrono::milliseconds timeout = std::chrono::seconds(30));

 private:
  bool wait_for_answer(std::uint16_t port, const std::string& path,
                       const std::function<bool(const HttpAnswer&)>& holds,
                       std::chrono::milliseconds timeout);

  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace pikachu::test
