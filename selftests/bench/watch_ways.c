// SPDX-License-Identifier: GPL-2.0
/*
 * GetWriteWatch() and its peers.  See watch_ways.h.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>

#include "by.h"
#include "pages.h"
#include "watch_ways.h"

/* From <linux/userfaultfd.h> and <linux/fs.h> of 6.7 and later. */
#define WP_UNPOPULATED	(1ull << 13)
#define WP_ASYNC	(1ull << 15)

struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define SCAN		_IOWR('f', 16, struct scan_arg)
#define SCAN_PROTECT	3ull	/* those found, if they have WP_ASYNC */
#define SCAN_WRITTEN	2ull

static char *our_begin(size_t size)
{
	char *mem = our_memory(size, MEM_WRITE_WATCH);

	touch(mem, size);
	if (ResetWriteWatch(mem, size))
		errx(1, "ResetWriteWatch");
	return mem;
}

static size_t our_get(char *mem, size_t size, bool reset, void **pages)
{
	ULONG_PTR nr = WATCH_MOST;
	DWORD granularity;

	if (GetWriteWatch(reset ? WRITE_WATCH_FLAG_RESET : 0, mem, size, pages, &nr, &granularity))
		errx(1, "GetWriteWatch");
	return nr;
}

static void our_end(char *mem, size_t size)
{
	(void)size;
	our_free(mem);
}

static int uffd = -1, pagemap = -1;

static char *uffd_begin(size_t size)
{
	struct uffdio_api api = { .api = UFFD_API, .features = WP_ASYNC | WP_UNPOPULATED };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect protect = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	char *mem;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api)) {
		if (uffd >= 0)
			close(uffd);
		return NULL;
	}
	mem = map_memory(size, 0);
	touch(mem, size);
	range.range = (struct uffdio_range) { (uintptr_t)mem, size };
	protect.range = range.range;
	must_not_fail(ioctl(uffd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
	must_not_fail(ioctl(uffd, UFFDIO_WRITEPROTECT, &protect), "UFFDIO_WRITEPROTECT");
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return mem;
}

static size_t uffd_get(char *mem, size_t size, bool reset, void **pages)
{
	static struct scan_region regions[WATCH_MOST];
	struct scan_arg scan = {
		.size = sizeof(scan),
		.flags = reset ? SCAN_PROTECT : 0,
		.start = (uintptr_t)mem,
		.end = (uintptr_t)mem + size,
		.vec = (uintptr_t)regions,
		.vec_len = WATCH_MOST,
		.category_mask = SCAN_WRITTEN,
		.return_mask = SCAN_WRITTEN,
	};
	int i, found = ioctl(pagemap, SCAN, &scan);
	size_t nr = 0;
	uint64_t at;

	if (found < 0)
		err(1, "PAGEMAP_SCAN");
	for (i = 0; i < found; i++)
		for (at = regions[i].start; at < regions[i].end; at += PAGE)
			pages[nr++] = (void *)(uintptr_t)at;
	return nr;
}

static void uffd_end(char *mem, size_t size)
{
	close(pagemap);
	close(uffd);
	must_not_fail(munmap(mem, size), "munmap");
}

static char *protected_mem;
static size_t protected_size;
static unsigned char written[WATCH_MOST];
static struct sigaction segv_before;

static void on_segv(int signal, siginfo_t *info, void *context)
{
	char *addr = info->si_addr;
	size_t page = (size_t)(addr - protected_mem) / PAGE;

	(void)signal;
	(void)context;
	if (addr < protected_mem || addr >= protected_mem + protected_size)
		_exit(1);
	written[page] = 1;
	must_not_fail(mprotect(protected_mem + page * PAGE, PAGE, PROT_READ | PROT_WRITE),
		      "mprotect");
}

static char *segv_begin(size_t size)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

	protected_mem = map_memory(size, 0);
	protected_size = size;
	touch(protected_mem, size);
	must_not_fail(mprotect(protected_mem, size, PROT_READ), "mprotect");
	sigaction(SIGSEGV, &action, &segv_before);
	return protected_mem;
}

/* One mprotect() for all is cheaper than one for each page. */
static size_t segv_get(char *mem, size_t size, bool reset, void **pages)
{
	size_t nr = 0, i;

	for (i = 0; i < size / PAGE; i++) {
		if (!written[i])
			continue;
		pages[nr++] = mem + i * PAGE;
		if (reset)
			written[i] = 0;
	}
	if (nr && reset)
		must_not_fail(mprotect(mem, size, PROT_READ), "mprotect");
	return nr;
}

static void segv_end(char *mem, size_t size)
{
	sigaction(SIGSEGV, &segv_before, NULL);
	must_not_fail(munmap(mem, size), "munmap");
}

const struct watch_way watch_ways[NR_WATCH_WAYS] = {
	[WATCH_OURS] = { OURS, ' ', "write watch", our_begin, our_get, our_end },
	[WATCH_UFFD] = { SMALL, BY_UFFD, "userfaultfd and PAGEMAP_SCAN",
			 uffd_begin, uffd_get, uffd_end },
	[WATCH_SIGSEGV] = { SMALL, BY_SIGSEGV, "SIGSEGV and mprotect",
			    segv_begin, segv_get, segv_end },
};
