// Rows a second over the wire, from a running server to one thread.
//
//   wire_bench PORT FILE ROWS count|decode|body
//
// Dumps the binlog FILE. count: packets are received and thrown away. decode: checksums,
// transactions and values. body: also the webhook body of each row. Stops at ROWS rows (count: at
// the end of the file), and prints seconds of wall time and of CPU.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "binlog/event_header.h"
#include "encode/body.h"
#include "mysql/information_schema.h"
#include "mysql/stream_opener.h"
#include "source/transaction_assembler.h"
#include "telemetry/logger.h"

namespace {

using namespace pikachu;  // NOLINT(google-build-using-namespace): a program of one file

[[noreturn]] void fail(const std::string& message) {
  static_cast<void>(std::fprintf(stderr, "wire_bench: %s\n", message.c_str()));
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

mysql::ConnectionOptions server_at(const char* port) {
  mysql::ConnectionOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(port));
  options.user = "pikachu";
  options.password = "pikachu";
  options.server_id = 77'003;
  options.tls.mode = mysql::TlsMode::kDisabled;
  return options;
}

/// Until the server goes on with the next file. Returns the number of events.
std::uint64_t count_events(source::EventStream& events) {
  std::uint64_t count = 0;
  while (true) {
    const auto event = events.next({});
    if (!event) fail(event.error().message);
    const auto header = binlog::read_event_header(*event);
    if (!header) fail(header.error().message);
    ++count;
    if (header->type == binlog::EventType::kRotate && !header->is_artificial()) return count;
  }
}

std::uint64_t decode_rows(source::EventStream& events, source::TransactionAssembler& assembler,
                          std::uint64_t rows, bool write_bodies) {
  encode::BodyWriter writer;
  std::string body;
  std::uint64_t seen = 0;
  while (seen < rows) {
    const auto event = events.next({});
    if (!event) fail(event.error().message);
    const auto step = assembler.take(*event, {});
    if (!step) fail(step.error().message);
    if (*step != source::TransactionAssembler::Step::kCommitted) continue;
    while (true) {
      const auto row = assembler.next_row();
      if (!row) fail(row.error().message);
      if (*row == nullptr) break;
      ++seen;
      if (!write_bodies) continue;
      body.clear();
      writer.append_body(**row, "bench", body);
    }
  }
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("usage: wire_bench PORT FILE ROWS count|decode|body");
  const std::string_view what = argv[4];
  const auto logger = telemetry::Logger();
  mysql::BinlogStreamOpener opener(server_at(argv[1]), logger);
  auto opened = opener.open(std::nullopt, source::AtFile{argv[2], 4}, {});
  if (!opened) fail(opened.error().message);
  mysql::InformationSchema schemas(server_at(argv[1]), logger);
  source::TransactionAssembler assembler(
      {}, [](auto, auto) { return true; }, schemas, [](const auto&) {});
  assembler.restart(*opened);

  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = cpu_seconds();
  const std::uint64_t seen =
      what == "count"
          ? count_events(*opened->events)
          : decode_rows(*opened->events, assembler, static_cast<std::uint64_t>(std::stoll(argv[3])),
                        what == "body");
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  std::printf("seen %llu  wall_s %.3f  cpu_s %.3f\n", static_cast<unsigned long long>(seen),
              wall.count(), cpu_seconds() - cpu_begin);
  return 0;
}
