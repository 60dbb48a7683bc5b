/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debuggers that write to a test's memory, and what the kernel lets them do.  Part of
 * hostmem_test.h.
 */
#ifndef HOSTMEM_DEBUGGER_H
#define HOSTMEM_DEBUGGER_H

#include "hostmem_base.h"

#include <sys/ptrace.h>

HELPER int write_from_outside(pid_t pid, const char *addr, const char *bytes,
			      size_t size)
{
	size_t done;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) ||
	    waitpid(pid, NULL, __WALL) != pid)
		return 1;
	for (done = 0; done < size; done += sizeof(long)) {
		long word = ptrace(PTRACE_PEEKDATA, pid, addr + done, NULL);
		size_t part = size - done < sizeof(word) ? size - done : sizeof(word);

		memcpy(&word, bytes + done, part);
		if (ptrace(PTRACE_POKEDATA, pid, addr + done, word))
			return 2;
	}
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? 3 : 0;
}

/* Have a debugger write to this process's memory, whatever its protection. */
HELPER bool debugger_writes(void *addr, const void *bytes, size_t size)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(write_from_outside(getppid(), addr, bytes, size));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/*
 * Does the kernel let processes that nobody traces do against protections what they
 * like, through /proc/PID/mem?  That is a choice of its build and its command line.
 */
static bool mem_is_forced;

static void __attribute__((constructor)) look_whether_mem_is_forced(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	mem_is_forced = pwrite(mem, "x", 1, (uintptr_t)page) == 1;
	close(mem);
	munmap(page, PAGE);
}

#endif /* HOSTMEM_DEBUGGER_H */
