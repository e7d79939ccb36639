#include "decode/file_order.h"

#include <gtest/gtest.h>

namespace pikachu::decode {
namespace {

TEST(FileOrder, RotationLeadsToTheNextFile) {
  FileOrder order;
  EXPECT_EQ(order.enter("a.000009"), "");
  order.rotate_to("b.000001");

  EXPECT_EQ(order.enter("b.000001"), "");
}

TEST(FileOrder, FileThatEndsWithoutRotationIsFollowedByItsNumber) {
  FileOrder order;
  EXPECT_EQ(order.enter("a.000009"), "");

  EXPECT_EQ(order.enter("a.000010"), "");
}

TEST(FileOrder, MissingFileIsSaid) {
  FileOrder order;
  order.enter("a.000001");
  order.rotate_to("a.000002");

  EXPECT_EQ(order.enter("a.000003"),
            "it stands behind a.000001, which leads to a.000002: the changes in between are "
            "missing, or the files are not in their order");
  EXPECT_EQ(order.enter("a.000004"), "");
}

TEST(FileOrder, NothingIsSaidOfWhatCanNotBeKnown) {
  FileOrder order;
  order.enter("copy");
  EXPECT_EQ(order.enter("other"), "");
  order.rotate_to("a.000002");
  EXPECT_EQ(order.enter("stdin"), "");
}

TEST(FileOrder, SuccessorCountsAsServersDo) {
  EXPECT_EQ(successor("a.000009"), "a.000010");
  EXPECT_EQ(successor("a.b.999999"), "a.b.1000000");
  EXPECT_EQ(successor("a"), "");
  EXPECT_EQ(successor("a."), "");
  EXPECT_EQ(successor("a.00x1"), "");
}

}  // namespace
}  // namespace pikachu::decode
