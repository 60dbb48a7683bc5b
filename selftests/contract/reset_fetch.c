// SPDX-License-Identifier: GPL-2.0
/*
 * Description: a fetch from a page whose memory has gone after a reset finds zeros, where
 * the library's handlers are installed (rules R11, R14).  On some processors the kernel
 * refuses it before the module is asked for memory.
 */
#include "reset.h"

FIXTURE(code)
{
	char *page;	/* executable; the next one is out of bounds */
};

FIXTURE_SETUP(code)
{
	DWORD old;

	self->page = both_at(NULL, 2 * PAGE, PAGE_EXECUTE_READWRITE);
	ASSERT_NE(NULL, self->page);
	ASSERT_TRUE(VirtualProtect(self->page + PAGE, PAGE, PAGE_NOACCESS, &old));
	put_code_of_42(self->page);
}

FIXTURE_TEARDOWN(code)
{
	EXPECT_TRUE(VirtualFree(self->page, 0, MEM_RELEASE));
}

/* What the callback was told last. */
static void *told;

static BOOL leave(DWORD code, DWORD access, void *address, void *context)
{
	(void)code;
	(void)access;
	(void)context;
	told = address;
	siglongjmp(probe.env, 1);
}

/* On x86-64 two zeros add a byte to where %rax points, up to the page's end. */
static void run_zeros(char *page)
{
#ifdef __x86_64__
	static char byte;

	__asm__ volatile("call *%1" : : "a"(&byte), "c"(page) : "memory", "cc");
#else
	((void (*)(void))page)();
#endif
}

/* On arm64 a word of zeros is no instruction, which the processor finds when it has it. */
static void expect_zeros_run(struct __test_metadata *_metadata, char *page)
{
	struct sigaction action = {
		.sa_sigaction = catch_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	struct fault fault;

	ASSERT_EQ(0, sigaction(SIGILL, &action, NULL));
	told = NULL;
	fault = PROBE(run_zeros(page));
#ifdef __x86_64__
	EXPECT_EQ(page + PAGE, told);
	EXPECT_EQ(0, fault.signo);
#else
	EXPECT_EQ(NULL, told);
	EXPECT_EQ(SIGILL, fault.signo);
	EXPECT_EQ((uintptr_t)page, fault.addr);
#endif
}

TEST_F(code, that_has_gone_is_zeros_R11_R14)
{
	int result;

	ASSERT_TRUE(HostSetFaultCallback(leave, NULL));
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
	ASSERT_EQ(self->page, mem_reset(self->page, PAGE));
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
	ASSERT_TRUE(reclaim_all());
	expect_zeros_run(_metadata, self->page);
	EXPECT_UNDO_TOO_LATE(self->page, PAGE);

	/* It is memory like any other. */
	put_code_of_42(self->page);
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
}

TEST_HARNESS_MAIN
