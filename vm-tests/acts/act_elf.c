// SPDX-License-Identifier: Apache-2.0
// A program made of nothing but bytes, so that an act that "drops a binary"
// needs to read none.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
static const unsigned char code[] = {
    0xbf, ACT_ELF_STATUS,
    0,	  0,
    0, /* mov $42, %edi */
    0xb8, 231,
    0,	  0,
    0,		/* mov $__NR_exit_group, %eax */
    0x0f, 0x05, /* syscall */
};
static const unsigned char ret_code[] = {0xc3};
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
static const unsigned char code[] = {
    0x40, 0x05, 0x80, 0xd2, /* mov x0, #42 */
    0xc8, 0x0b, 0x80, 0xd2, /* mov x8, #__NR_exit_group */
    0x01, 0x00, 0x00, 0xd4, /* svc #0 */
};
static const unsigned char ret_code[] = {0xc0, 0x03, 0x5f, 0xd6};
#else
#error "teach act_elf.c this machine"
#endif

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[4];
	Elf64_Dyn dynamic[6];
	Elf64_Sym symbols[1];
	Elf64_Word hash[4];
	char names[8];
	char interpreter[64];
	unsigned char code[16];
};

static void set_header(struct image *image, int segments)
{
	Elf64_Ehdr *h = &image->header;

	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_type = ET_DYN;
	h->e_machine = MACHINE;
	h->e_version = EV_CURRENT;
	h->e_entry = offsetof(struct image, code);
	h->e_phoff = offsetof(struct image, segments);
	h->e_ehsize = sizeof(Elf64_Ehdr);
	h->e_phentsize = sizeof(Elf64_Phdr);
	h->e_phnum = (Elf64_Half)segments;
	h->e_shentsize = sizeof(Elf64_Shdr);
}

static Elf64_Phdr segment(Elf64_Word type, Elf64_Word flags, size_t offset, size_t size)
{
	return (Elf64_Phdr){
	    .p_type = type,
	    .p_flags = flags,
	    .p_offset = offset,
	    .p_vaddr = offset,
	    .p_paddr = offset,
	    .p_filesz = size,
	    .p_memsz = size,
	    .p_align = type == PT_LOAD ? 0x1000 : 1,
	};
}

/* What the dynamic loader insists on: names, symbols and an empty hash. */
static void set_dynamic(struct image *image)
{
	image->dynamic[0].d_tag = DT_STRTAB;
	image->dynamic[0].d_un.d_ptr = offsetof(struct image, names);
	image->dynamic[1].d_tag = DT_STRSZ;
	image->dynamic[1].d_un.d_val = sizeof(image->names);
	image->dynamic[2].d_tag = DT_SYMTAB;
	image->dynamic[2].d_un.d_ptr = offsetof(struct image, symbols);
	image->dynamic[3].d_tag = DT_SYMENT;
	image->dynamic[3].d_un.d_val = sizeof(Elf64_Sym);
	image->dynamic[4].d_tag = DT_HASH;
	image->dynamic[4].d_un.d_ptr = offsetof(struct image, hash);
	image->hash[0] = 1; /* one bucket, holding the null symbol */
	image->hash[1] = 1;
}

size_t act_elf(unsigned char *buf, const char *interpreter)
{
	struct image image;
	int count = 0;

	_Static_assert(sizeof(image) <= ACT_ELF_SIZE_MAX, "act_elf's buffer");
	_Static_assert(sizeof(code) <= sizeof(image.code), "code");
	memset(&image, 0, sizeof(image));
	if (interpreter) {
		snprintf(image.interpreter, sizeof(image.interpreter), "%s", interpreter);
		image.segments[count++] =
		    segment(PT_INTERP, PF_R, offsetof(struct image, interpreter),
			    strlen(image.interpreter) + 1);
	}
	image.segments[count++] = segment(PT_LOAD, PF_R | PF_X, 0, sizeof(image));
	image.segments[count++] = segment(
	    PT_DYNAMIC, PF_R, offsetof(struct image, dynamic), sizeof(image.dynamic));
	image.segments[count++] = segment(PT_GNU_STACK, PF_R | PF_W, 0, 0);
	set_header(&image, count);
	set_dynamic(&image);
	memcpy(image.code, code, sizeof(code));
	memcpy(buf, &image, sizeof(image));
	return sizeof(image);
}

void act_fill_ret(void *memory, size_t size)
{
	for (size_t at = 0; at + sizeof(ret_code) <= size; at += sizeof(ret_code))
		memcpy((unsigned char *)memory + at, ret_code, sizeof(ret_code));
	__builtin___clear_cache((char *)memory, (char *)memory + size);
}

void *act_find_ret(void *memory, size_t size)
{
	unsigned char *bytes = memory;

	for (size_t at = 0; at + sizeof(ret_code) <= size; at += sizeof(ret_code))
		if (memcmp(bytes + at, ret_code, sizeof(ret_code)) == 0)
			return bytes + at;
	return NULL;
}

const char act_make_kinds[] =
    "elf, exec-stack, dynamic, missing-interp, enoexec, script, missing-script, ret";

static int write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0)
		return errno;
	int err =
	    write(fd, data, size) == (ssize_t)size && fchmod(fd, 0755) == 0 ? 0 : errno;
	close(fd);
	return err;
}

/* The same program, on a stack that is code. */
static size_t exec_stack(unsigned char *buf)
{
	const size_t size = act_elf(buf, NULL);
	struct image image;

	memcpy(&image, buf, size);
	for (int i = 0; i < image.header.e_phnum; i++)
		if (image.segments[i].p_type == PT_GNU_STACK)
			image.segments[i].p_flags |= PF_X;
	memcpy(buf, &image, size);
	return size;
}

/* elf: ends with 42, and needs no loader. dynamic: for the loader run by hand only
 * (what names none, the loader executes instead of mapping it). ret: a page of return
 * instructions. */
int act_make(const char *kind, const char *path)
{
	unsigned char buf[ACT_ELF_SIZE_MAX];
	static const char script[] = "#!/bin/sh\nexit 42\n";
	static const char missing[] = "#!/nonexistent/interpreter\n";
	static const char garbage[] = "\x01\x02\x03\x04 no format that a kernel knows\n";

	if (strcmp(kind, "elf") == 0)
		return write_file(path, buf, act_elf(buf, NULL));
	if (strcmp(kind, "exec-stack") == 0)
		return write_file(path, buf, exec_stack(buf));
	if (strcmp(kind, "dynamic") == 0)
		return write_file(path, buf, act_elf(buf, ACT_LOADER));
	if (strcmp(kind, "missing-interp") == 0)
		return write_file(path, buf, act_elf(buf, "/nonexistent/ld.so"));
	if (strcmp(kind, "enoexec") == 0)
		return write_file(path, garbage, sizeof(garbage) - 1);
	if (strcmp(kind, "script") == 0)
		return write_file(path, script, sizeof(script) - 1);
	if (strcmp(kind, "missing-script") == 0)
		return write_file(path, missing, sizeof(missing) - 1);
	if (strcmp(kind, "ret") == 0) {
		unsigned char page[4096];

		act_fill_ret(page, sizeof(page));
		return write_file(path, page, sizeof(page));
	}
	return EINVAL;
}
