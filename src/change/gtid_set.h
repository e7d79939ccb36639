#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pikachu::change {

/// The two families of servers: their GTIDs, commands and event types differ.
enum class Flavor : std::uint8_t { kMysql, kMariadb };

std::string_view to_string(Flavor flavor);

/// Which transactions have been executed, or seen.
///
/// MySQL: intervals of transaction numbers per source UUID and optional tag,
///     3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7,…:tag:1-3
/// MariaDB: the last GTID of each replication domain,
///     0-1-42,7-2-9
///
/// Threads: a value; not synchronised.
/// Spec: MySQL 9 Reference Manual, "GTID Sets"; MariaDB Knowledge Base, "Global Transaction ID".
class GtidSet {
 public:
  /// Half-open range [first, last) of MySQL transaction numbers.
  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const Interval&) const = default;
  };
  /// A MySQL source: 36 characters of UUID in lower case, and a tag or "".
  struct Source {
    std::string uuid;
    std::string tag;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>.
    auto operator<=>(const Source&) const = default;
  };
  /// A source that is looked for, without making one.
  struct SourceView {
    std::string_view uuid;
    std::string_view tag;
  };
  struct SourceLess {
    using is_transparent = void;
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      const int order = std::string_view(left.uuid).compare(right.uuid);
      return order != 0 ? order < 0 : std::string_view(left.tag) < std::string_view(right.tag);
    }
  };
  using Sources = std::map<Source, std::vector<Interval>, SourceLess>;
  /// The last transaction of a MariaDB domain.
  struct DomainPosition {
    std::uint32_t server_id = 0;
    std::uint64_t sequence = 0;
    bool operator==(const DomainPosition&) const = default;
  };

  GtidSet() = default;
  explicit GtidSet(Flavor flavor) : flavor_(flavor) {}

  /// Reads the text form. Blanks, line breaks and upper case are taken, as servers do.
  /// Errors: kInvalid, naming the part that is not a GTID.
  static base::Result<GtidSet> parse(Flavor flavor, std::string_view text);

  /// Adds one transaction in text form ("uuid:7", "uuid:tag:7", "0-1-42"). MariaDB: becomes the
  /// domain's position, also when its sequence is lower. One that follows the last of its source
  /// costs no allocation. Errors: kInvalid.
  base::Result<void> add(std::string_view gtid);

  /// Adds MySQL transactions [first, last).
  void add_interval(const Source& source, Interval interval);

  /// Whether every transaction of `other` is in this set (MariaDB: no domain of `other` is ahead).
  bool contains(const GtidSet& other) const;

  bool empty() const { return intervals_.empty() && domains_.empty(); }
  Flavor flavor() const { return flavor_; }

  /// The text form, sorted: equal sets have equal texts. "" if empty.
  std::string to_string() const;

  /// MySQL only; sorted, neither touching nor overlapping.
  const Sources& intervals() const { return intervals_; }
  /// MariaDB only, by domain.
  const std::map<std::uint32_t, DomainPosition>& domains() const { return domains_; }

  bool operator==(const GtidSet&) const = default;

 private:
  Flavor flavor_ = Flavor::kMysql;
  static void add_to(std::vector<Interval>& list, Interval interval);

  Sources intervals_;
  std::map<std::uint32_t, DomainPosition> domains_;
};

}  // namespace pikachu::change
