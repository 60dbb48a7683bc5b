// SPDX-License-Identifier: GPL-2.0
/*
 * Description: where vectored exception handlers run: in which thread, on which stack, and
 * inside each other (rule N10).
 */
#include "vectored.h"

#include <pthread.h>

static LONG touch_more(EXCEPTION_POINTERS *info)
{
	char *at = (char *)info->ExceptionRecord->ExceptionInformation[1];

	note(info, 'n');
	/* Each touches the page after its own, up to a committed one. */
	if (((uintptr_t)at / PAGE) % (GRANULE / PAGE) < 8)
		store_word(at + PAGE, nr_asked);
	VirtualAlloc(at, 1, MEM_COMMIT, PAGE_READWRITE);
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, may_fault_themselves_N10)
{
	char *base = reserve_at(NULL, GRANULE);
	size_t i;

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, touch_more));
	store_word(base, 100);
	EXPECT_STREQ("nnnnnnnnn", asked);
	EXPECT_EQ(100, load_word(base));
	for (i = 1; i < 9; i++) {
		EXPECT_EQ(i, load_word(base + i * PAGE));
		EXPECT_TOLD(i, EXCEPTION_ACCESS_VIOLATION, 1, base + i * PAGE, store_word);
	}
}

struct stack {
	char *page;
	char *alternate;
	size_t size;
};

static void *push_on_page(void *arg)
{
	struct stack *stack = arg;
	stack_t alternate = { .ss_sp = stack->alternate, .ss_size = stack->size };

	if (sigaltstack(&alternate, NULL))
		return NULL;
	push_at(stack->page + PAGE);
	return stack;
}

/* What a handler needs of a thread's stack, besides what the kernel puts there. */
#define NEEDED	2048

static LONG allow_small(EXCEPTION_POINTERS *info)
{
	told[0].record = *info->ExceptionRecord;
	told[0].context = *info->ContextRecord;
	told[0].stack = (uintptr_t)&info;
	return EXCEPTION_CONTINUE_EXECUTION;
}

/* The page that was hit is the stack's own: its guard. */
TEST_F(vectored, run_on_the_alternate_stack_N10)
{
	struct stack stack = { .page = self->page };
	pthread_t thread;
	void *result;

	stack.size = sysconf(_SC_MINSIGSTKSZ) + NEEDED;
	/* Memory below that no one may touch. */
	stack.alternate = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);
	ASSERT_EQ(0, mprotect(stack.alternate + PAGE, 15 * PAGE, PROT_READ | PROT_WRITE));
	ASSERT_LE(stack.size, 15 * PAGE);
	stack.alternate += PAGE;
	protect(self->page, GUARDED);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, allow_small));
	ASSERT_EQ(0, pthread_create(&thread, NULL, push_on_page, &stack));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(&stack, result);
	EXPECT_TOLD(0, EXCEPTION_GUARD_PAGE, 1, self->page + PAGE - 8, push_at_fault);
	EXPECT_EQ((uintptr_t)self->page + PAGE, SP(&told[0].context));
	EXPECT_LE((uintptr_t)stack.alternate, told[0].stack);
	EXPECT_GT((uintptr_t)stack.alternate + stack.size, told[0].stack);
}

static void *store_and_tell(void *at)
{
	store_word(at, 1);
	return (void *)(uintptr_t)gettid();
}

TEST_F(vectored, run_in_the_thread_that_faulted_N10)
{
	pthread_t thread;
	void *tid;

	protect(self->page, GUARDED);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, allow));
	ASSERT_EQ(0, pthread_create(&thread, NULL, store_and_tell, self->page));
	ASSERT_EQ(0, pthread_join(thread, &tid));
	ASSERT_STREQ("y", asked);
	EXPECT_EQ((pid_t)(uintptr_t)tid, told[0].thread);
}

TEST_HARNESS_MAIN
