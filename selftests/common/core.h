/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Core files: their segments, and what is in them.
 */
#ifndef CORE_H
#define CORE_H

#include "hostmem_test.h"

#include <elf.h>

#define CORE		"/tmp/hostmem-core"

/**
 * struct core - a core file
 * @fd: the file
 * @headers: of its segments
 * @nr: how many
 */
struct core {
	int fd;
	Elf64_Phdr *headers;
	size_t nr;
};

HELPER bool core_open(struct core *core, pid_t pid)
{
	char path[64];
	Elf64_Ehdr elf;
	size_t size;

	snprintf(path, sizeof(path), CORE ".%d", pid);
	core->fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	if (core->fd < 0 || pread(core->fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) || elf.e_type != ET_CORE)
		return false;
	core->nr = elf.e_phnum;
	size = core->nr * sizeof(*core->headers);
	core->headers = malloc(size);
	return core->headers && pread(core->fd, core->headers, size, elf.e_phoff) ==
				(ssize_t)size;
}

/* The segment that begins at an address, or NULL. */
HELPER const Elf64_Phdr *core_segment(const struct core *core, uintptr_t addr)
{
	size_t i;

	for (i = 0; i < core->nr; i++)
		if (core->headers[i].p_type == PT_LOAD &&
		    core->headers[i].p_vaddr == addr)
			return &core->headers[i];
	return NULL;
}

/* A page of the segment that begins at @base; false if the dump doesn't have it. */
HELPER bool core_page(const struct core *core, uintptr_t base, size_t page,
		      uint64_t words[512])
{
	const Elf64_Phdr *header = core_segment(core, base);

	return header && header->p_filesz >= (page + 1) * PAGE &&
	       pread(core->fd, words, PAGE, header->p_offset + page * PAGE) ==
	       (ssize_t)PAGE;
}

/* Does the dump have what stamp() gave to pages of a segment? */
HELPER bool core_stamped(const struct core *core, uintptr_t base, size_t page,
			 size_t nr, uint64_t seed)
{
	uint64_t words[512];

	for (; nr; nr--, page++) {
		uint64_t want = (base + page * PAGE) ^ seed;

		if (!core_page(core, base, page, words) || words[0] != want ||
		    words[511] != ~want)
			return false;
	}
	return true;
}

HELPER bool core_zero(const struct core *core, uintptr_t base, size_t page)
{
	uint64_t words[512];

	return core_page(core, base, page, words) && !nonzero(words, PAGE);
}

/* The core file has all of a segment, or has it without its contents. */
#define EXPECT_SEGMENT(core, base, size, in_file) do {			\
	const Elf64_Phdr *__header = core_segment(core, base);		\
									\
	ASSERT_NE(NULL, __header);					\
	EXPECT_EQ((size_t)(size), __header->p_memsz);			\
	EXPECT_EQ((size_t)(in_file), __header->p_filesz);		\
} while (0)

#endif /* CORE_H */
