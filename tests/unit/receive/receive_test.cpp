#include "receive/receive.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::receive {
namespace {

/// A stream that others may wait for lines in.
class SharedLines final : public std::stringbuf {
 public:
  std::string wait_for(std::string_view text) {
    std::unique_lock lock(mutex_);
    flushed_.wait_for(lock, std::chrono::seconds(30),
                      [&] { return seen_.find(text) != std::string::npos; });
    return seen_;
  }

 protected:
  int sync() override {
    {
      const std::lock_guard lock(mutex_);
      seen_ = str();
    }
    flushed_.notify_all();
    return 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable flushed_;
  std::string seen_;  ///< Guarded by mutex_.
};

/// A client's connection.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::connect(fd_, generic, sizeof address), 0);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(count, 0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// The next answer's header; answers to good requests have no body.
  std::string answer() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return "closed: " + buffer_;
    }
    const auto end = buffer_.find("\r\n\r\n") + 4;
    auto header = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return header;
  }
  /// Everything until the server hangs up.
  std::string rest() {
    while (receive()) {
    }
    return buffer_;
  }

 private:
  bool receive() {
    std::array<char, 4096> bytes{};
    const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }
  int fd_;
  std::string buffer_;
};

/// `pikachu receive` on a thread.
class Running {
 public:
  explicit Running(ReceiveOptions options) {
    options.listen = "127.0.0.1:0";
    thread_ = std::jthread([this, options](const std::stop_token& stop) {
      std::ostream out(&out_);
      std::ostream messages(&messages_);
      status_ = run_receive(options, out, messages, stop);
    });
    const auto text = messages_.wait_for("\n");
    EXPECT_EQ(text.rfind("pikachu receive: listening on http://127.0.0.1:", 0), 0U) << text;
    port_ = static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));
  }

  std::uint16_t port() const { return port_; }
  SharedLines& out() { return out_; }
  void kill(int signal) { ::pthread_kill(thread_.native_handle(), signal); }
  int stop() {
    thread_.request_stop();
    return join();
  }
  int join() {
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  SharedLines out_;
  SharedLines messages_;
  std::uint16_t port_ = 0;
  int status_ = -1;
  std::jthread thread_;
};

std::string post(const std::string& body) {
  return "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST(Receive, AnswersAndPrintsOneLineForEachWebhook) {
  Running receiver({});
  Client client(receiver.port());

  client.send(post(R"({"event":"insert","table":"users","database":"shop","primary_id":7})"));

  EXPECT_EQ(client.answer(), kOk);
  EXPECT_NE(receiver.out().wait_for("insert shop.users 7").find("POST /hook insert shop.users 7"),
            std::string::npos);
  EXPECT_EQ(receiver.stop(), 0);
}

TEST(Receive, AnswersEachPipelinedRequest) {
  Running receiver({});
  Client client(receiver.port());

  client.send(post("1") + post("2") + post("3"));

  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.answer(), kOk);
}

TEST(Receive, AnswersStatusesInTurnAndThenTheLast) {
  ReceiveOptions options;
  options.statuses = {500, 503, 204};
  Running receiver(options);
  Client client(receiver.port());
  for (const auto* const expected :
       {"HTTP/1.1 500", "HTTP/1.1 503", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204"}) {
    client.send(post("{}"));
    EXPECT_EQ(client.answer().rfind(expected, 0), 0U);
  }
}

TEST(Receive, FailsEveryNth) {
  ReceiveOptions options;
  options.fail_every = 2;
  Running receiver(options);
  Client client(receiver.port());
  for (const auto* const expected : {"HTTP/1.1 200", "HTTP/1.1 503", "HTTP/1.1 200"}) {
    client.send(post("{}"));
    EXPECT_EQ(client.answer().rfind(expected, 0), 0U);
  }
}

TEST(Receive, DelayHoldsTheAnswerBackAndKeepsPipelinedOrder) {
  ReceiveOptions options;
  options.delay = std::chrono::milliseconds(50);
  Running receiver(options);
  Client client(receiver.port());
  const auto begin = std::chrono::steady_clock::now();

  client.send(post("1") + post("2"));

  EXPECT_EQ(client.answer(), kOk);
  EXPECT_EQ(client.answer(), kOk);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(Receive, ClientThatLeavesDuringTheDelayDoesNoHarm) {
  ReceiveOptions options;
  options.delay = std::chrono::milliseconds(50);
  Running receiver(options);
  {
    const Client impatient(receiver.port());
    impatient.send(post("1"));
    receiver.out().wait_for("POST");
  }
  Client client(receiver.port());
  client.send(post("2"));
  EXPECT_EQ(client.answer(), kOk);
}

TEST(Receive, EndsByItselfAfterCountWebhooks) {
  ReceiveOptions options;
  options.count = 2;
  options.quiet = true;
  Running receiver(options);
  Client client(receiver.port());
  client.send(post("1") + post("2") + post("3"));

  EXPECT_EQ(receiver.join(), 0);
  EXPECT_EQ(client.rest(), std::string(kOk) + kOk);
  EXPECT_EQ(receiver.out().wait_for("received"), "2 webhooks received\n");
}

TEST(Receive, EndsCleanlyOnSigterm) {
  Running receiver({});
  receiver.kill(SIGTERM);
  EXPECT_EQ(receiver.join(), 0);
}

TEST(Receive, SaysWhatIsWrongWithARequestAndHangsUp) {
  Running receiver({});
  Client client(receiver.port());
  client.send("nonsense\r\n\r\n" + std::string(1'000, 'x'));
  const auto answer = client.rest();
  EXPECT_EQ(answer.rfind("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n", 0), 0U) << answer;
  EXPECT_NE(answer.find("the request line is not METHOD TARGET HTTP/1.1\n"), std::string::npos);
}

TEST(Receive, TellsAClientThatAsksToContinue) {
  Running receiver({});
  Client client(receiver.port());
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  EXPECT_EQ(client.answer(), kOk);
}

TEST(Receive, HangsUpWhereTheClientWantsIt) {
  Running receiver({});
  Client client(receiver.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST(Receive, ManyConnectionsAtATime) {
  Running receiver({});
  std::vector<std::unique_ptr<Client>> clients;
  clients.reserve(200);
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(receiver.port()));
  for (const auto& client : clients) client->send(post("{}"));
  for (const auto& client : clients) EXPECT_EQ(client->answer(), kOk);
}

/// The exit status and the message of a receiver that cannot listen on `address`.
std::pair<int, std::string> refusal(const std::string& address) {
  ReceiveOptions options;
  options.listen = address;
  std::ostringstream out;
  std::ostringstream messages;
  const int status = run_receive(options, out, messages);
  return {status, messages.str()};
}

TEST(Receive, AnAddressInUseIsAFailure) {
  Running first({});
  const std::string address = "127.0.0.1:" + std::to_string(first.port());

  const auto [status, message] = refusal(address);

  EXPECT_EQ(status, 1);
  EXPECT_NE(message.find(address), std::string::npos) << message;
}

TEST(Receive, AnAddressThatIsNoneIsWrongUsage) {
  for (const char* const address :
       {"nowhere", "127.0.0.1:http", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:99999999999", "127.0.0.1:80x", "127.0.0.1: 80"}) {
    SCOPED_TRACE(address);

    const auto [status, message] = refusal(address);

    EXPECT_EQ(status, 2);
    for (const char* const part : {address, "-listen", "127.0.0.1:9000"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace pikachu::receive
