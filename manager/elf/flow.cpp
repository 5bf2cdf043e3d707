// SPDX-License-Identifier: Apache-2.0
#include "manager/elf/flow.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace glacis::elf {
namespace {

using x86::Instruction;
using x86::Kind;

constexpr std::size_t kVisits = 24;            // of a block, on average
constexpr std::size_t kMostCases = 65'536;     // of tables of jumps, in one stretch
constexpr std::uint64_t kShort = 256;          // bytes of a function that is looked through
constexpr std::uint16_t kLostByCall = 0x0fc7;  // rax rcx rdx rsi rdi r8 to r11

struct Line {
  std::uint64_t at = 0;
  Instruction is;
  bool last = false;  // what stands behind it does not follow
};

struct Block {
  std::size_t first = 0, last = 0;  // of lines, last is behind it
  State in{};
  bool reached = false, queued = false;
};

bool ends(const Instruction& is) {
  return is.length == 0 || is.kind == Kind::jump || is.kind == Kind::jump_indirect ||
         is.kind == Kind::ret || is.kind == Kind::trap;
}

// A short function without a way out.
bool never_returns(const Image& image, std::uint64_t target) {
  const auto start = std::ranges::lower_bound(image.starts, target);
  if (start == image.starts.end() || *start != target || start + 1 == image.starts.end())
    return false;
  const std::uint64_t end = *(start + 1);
  const auto bytes = image.at(target);
  if (end - target > std::min<std::uint64_t>(bytes.size(), kShort)) return false;
  bool leaves = true;
  for (std::uint64_t i = 0; i < end - target;) {
    const Instruction is = x86::decode(bytes.subspan(i), target + i);
    const bool jumps = is.kind == Kind::jump || is.kind == Kind::branch;
    if (is.length == 0 || is.kind == Kind::ret || is.kind == Kind::jump_indirect ||
        (jumps && (is.target < target || is.target >= end)))
      return false;
    if (is.kind != Kind::nop) leaves = !ends(is) && is.kind != Kind::call;
    i += is.length;
  }
  return !leaves;
}

// An entry of the procedure linkage table, or a function that is one jump.
std::optional<Instruction> stub_at(const Image& image, std::uint64_t at) {
  const auto bytes = image.code_at(at) != nullptr ? image.at(at) : std::span<const std::uint8_t>();
  Instruction first = x86::decode(bytes, at);
  if (first.length != 0 && first.kind == Kind::nop)
    first = x86::decode(bytes.subspan(first.length), at + first.length);
  if (first.length == 0 || first.kind != Kind::jump_indirect || !first.memory) return std::nullopt;
  return first;
}

class Walker {
 public:
  Walker(const Image& image, const Stretch& stretch, const Visitor& visitor)
      : image_(image), stretch_(stretch), visitor_(visitor) {}

  void run() {
    read_lines();
    cut_blocks();
    if (blocks_.empty()) return;
    State start;
    for (std::uint8_t i = 0; i < x86::registers; ++i) start[i] = Value::of_caller(i);
    enter(0, start);
    // Where an indirect jump leads is not known: it may be any block.
    const bool anywhere = std::ranges::any_of(lines_, [&](const Line& line) {
      return line.is.kind == Kind::jump_indirect && !named(line.is);
    });
    if (anywhere)
      for (std::size_t i = 1; i < blocks_.size(); ++i) enter(i, State{});
    settle();
    from_entry_.assign(blocks_.size(), false);
    for (std::size_t i = 0; i < blocks_.size(); ++i) from_entry_[i] = blocks_[i].reached;
    for (std::size_t i = 1; i < blocks_.size(); ++i)
      if (!blocks_[i].reached && !fills(blocks_[i])) enter(i, State{});
    settle();
    for (std::size_t i = 0; i < blocks_.size(); ++i) tell(i);
  }

 private:
  [[nodiscard]] bool inside(std::uint64_t at) const {
    return at >= stretch_.first && at < stretch_.last;
  }

  [[nodiscard]] const std::string_view* named(const Instruction& is) const {
    if (!is.memory) return nullptr;
    const auto found = image_.relocations.slots.find(is.target);
    return found == image_.relocations.slots.end() ? nullptr : &found->second;
  }

  void read_lines() {
    const auto bytes = image_.at(stretch_.first).first(stretch_.last - stretch_.first);
    std::size_t end = bytes.size();  // of what is no filling
    while (end > 0 && bytes[end - 1] == 0) --end;
    for (std::size_t i = 0; i < end;) {
      const std::uint64_t at = stretch_.first + i;
      const Instruction is = x86::decode(bytes.subspan(i), at);
      lines_.push_back(
          {at, is, ends(is) || (is.kind == Kind::call && never_returns(image_, is.target))});
      i += std::max<std::size_t>(is.length, 1);
    }
  }

  // Nothing for an address that no instruction starts at.
  [[nodiscard]] std::optional<std::size_t> line_at(std::uint64_t at) const {
    const auto found = std::ranges::lower_bound(lines_, at, {}, &Line::at);
    if (found == lines_.end() || found->at != at) return std::nullopt;
    return static_cast<std::size_t>(found - lines_.begin());
  }

  void cut_blocks() {
    std::vector<bool> leads(lines_.size() + 1, false);
    const auto lead = [&](std::uint64_t at) {
      if (!inside(at)) return;
      if (const auto line = line_at(at)) leads[*line] = true;
    };
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const Instruction& is = lines_[i].is;
      if (is.kind == Kind::jump || is.kind == Kind::branch || is.kind == Kind::call)
        lead(is.target);
      if (is.kind == Kind::branch || lines_[i].last) leads[i + 1] = true;
      if (is.kind == Kind::address) cases(is.target, lead);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i == 0 || leads[i]) blocks_.push_back({i, i, {}, false, false});
      blocks_.back().last = i + 1;
    }
  }

  // A table of jumps, as compilers make them: offsets from its own start.
  template <typename Lead>
  void cases(std::uint64_t table, const Lead& lead) {
    if (image_.code_at(table) != nullptr) return;
    const auto bytes = image_.at(table);
    for (std::size_t i = 0; cases_ < kMostCases && 4 * i + 4 <= bytes.size(); ++i, ++cases_) {
      std::int32_t offset = 0;
      std::memcpy(&offset, bytes.data() + 4 * i, sizeof offset);
      const std::uint64_t target = table + static_cast<std::uint64_t>(std::int64_t{offset});
      if (!inside(target)) return;
      lead(target);
    }
  }

  [[nodiscard]] std::optional<std::size_t> block_at(std::uint64_t at) const {
    const auto line = line_at(at);
    if (!line) return std::nullopt;
    const auto found = std::ranges::lower_bound(blocks_, *line, {}, &Block::first);
    if (found == blocks_.end() || found->first != *line) return std::nullopt;
    return static_cast<std::size_t>(found - blocks_.begin());
  }

  // What stands between blocks, so that the next one starts at a round address.
  [[nodiscard]] bool fills(const Block& block) const {
    return std::all_of(lines_.begin() + static_cast<std::ptrdiff_t>(block.first),
                       lines_.begin() + static_cast<std::ptrdiff_t>(block.last),
                       [](const Line& line) { return line.is.kind == Kind::nop; });
  }

  void enter(std::size_t which, const State& state) {
    Block& block = blocks_[which];
    State joined = state;
    if (block.reached)
      for (std::size_t i = 0; i < joined.size(); ++i) joined[i] = block.in[i].either(state[i]);
    if (block.reached && joined == block.in) return;
    block.in = joined;
    block.reached = true;
    if (!block.queued) waiting_.push_back(which);
    block.queued = true;
  }

  void settle() {
    const std::size_t most = kVisits * blocks_.size() + 1000;
    for (std::size_t visits = 0; !waiting_.empty(); ++visits) {
      const std::size_t which = waiting_.back();
      waiting_.pop_back();
      blocks_[which].queued = false;
      State state = blocks_[which].in;
      // Code that is made to keep us busy: nothing is claimed of it.
      if (visits > most) state = blocks_[which].in = State{};
      Value pushed;
      for (std::size_t i = blocks_[which].first; i < blocks_[which].last; ++i)
        step(lines_[i].is, state, pushed);
      leave(which, state);
    }
  }

  void leave(std::size_t which, const State& state) {
    const Line& last = lines_[blocks_[which].last - 1];
    if (last.is.kind == Kind::jump || last.is.kind == Kind::branch)
      if (const auto next = block_at(last.is.target)) enter(*next, state);
    if (!last.last && which + 1 < blocks_.size()) enter(which + 1, state);
  }

  static void step(const Instruction& is, State& state, Value& pushed) {
    const Value before = std::exchange(pushed, Value{});
    const Value moved = is.from == x86::none ? Value{} : state[is.from];
    const Value kept = is.to == x86::none ? Value{} : state[is.to];
    std::uint16_t lost = is.written;
    if (is.kind == Kind::call || is.kind == Kind::call_indirect) lost |= kLostByCall;
    if (is.kind == Kind::syscall) lost |= 1u << x86::rax | 1u << x86::rcx | 1u << x86::r11;
    if (is.kind == Kind::legacy_syscall) lost = 0xffff;
    for (unsigned i = 0; lost != 0; ++i, lost = static_cast<std::uint16_t>(lost >> 1))
      if (lost & 1) state[i] = Value{};
    if (is.kind == Kind::constant) state[is.to] = Value::constant(is.value);
    if (is.kind == Kind::copy) state[is.to] = moved;
    if (is.kind == Kind::select) state[is.to] = kept.either(moved);
    if (is.kind == Kind::push_constant) pushed = Value::constant(is.value);
    if (is.kind == Kind::push) pushed = moved;
    if (is.kind == Kind::pop) state[is.to] = before;
  }

  void tell(std::size_t which) {
    State state = blocks_[which].in;
    Value pushed;
    for (std::size_t i = blocks_[which].first; i < blocks_[which].last; ++i) {
      const Line& line = lines_[i];
      if (line.is.kind == Kind::syscall) visitor_.site({line.at, state[x86::rax], nullptr});
      if (line.is.kind == Kind::legacy_syscall)
        visitor_.site({line.at, {}, "a system call of the 32-bit ABI"});
      if (line.is.length == 0 && from_entry_[which])
        visitor_.site({line.at, {}, "bytes that are no instruction"});
      edges(line, state);
      step(line.is, state, pushed);
    }
    if (which + 1 == blocks_.size()) fall(state);
  }

  void edges(const Line& line, const State& state) {
    const Instruction& is = line.is;
    const bool goes = is.kind == Kind::call || is.kind == Kind::jump || is.kind == Kind::branch;
    if (goes) {
      if (!inside(is.target) || is.kind == Kind::call) edge(line.at, is.target, true, state);
    } else if (is.kind == Kind::address) {
      if (is.target == stretch_.first)
        visitor_.edge({line.at, is.target, {}, false}, state);
      else
        taken(line.at, is.target, state);
    } else if (const auto* symbol = named(is)) {
      const bool control = is.kind == Kind::call_indirect || is.kind == Kind::jump_indirect;
      visitor_.edge({line.at, 0, *symbol, control}, state);
    } else if (image_.fixed && (is.kind == Kind::constant || is.kind == Kind::push_constant ||
                                is.kind == Kind::store_constant)) {
      // An address of a program that never moves is a constant.
      if (!image_.framed || std::ranges::binary_search(image_.starts, is.value))
        taken(line.at, is.value, state);
      else if (stub_at(image_, is.value))
        edge(line.at, is.value, false, state);
    }
  }

  void taken(std::uint64_t from, std::uint64_t target, const State& state) {
    if (!inside(target) && image_.code_at(target) != nullptr) edge(from, target, false, state);
  }

  void edge(std::uint64_t from, std::uint64_t target, bool control, const State& state) {
    if (const auto stub = stub_at(image_, target)) {
      // What an address without a symbol holds is among the image's pointers.
      if (const auto* symbol = named(*stub)) visitor_.edge({from, 0, *symbol, control}, state);
      return;
    }
    if (image_.code_at(target) != nullptr) visitor_.edge({from, target, {}, control}, state);
  }

  // Hand-written functions may run into the next one.
  void fall(const State& state) {
    auto last = lines_.rbegin();
    while (last != lines_.rend() && last->is.kind == Kind::nop) ++last;
    if (last == lines_.rend() || last->last) return;
    if (last->is.kind == Kind::call || last->is.kind == Kind::call_indirect) return;
    if (image_.code_at(stretch_.last) != nullptr)
      visitor_.edge({last->at, stretch_.last, {}, true}, state);
  }

  const Image& image_;
  const Stretch& stretch_;
  const Visitor& visitor_;
  std::vector<Line> lines_;
  std::vector<Block> blocks_;
  std::vector<bool> from_entry_;
  std::vector<std::size_t> waiting_;
  std::size_t cases_ = 0;
};

}  // namespace

Value Value::constant(std::uint64_t value) {
  Value out;
  if (value > UINT32_MAX) return out;
  out.kind = Kind::constants;
  out.count = 1;
  out.constants[0] = static_cast<std::uint32_t>(value);
  return out;
}

Value Value::of_caller(std::uint8_t which) {
  Value out;
  out.kind = Kind::argument;
  out.argument = which;
  return out;
}

Value Value::either(const Value& other) const {
  if (*this == other) return *this;
  if (kind != Kind::constants || other.kind != Kind::constants) return {};
  std::array<std::uint32_t, 2 * most> all{};
  const auto end =
      std::set_union(constants.begin(), constants.begin() + count, other.constants.begin(),
                     other.constants.begin() + other.count, all.begin());
  const auto size = static_cast<std::size_t>(end - all.begin());
  if (size > most) return {};
  Value out = *this;
  out.count = static_cast<std::uint8_t>(size);
  std::copy_n(all.begin(), size, out.constants.begin());
  return out;
}

std::vector<Stretch> stretches_of(const Image& image) {
  std::vector<Stretch> out;
  for (std::size_t i = 0; i < image.starts.size(); ++i) {
    const std::uint64_t first = image.starts[i];
    const Segment* segment = image.code_at(first);
    std::uint64_t last = segment->address + segment->size;
    if (i + 1 < image.starts.size()) last = std::min(last, image.starts[i + 1]);
    out.push_back({first, last, false});
    // Cut where an instruction starts.
    std::uint64_t at = first;
    while (last - out.back().first > longest_stretch) {
      while (at - out.back().first < longest_stretch)
        at += std::max<std::uint64_t>(x86::decode(image.at(at), at).length, 1);
      if (at >= last) break;
      out.back().last = at;
      out.push_back({at, last, true});
    }
  }
  return out;
}

void walk(const Image& image, const Stretch& stretch, const Visitor& visitor) {
  Walker(image, stretch, visitor).run();
}

}  // namespace glacis::elf
