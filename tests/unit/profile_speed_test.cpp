// SPDX-License-Identifier: Apache-2.0
// Bounds on the time that reading takes, with room for a busy machine and for
// sanitisers. What it takes really is printed.
#include <ctime>
#include <iostream>

#include "tests/unit/profile_fixture.h"

namespace glacis::profile {
namespace {

double milliseconds(const std::string& body) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const std::clock_t start = std::clock();
    const Loaded loaded = load(body);
    const std::clock_t spent = std::clock() - start;
    EXPECT_TRUE(loaded.profile) << loaded.text();
    best = std::min(best, static_cast<double>(spent) * 1000 / CLOCKS_PER_SEC);
  }
  return best;
}

std::string rules(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    if (i % 10 == 9) {
      out += "[[file]]\ndeny = [\"/secret/" + n + "/**\"]\n";
    } else {
      out += "[[file]]\npath = [\"/srv/app" + n +
             "/{data,cache}/**\"]\naccess = [\"read\", \"write\"]\n";
    }
  }
  return out;
}

TEST(Speed, SixtyLines) {
  const double spent = milliseconds(rules(20));
  std::cout << "20 blocks, 60 lines: " << spent << " ms\n";
  EXPECT_LT(spent, 50);
}

TEST(Speed, AThousandRules) {
  const double spent = milliseconds(rules(1000));
  std::cout << "1000 rules: " << spent << " ms\n";
  EXPECT_LT(spent, 1000);
}

}  // namespace
}  // namespace glacis::profile
