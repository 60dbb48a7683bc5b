/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of pinnable regions share: a disk for O_DIRECT, and pipes in which
 * pages lie.
 *
 * Included by pin_*.c.  They make regions of either kind by themselves, whatever the
 * environment says of the library's.
 */
#ifndef PIN_H
#define PIN_H

#include "hostile.h"

#include <sys/uio.h>

#define PINNABLE	HOSTMEM_ALLOC_PINNABLE
#define DISK		"/dev/ram0"
#define DISK_SIZE	(4 * MIB)

/*
 * A RAM disk, past the page cache; -1 if there is none.  Its contents are nobody's: who
 * has one that is somebody's doesn't run these tests.
 */
HELPER int open_disk(void)
{
	int status = 0;

	if (access(DISK, F_OK))
		status = system("modprobe brd rd_nr=1 rd_size=4096");
	return status ? -1 : open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
}

/* Memory of the kernel's own kind for the other side of O_DIRECT. */
HELPER char *plain_memory(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Have a pipe hold pages themselves: how many bytes, or -1. */
HELPER ssize_t hold(int pipe, const void *start, size_t size)
{
	struct iovec iov = { .iov_base = (void *)start, .iov_len = size };

	return vmsplice(pipe, &iov, 1, 0);
}

/* Has a page what stamp() has given it at @addr? */
HELPER bool is_stamped(const char *page, const void *addr, uint64_t seed)
{
	const uint64_t *words = (const uint64_t *)page;

	return words[0] == ((uintptr_t)addr ^ seed) &&
	       words[PAGE / 8 - 1] == ~((uintptr_t)addr ^ seed);
}

/* Take stamped pages out of a pipe: the first that is wrong or not there, or NULL. */
HELPER const char *unstamped_in_pipe(int pipe, const char *start, size_t size,
				     uint64_t seed)
{
	char copy[HOSTMEM_PAGE_SIZE];
	const char *at;
	size_t done;
	ssize_t got;

	for (at = start; at < start + size; at += PAGE) {
		for (done = 0; done < PAGE; done += got) {
			got = read(pipe, copy + done, PAGE - done);
			if (got <= 0)
				return at;
		}
		if (!is_stamped(copy, at, seed))
			return at;
	}
	return NULL;
}

#endif /* PIN_H */
