// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Vectored exception handlers.  See vectored.h, and <hostmem/win32/errhandlingapi.h> for
 * the functions of the program.
 *
 * A handler may run for as long as it likes, be left by longjmp(), and add and remove
 * others, or itself; so nothing here is held while one runs, and none is waited for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include <hostmem/win32/errhandlingapi.h>

#include "context.h"
#include "fault.h"
#include "slots.h"
#include "vectored.h"
#include "win32.h"

/* Functions, in the order of their keys, which go from the middle in both directions. */
#define MIDDLE	((uint64_t)1 << 62)

static struct hostmem_slots handlers;
static atomic_uint_fast64_t before_first = MIDDLE;
static atomic_uint_fast64_t last = MIDDLE;

PVOID AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
	uint64_t key;

	if (!Handler) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	hostmem_fault_install();
	key = First ? atomic_fetch_sub(&before_first, 1) : atomic_fetch_add(&last, 1) + 1;
	if (!hostmem_slots_add(&handlers, key, (uintptr_t)Handler)) {
		hostmem_win32_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	return (PVOID)(uintptr_t)key;
}

ULONG RemoveVectoredExceptionHandler(PVOID Handle)
{
	return hostmem_slots_remove(&handlers, (uintptr_t)Handle) ||
	       hostmem_win32_fail(ERROR_INVALID_PARAMETER);
}

bool hostmem_vectored_any(void)
{
	uint64_t key = HOSTMEM_FIRST_KEY;
	uintptr_t value;

	return hostmem_slots_next(&handlers, &key, &value);
}

/* What a signal is on Windows; false: nothing that an instruction has done. */
static bool describe(EXCEPTION_RECORD *record, int signo, const siginfo_t *info,
		     const ucontext_t *context, bool guard)
{
	if (info->si_code <= 0)
		return false;

	*record = (EXCEPTION_RECORD){
		.ExceptionCode = EXCEPTION_ACCESS_VIOLATION,
		.ExceptionAddress = hostmem_context_instruction(context),
		.NumberParameters = 2,
		.ExceptionInformation = {
			hostmem_context_access(context), (ULONG_PTR)info->si_addr,
		},
	};
	if (info->si_code == SI_KERNEL) {
		/* It doesn't know the address. */
		record->ExceptionInformation[1] = ~(ULONG_PTR)0;
	} else if (guard) {
		record->ExceptionCode = EXCEPTION_GUARD_PAGE;
	} else if (signo == SIGBUS && info->si_code == BUS_ADRALN) {
		record->ExceptionCode = EXCEPTION_DATATYPE_MISALIGNMENT;
		record->NumberParameters = 0;
	} else if (signo == SIGBUS) {
		if (info->si_code == BUS_MCEERR_AO)
			return false;
		record->ExceptionCode = EXCEPTION_IN_PAGE_ERROR;
		record->NumberParameters = 3;
		record->ExceptionInformation[2] = STATUS_IN_PAGE_ERROR;
	}
	return true;
}

/* What takes most of the stack is in here. */
static __attribute__((noinline)) bool
call_handlers(EXCEPTION_RECORD *record, ucontext_t *context)
{
	/* Those that are added meanwhile are for other faults. */
	uint64_t end = atomic_load(&last);
	uint64_t key = HOSTMEM_FIRST_KEY;
	CONTEXT registers;
	EXCEPTION_POINTERS pointers = { record, &registers };
	PVECTORED_EXCEPTION_HANDLER handler;
	uintptr_t value;

	hostmem_context_read(&registers, context);
	for (; hostmem_slots_next(&handlers, &key, &value) && key <= end; key++) {
		handler = (PVECTORED_EXCEPTION_HANDLER)value;
		if (handler(&pointers) == EXCEPTION_CONTINUE_EXECUTION) {
			hostmem_context_write(context, &registers);
			return true;
		}
	}
	return false;
}

bool hostmem_vectored_call(int signo, const siginfo_t *info, ucontext_t *context, bool guard)
{
	EXCEPTION_RECORD record;
	int saved = errno;
	bool go_on;

	go_on = describe(&record, signo, info, context, guard) &&
		call_handlers(&record, context);
	errno = saved;
	return go_on;
}
