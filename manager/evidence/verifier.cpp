// SPDX-License-Identifier: Apache-2.0
#include "manager/evidence/verifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "manager/base/escape.h"

namespace glacis::evidence {
namespace {

constexpr std::size_t kMostFindings = 100;

std::string member(const Canonical& record, const char* key) {
  const auto at = record.find(key);
  return at != record.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::uint64_t number_in(const Canonical& record, const char* key) {
  const auto at = record.find(key);
  return at != record.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : UINT64_MAX;
}

std::string range(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::format("record {} is", first)
                       : fmt::format("records {} to {} are", first, last);
}

}  // namespace

void Verifier::finding(std::uint64_t line, std::optional<std::uint64_t> record, std::string what) {
  if (out_.findings.size() >= kMostFindings) {
    ++out_.more_findings;
    return;
  }
  out_.findings.push_back({segment_.path.filename().native(), line, record, std::move(what)});
}

void Verifier::add_checkpoint(Note note, std::string from) {
  known_.push_back({std::move(note), std::move(from)});
}

void Verifier::begin_file(const Segment& segment) {
  segment_ = segment;
  if (segment.unchained) {
    set_aside_.push_back(segment);
    return;
  }
  any_link_in_file_ = false;
  out_.files.push_back({segment.path.filename().native(), segment.number, 0, {}, {}});
}

void Verifier::take(const Line& line) {
  if (line.too_long) return take_bad(line, "is longer than any record");
  const auto link = read_chained(line.text);
  if (!link) return take_bad(line, line.text.empty() ? "is empty" : link.error());
  tear_seen_ = bad_ && tells_of_bad(*link);
  end_bad(&*link);
  take_link(line, *link);
}

void Verifier::take_bad(const Line& line, std::string why) {
  if (!bad_) {
    bad_.emplace(Bad{});
    bad_->line = line.number;
    bad_->offset = line.offset;
    bad_->why = line.ended ? std::move(why) : "is cut off, or is being written";
    ::crypto_generichash_init(&bad_->hash, nullptr, 0, sizeof(Hash));
  }
  if (bad_->lines != 0)
    ::crypto_generichash_update(&bad_->hash, reinterpret_cast<const unsigned char*>("\n"), 1);
  ::crypto_generichash_update(&bad_->hash, reinterpret_cast<const unsigned char*>(line.text.data()),
                              line.text.size());
  bad_->bytes += line.text.size() + (bad_->lines != 0 ? 1 : 0);
  bad_->lines += 1;
  bad_->whole &= !line.too_long;
}

// A single line that was cut off by a stop is followed by a record that tells of it.
bool Verifier::tells_of_bad(const Chained& link) const {
  if (member(link.record, "schema") != torn_schema || bad_->lines != 1 || !bad_->whole ||
      link.before() != at_ || number_in(link.record, "offset") != bad_->offset ||
      number_in(link.record, "bytes") != bad_->bytes)
    return false;
  Hash hash{};
  crypto_generichash_state state = bad_->hash;
  ::crypto_generichash_final(&state, hash.data(), hash.size());
  return member(link.record, "blake2b") == image::hex(hash);
}

void Verifier::end_bad(const Chained* next) {
  if (!bad_) return;
  if (next && tear_seen_) {
    out_.notes.push_back({segment_.path.filename().native(), bad_->line, next->number,
                          "this line was cut off when the machine stopped; the record says so"});
    bad_.reset();
    return;
  }
  const bool one = bad_->lines == 1;
  std::optional<std::uint64_t> record;
  if (any_record_) record = at_.count;
  finding(bad_->line, record,
          one ? fmt::format("this line {}", bad_->why)
              : fmt::format("this line {}; so it is with {} lines", bad_->why, bad_->lines));
}

void Verifier::take_link(const Line& line, const Chained& link) {
  const std::uint64_t skipped = bad_ ? bad_->lines : 0;
  bad_.reset();
  follow(line, link, skipped);
  check_place(line, link);
  if (!line.ended) finding(line.number, link.number, "the last line has no end: it was cut off");
  any_link_in_file_ = true;
  Verified::File& file = out_.files.back();
  if (!file.first) file.first = link.number;
  file.last = link.number;
  ++file.records;
  ++out_.records;
  compare_known(link);
}

// Whether this is the record that comes next; if not, a run of links ends here.
void Verifier::follow(const Line& line, const Chained& link, std::uint64_t skipped) {
  const bool follows = skipped == 0 && link.before() == at_;
  const std::uint64_t next = at_.count + skipped;
  if (!follows) {
    if (!any_record_ && link.number > next)
      finding(line.number, link.number,
              range(0, link.number - 1) + " missing: the log begins here");
    else if (link.number > next)
      finding(line.number, link.number, range(next, link.number - 1) + " missing");
    else if (link.number < next)
      finding(line.number, link.number,
              fmt::format("this record is out of place: record {} should be here", next));
    else if (skipped == 0)
      finding(line.number, link.number, "this record does not follow the one before it");
  }
  if (!follows || out_.runs.empty())
    out_.runs.push_back({link.number, link.number, {}, {}});
  else
    out_.runs.back().last = link.number;
  any_record_ = true;
  at_ = link.after();
}

void Verifier::check_place(const Line& line, const Chained& link) {
  const std::string schema = member(link.record, "schema");
  const bool first = !any_link_in_file_;
  if (schema == header_schema) {
    const auto header = parse_header(link.record);
    if (!header) return finding(line.number, link.number, "this header is not understood");
    if (!first) return finding(line.number, link.number, "a header is out of place");
    return take_header(line, link, *header);
  }
  if (first) finding(line.number, link.number, "the file does not begin with a header");
  if (schema == checkpoint_schema) take_checkpoint(line, link);
  if (schema == shortened_schema)
    finding(line.number, link.number,
            fmt::format("the log had been shortened: {} of {} records were there",
                        number_in(link.record, "found"), number_in(link.record, "count")));
  if (schema == torn_schema && !tear_seen_)
    finding(line.number, link.number, "what this record tells of is not there");
}

void Verifier::take_header(const Line& line, const Chained& link, const Header& header) {
  if (out_.log.empty()) out_.log = header.log;
  if (header.log != out_.log) finding(line.number, link.number, "this header is of another log");
  const std::uint64_t wanted = segment_.number != 0 ? segment_.number : segment_number_ + 1;
  if (header.segment != wanted && (segment_.number != 0 || segment_number_ != 0))
    finding(line.number, link.number,
            fmt::format("this is segment {}, where segment {} should be", header.segment, wanted));
  segment_number_ = header.segment;
  out_.files.back().segment = header.segment;
  check_old(line, header);
  take_key(line, link, header);
}

void Verifier::check_old(const Line& line, const Header& header) {
  if (!header.old) return;
  const auto at = std::ranges::find_if(set_aside_, [&](const Segment& one) {
    const std::string name = one.path.filename().native();
    return name == header.old->file || name == header.old->file + ".zst";
  });
  if (at == set_aside_.end())
    return finding(line.number, {}, fmt::format("{} is gone", escape(header.old->file)));
  std::uint64_t bytes = 0;
  const auto hash = hash_segment(*at, bytes);
  if (!hash || *hash != header.old->hash || bytes != header.old->bytes)
    finding(line.number, {}, fmt::format("{} was changed", escape(header.old->file)));
  else
    out_.notes.push_back({header.old->file,
                          0,
                          {},
                          "was here before the chain began; its hash is that in the header"});
  set_aside_.erase(at);
}

bool Verifier::is_expected(const PublicKey& key) const {
  return std::ranges::find(expected_.keys, key) != expected_.keys.end();
}

// A key is to be trusted if the reader knows it, or if one that is to be trusted
// certified it.
void Verifier::take_key(const Line& line, const Chained& link, const Header& header) {
  SignedBy next{link.number, header.key, false};
  const SignedBy* before = nullptr;
  for (const SignedBy& one : keys_)
    if (one.key) before = &one;
  bool certified = false;
  if (before && header.key)
    certified = header.key == before->key ||
                (header.certificate && verify(*before->key, certificate_text(header, link.before()),
                                              *header.certificate));
  if (before && header.key && !certified)
    finding(line.number, link.number, "the key of this segment is not certified by the one before");
  if (!header.key)
    out_.notes.push_back({segment_.path.filename().native(), line.number, link.number,
                          "this segment has no key: nothing in it is signed"});
  next.trusted = header.key && (is_expected(*header.key) || (certified && before->trusted));
  any_key_trusted_ |= next.trusted;
  keys_.push_back(next);
}

// The key of the segment that record count - 1 is in.
const Verifier::SignedBy* Verifier::key_for(std::uint64_t count) const {
  const SignedBy* out = nullptr;
  for (const SignedBy& one : keys_)
    if (one.start < count) out = &one;
  return out && out->key ? out : nullptr;
}

void Verifier::prove(const Checkpoint& checkpoint, const SignedBy& by) {
  if (!expected_.keys.empty() && !by.trusted) return;
  // The links lead to it from the run that is being read, and from no other.
  Run& run = out_.runs.back();
  const std::uint64_t count = checkpoint.position.count;
  if (count <= run.first || (run.checkpoint && run.checkpoint->position.count >= count)) return;
  run.checkpoint = checkpoint;
  run.key = by.key;
}

void Verifier::take_checkpoint(const Line& line, const Chained& link) {
  const auto note = parse_note(member(link.record, "note"));
  if (!note || note->checkpoint.log != out_.log)
    return finding(line.number, link.number, "this is no checkpoint of this log");
  if (note->checkpoint.position != link.before())
    return finding(line.number, link.number, "this checkpoint is of other records than those here");
  const SignedBy* by = key_for(note->checkpoint.position.count);
  if (!by || !note->signed_by(*by->key))
    return finding(line.number, link.number, "this checkpoint is not signed by the segment's key");
  prove(note->checkpoint, *by);
}

void Verifier::compare_known(const Chained& link) {
  for (Known& known : known_) {
    const Checkpoint& told = known.note.checkpoint;
    if (told.position.count != link.after().count || told.log != out_.log || known.reached)
      continue;
    known.reached = true;
    const SignedBy* by = key_for(told.position.count);
    if (!by || !known.note.signed_by(*by->key))
      finding(0, {}, fmt::format("{} is not signed by the segment's key", known.from));
    else if (told.position != link.after())
      finding(0, link.number,
              fmt::format("{} tells of another record {}", known.from, link.number));
    else
      prove(told, *by);
  }
}

void Verifier::end_file(bool readable) {
  if (bad_) {
    end_bad(nullptr);
    at_.count += bad_ ? bad_->lines : 0;
    bad_.reset();
  }
  if (readable && !any_link_in_file_ && out_.files.back().records == 0)
    finding(0, {}, "the file has no record");
}

Verified Verifier::finish() {
  segment_ = {};
  for (const Segment& segment : set_aside_) {
    segment_ = segment;
    finding(0, {}, "no header names this file");
  }
  segment_ = {};
  for (const Known& known : known_) {
    const Checkpoint& told = known.note.checkpoint;
    if (known.reached) continue;
    if (told.log != out_.log)
      finding(0, {}, fmt::format("{} is of another log", known.from));
    else if (told.position.count > at_.count)
      finding(
          0, {},
          fmt::format("{} missing: {} tells of {} records",
                      range(at_.count, told.position.count - 1), known.from, told.position.count));
    else
      finding(0, {},
              fmt::format("record {}, which {} tells of, is not there", told.position.count - 1,
                          known.from));
  }
  if (expected_.records && at_.count < *expected_.records)
    finding(0, {}, range(at_.count, *expected_.records - 1) + " missing: more were expected");
  if (!expected_.keys.empty() && !any_key_trusted_)
    finding(0, {}, "no segment was signed by the key given");
  if (!any_record_) finding(0, {}, "the log has no record");
  out_.trusted = !expected_.keys.empty() && any_key_trusted_;
  out_.head = at_.head;
  return std::move(out_);
}

}  // namespace glacis::evidence
