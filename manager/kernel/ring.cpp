// SPDX-License-Identifier: Apache-2.0
#include "manager/kernel/ring.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace glacis::kernel {
namespace {

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::unexpected<Error> cannot(const char* what, int error) {
  return fail(
      error == EPERM || error == EACCES ? Exit::not_permitted : Exit::kernel,
      fmt::format("cannot {} the event ring: {}", what, std::generic_category().message(error)),
      error == EPERM || error == EACCES ? "run the command as root" : "run `glacis doctor`",
      "events stay in the ring");
}

std::uint64_t position(const std::uint64_t* at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

std::uint64_t padded(std::uint32_t length) {
  return (std::uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) & ~std::uint64_t{7};
}

}  // namespace

Taken take_records(const RingMemory& ring, const TakeRecord& take) {
  const std::uint64_t produced = position(ring.producer);
  Taken out{position(ring.consumer)};
  while (out.end < produced) {
    const std::byte* at = ring.data + (out.end & (ring.size - 1));
    const std::uint32_t header =
        __atomic_load_n(reinterpret_cast<const std::uint32_t*>(at), __ATOMIC_ACQUIRE);
    if (header & BPF_RINGBUF_BUSY_BIT) {
      out.writing = true;
      return out;
    }
    const std::uint32_t length = header & ~BPF_RINGBUF_DISCARD_BIT;
    if (padded(length) > ring.size || padded(length) > produced - out.end) {
      out.malformed = true;
      return out;
    }
    if (!(header & BPF_RINGBUF_DISCARD_BIT)) take({at + BPF_RINGBUF_HDR_SZ, length});
    out.end += padded(length);
  }
  return out;
}

Result<Ring> Ring::open(int map_fd) {
  bpf_map_info info{};
  std::uint32_t length = sizeof info;
  if (::bpf_obj_get_info_by_fd(map_fd, &info, &length) != 0) return cannot("describe", errno);
  if (info.type != BPF_MAP_TYPE_RINGBUF) return cannot("use", EINVAL);

  Ring ring;
  ring.id_ = info.id;
  ring.memory_.size = info.max_entries;
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (page == MAP_FAILED) return cannot("map", errno);
  ring.consumer_page_ = page;
  void* pages = ::mmap(nullptr, page_size() + 2 * ring.memory_.size, PROT_READ, MAP_SHARED, map_fd,
                       static_cast<off_t>(page_size()));
  if (pages == MAP_FAILED) return cannot("map", errno);
  ring.producer_pages_ = pages;
  ring.memory_.consumer = static_cast<std::uint64_t*>(page);
  ring.memory_.producer = static_cast<const std::uint64_t*>(pages);
  ring.memory_.data = static_cast<const std::byte*>(pages) + page_size();
  return ring;
}

void Ring::commit(std::uint64_t end) { __atomic_store_n(memory_.consumer, end, __ATOMIC_RELEASE); }

void Ring::unmap() {
  if (consumer_page_) ::munmap(consumer_page_, page_size());
  if (producer_pages_) ::munmap(producer_pages_, page_size() + 2 * memory_.size);
  consumer_page_ = producer_pages_ = nullptr;
}

Ring::Ring(Ring&& other) noexcept
    : memory_(other.memory_),
      consumer_page_(std::exchange(other.consumer_page_, nullptr)),
      producer_pages_(std::exchange(other.producer_pages_, nullptr)),
      id_(other.id_) {}

Ring& Ring::operator=(Ring&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  memory_ = other.memory_;
  consumer_page_ = std::exchange(other.consumer_page_, nullptr);
  producer_pages_ = std::exchange(other.producer_pages_, nullptr);
  id_ = other.id_;
  return *this;
}

Ring::~Ring() { unmap(); }

}  // namespace glacis::kernel
