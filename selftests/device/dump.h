/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What dump.c, dump_parts.c and dump_shared.c share: children that die and leave a core
 * file, and what the kernel says of a mapping's place in one.
 *
 * Where core files go is the whole machine's: only one such program can run at a
 * time, as root.
 */
#ifndef DUMP_H
#define DUMP_H

#include "core.h"

#include <sys/resource.h>

#define PATTERN		"/proc/sys/kernel/core_pattern"

#define FIXED		((uintptr_t)0x50000000 + BLOCK - GRANULE)

/* What a child that dies tells of itself. */
struct note {
	uintptr_t base[4];
	int line;
};

FIXTURE(dump)
{
	char pattern[256];
	struct note *note;
	struct core core;
};

FIXTURE_SETUP(dump)
{
	int fd = open(PATTERN, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	ASSERT_LE(0, fd);
	length = read(fd, self->pattern, sizeof(self->pattern) - 1);
	close(fd);
	ASSERT_LT(0, length);
	self->pattern[length] = 0;
	ASSERT_TRUE(write_file(PATTERN, CORE ".%p"));
	self->note = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->note);
	self->core.fd = -1;
}

FIXTURE_TEARDOWN(dump)
{
	EXPECT_TRUE(write_file(PATTERN, self->pattern));
	close(self->core.fd);
	free(self->core.headers);
}

/*
 * Dying
 */

/* In a child that is to die the macros can't tell: the line that went wrong does. */
#define CHECK(condition) do {						\
	if (!(condition)) {						\
		note->line = __LINE__;					\
		_exit(1);						\
	}								\
} while (0)

/* The functions use no library call before: so each child has a space of its own. */
#define DIE(prepare) do {						\
	pid_t __pid = fork();						\
	int __status;							\
									\
	ASSERT_LE(0, __pid);						\
	if (!__pid) {							\
		setrlimit(RLIMIT_CORE, &(struct rlimit){		\
			RLIM_INFINITY, RLIM_INFINITY });		\
		prepare(self->note);					\
		abort();						\
	}								\
	__status = status_of(__pid);					\
	ASSERT_EQ(0, self->note->line);					\
	ASSERT_TRUE(WIFSIGNALED(__status) && WCOREDUMP(__status))	\
		TH_LOG("status 0x%x", __status);			\
	ASSERT_TRUE(core_open(&self->core, __pid));			\
} while (0)

/* The flags of the mapping that begins at an address, or an empty string. */
HELPER const char *flags_of(const void *base)
{
	static char line[512];
	FILE *file = fopen("/proc/self/smaps", "r");
	uintptr_t from, to;
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			found = from == (uintptr_t)base;
		else if (found && !strncmp(line, "VmFlags:", 8))
			break;
	}
	if (!file || feof(file))
		line[0] = 0;
	if (file)
		fclose(file);
	return line;
}

#define EXPECT_FLAGS(base, io, dd) do {					\
	const char *__flags = flags_of(base);				\
									\
	EXPECT_EQ(io, !!strstr(__flags, " io"))				\
		TH_LOG("%s", __flags);					\
	EXPECT_EQ(dd, !!strstr(__flags, " dd"))				\
		TH_LOG("%s", __flags);					\
	EXPECT_NE(NULL, strstr(__flags, " rd"));			\
} while (0)

#endif /* DUMP_H */
