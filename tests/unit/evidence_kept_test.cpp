// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/kept.h"
#include "manager/image/builder.h"
#include "tests/unit/evidence_fixture.h"

namespace glacis::evidence {
namespace {

// Two profiles with the same rules, and so with one image.
class Kept : public testing::Test {
 protected:
  Kept() {
    profile::ResolvedProfile rules;
    const auto built = image::build(rules);
    bytes_ = built->bytes;
    for (const std::string name : {"shop", "bank"}) {
      image::SourceMap map = built->source_map;
      map.profile = name;
      map.contact.owner = name + "-team";
      digest_ = map.image;
      EXPECT_TRUE(keep_image(bytes_, map, folder_ / ""));
    }
  }
  [[nodiscard]] std::string owner(const std::string& domain) const {
    SourceMaps maps(folder_ / "");
    const image::SourceMap* map = maps.find(digest_, domain);
    return map ? map->contact.owner : "none";
  }
  Folder folder_;
  std::vector<std::byte> bytes_;
  image::Digest digest_{};
};

TEST_F(Kept, EachIsLoadedUnderItsName) {
  for (const std::string name : {"shop", "bank"}) {
    const auto kept = kept_image(digest_, name, folder_ / "");
    ASSERT_TRUE(kept) << kept.error().what;
    EXPECT_EQ(kept->map.profile, name);
    EXPECT_EQ(kept->bytes, bytes_);
  }
}

TEST_F(Kept, EachOwnerIsToldOfHisOwn) {
  EXPECT_EQ(owner("shop"), "shop-team");
  EXPECT_EQ(owner("bank"), "bank-team");
  EXPECT_EQ(owner("shop@drill"), "shop-team");
}

TEST_F(Kept, NobodyIsToldOfAnothers) {
  EXPECT_EQ(owner("post"), "none");
  EXPECT_EQ(owner("../shop"), "none");
}

TEST_F(Kept, OfADomainThatIsGoneTheLastIsKnown) { EXPECT_EQ(owner(""), "bank-team"); }

TEST_F(Kept, WhatAnEarlierVersionKeptIsFound) {
  for (const std::string name : {"shop", "bank"})
    std::filesystem::remove(folder_ / source_map_file(digest_, name).c_str());
  EXPECT_EQ(owner("bank"), "bank-team");
  EXPECT_EQ(owner("shop"), "none") << "its map was written over";
  EXPECT_TRUE(kept_image(digest_, "bank", folder_ / ""));
}

TEST_F(Kept, ADamagedImageIsNot) {
  const std::string path = folder_ / (image::hex(digest_) + ".image").c_str();
  std::string bytes = contents(path);
  bytes[bytes.size() / 2] ^= 1;
  write(path, bytes);
  EXPECT_FALSE(kept_image(digest_, "bank", folder_ / ""));
}

}  // namespace
}  // namespace glacis::evidence
