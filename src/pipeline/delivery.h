#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/ack.h"

namespace pikachu::pipeline {

/// The key of a change whose row is not known: it may be any row that the task is told of.
inline constexpr std::uint64_t kAnyRow = ~std::uint64_t{0};

/// What one task is told of one change: bytes that no longer depend on the binlog or its schema.
/// Immutable once made, so that the queue in memory and what writes it to disk share it.
struct Message {
  std::size_t task = 0;  ///< Index into the configured tasks.
  std::string id;        ///< change::append_event_id.
  std::string body;      ///< What the endpoint gets, byte for byte, at every attempt.
  /// Deliveries of a task that share a key are made one after the other, in order of submission.
  /// An update that changes the primary key has two; otherwise both are the same. One with kAnyRow
  /// shares a key with all others.
  std::array<std::uint64_t, 2> keys{};
  std::string label;                ///< "test_db.users insert", for logs; no row values.
  std::int64_t commit_time_us = 0;  ///< When the server committed it, since 1970.

  /// Bytes of memory that it takes, for the limits of queues.
  std::size_t size() const { return sizeof(Message) + id.size() + body.size() + label.size(); }
};

/// One change on its way to one task.
///
/// Move-only, because it carries the duty to report (Ack). Its message is never null.
struct Delivery {
  std::shared_ptr<const Message> message;
  /// Its place among all deliveries, from 1, in the order in which the reader makes them:
  /// AckTracker::track.
  std::uint64_t number = 0;
  Ack ack;

  /// Bytes of memory that this delivery holds, for the queues' limits.
  std::size_t size() const { return sizeof(Delivery) + message->size(); }
};

}  // namespace pikachu::pipeline
