#include "tests/support/server_process.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace pikachu::test {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::minutes;

// What scripts/mysql-servers returns where a kind can't be had.
constexpr int kScriptUnavailable = 3;

std::map<std::string, std::string> read_assignments(const std::string& text) {
  std::map<std::string, std::string> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) result[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return result;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string test_name(std::string_view kind) {
  std::string name(kind);
  for (char& c : name) {
    if (c == '-' || c == '.') c = '_';
  }
  return name;
}

base::Result<std::unique_ptr<ServerProcess>> ServerProcess::start(
    std::string_view kind, const std::vector<std::string>& options) {
  std::unique_ptr<ServerProcess> server(new ServerProcess(kind));
  // Another process may take the port between its choice and the bind: then choose again.
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    if (auto prepared = server->prepare(options, attempt > 1); !prepared) {
      return base::propagate(std::move(prepared));
    }
    auto running = server->run();
    if (running) return server;
    const bool port_taken =
        running.error().message.find("Address already in use") != std::string::npos;
    if (!port_taken || attempt == kAttempts) return base::propagate(std::move(running));
  }
}

base::Result<void> ServerProcess::prepare(const std::vector<std::string>& options, bool new_port) {
  if (new_port) std::filesystem::remove(directory_.path() / "port");
  ChildProcess::Options script;
  script.command = {PIKACHU_SERVERS_SCRIPT, "prepare", kind_, "--dir", directory_.path().string()};
  if (!options.empty()) script.command.emplace_back("--");
  script.command.insert(script.command.end(), options.begin(), options.end());
  ChildProcess process(script);
  // Long enough for a first download.
  const auto status = process.wait(minutes(15));
  process.wait_for_end_of_output(minutes(1));
  if (status == kScriptUnavailable) {
    return base::fail(ErrorCode::kUnavailable, first_line(process.errors()));
  }
  if (status != 0) {
    return base::fail(ErrorCode::kInvalid, "preparing " + kind_ + ": " + process.errors());
  }
  auto settings = read_assignments(process.output());
  host_ = settings["DB_HOST"];
  port_ = static_cast<std::uint16_t>(std::stoul("0" + settings["DB_PORT"]));
  socket_ = settings["DB_SOCKET"];
  user_ = settings["DB_USER"];
  password_ = settings["DB_PASSWORD"];
  root_user_ = settings["DB_ROOT_USER"];
  root_password_ = settings["DB_ROOT_PASSWORD"];
  ca_ = settings["DB_CA"];
  return {};
}

base::Result<void> ServerProcess::run() {
  // Of an earlier run; it would say that the server is ready before it is.
  std::filesystem::remove(directory_.path() / "error.log");
  ChildProcess::Options script;
  script.command = {PIKACHU_SERVERS_SCRIPT, "run", "--dir", directory_.path().string()};
  process_ = std::make_unique<ChildProcess>(script);
  const auto deadline = std::chrono::steady_clock::now() + minutes(1);
  // The log says so once both the socket and the port are open.
  while (read_file(directory_.path() / "error.log").find("ready for connections") ==
         std::string::npos) {
    if (process_->wait(milliseconds(20)) || std::chrono::steady_clock::now() > deadline) {
      process_.reset();
      return base::fail(ErrorCode::kInvalid, kind_ + " did not start: " + log_tail());
    }
  }
  return {};
}

std::string ServerProcess::log_tail() const {
  const std::string log =
      read_file(directory_.path() / "output.log") + read_file(directory_.path() / "error.log");
  constexpr std::size_t kTail = 3000;
  return log.size() > kTail ? log.substr(log.size() - kTail) : log;
}

base::Result<void> ServerProcess::stop() {
  connection_.reset();
  process_->send_signal(SIGTERM);
  if (!process_->wait(minutes(1))) {
    return base::fail(ErrorCode::kInvalid, kind_ + " did not stop: " + log_tail());
  }
  return {};
}

void ServerProcess::kill() {
  connection_.reset();
  process_->send_signal(SIGKILL);
  process_->wait(minutes(1));
}

base::Result<void> ServerProcess::start_again(const std::vector<std::string>& options) {
  if (auto prepared = prepare(options, false); !prepared) return prepared;
  return run();
}

base::Result<void> ServerProcess::execute(const std::vector<std::string>& statements) {
  for (const auto& statement : statements) {
    if (auto done = execute(statement); !done) return done;
  }
  return {};
}

base::Result<void> ServerProcess::execute(std::string_view statement) {
  auto rows = query(statement);
  if (!rows) return base::propagate(std::move(rows));
  return {};
}

base::Result<SqlRows> ServerProcess::query(std::string_view sql) {
  if (!connection_) {
    auto connection = connect();
    if (!connection) return base::propagate(std::move(connection));
    connection_ = std::move(*connection);
  }
  return connection_->query(sql);
}

std::string ServerProcess::value(std::string_view sql) {
  const auto rows = query(sql);
  if (!rows || rows->empty() || rows->front().empty()) return "";
  return rows->front().front().value_or("");
}

base::Result<SqlConnection> ServerProcess::connect() const {
  return SqlConnection::open(socket_, root_user_, root_password_);
}

base::Result<ServerProcess*> shared_server(std::string_view kind) {
  // Lives until the program ends; the kernel would kill the servers anyhow.
  static std::map<std::string, base::Result<std::unique_ptr<ServerProcess>>, std::less<>> servers;
  auto found = servers.find(kind);
  if (found == servers.end()) {
    found = servers.emplace(std::string(kind), ServerProcess::start(kind)).first;
  }
  if (!found->second) return tl::unexpected<base::Error>(found->second.error());
  return found->second->get();
}

}  // namespace pikachu::test
