#include "mysql/session.h"

#include <algorithm>

#include <fcntl.h>
#include <mysql.h>

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;

// What mysql_net_read_packet returns on failure: the library's packet_error, without its C cast.
constexpr unsigned long kPacketError = 0xffff'ffff;

// What the library's wait callback works on: MARIADB_OPT_IO_WAIT passes it the socket and nothing
// else, and while connecting nobody knows the socket yet.
struct Waiting {
  Interruption* interruption;
  bool connecting;
};
thread_local const Waiting* current_wait = nullptr;

int wait_for_socket(my_socket fd, my_bool to_read, int) {
  if (current_wait == nullptr) return -1;
  // Each address of the host is tried with a socket of its own.
  if (current_wait->connecting) current_wait->interruption->remember_socket(fd);
  return current_wait->interruption->wait(fd, to_read != 0);
}

// Makes waits of the library those of `interruption`, for the length of a call into it.
class WaitScope {
 public:
  explicit WaitScope(Interruption& interruption, bool connecting = false)
      : waiting_{&interruption, connecting}, previous_(current_wait) {
    interruption.forget_timeout();
    current_wait = &waiting_;
  }
  ~WaitScope() { current_wait = previous_; }
  WaitScope(const WaitScope&) = delete;
  WaitScope& operator=(const WaitScope&) = delete;

 private:
  Waiting waiting_;
  const Waiting* previous_;
};

void initialize_library() {
  // Once, and by one thread: mysql_init would do it too, but two threads at a time could both.
  static const int result = ::mysql_server_init(0, nullptr, nullptr);
  static_cast<void>(result);
}

unsigned int whole_seconds(milliseconds duration) {
  return static_cast<unsigned int>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count()));
}

const char* null_if_empty(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

bool verifies(TlsMode mode) {
  return mode == TlsMode::kVerifyCa || mode == TlsMode::kVerifyIdentity;
}

ResultTable read_result(MYSQL_RES& result) {
  ResultTable table;
  const unsigned int count = ::mysql_num_fields(&result);
  const MYSQL_FIELD* const fields = ::mysql_fetch_fields(&result);
  for (unsigned int i = 0; i < count; ++i) table.columns.emplace_back(fields[i].name);
  while (MYSQL_ROW row = ::mysql_fetch_row(&result)) {
    const unsigned long* const lengths = ::mysql_fetch_lengths(&result);
    auto& values = table.rows.emplace_back(count);
    for (unsigned int i = 0; i < count; ++i) {
      if (row[i] != nullptr) values[i].emplace(row[i], lengths[i]);
    }
  }
  return table;
}

}  // namespace

void Session::Close::operator()(st_mysql* connection) const {
  ::mysql_close(connection);
}

Session::Session(const ConnectionOptions& options)
    : target_(options.user + "@" + options.shown_address()) {
}

Session::~Session() {
  // It says goodbye to the server; nobody waits for that.
  interruption_.limit_all_waits(std::chrono::steady_clock::now());
  const WaitScope scope(interruption_);
  connection_.reset();
}

base::Result<std::unique_ptr<Session>> Session::connect(const ConnectionOptions& options,
                                                        const telemetry::Logger& logger,
                                                        const std::stop_token& stop) {
  initialize_library();
  std::unique_ptr<Session> session(new Session(options));
  TlsMode tls = options.tls.mode;
  if (verifies(tls) && options.tls.ca.empty()) {
    return base::fail(ErrorCode::kInvalid,
                      session->target_ +
                          ": database.tls.mode verifies the server's certificate, but "
                          "database.tls.ca names no authority; set it to the path of a PEM file");
  }
  // A Unix socket leaves the machine as little as encrypted bytes do.
  if (tls == TlsMode::kPreferred && !options.socket.empty()) tls = TlsMode::kDisabled;

  auto opened = session->open(options, tls, stop);
  constexpr unsigned int kTlsError = 2026;
  if (!opened && tls == TlsMode::kPreferred && opened.error().number == kTlsError &&
      !stop.stop_requested()) {
    logger.warn("The server's TLS can't be used; connecting without encryption.",
                {{"target", session->target_}, {"error", opened.error().text}});
    session.reset(new Session(options));
    tls = TlsMode::kDisabled;
    opened = session->open(options, tls, stop);
  } else if (opened && tls == TlsMode::kPreferred && !session->encrypted()) {
    logger.warn("The server offers no TLS; connected without encryption.",
                {{"target", session->target_}});
  }
  if (!opened) return tl::unexpected(to_error(opened.error(), session->target_));
  // MYSQL_OPT_SSL_ENFORCE without verification is none: if the server offers no TLS the library
  // goes on in clear text (observed with Connector/C 3.3.20).
  if (tls != TlsMode::kDisabled && tls != TlsMode::kPreferred && !session->encrypted()) {
    return base::fail(ErrorCode::kInvalid,
                      session->target_ +
                          ": database.tls.mode insists on encryption, but the server "
                          "offers no TLS; give it a certificate (ssl_cert, ssl_key), or set "
                          "database.tls.mode to preferred");
  }
  return session;
}

void Session::set_options(const ConnectionOptions& options, TlsMode tls) {
  MYSQL* const mysql = connection_.get();
  const unsigned int connect_timeout = whole_seconds(options.connect_timeout);
  const unsigned int io_timeout = whole_seconds(silence_);
  ::mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  // Without these the library would not wait by the callback, but in recv().
  ::mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
  ::mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
  ::mysql_optionsv(mysql, MARIADB_OPT_IO_WAIT, reinterpret_cast<void*>(&wait_for_socket));
  ::mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  ::mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "pikachu");
  // The server may not ask for files.
  const unsigned int local_files = 0;
  ::mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_files);

  // Both explicitly: the defaults differ between versions of the library.
  const my_bool use = tls == TlsMode::kDisabled ? 0 : 1;
  const my_bool verify_name = tls == TlsMode::kVerifyIdentity ? 1 : 0;
  ::mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &use);
  ::mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify_name);
  if (use == 0) return;
  // Naming an authority makes the library examine the chain.
  if (verifies(tls)) ::mysql_options(mysql, MYSQL_OPT_SSL_CA, options.tls.ca.c_str());
  if (!options.tls.cert.empty()) {
    ::mysql_options(mysql, MYSQL_OPT_SSL_CERT, options.tls.cert.c_str());
  }
  if (!options.tls.key.empty()) ::mysql_options(mysql, MYSQL_OPT_SSL_KEY, options.tls.key.c_str());
}

Session::Outcome<void> Session::open(const ConnectionOptions& options, TlsMode tls,
                                     const std::stop_token& stop) {
  interruption_.watch(stop);
  if (stop.stop_requested()) return tl::unexpected(failure(""));
  connection_.reset(::mysql_init(nullptr));
  if (connection_ == nullptr) {
    return tl::unexpected(Failure{Failure::Cause::kServer, 2008, "out of memory"});
  }
  set_options(options, tls);
  interruption_.limit_all_waits(std::chrono::steady_clock::now() + options.connect_timeout);
  const WaitScope scope(interruption_, true);
  const bool by_socket = !options.socket.empty();
  if (::mysql_real_connect(connection_.get(), by_socket ? "localhost" : options.host.c_str(),
                           options.user.c_str(), options.password.c_str(), nullptr,
                           by_socket ? 0 : options.port, null_if_empty(options.socket),
                           0) == nullptr) {
    return tl::unexpected(failure("no answer within " +
                                  std::to_string(options.connect_timeout.count()) +
                                  " ms (database.connect_timeout)"));
  }
  const my_socket fd = ::mysql_get_socket(connection_.get());
  interruption_.remember_socket(fd);
  // So that TLS, too, waits by the callback.
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return {};
}

Failure Session::failure(std::string_view silent) const {
  if (interruption_.stop_requested()) return {Failure::Cause::kStopped, 0, "stopped"};
  if (interruption_.timed_out()) return {Failure::Cause::kSilence, 0, std::string(silent)};
  return {Failure::Cause::kServer, ::mysql_errno(connection_.get()),
          ::mysql_error(connection_.get())};
}

Failure Session::failure_after_silence(std::string_view what) const {
  return failure(std::string(what) + " got no answer within " +
                 std::to_string(std::chrono::ceil<std::chrono::seconds>(silence_).count()) + " s");
}

Session::Outcome<ResultTable> Session::try_query(std::string_view sql,
                                                 const std::stop_token& stop) {
  interruption_.watch(stop);
  interruption_.limit_each_wait(silence_);
  const WaitScope scope(interruption_);
  MYSQL* const mysql = connection_.get();
  if (stop.stop_requested() ||
      ::mysql_real_query(mysql, sql.data(), static_cast<unsigned long>(sql.size())) != 0) {
    return tl::unexpected(failure_after_silence("a statement"));
  }
  const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> result(
      ::mysql_store_result(mysql), &::mysql_free_result);
  if (result != nullptr) return read_result(*result);
  if (::mysql_errno(mysql) != 0) return tl::unexpected(failure_after_silence("a statement"));
  return ResultTable{};
}

base::Result<ResultTable> Session::query(std::string_view sql, const std::stop_token& stop) {
  auto table = try_query(sql, stop);
  if (!table) return tl::unexpected(to_error(table.error(), target_));
  return std::move(*table);
}

bool Session::encrypted() const {
  return ::mysql_get_ssl_cipher(connection_.get()) != nullptr;
}

Session::Outcome<void> Session::send_command(std::uint8_t command,
                                             std::span<const std::uint8_t> argument, Answer answer,
                                             const std::stop_token& stop) {
  interruption_.watch(stop);
  interruption_.limit_each_wait(silence_);
  const WaitScope scope(interruption_);
  MYSQL* const mysql = connection_.get();
  const my_bool skip_answer = answer == Answer::kStream ? 1 : 0;
  if (stop.stop_requested() ||
      mysql->methods->db_command(mysql, static_cast<enum_server_command>(command),
                                 reinterpret_cast<const char*>(argument.data()), argument.size(),
                                 skip_answer, nullptr) != 0) {
    return tl::unexpected(failure_after_silence("a command"));
  }
  return {};
}

Session::Outcome<std::span<const std::uint8_t>> Session::read_packet(milliseconds silence,
                                                                     const std::stop_token& stop) {
  interruption_.watch(stop);
  interruption_.limit_each_wait(silence);
  const WaitScope scope(interruption_);
  MYSQL* const mysql = connection_.get();
  // Asked here too: a stream that never runs dry never waits.
  if (stop.stop_requested()) return tl::unexpected(failure(""));
  const unsigned long length = ::mysql_net_read_packet(mysql);
  if (length == kPacketError) {
    return tl::unexpected(failure("the server has been silent, without a heartbeat, for " +
                                  std::to_string(silence.count()) + " ms"));
  }
  return std::span<const std::uint8_t>(mysql->net.read_pos, length);
}

}  // namespace pikachu::mysql
