// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The blocks of threads, of <winnt.h>, and their stacks, of <processthreadsapi.h> of
 * include/hostmem/win32 (rule N8).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include <hostmem/win32/processthreadsapi.h>

/*
 * The other TLS models may allocate memory, and allocators call NtCurrentTeb() to tell
 * threads apart.
 */
static _Thread_local TEB teb __attribute__((tls_model("initial-exec")));

/* May allocate memory, and so come here again: then there is @Self, and nothing to do. */
static void fill(NT_TIB *tib)
{
	int saved = errno;
	pthread_attr_t attr;
	void *limit = NULL;
	size_t size = 0;

	tib->Self = tib;
	if (!pthread_getattr_np(pthread_self(), &attr)) {
		if (!pthread_attr_getstack(&attr, &limit, &size)) {
			tib->StackLimit = limit;
			tib->StackBase = (char *)limit + size;
		}
		pthread_attr_destroy(&attr);
	}
	errno = saved;
}

struct _TEB *NtCurrentTeb(void)
{
	if (!teb.NtTib.Self)
		fill(&teb.NtTib);
	return &teb;
}

void GetCurrentThreadStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
	const NT_TIB *tib = &NtCurrentTeb()->NtTib;

	*LowLimit = (ULONG_PTR)tib->StackLimit;
	*HighLimit = (ULONG_PTR)tib->StackBase;
}
