/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all of the tests' headers begin with: the harness, constants, what this run is
 * like, and small helpers.  A test includes hostmem_test.h.
 */
#ifndef HOSTMEM_BASE_H
#define HOSTMEM_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/hostmem.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "kselftest_harness.h"

/* Only what hangs takes that long, also on a kernel with all checks on. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

#define HELPER	static inline __attribute__((unused))

/* Debug kernels are told by their leak detector. */
HELPER bool is_debug_kernel(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/*
 * How often to do what is done again and again for the odd case: on debug kernels,
 * which find more in less, a tenth.
 */
HELPER unsigned int times(unsigned int nr)
{
	return is_debug_kernel() ? (nr + 9) / 10 : nr;
}

/*
 * Shall regions be pinnable, as the default manager's are then?  Every program can be
 * run that way, and its tests say what is different.
 */
HELPER bool is_pinnable(void)
{
	const char *value = getenv("HOSTMEM_PINNABLE");

	return value && !strcmp(value, "1");
}

#define DEVICE		"/dev/hostmem"
#define PAGE		((uintptr_t)HOSTMEM_PAGE_SIZE)
#define GRANULE		((uintptr_t)HOSTMEM_GRANULE)
#define KIB		((uintptr_t)1 << 10)
#define MIB		((uintptr_t)1 << 20)
#define GIB		((uintptr_t)1 << 30)
#define TIB		((uintptr_t)1 << 40)
/* The unit in which the module keeps pages: where its walks have their seams. */
#define BLOCK		(2 * MIB)

#define POISON_DWORD	0xdeadbeefu
#define POISON_POINTER	((void *)0xdeadbeefdeadbeeful)
#define POISON_BYTE	0xcc

#define E_BAD_ADDRESS	HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS)
#define E_NOACCESS	HRESULT_FROM_WIN32(ERROR_NOACCESS)

/* The protections of private memory (rule P1) and what they allow (rule P11). */
static const struct protection {
	DWORD protect;
	bool read;
	bool write;
	bool exec;
} protections[] __attribute__((unused)) = {
	{ PAGE_NOACCESS,		false, false, false },
	{ PAGE_READONLY,		true,  false, false },
	{ PAGE_READWRITE,		true,  true,  false },
	{ PAGE_EXECUTE,			true,  false, true },
	{ PAGE_EXECUTE_READ,		true,  false, true },
	{ PAGE_EXECUTE_READWRITE,	true,  true,  true },
};

/* What allows nothing, for what is none. */
HELPER const struct protection *protection_of(DWORD protect)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(protections); i++)
		if (protections[i].protect == protect)
			return &protections[i];
	return &protections[0];
}

/* A program without its device is skipped as a whole. */
static void __attribute__((constructor)) skip_without_device(void)
{
	if (!access(DEVICE, F_OK) || errno != ENOENT)
		return;
	ksft_print_header();
	ksft_exit_skip("there is no " DEVICE ": load hostmem.ko\n");
}

HELPER bool kernel_is_at_least(int major, int minor)
{
	struct utsname name;
	int its_major, its_minor;

	if (uname(&name) ||
	    sscanf(name.release, "%d.%d", &its_major, &its_minor) != 2)
		return false;
	return its_major > major || (its_major == major && its_minor >= minor);
}

/* Write a word into one of the kernel's files. */
HELPER bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text);
}

/* How a child has ended, as wait(2) tells; waits for it. */
HELPER int status_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Have a thread, 0 for this one, run on one processor only. */
HELPER bool keep_on(int processor, pid_t tid)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	return !sched_setaffinity(tid, sizeof(one), &one);
}

HELPER bool run_on(int processor)
{
	return keep_on(processor, 0);
}

/* A small generator, so that every run of a test does the same. */
HELPER uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 32) % limit;
}

#endif /* HOSTMEM_BASE_H */
