// Decodes the row changes of a binlog file that is in memory, on one thread, and writes the webhook
// body of each: what the reader thread does for every row, without network and queue.
//
//   decode_bench FILE [body|decode]     prints rows, CPU seconds and rows per second
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "encode/body.h"
#include "source/transaction_assembler.h"
#include "tests/support/binlog_file.h"

namespace {

using namespace pikachu;  // NOLINT(google-build-using-namespace): a program of one file

/// Names must come from the binlog (binlog_row_metadata=FULL).
class NoSchemas final : public source::SchemaReader {
 public:
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    return std::optional<change::TableSchema>();
  }
};

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const std::string& message) {
  static_cast<void>(std::fprintf(stderr, "decode_bench: %s\n", message.c_str()));
  std::exit(1);
}

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t body_bytes = 0;
};

void walk_rows(source::TransactionAssembler& assembler, bool write_bodies, Totals& totals) {
  static std::string body;
  while (true) {
    const auto row = assembler.next_row();
    if (!row) fail(row.error().message);
    if (*row == nullptr) return;
    ++totals.rows;
    if (!write_bodies) continue;
    body.clear();
    encode::append_body(**row, "bench", body);
    totals.body_bytes += body.size();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) fail("usage: decode_bench FILE [body|decode]");
  const bool write_bodies = argc == 2 || std::string_view(argv[2]) == "body";
  const auto file = test::BinlogFile::read(argv[1]);
  if (!file) fail(file.error().message);

  NoSchemas schemas;
  source::TransactionAssembler assembler(
      {}, [](auto, auto) { return true; }, schemas, [](const auto&) {});
  source::OpenedStream opened;
  opened.start.file = "bench";
  opened.start.offset = 4;
  assembler.restart(opened);

  Totals totals;
  const double begin = cpu_seconds();
  for (const auto& event : file->events()) {
    const auto step = assembler.take(event.bytes, {});
    if (!step) fail(step.error().message);
    if (*step == source::TransactionAssembler::Step::kCommitted) {
      walk_rows(assembler, write_bodies, totals);
    }
  }
  const double seconds = cpu_seconds() - begin;
  std::printf("rows %llu  cpu_s %.3f  rows_per_s %.0f  body_MB %.1f\n",
              static_cast<unsigned long long>(totals.rows), seconds,
              static_cast<double>(totals.rows) / seconds,
              static_cast<double>(totals.body_bytes) / 1e6);
  return 0;
}
