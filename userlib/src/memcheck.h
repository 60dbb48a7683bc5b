/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What valgrind's memcheck is told.  It knows nothing of the device: to it a commit
 * would make no memory, and what the kernel writes into a caller's buffer would not be
 * written.  To helgrind and drd, threads that are given the same addresses one after the
 * other would be racing.
 *
 * Where there is no valgrind/memcheck.h, or with "make VALGRIND=no", nothing of this
 * is called.  Elsewhere it costs a call a few instructions, unless the program runs under
 * valgrind.  Of memory nothing is remembered: memcheck knows which pages it has been told
 * of, and the kernel which will go.
 *
 * Called by manager.c.
 */
#ifndef HOSTMEM_MEMCHECK_H
#define HOSTMEM_MEMCHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <hostmem/types.h>

#include "errors.h"

#ifndef HOSTMEM_NO_VALGRIND
#ifdef __has_include
#if __has_include("valgrind/memcheck.h")
#include <valgrind/helgrind.h>
#include <valgrind/memcheck.h>
#endif
#endif
#endif

#ifdef RUNNING_ON_VALGRIND
#define HOSTMEM_TELLS_VALGRIND				1
#else
#define HOSTMEM_TELLS_VALGRIND				0
#define RUNNING_ON_VALGRIND				0
#define VALGRIND_HG_CLEAN_MEMORY(addr, length)		((void)(addr), (void)(length))
#define VALGRIND_MAKE_MEM_NOACCESS(addr, length)	((void)(addr), (void)(length))
#define VALGRIND_MAKE_MEM_DEFINED(addr, length)		((void)(addr), (void)(length))
#define VALGRIND_GET_VBITS(addr, bits, length)		((void)(addr), (void)(bits), 0)
#endif

struct hostmem_free;
struct hostmem_manager;

/*
 * Does the program run under valgrind, whichever of its tools?  To ask takes a dozen
 * instructions, so the answer is remembered: it is one for the life of a process.
 */
enum {
	HOSTMEM_MEMCHECK_UNKNOWN,
	HOSTMEM_MEMCHECK_NO,
	HOSTMEM_MEMCHECK_YES,
};

/* Whoever asks first sets it; relaxed. */
extern int hostmem_memcheck_state;

static inline bool hostmem_memcheck_runs(void)
{
	int state;

	if (!HOSTMEM_TELLS_VALGRIND)
		return false;
	state = __atomic_load_n(&hostmem_memcheck_state, __ATOMIC_RELAXED);
	if (state == HOSTMEM_MEMCHECK_UNKNOWN) {
		state = RUNNING_ON_VALGRIND ? HOSTMEM_MEMCHECK_YES :
					      HOSTMEM_MEMCHECK_NO;
		__atomic_store_n(&hostmem_memcheck_state, state, __ATOMIC_RELAXED);
	}
	return state == HOSTMEM_MEMCHECK_YES;
}

/* The kernel has written there. */
static inline void hostmem_memcheck_written(const void *addr, SIZE_T length)
{
	if (hostmem_memcheck_runs())
		VALGRIND_MAKE_MEM_DEFINED(addr, length);
}

/**
 * hostmem_memcheck_commit() - tell of pages that have been committed
 * @first: the first byte
 * @last: a byte of the last page
 * @reserved: all of them have been reserved just now
 *
 * For those that were committed before nothing changes, so that what the program hasn't
 * written in them goes on to be undefined (rule C5).
 */
void hostmem_memcheck_commit(uintptr_t first, uintptr_t last, bool reserved);

/**
 * hostmem_memcheck_free() - make HOSTMEM_IOC_FREE, and tell of it
 * @manager: whose memory it is
 * @arg: argument of the call
 *
 * Return: what the call returns
 */
enum hostmem_error hostmem_memcheck_free(struct hostmem_manager *manager,
					 struct hostmem_free *arg);

/**
 * hostmem_memcheck_free_all() - tell that all memory of a manager is about to go
 * @manager: any
 */
void hostmem_memcheck_free_all(struct hostmem_manager *manager);

#endif /* HOSTMEM_MEMCHECK_H */
