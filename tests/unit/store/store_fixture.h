#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "store/store.h"

namespace pikachu::store {

inline std::unique_ptr<Store> open_or_fail(const std::string& dir,
                                           std::vector<std::string> task_ids = {}) {
  auto store = Store::open(dir, std::move(task_ids));
  if (!store) {
    ADD_FAILURE() << store.error().message;
    std::abort();
  }
  return std::move(*store);
}

inline change::Position position_at(std::uint64_t offset) {
  change::Position position;
  position.flavor = change::Flavor::kMariadb;
  position.server = "1";
  position.server_version = "10.11.6-MariaDB";
  position.file = "mysql-bin.000042";
  position.offset = offset;
  position.gtids = *change::GtidSet::parse(change::Flavor::kMariadb, "0-1-42,7-2-9");
  return position;
}

inline pipeline::DeadLetter letter_of(std::string task_id, std::string id) {
  pipeline::DeadLetter letter;
  letter.task_id = std::move(task_id);
  letter.id = std::move(id);
  letter.body = R"({"a":"\u0000"})";
  letter.reason = "HTTP 422";
  letter.attempts = 4;
  letter.last_status = 422;
  letter.last_reply = "no";
  return letter;
}

inline pipeline::WaitingDelivery waiting(std::size_t task, std::uint64_t number,
                                         std::string body = "{}") {
  auto message = std::make_shared<pipeline::Message>();
  message->task = task;
  message->id = "0-1-" + std::to_string(number) + "-0";
  message->body = std::move(body);
  message->keys = {number * 0x9E37'79B9'7F4A'7C15U, ~std::uint64_t{0} - number};
  message->label = "test_db.users insert";
  message->commit_time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(number);
  return {number, std::move(message)};
}

}  // namespace pikachu::store
