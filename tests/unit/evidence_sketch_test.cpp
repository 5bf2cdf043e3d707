// SPDX-License-Identifier: Apache-2.0
// How many distinct objects a kind of refusal had, from the kernel's count and its sketch.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>

#include "manager/evidence/counts.h"

namespace glacis::evidence {
namespace {

// As the programs fill it, with a hash that is as good as random.
void sketch(gl_refusal& one, int objects, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < objects; ++i) {
    const std::uint64_t hash = random();
    const int rank = 1 + std::countr_zero(hash >> 6);
    auto& slot = one.sketch[hash % GL_SKETCH];
    slot = std::max<std::uint8_t>(slot, static_cast<std::uint8_t>(std::min(rank, 32)));
  }
}

// While the ring is over the key's share, objects find no room: the count of those that
// found some is then far too low.
TEST(Sketch, ObjectsThatFoundNoRoomAreEstimated) {
  for (const std::uint32_t recorded : {1u, 10u, 40u, 63u}) {
    gl_refusal one{};
    one.objects = recorded;
    sketch(one, 5000, recorded);
    EXPECT_NEAR(static_cast<double>(distinct_objects(one)), 5000, 5000 * 0.4) << recorded;
  }
  gl_refusal few{};
  few.objects = 1;
  sketch(few, 50, 1);
  EXPECT_NEAR(static_cast<double>(distinct_objects(few)), 50, 16);
}

// Where each has its record the number is exact, whatever the sketch makes of it.
TEST(Sketch, AnExactCountIsNotBlurred) {
  int blurred = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (std::uint32_t objects = 1; objects < GL_OBJECTS_WHOLE; ++objects) {
      gl_refusal one{};
      one.objects = objects;
      sketch(one, static_cast<int>(objects), seed * 100 + objects);
      blurred += distinct_objects(one) != objects;
      EXPECT_NEAR(static_cast<double>(distinct_objects(one)), objects, objects * 0.6 + 3);
    }
  EXPECT_LT(blurred, 50 * 63 / 100) << "one in a hundred at most";
}

TEST(Sketch, EstimatesHowManyObjectsThereWere) {
  gl_refusal one{};
  one.objects = 5;
  EXPECT_EQ(distinct_objects(one), 5u);
  one.objects = GL_OBJECTS_WHOLE;
  EXPECT_EQ(distinct_objects(one), 64u) << "never fewer than were recorded";
  constexpr int objects = 20'000;
  sketch(one, objects, 1);
  EXPECT_NEAR(static_cast<double>(distinct_objects(one)), objects, objects * 0.4);
}

}  // namespace
}  // namespace glacis::evidence
