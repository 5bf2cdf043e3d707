// SPDX-License-Identifier: Apache-2.0
// The state of one reading, line by line. Only for this folder.
#pragma once

#include <sodium/crypto_generichash.h>

#include <string>
#include <vector>

#include "manager/evidence/header.h"
#include "manager/evidence/lines.h"
#include "manager/evidence/segments.h"
#include "manager/evidence/verify.h"

namespace glacis::evidence {

class Verifier {
 public:
  explicit Verifier(const Expected& expected) : expected_(expected) {}

  void begin_file(const Segment& segment);
  void take(const Line& line);
  void end_file(bool readable);
  // A checkpoint from elsewhere; before the first file.
  void add_checkpoint(Note note, std::string from);
  void finding(std::uint64_t line, std::optional<std::uint64_t> record, std::string what);
  Verified finish();

 private:
  // Lines that are no records, until the next that is one.
  struct Bad {
    std::uint64_t line = 0, offset = 0, bytes = 0, lines = 0;
    std::string why;
    bool whole = true;  // all of their bytes were seen
    crypto_generichash_state hash{};
  };
  struct SignedBy {
    std::uint64_t start = 0;  // the number of the header that named it
    std::optional<PublicKey> key;
    bool trusted = false;
  };
  struct Known {
    Note note;
    std::string from;
    bool reached = false;
  };

  void take_bad(const Line& line, std::string why);
  void take_link(const Line& line, const Chained& link);
  void end_bad(const Chained* next);
  [[nodiscard]] bool tells_of_bad(const Chained& link) const;
  void follow(const Line& line, const Chained& link, std::uint64_t skipped);
  void check_place(const Line& line, const Chained& link);
  void take_header(const Line& line, const Chained& link, const Header& header);
  void take_key(const Line& line, const Chained& link, const Header& header);
  void check_old(const Line& line, const Header& header);
  void take_checkpoint(const Line& line, const Chained& link);
  void compare_known(const Chained& link);
  void prove(const Checkpoint& checkpoint, const SignedBy& by);
  [[nodiscard]] const SignedBy* key_for(std::uint64_t count) const;
  [[nodiscard]] bool is_expected(const PublicKey& key) const;

  const Expected& expected_;
  Verified out_;
  std::vector<Known> known_;
  std::vector<SignedBy> keys_;
  std::vector<Segment> set_aside_;
  Segment segment_;
  bool any_record_ = false, any_link_in_file_ = false, any_key_trusted_ = false;
  bool tear_seen_ = false;
  std::uint64_t segment_number_ = 0;
  Position at_;
  std::optional<Bad> bad_;
};

}  // namespace glacis::evidence
