#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace pikachu::pipeline {

/// Who is owed the news that deliveries are settled.
///
/// Threads: settled() from any thread.
class AckReceiver {
 public:
  AckReceiver() = default;
  virtual ~AckReceiver() = default;
  AckReceiver(const AckReceiver&) = delete;
  AckReceiver& operator=(const AckReceiver&) = delete;

  /// The delivery that the receiver gave out under `ticket` is settled. Called at most once for
  /// each Ack, and not at all for one that is dropped.
  virtual void settled(std::uint64_t ticket) = 0;
};

/// The duty to report that one delivery is settled: accepted by its endpoint, or durably set aside.
///
/// A dropped Ack that was not settled holds the position for ever: forgetting costs a duplicate
/// after a restart, never a loss. Move-only. An empty Ack (default-constructed) settles nothing.
///
/// Threads: one owner at a time; settle() from any thread. Lifetime: keeps its receiver alive.
class Ack {
 public:
  Ack() = default;
  Ack(std::shared_ptr<AckReceiver> receiver, std::uint64_t ticket)
      : receiver_(std::move(receiver)), ticket_(ticket) {}
  Ack(Ack&& other) noexcept = default;
  Ack& operator=(Ack&& other) noexcept = default;
  Ack(const Ack&) = delete;
  Ack& operator=(const Ack&) = delete;
  ~Ack() = default;

  /// Reports. A second call does nothing.
  void settle() {
    if (const auto receiver = std::move(receiver_)) receiver->settled(ticket_);
  }

 private:
  std::shared_ptr<AckReceiver> receiver_;
  std::uint64_t ticket_ = 0;
};

}  // namespace pikachu::pipeline
