#include "sink/webhook/connection_budget.h"

#include <vector>

#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

/// Endpoints that take and give back.
class Endpoints {
 public:
  Endpoints(std::size_t connections, std::size_t count)
      : budget_(connections, count), in_flight_(count) {}
  bool take(std::size_t endpoint) {
    if (!budget_.allows(in_flight_[endpoint])) return false;
    budget_.took(in_flight_[endpoint]++);
    return true;
  }
  void give_back(std::size_t endpoint) { budget_.gave_back(in_flight_[endpoint]--); }
  std::size_t take_all(std::size_t endpoint) {
    while (take(endpoint)) {
    }
    return in_flight_[endpoint];
  }

 private:
  ConnectionBudget budget_;
  std::vector<std::size_t> in_flight_;
};

TEST(ConnectionBudget, LoneEndpointGetsAll) {
  Endpoints endpoints(10, 1);
  EXPECT_EQ(endpoints.take_all(0), 10U);
}

TEST(ConnectionBudget, HangingEndpointsLeaveTheOthersTheirShare) {
  Endpoints endpoints(80, 4);
  EXPECT_EQ(endpoints.take_all(0), 50U);
  EXPECT_EQ(endpoints.take_all(1), 10U);
  EXPECT_EQ(endpoints.take_all(2), 10U);
  EXPECT_EQ(endpoints.take_all(3), 10U);
}

TEST(ConnectionBudget, WhatIsGivenBackIsThereForTheNext) {
  Endpoints endpoints(80, 4);
  endpoints.take_all(0);
  for (int i = 0; i < 20; ++i) endpoints.give_back(0);
  EXPECT_EQ(endpoints.take_all(1), 30U);
}

TEST(ConnectionBudget, EachEndpointHasOneWhateverTheLimit) {
  Endpoints endpoints(2, 5);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(endpoints.take_all(i), 1U);
}

}  // namespace
}  // namespace pikachu::sink::webhook
