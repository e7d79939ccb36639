#include "receive/receive_options.h"

#include <array>
#include <charconv>
#include <system_error>

namespace pikachu::receive {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::uint64_t milliseconds;
  };
  constexpr std::uint64_t kLongest = 3'600'000;
  for (const auto& [suffix, factor] : {Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}}) {
    if (!text.ends_with(suffix)) continue;
    const auto number = parse_number(text.substr(0, text.size() - suffix.size()));
    if (!number || *number > kLongest / factor) return std::nullopt;
    return std::chrono::milliseconds(*number * factor);
  }
  return std::nullopt;
}

std::optional<std::vector<int>> parse_statuses(std::string_view text) {
  std::vector<int> statuses;
  while (true) {
    const auto comma = text.find(',');
    const auto status = parse_number(text.substr(0, comma));
    if (!status || *status < 200 || *status > 599) return std::nullopt;
    statuses.push_back(static_cast<int>(*status));
    if (comma == std::string_view::npos) return statuses;
    text.remove_prefix(comma + 1);
  }
}

base::Result<void> refuse(std::string_view name, std::string_view value, const char* wanted) {
  return base::refuse("-" + std::string(name) + ": \"" + std::string(value) + "\" is not " +
                      wanted);
}

constexpr std::string_view kHelp =
    "pikachu receive [OPTION...]: a webhook receiver that prints what arrives\n"
    "\n"
    "  -listen HOST:PORT     where to listen (127.0.0.1:9000); port 0 picks a free one\n"
    "  -status CODE[,CODE…]  answers in turn, the last one repeats (200)\n"
    "  -delay DURATION       wait before each answer, like 250ms (0s)\n"
    "  -fail-every N         answer 503 to every N-th webhook\n"
    "  -quiet                print only how many arrived, at the end\n"
    "  -count N              end after N webhooks\n"
    "  -help                 print this and end\n"
    "\n"
    "Exit status: 0 done, 1 it cannot listen, 2 wrong usage.\n"
    "docs/reference/receive.md has the whole contract.\n";

base::Result<void> set(ReceiveOptions& options, std::string_view name, std::string_view value) {
  if (name == "quiet") {
    options.quiet = true;
    return {};
  }
  if (name == "listen") {
    options.listen = value;
    return {};
  }
  if (name == "status") {
    auto statuses = parse_statuses(value);
    if (!statuses) {
      return refuse(name, value, "HTTP statuses from 200 to 599 with commas between them");
    }
    options.statuses = *std::move(statuses);
    return {};
  }
  if (name == "delay") {
    const auto delay = parse_duration(value);
    if (!delay) {
      return refuse(name, value, "a duration of at most an hour with its unit, like 250ms or 2s");
    }
    options.delay = *delay;
    return {};
  }
  const auto number = parse_number(value);
  if (!number || *number == 0) return refuse(name, value, "a number from 1");
  if (name == "count") {
    options.count = *number;
  } else {
    options.fail_every = *number;
  }
  return {};
}

}  // namespace

base::CommandSyntax<ReceiveOptions> syntax() {
  static constexpr std::array<std::string_view, 1> kFlags = {"quiet"};
  static constexpr std::array<std::string_view, 5> kValued = {"listen", "status", "delay", "count",
                                                              "fail-every"};
  return {"pikachu receive", kHelp, kFlags, kValued, set};
}

}  // namespace pikachu::receive
