/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hostile tests share: a specimen, which is a region with pages of
 * every kind, and a look at all of it that leaves it as it is.
 *
 * Included by hostile_*.c.  Whatever a test has done to a specimen, it must be
 * intact afterwards, or gone as a whole where the test says so.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "hostmem_child.h"
#include "hostmem_test.h"

#include <netinet/in.h>
#include <sys/socket.h>

/*
 * One of the kernel's settings that a program changes.  What it was is put back
 * when all tests are through, for a test that dies can't.
 */
struct setting {
	const char *path;
	char before[128];
};

HELPER void setting_save(struct setting *setting)
{
	int fd = open(setting->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, setting->before, sizeof(setting->before) - 1) < 0)
		setting->before[0] = 0;
	close(fd);
}

/* Of several words the one in use is in brackets. */
HELPER void setting_restore(const struct setting *setting)
{
	char word[sizeof(setting->before)];

	if (sscanf(setting->before, "%*[^[][%127[^]]", word) == 1 ||
	    sscanf(setting->before, "[%127[^]]", word) == 1)
		write_file(setting->path, word);
	else if (setting->before[0])
		write_file(setting->path, setting->before);
}

#define KEEP_SETTING(name, file)					\
static struct setting name = { .path = (file) };			\
									\
static void __attribute__((constructor)) name##_save(void)		\
{									\
	setting_save(&name);						\
}									\
									\
static void __attribute__((destructor)) name##_restore(void)		\
{									\
	setting_restore(&name);						\
}

/* 64 KiB below a block's end, so that there are two seams within. */
#define SPECIMEN	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define SPECIMEN_SIZE	(BLOCK + 2 * GRANULE)
/* Room for a second one right behind the first. */
#define NEIGHBOUR	(SPECIMEN + SPECIMEN_SIZE)
#define SEED		4711
/* Where a page that can be executed has code_of_42. */
#define CODE		128

/* The runs of pages in a specimen; no two in succession are alike. */
static const struct kind {
	unsigned int first;
	unsigned int nr;
	DWORD protect;		/* 0: reserved */
} kinds[] __attribute__((unused)) = {
	{ 0,	1,	0 },
	{ 1,	1,	PAGE_READONLY },
	{ 2,	1,	PAGE_READWRITE },
	{ 3,	1,	PAGE_NOACCESS },
	{ 4,	1,	PAGE_EXECUTE },
	{ 5,	1,	PAGE_EXECUTE_READ },
	{ 6,	1,	PAGE_EXECUTE_READWRITE },
	{ 7,	1,	PAGE_READWRITE | PAGE_GUARD },
	{ 8,	6,	PAGE_READWRITE },
	{ 14,	4,	PAGE_READONLY },	/* across a seam */
	{ 18,	500,	PAGE_READWRITE },
	{ 518,	20,	0 },			/* across the other */
	{ 538,	6,	PAGE_READWRITE },
};

/* Its pages by what may be done to them. */
enum {
	RESERVED = 0, READONLY = 1, READWRITE = 2, NOACCESS = 3, EXECUTE = 4,
	GUARDED = 7, SEAM = 16, MIDDLE = 100,
};

#define at(page)	((char *)SPECIMEN + (page) * PAGE)

/* A page of each kind, all but guard pages, which are for once. */
static const unsigned int copied[] __attribute__((unused)) = {
	RESERVED, READONLY, READWRITE, NOACCESS, EXECUTE, SEAM, MIDDLE,
};

/* Fill one that is reserved. */
HELPER bool specimen_fill(uintptr_t base)
{
	size_t i, j;
	DWORD old;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *start = (char *)base + kinds[i].first * PAGE;
		size_t size = kinds[i].nr * PAGE;

		if (!kinds[i].protect)
			continue;
		if (commit_at(start, size, PAGE_READWRITE) != start)
			return false;
		stamp(start, size, SEED);
		for (j = 0; j < kinds[i].nr; j++)
			put_code_of_42(start + j * PAGE + CODE);
		if (!VirtualProtect(start, size, kinds[i].protect, &old))
			return false;
	}
	return true;
}

/* Make one at @base; false if that fails. */
HELPER bool specimen_make(uintptr_t base)
{
	return reserve_at(base, SPECIMEN_SIZE) == (void *)base &&
	       specimen_fill(base);
}

/* The same with flags of the raw call, in the library's file. */
HELPER bool specimen_make_as(uintptr_t base, uint32_t flags)
{
	uintptr_t out;

	return !raw_alloc_as(library_fd(), base, SPECIMEN_SIZE, HOSTMEM_RESERVE,
			     HOSTMEM_READWRITE, flags, &out) &&
	       out == base && specimen_fill(base);
}

/* Give a page back what it had, once a test has written to it. */
HELPER void mend(unsigned int page)
{
	memset(at(page), 0, PAGE);
	stamp(at(page), PAGE, SEED);
	put_code_of_42(at(page) + CODE);
}

/* Does a page allow what it should, and nothing else?  Not for guard pages. */
HELPER bool page_is_as(char *page, DWORD protect)
{
	const struct protection *p = protection_of(protect);
	int result = 0;

	if (can_read(page) != p->read || can_write(page) != p->write)
		return false;
	return !try_exec(page + CODE, &result).signo == p->exec &&
	       result == (p->exec ? 42 : 0);
}

/* A debugger's way in: contents whatever the protection; -1 if there are none. */
HELPER uint64_t peek(int mem, const void *addr)
{
	uint64_t value;

	if (pread(mem, &value, sizeof(value), (uintptr_t)addr) != sizeof(value))
		return ~0ull;
	return value;
}

HELPER const char *run_wrong(uintptr_t base, const struct kind *kind, int mem)
{
	DWORD state = kind->protect ? MEM_COMMIT : MEM_RESERVE;
	char *start = (char *)base + kind->first * PAGE;
	size_t size = kind->nr * PAGE, i;
	MEMORY_BASIC_INFORMATION info = query(start);
	bool found;

	if (info.BaseAddress != start || info.AllocationBase != (void *)base ||
	    info.RegionSize != size || info.State != state ||
	    info.Protect != kind->protect || info.Type != MEM_PRIVATE)
		return "query";
	/* Through its file, what is committed is found and nothing else. */
	found = kind->protect &&
		(mem_is_forced || protection_of(kind->protect)->read);
	for (i = 0; i < size; i += size > PAGE ? size - PAGE : PAGE)
		if (peek(mem, start + i) !=
		    (found ? (uintptr_t)(start + i) ^ SEED : ~0ull))
			return "what /proc/self/mem has";
	if (kind->protect & PAGE_GUARD)
		return NULL;
	if (!page_is_as(start, kind->protect) ||
	    !page_is_as(start + size - PAGE, kind->protect))
		return "access";
	if (protection_of(kind->protect)->read && unstamped(start, size, SEED))
		return "contents";
	return NULL;
}

/* What is wrong with a specimen; NULL if it is intact. */
HELPER const char *specimen_wrong(uintptr_t base)
{
	static char text[64];
	const char *wrong = NULL;
	size_t i;
	int mem;

	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	for (i = 0; i < ARRAY_SIZE(kinds) && !wrong; i++) {
		wrong = run_wrong(base, &kinds[i], mem);
		if (wrong) {
			snprintf(text, sizeof(text), "pages from %u on: %s",
				 kinds[i].first, wrong);
			wrong = text;
		}
	}
	close(mem);
	if (!wrong && mappings(getpid(), base, base + SPECIMEN_SIZE) != 1)
		wrong = "mappings";
	return wrong;
}

#define EXPECT_INTACT(base) do {					\
	const char *__wrong = specimen_wrong(base);			\
									\
	EXPECT_EQ(NULL, __wrong)					\
		TH_LOG("%s", __wrong);					\
} while (0)

/* There is nothing in a forked child's specimen, and it has no say in it. */
HELPER int specimen_is_dead(uintptr_t base, int fd)
{
	struct hostmem_memory_info info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		CHECK(try_read((char *)base + kinds[i].first * PAGE).signo ==
		      SIGSEGV);
	CHECK(raw_query(fd, base, &info) == -EXDEV);
	return 0;
}

#define EXPECT_EFAULT(call) do {					\
	errno = 0;							\
	EXPECT_EQ(-1, (long)(call));					\
	EXPECT_EQ(EFAULT, errno);					\
} while (0)

/* Nor is there a mapping, as long as nobody has asked for one. */
HELPER int specimen_is_out_of_reach(uintptr_t base, int fd)
{
	int line = specimen_is_dead(base, fd);

	CHECK(!line);
	CHECK(mappings(getpid(), base, base + SPECIMEN_SIZE) == 0);
	return 0;
}

/* So many bytes, or -1 and EFAULT. */
#define EXPECT_GETS(allowed, size, call) do {				\
	bool __allowed = (allowed);					\
									\
	errno = 0;							\
	EXPECT_EQ(__allowed ? (ssize_t)(size) : -1, (ssize_t)(call));	\
	EXPECT_EQ(__allowed ? 0 : EFAULT, errno);			\
} while (0)

/* Two sockets, of which the first sends to the second, that nobody reads. */
HELPER bool datagram_ends(int ends[2])
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(to);

	ends[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ends[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return !bind(ends[1], (struct sockaddr *)&to, length) &&
	       !getsockname(ends[1], (struct sockaddr *)&to, &length) &&
	       !connect(ends[0], (struct sockaddr *)&to, length);
}

/*
 * Raw calls that the other tests make through the library.  A forked child has to,
 * for the library's descriptor is its parent's.
 */

/* Reserve and commit; 0 if that fails. */
HELPER uintptr_t raw_both(int fd, uintptr_t addr, uint64_t length,
			  uint32_t protect)
{
	uintptr_t out;

	if (raw_alloc(fd, addr, length, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
		      protect, &out))
		return 0;
	return out;
}

/* The pages of a file's only region, by query, against what is accounted. */
HELPER const char *accounts_wrong(int fd, uintptr_t base, size_t size)
{
	struct hostmem_status status = hostmem_status(fd);
	struct hostmem_memory_info info;
	uintptr_t at;
	size_t committed = 0;

	if (status.out_regions != 1 || status.out_reserved_bytes != size)
		return "regions";
	for (at = base; at < base + size; at += info.region_size) {
		if (raw_query(fd, at, &info) || !info.region_size)
			return "query";
		if (info.state == HOSTMEM_COMMIT)
			committed += info.region_size;
	}
	return committed == status.out_committed_bytes ? NULL : "committed bytes";
}

#endif /* HOSTILE_H */
