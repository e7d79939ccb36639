// Decodes the row changes of a binlog file that is in memory, on one thread, and writes the webhook
// body of each: what the reader thread does for every row, without network and queue.
//
//   decode_bench FILE [body|decode|key]     prints rows, CPU seconds and rows per second
//
// body: decodes and writes; decode: only decodes; key: decodes only the primary key's columns, and
// passes over the others.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "encode/body.h"
#include "source/transaction_assembler.h"
#include "wire/byte_reader.h"

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

/// A file's bytes, all of them in memory before the clock runs; in large pages if there are some.
/// In pages of 4 KiB a virtual machine may take more time to find a large file's memory than
/// pikachu, whose buffer of a few events stays in the cache, takes to decode it.
std::span<const std::uint8_t> read_file(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0)
    fail(std::string(path) + ": " + std::strerror(errno));
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(std::string(path) + ": " + std::strerror(errno));
  ::madvise(memory, size, MADV_HUGEPAGE);
  auto* const bytes = static_cast<std::uint8_t*>(memory);
  for (std::size_t done = 0; done < size;) {
    const auto got = ::read(file, bytes + done, size - done);
    if (got <= 0) fail(std::string(path) + ": " + std::strerror(errno));
    done += static_cast<std::size_t>(got);
  }
  return {bytes, size};
}

struct Totals {
  std::uint64_t rows = 0;
  std::uint64_t body_bytes = 0;
};

void walk_rows(source::TransactionAssembler& assembler, bool write_bodies, Totals& totals) {
  static encode::BodyWriter writer;
  static std::string body;
  while (true) {
    const auto row = assembler.next_row();
    if (!row) fail(row.error().message);
    if (*row == nullptr) return;
    ++totals.rows;
    if (!write_bodies) continue;
    body.clear();
    writer.append_body(**row, "bench", body);
    totals.body_bytes += body.size();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) fail("usage: decode_bench FILE [body|decode|key]");
  const std::string_view work = argc == 2 ? "body" : argv[2];
  const bool write_bodies = work == "body";
  source::SourceOptions options;
  if (work == "key") options.wants_column = [](const auto&, std::size_t) { return false; };
  auto file = read_file(argv[1]);
  constexpr std::size_t kMagicSize = 4;
  if (file.size() < kMagicSize) fail("no binlog file");
  file = file.subspan(kMagicSize);

  NoSchemas schemas;
  source::TransactionAssembler assembler(
      options, [](auto, auto) { return true; }, schemas, [](const auto&) {});
  source::OpenedStream opened;
  opened.start.file = "bench";
  opened.start.offset = 4;
  assembler.restart(opened);

  Totals totals;
  const double begin = cpu_seconds();
  while (!file.empty()) {
    constexpr std::size_t kSizeOffset = 9;  // in the event's header
    wire::ByteReader header(file);
    header.skip(kSizeOffset);
    const auto event = wire::ByteReader(file).bytes(header.u32());
    if (event.empty()) fail("the file ends in the middle of an event");
    const auto step = assembler.take(event, {});
    file = file.subspan(event.size());
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
