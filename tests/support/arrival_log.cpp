#include "tests/support/arrival_log.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace pikachu::test {
namespace {

constexpr std::size_t kProblemsKept = 20;

std::string name(const CountedHistory::key_type& key) {
  return key.first + " " + std::to_string(key.second);
}

}  // namespace

void ArrivalLog::take(const ReceivedRequest& request, std::optional<TimePoint> accepted_at) {
  const std::lock_guard lock(mutex_);
  ++counts_.requests;
  const std::size_t run = std::stoul("0" + request.header("x-run"));
  const auto hash = std::hash<std::string>{}(request.body);
  const auto [found, first] =
      known_.try_emplace(request.header("pikachu-task") + " " + request.header("webhook-id"));
  auto& known = found->second;
  if (first) {
    ++counts_.changes;
    known.body_hash = hash;
    add_to_rows(known, request);
  } else if (known.body_hash != hash) {
    problem("other bytes for " + found->first);
  }
  if (known.accepted_at) take_repeated(known, request, run);
  for (const auto& [row, index] : known.places) row->last_arrivals[index] = counts_.requests;
  if (accepted_at) {
    known.accepted_at = accepted_at;
    known.accepted_as = counts_.requests;
    known.accepted_by = run;
    if (run == run_ends_.size()) ++accepted_in_run_;
  }
  arrived_.notify_all();
}

void ArrivalLog::add_to_rows(Known& known, const ReceivedRequest& request) {
  const auto body = nlohmann::json::parse(request.body);
  const auto& event = body["event"].get_ref<const std::string&>();
  const auto& old_row = body[event == "update" ? "old_data" : "data"];
  const auto& new_row = body[event == "update" ? "new_data" : "data"];
  CountedChange change;
  if (event != "insert") change.before = old_row["n"].get<std::uint64_t>();
  if (event != "delete") change.after = new_row["n"].get<std::uint64_t>();
  const auto& table = body["table"].get_ref<const std::string&>();
  for (const auto id :
       std::set{old_row["id"].get<std::int64_t>(), new_row["id"].get<std::int64_t>()}) {
    auto& row = rows_[{table, id}];
    known.places.emplace_back(&row, row.changes.size());
    row.changes.push_back(change);
    row.last_arrivals.push_back(counts_.requests);
  }
}

// Whether an older change of its row arrived after it was accepted: the newer one has to come last.
bool ArrivalLog::has_to_follow(const Known& known) {
  return std::ranges::any_of(known.places, [&](const auto& place) {
    const auto& arrivals = place.first->last_arrivals;
    const auto end = arrivals.begin() + static_cast<std::ptrdiff_t>(place.second);
    return std::any_of(arrivals.begin(), end,
                       [&](std::size_t arrival) { return arrival > known.accepted_as; });
  });
}

void ArrivalLog::take_repeated(const Known& known, const ReceivedRequest& request,
                               std::size_t run) {
  if (has_to_follow(known)) {
    ++counts_.followed;
    return;
  }
  if (known.accepted_by >= run) {
    ++(request.header("pikachu-attempt") == "1" ? counts_.sent_anew : counts_.answers_lost);
    return;
  }
  // The end of the run that it was accepted by is to blame, however much later it comes.
  auto& end = run_ends_.at(known.accepted_by);
  const auto age = std::chrono::duration_cast<Milliseconds>(end.at - *known.accepted_at);
  ++end.repeated;
  end.oldest = std::max(end.oldest, age);
  if (age > end.allowed) {
    problem(request.header("pikachu-task") + " " + request.header("webhook-id") +
            " came again though it was accepted " + std::to_string(age.count()) +
            " ms before the end of run " + std::to_string(known.accepted_by) + "; at most " +
            std::to_string(end.allowed.count()) + " ms are allowed");
  }
}

void ArrivalLog::problem(std::string text) {
  if (problems_.size() < kProblemsKept) problems_.push_back(std::move(text));
}

void ArrivalLog::run_ended(TimePoint at, Milliseconds allowed) {
  const std::lock_guard lock(mutex_);
  run_ends_.push_back({at, allowed, std::exchange(accepted_in_run_, 0), 0, Milliseconds(0)});
}

ArrivalLog::Counts ArrivalLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<ArrivalLog::RunEnd> ArrivalLog::run_ends() const {
  const std::lock_guard lock(mutex_);
  return run_ends_;
}

std::vector<std::string> ArrivalLog::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

CountedHistory ArrivalLog::first_arrivals() const {
  const std::lock_guard lock(mutex_);
  CountedHistory history;
  for (const auto& [key, row] : rows_) history.emplace_hint(history.end(), key, row.changes);
  return history;
}

std::vector<std::string> ArrivalLog::stale_rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> stale;
  for (const auto& [key, row] : rows_) {
    const auto newest = std::ranges::max_element(row.last_arrivals);
    if (newest != std::prev(row.last_arrivals.end())) stale.push_back(name(key));
  }
  return stale;
}

bool ArrivalLog::wait_for_requests(std::size_t more, Milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  const auto end = counts_.requests + more;
  return arrived_.wait_for(lock, timeout, [&] { return counts_.requests >= end; });
}

void ArrivalLog::wait_until_behind(const std::atomic<std::size_t>& committed, std::size_t limit,
                                   const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [&] { return committed.load() < counts_.changes + limit; });
}

}  // namespace pikachu::test
