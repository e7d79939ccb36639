// That a steady stream of small transactions costs no memory: all of it counts here.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source/feed.h"

namespace {
std::atomic<std::uint64_t> g_allocations{0};
}  // namespace

// Where only one of a pair is inlined, GCC 12 takes malloc and operator delete, or operator new and
// free, for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): this is what replaces it.
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
// NOLINTBEGIN(cppcoreguidelines-no-malloc): as above.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace pikachu::source {
namespace {

using testing::EventBuilder;
using testing::EventBytes;
using testing::kMariadb;
using testing::kMysql;

class NoSchemas final : public SchemaReader {
 public:
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    return std::optional<change::TableSchema>();
  }
};

/// Transactions of one row each, numbered from `first`.
std::vector<EventBytes> transactions(EventBuilder& events, bool mysql, std::uint64_t first,
                                     std::uint64_t count) {
  std::vector<EventBytes> all;
  for (std::uint64_t number = first; number < first + count; ++number) {
    all.push_back(events.gtid(number));
    if (mysql) all.push_back(events.query("BEGIN"));
    all.push_back(events.table_map(5, "users"));
    all.push_back(events.insert(5, {1}));
    all.push_back(events.xid());
  }
  return all;
}

std::uint64_t take_all(TransactionAssembler& assembler, const std::vector<EventBytes>& events) {
  std::uint64_t rows = 0;
  for (const auto& event : events) {
    const auto step = assembler.take(event, {});
    if (!step) return 0;
    if (*step != TransactionAssembler::Step::kCommitted) continue;
    for (auto row = assembler.next_row(); row && *row != nullptr; row = assembler.next_row())
      ++rows;
  }
  return rows;
}

TEST(TransactionAssembler, SteadyStreamOfSmallTransactionsAllocatesNothing) {
  for (const bool mysql : {true, false}) {
    SCOPED_TRACE(mysql ? "mysql" : "mariadb");
    EventBuilder events(mysql ? kMysql : kMariadb);
    NoSchemas schemas;
    TransactionAssembler assembler(
        {}, [](auto, auto) { return true; }, schemas, [](const auto&) {});
    OpenedStream opened;
    opened.start.flavor = mysql ? change::Flavor::kMysql : change::Flavor::kMariadb;
    opened.start.gtids = change::GtidSet(opened.start.flavor);
    opened.start.server = "00112233-4455-6677-8899-aabbccddeeff";
    opened.start.file = "a-rather-long-name-of-a-binlog.000001";
    opened.start.offset = 4;
    opened.checksum_negotiated = false;
    assembler.restart(opened);
    take_all(assembler,
             {events.artificial_rotate(opened.start.file, 4), events.format_description()});
    ASSERT_EQ(take_all(assembler, transactions(events, mysql, 1, 10)), 10U);
    const auto steady = transactions(events, mysql, 11, 1'000);
    const auto before = g_allocations.load();

    const auto rows = take_all(assembler, steady);

    EXPECT_EQ(g_allocations.load() - before, 0U);
    EXPECT_EQ(rows, 1'000U);
  }
}

}  // namespace
}  // namespace pikachu::source
