/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to memory that reports a fault instead of dying of it, and contents by which
 * pages are known again.  Part of hostmem_test.h.
 */
#ifndef HOSTMEM_FAULT_H
#define HOSTMEM_FAULT_H

#include "hostmem_base.h"

#include <setjmp.h>

/*
 * Access that may fault
 */

/**
 * struct fault - how an access has ended
 * @signo: the signal; 0 if it went through
 * @code: si_code
 * @addr: si_addr
 */
struct fault {
	int signo;
	int code;
	uintptr_t addr;
};

struct probe {
	sigjmp_buf env;
	volatile bool armed;
	struct fault fault;
};

static _Thread_local struct probe probe;

static void catch_fault(int signo, siginfo_t *info, void *context)
{
	(void)context;
	if (!probe.armed) {
		/* Not a probe's: the access happens again and is fatal. */
		signal(signo, SIG_DFL);
		return;
	}
	probe.fault.signo = signo;
	probe.fault.code = info->si_code;
	probe.fault.addr = (uintptr_t)info->si_addr;
	siglongjmp(probe.env, 1);
}

/* SA_NODEFER leaves the signal mask alone, so probes save and restore none. */
static void __attribute__((constructor)) catch_faults(void)
{
	struct sigaction action = {
		.sa_sigaction = catch_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Run a statement and yield its struct fault; for the calling thread only. */
#define PROBE(statement) ({						\
	probe.fault = (struct fault){};					\
	probe.armed = true;						\
	if (!sigsetjmp(probe.env, 0)) {					\
		statement;						\
	}								\
	probe.armed = false;						\
	probe.fault;							\
})

HELPER struct fault try_read(const void *addr)
{
	return PROBE((void)*(volatile const unsigned char *)addr);
}

HELPER struct fault try_write(void *addr, unsigned char value)
{
	return PROBE(*(volatile unsigned char *)addr = value);
}

/* Return 42. */
static const unsigned char code_of_42[] __attribute__((unused, aligned(4))) = {
#if defined(__x86_64__)
	0xb8, 42, 0, 0, 0,		/* mov $42, %eax */
	0xc3				/* ret */
#elif defined(__aarch64__)
	0x40, 0x05, 0x80, 0x52,		/* mov w0, #42 */
	0xc0, 0x03, 0x5f, 0xd6		/* ret */
#else
#error "code_of_42 isn't known for this processor"
#endif
};

/* Have a copy of it return another byte. */
HELPER void change_42(void *code, unsigned char value)
{
#ifdef __x86_64__
	((unsigned char *)code)[1] = value;
#else
	*(uint32_t *)code = 0x52800000u | (uint32_t)value << 5;
#endif
	__builtin___clear_cache((char *)code, (char *)code + sizeof(code_of_42));
}

/* As a program has to: the instruction caches don't see what is written by themselves. */
HELPER void put_code_of_42(void *to)
{
	memcpy(to, code_of_42, sizeof(code_of_42));
	__builtin___clear_cache((char *)to, (char *)to + sizeof(code_of_42));
}

/* Call what is at an address: @result is what it returns. */
HELPER struct fault try_exec(void *addr, int *result)
{
	int (*call)(void) = addr;

	*result = 0;
	return PROBE(*result = call());
}

HELPER bool can_read(const void *addr)
{
	return !try_read(addr).signo;
}

/* Writes back what is there, so that it changes nothing. */
HELPER bool can_write(void *addr)
{
	volatile unsigned char *byte = addr;

	return !PROBE(*byte = *byte).signo;
}

#define EXPECT_NO_FAULT(attempt) do {					\
	struct fault __fault = (attempt);				\
	EXPECT_EQ(0, __fault.signo)					\
		TH_LOG("at 0x%lx", __fault.addr);			\
} while (0)

#define EXPECT_SEGV(address, attempt) do {				\
	struct fault __fault = (attempt);				\
	EXPECT_EQ(SIGSEGV, __fault.signo);				\
	EXPECT_EQ((uintptr_t)(address), __fault.addr);			\
} while (0)

#define EXPECT_NOTHING_ALLOWED(address) do {				\
	int __result;							\
									\
	EXPECT_SEGV(address, try_read((void *)(address)));		\
	EXPECT_SEGV(address, try_write((void *)(address), 1));		\
	EXPECT_SEGV(address, try_exec((void *)(address), &__result));	\
} while (0)

/*
 * Contents
 */

/* Give each page of a range contents that depend on its address and @seed. */
HELPER void stamp(void *start, size_t size, uint64_t seed)
{
	char *at;

	for (at = start; at < (char *)start + size; at += PAGE) {
		((volatile uint64_t *)at)[0] = (uintptr_t)at ^ seed;
		((volatile uint64_t *)at)[PAGE / 8 - 1] = ~((uintptr_t)at ^ seed);
	}
}

/* The first page of a range that has lost what stamp() gave it, or NULL. */
HELPER void *unstamped(void *start, size_t size, uint64_t seed)
{
	char *at;

	for (at = start; at < (char *)start + size; at += PAGE)
		if (((uint64_t *)at)[0] != ((uintptr_t)at ^ seed) ||
		    ((uint64_t *)at)[PAGE / 8 - 1] != ~((uintptr_t)at ^ seed))
			return at;
	return NULL;
}

/* The first word of a range that is not zero, or NULL. */
HELPER void *nonzero(void *start, size_t size)
{
	uint64_t *at;

	for (at = start; at < (uint64_t *)((char *)start + size); at++)
		if (*at)
			return at;
	return NULL;
}

/* Keep a mapping of ordinary memory in single pages; some kernels have no others. */
HELPER bool keep_small(void *start, size_t size)
{
	return !madvise(start, size, MADV_NOHUGEPAGE) || errno == EINVAL;
}

#endif /* HOSTMEM_FAULT_H */
