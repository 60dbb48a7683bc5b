// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the fault callback: what the library makes of the signals of guard
 * pages and of other faults, and how a process ends without it (rules G1-G3, G6, G7,
 * G14).
 */
#include "guard.h"

/*
 * The callback
 */

struct hit {
	DWORD code;
	DWORD access;
	void *address;
	DWORD protect;	/* of the page, when the callback ran */
};

struct hits {
	volatile unsigned int nr;
	struct hit hit[16];
	void (*action)(void *address);	/* run before the retry */
};

/* Notes what it gets; what the page forbids it allows. */
static BOOL note(DWORD code, DWORD access, void *address, void *context)
{
	struct hits *hits = context;
	DWORD old;

	if (hits->nr < ARRAY_SIZE(hits->hit))
		hits->hit[hits->nr] = (struct hit) {
			code, access, address, query(address).Protect
		};
	hits->nr++;
	if (hits->action)
		hits->action(address);
	if (code == EXCEPTION_ACCESS_VIOLATION)
		return VirtualProtect(address, 1, PAGE_EXECUTE_READWRITE, &old);
	errno = EDOM;
	return TRUE;
}

#define EXPECT_HIT(hit_, code_, access_, address_, protect_) do {	\
	const struct hit *__hit = (hit_);				\
									\
	EXPECT_EQ((DWORD)(code_), __hit->code);				\
	EXPECT_EQ((DWORD)(access_), __hit->access);			\
	EXPECT_EQ((void *)(address_), __hit->address);			\
	EXPECT_EQ((DWORD)(protect_), __hit->protect);			\
} while (0)

TEST_F(guard, callback_gets_kind_and_address_and_retries_G1_G2)
{
	struct hits hits = {};
	char *at = self->page + 0x234;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	*at = 3;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	errno = 0;
	EXPECT_EQ(3, *(volatile char *)at);
	EXPECT_EQ(0, errno);
	ASSERT_EQ(1, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_READ_FAULT, at, PAGE_READWRITE);

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*(volatile char *)at = 4;
	ASSERT_EQ(2, hits.nr);
	EXPECT_HIT(&hits.hit[1], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_WRITE_FAULT, at, PAGE_READWRITE);
	EXPECT_EQ(4, *at);

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_EXECUTE_READ | PAGE_GUARD);
	EXPECT_EQ(42, ((int (*)(void))self->page)());
	ASSERT_EQ(3, hits.nr);
	EXPECT_HIT(&hits.hit[2], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_EXECUTE_FAULT, self->page, PAGE_EXECUTE_READ);

	EXPECT_EQ(4, *(volatile char *)at);
	EXPECT_EQ(3, hits.nr);
}

static void add_0x100(void *address)
{
	*(volatile uint32_t *)address += 0x100;
}

TEST_F(guard, callback_may_use_the_page_G2)
{
	struct hits hits = { .action = add_0x100 };
	volatile uint32_t *word = (uint32_t *)self->page + 9;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	*word = 1;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(0x101, *word);
	EXPECT_EQ(1, hits.nr);
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*word = 5;
	EXPECT_EQ(5, *word);
	EXPECT_EQ(2, hits.nr);
}

TEST_F(guard, callback_gets_guard_then_violation_G6_G14)
{
	struct hits hits = {};
	volatile char *at = self->page + 100;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_READONLY | PAGE_GUARD);
	*at = 9;
	EXPECT_EQ(9, *at);
	ASSERT_EQ(2, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_WRITE_FAULT, at, PAGE_READONLY);
	EXPECT_HIT(&hits.hit[1], STATUS_ACCESS_VIOLATION, EXCEPTION_WRITE_FAULT,
		   at, PAGE_READONLY);
}

TEST_F(guard, callback_gets_violations_of_all_kinds_G14)
{
	struct hits hits = {};
	volatile char *at = self->page + 100;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, PAGE_NOACCESS);
	(void)*at;
	EXPECT_PROTECTS(PAGE_EXECUTE_READWRITE, self->page, PAGE, PAGE_NOACCESS);
	*at = 1;
	EXPECT_PROTECTS(PAGE_EXECUTE_READWRITE, self->page, PAGE, PAGE_READWRITE);
	EXPECT_EQ(42, ((int (*)(void))self->page)());
	ASSERT_EQ(3, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_ACCESS_VIOLATION, EXCEPTION_READ_FAULT,
		   at, PAGE_NOACCESS);
	EXPECT_HIT(&hits.hit[1], STATUS_ACCESS_VIOLATION, EXCEPTION_WRITE_FAULT,
		   at, PAGE_NOACCESS);
	EXPECT_HIT(&hits.hit[2], STATUS_ACCESS_VIOLATION,
		   EXCEPTION_EXECUTE_FAULT, self->page, PAGE_READWRITE);
}

TEST_F(guard, access_across_two_pages_hits_both_G3)
{
	struct hits hits = {};
	uint64_t *across = (uint64_t *)(self->page + PAGE - 4);

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, 2 * PAGE, GUARDED);
	*(volatile uint64_t *)across = 0x1122334455667788;
	EXPECT_EQ(2, hits.nr);
	EXPECT_EQ(0x1122334455667788, *across);
	EXPECT_COMMITTED(self->page, self->base, REGION - GRANULE + PAGE,
			 PAGE_READWRITE);
}

TEST_F(guard, callback_is_not_for_system_calls_G7)
{
	struct hits hits = {};
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_EFAULT_ONCE(10, write(fds[1], self->page, 10));
	EXPECT_EFAULT_ONCE(10, read(fds[0], self->page, 10));
	EXPECT_EQ(0, hits.nr);
}

static char *nested_page;

static void touch_nested(void *address)
{
	if (address != nested_page)
		*(volatile char *)nested_page = 1;
}

TEST_F(guard, callback_may_hit_another_one)
{
	struct hits hits = { .action = touch_nested };

	nested_page = self->base;
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_PROTECTS(PAGE_READWRITE, nested_page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	ASSERT_EQ(2, hits.nr);
	EXPECT_EQ(self->page, hits.hit[0].address);
	EXPECT_EQ(nested_page, hits.hit[1].address);
}

static sigjmp_buf away;

static BOOL jump_away(DWORD code, DWORD access, void *address, void *context)
{
	(void)code;
	(void)access;
	(void)address;
	(void)context;
	siglongjmp(away, 1);
}

TEST_F(guard, callback_may_leave_by_siglongjmp)
{
	sigset_t before, after;
	volatile int jumps = 0;
	int signo;

	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, NULL, &before));
	ASSERT_TRUE(HostSetFaultCallback(jump_away, NULL));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, 3 * PAGE, GUARDED);
	if (sigsetjmp(away, 0))
		jumps++;
	if (jumps < 3)
		*(volatile char *)(self->page + jumps * PAGE) = 1;
	EXPECT_EQ(3, jumps);
	EXPECT_EQ(0, *(self->page + PAGE));
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, NULL, &after));
	for (signo = 1; signo < NSIG; signo++)
		EXPECT_EQ(sigismember(&before, signo), sigismember(&after, signo));
}

TEST_F(guard, the_last_callback_counts)
{
	struct hits first = {}, second = {};

	ASSERT_TRUE(HostSetFaultCallback(note, &first));
	ASSERT_TRUE(HostSetFaultCallback(note, &second));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	EXPECT_EQ(0, first.nr);
	EXPECT_EQ(1, second.nr);
	/* None: the handlers of before, here those of the probes. */
	ASSERT_TRUE(HostSetFaultCallback(NULL, NULL));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_GUARD(self->page, try_write(self->page, 1));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, PAGE_READONLY);
	EXPECT_SEGV(self->page, try_write(self->page, 1));
	EXPECT_EQ(1, second.nr);
	ASSERT_TRUE(HostSetFaultCallback(note, &first));
	EXPECT_PROTECTS(PAGE_READONLY, self->page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	EXPECT_EQ(1, first.nr);
}

TEST_F(guard, faults_elsewhere_go_to_the_handlers_of_before)
{
	struct hits hits = {};
	int fd = memfd_create("hostmem", MFD_CLOEXEC);
	char *closed = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	char *beyond = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, closed);
	ASSERT_NE(MAP_FAILED, beyond);
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_SEGV(closed + 5, try_read(closed + 5));
	/* A SIGBUS that tells of no guard: the file has no such page. */
	EXPECT_GUARD(beyond + 6, try_read(beyond + 6));
	/* Freed memory is not the library's any more. */
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_SEGV(self->page, try_read(self->page));
	EXPECT_EQ(0, hits.nr);
}

/*
 * The default action: in a child that has a space of its own
 */

static BOOL refuse(DWORD code, DWORD access, void *address, void *context)
{
	(void)code;
	(void)access;
	(void)address;
	(void)context;
	return FALSE;
}

/* How a child ends that writes to a page with some protection. */
static int end_of_child(DWORD protect, bool plain, HOSTMEM_FAULT_CALLBACK callback)
{
	pid_t pid = fork();
	char *page;

	if (pid)
		return status_of(pid);
	if (plain) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
	}
	page = both_at(NULL, PAGE, protect);
	if (!page || (callback && !HostSetFaultCallback(callback, NULL)))
		_exit(1);
	*(volatile char *)page = 1;
	_exit(2);
}

TEST(refusal_ends_the_process_by_its_signal)
{
	bool plain;

	for (plain = false; ; plain = true) {
		int status = end_of_child(GUARDED, plain, refuse);

		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGBUS, WTERMSIG(status));
		status = end_of_child(PAGE_READONLY, plain, refuse);
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGSEGV, WTERMSIG(status));
		if (plain)
			break;
	}
}

TEST(without_callback_the_signal_is_fatal)
{
	int status = end_of_child(GUARDED, true, NULL);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	status = end_of_child(PAGE_READONLY, true, NULL);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status));
}

TEST_HARNESS_MAIN
