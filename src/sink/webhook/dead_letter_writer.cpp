#include "sink/webhook/dead_letter_writer.h"

#include <chrono>
#include <utility>

#include "base/backoff.h"
#include "base/thread_name.h"
#include "sink/webhook/inbox.h"

namespace pikachu::sink::webhook {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{10'000};

}  // namespace

DeadLetterWriter::DeadLetterWriter(pipeline::DeadLetters& letters, telemetry::Logger logger)
    : letters_(letters),
      logger_(std::move(logger)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

void DeadLetterWriter::add(pipeline::DeadLetter letter, std::string label, Inbox& inbox,
                           Pending& pending, std::size_t task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(letter), std::move(label), &inbox, &pending, task});
  }
  changed_.notify_one();
}

void DeadLetterWriter::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void DeadLetterWriter::run(const std::stop_token& stop) {
  base::set_thread_name("dead letters");
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return !queue_.empty(); });
    if (stop.stop_requested()) return;
    const auto entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (!write(entry, stop)) return;
    entry.inbox->put_set_aside(entry.task, *entry.pending);
  }
}

bool DeadLetterWriter::write(const Entry& entry, const std::stop_token& stop) {
  const auto& letter = entry.letter;
  base::Backoff pauses(kFirstPause, kLongestPause, 1);
  while (true) {
    const auto added = letters_.add(letter);
    if (added) break;
    if (pauses.failures() == 0) {
      logger_.error(
          "Dead letter cannot be written; it is kept in memory and tried again.",
          {{"task", letter.task_id}, {"id", letter.id}, {"error", added.error().message}});
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, pauses.next(), [] { return false; });
    if (stop.stop_requested()) return false;
  }
  logger_.error("Change was refused for good and is a dead letter now.",
                {{"task", letter.task_id},
                 {"id", letter.id},
                 {"change", entry.label},
                 {"attempts", letter.attempts},
                 {"reason", letter.reason}});
  return true;
}

}  // namespace pikachu::sink::webhook
