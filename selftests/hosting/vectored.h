/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of vectored exception handlers share: handlers that take notes of what
 * they are told, and memory that faults.  Included by vectored*.c.
 */
#ifndef VECTORED_H
#define VECTORED_H

#include "hostmem_test.h"
#include "vectored_code.h"

#include <hostmem/win32/windows.h>

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)

/* What the handlers have been told, the newest last; who is asked leaves its letter. */
#define MOST	64
static struct told {
	EXCEPTION_RECORD record;
	CONTEXT context;
	DWORD protect;
	pid_t thread;
	uintptr_t stack;
} told[MOST];
static char asked[MOST + 1];
static unsigned int nr_asked;

HELPER void note(const EXCEPTION_POINTERS *info, char letter)
{
	struct told *now = &told[nr_asked];

	asked[nr_asked++] = letter;
	now->record = *info->ExceptionRecord;
	now->context = *info->ContextRecord;
	now->protect = query((void *)now->record.ExceptionInformation[1]).Protect;
	now->thread = gettid();
	now->stack = (uintptr_t)&letter;
}

/* The function that faulted returns 77. */
HELPER LONG return_77(EXCEPTION_POINTERS *info)
{
	CONTEXT *context = info->ContextRecord;

	note(info, 'r');
#ifdef __x86_64__
	context->Rip = *(DWORD64 *)context->Rsp;
	context->Rsp += 8;
#else
	context->Pc = context->Lr;
#endif
	RESULT(context) = 77;
	return EXCEPTION_CONTINUE_EXECUTION;
}

/* The access may happen now; a guard page needs nothing for that. */
HELPER LONG allow(EXCEPTION_POINTERS *info)
{
	void *at = (void *)info->ExceptionRecord->ExceptionInformation[1];
	DWORD old;

	note(info, 'y');
	if (info->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION &&
	    !VirtualProtect(at, 1, PAGE_EXECUTE_READWRITE, &old))
		return EXCEPTION_CONTINUE_SEARCH;
	errno = EDOM;
	return EXCEPTION_CONTINUE_EXECUTION;
}

FIXTURE(vectored)
{
	char *page;	/* some committed one */
	char *foreign;	/* memory of others without access */
};

FIXTURE_SETUP(vectored)
{
	char *base = reserve_at(NULL, GRANULE);

	self->page = base + 2 * PAGE;
	ASSERT_EQ(self->page, commit_at(self->page, PAGE, PAGE_READWRITE));
	self->foreign = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->foreign);
}

FIXTURE_TEARDOWN(vectored)
{
}

HELPER void protect(void *page, DWORD protect)
{
	DWORD old;

	if (!VirtualProtect(page, PAGE, protect, &old))
		exit(KSFT_FAIL);
}

#define EXPECT_TOLD(index, code, access, address, instruction) do {		\
	const struct told *__told = &told[index];				\
										\
	EXPECT_EQ(code, __told->record.ExceptionCode);				\
	EXPECT_EQ(0, __told->record.ExceptionFlags);				\
	EXPECT_EQ(NULL, __told->record.ExceptionRecord);			\
	EXPECT_EQ((void *)(instruction), __told->record.ExceptionAddress);	\
	EXPECT_EQ(2, __told->record.NumberParameters);				\
	EXPECT_EQ(access, __told->record.ExceptionInformation[0]);		\
	EXPECT_EQ((uintptr_t)(address), __told->record.ExceptionInformation[1]); \
	EXPECT_EQ((uintptr_t)(instruction), PC(&__told->context));		\
	EXPECT_EQ(CONTEXT_FULL, __told->context.ContextFlags);			\
} while (0)

#endif /* VECTORED_H */
