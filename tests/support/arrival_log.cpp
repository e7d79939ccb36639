#include "tests/support/arrival_log.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <nlohmann/json.hpp>

namespace pikachu::test {
namespace {

constexpr std::size_t kProblemsKept = 20;

std::string name(const CountedHistory::key_type& row) {
  return row.first + " " + std::to_string(row.second);
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
  } else if (known.body_hash != hash) {
    problem("other bytes for " + found->first);
  }
  if (known.accepted_at) take_repeated(known, request, run);
  take_row(request, first);
  if (accepted_at) {
    known.accepted_at = accepted_at;
    known.accepted_by = run;
    if (run == run_ends_.size()) ++accepted_in_run_;
  }
  arrived_.notify_all();
}

void ArrivalLog::take_row(const ReceivedRequest& request, bool first) {
  const auto body = nlohmann::json::parse(request.body);
  const auto& event = body["event"].get_ref<const std::string&>();
  const auto& old_row = body[event == "update" ? "old_data" : "data"];
  const auto& new_row = body[event == "update" ? "new_data" : "data"];
  CountedChange change;
  if (event != "insert") change.before = old_row["n"].get<std::uint64_t>();
  if (event != "delete") change.after = new_row["n"].get<std::uint64_t>();
  const auto& table = body["table"].get_ref<const std::string&>();
  const CountedHistory::key_type old_key{table, old_row["id"].get<std::int64_t>()};
  const CountedHistory::key_type new_key{table, new_row["id"].get<std::int64_t>()};
  newest_[new_key] = change;
  newest_[old_key] = change;
  if (!first) return;
  history_[old_key].push_back(change);
  if (new_key != old_key) history_[new_key].push_back(change);
}

void ArrivalLog::take_repeated(const Known& known, const ReceivedRequest& request,
                               std::size_t run) {
  if (known.accepted_by >= run) {
    ++(request.header("pikachu-attempt") == "1" ? counts_.sent_once_more : counts_.answers_lost);
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
  return history_;
}

std::vector<std::string> ArrivalLog::stale_rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> stale;
  for (const auto& [row, changes] : history_) {
    if (newest_.at(row) != changes.back()) stale.push_back(name(row));
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
