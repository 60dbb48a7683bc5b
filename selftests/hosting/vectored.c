// SPDX-License-Identifier: GPL-2.0
/*
 * Description: vectored exception handlers: what they are told of a fault in memory of
 * every kind, and who is asked in which order (rule N10).
 */
#include "vectored.h"

#include <sys/resource.h>

static LONG decline_a(EXCEPTION_POINTERS *info)
{
	note(info, 'a');
	return EXCEPTION_CONTINUE_SEARCH;
}

static LONG decline_b(EXCEPTION_POINTERS *info)
{
	note(info, 'b');
	return EXCEPTION_CONTINUE_SEARCH;
}

/* Of frames, which there are none of: another word for no. */
static LONG decline_oddly(EXCEPTION_POINTERS *info)
{
	note(info, 'o');
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST_F(vectored, is_told_of_a_guard_page_that_it_is_none_any_more_N10_G1)
{
	char *at = self->page + 8;

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, allow));
	protect(self->page, GUARDED);
	errno = ERANGE;
	store_word(at, 5);
	EXPECT_EQ(ERANGE, errno);
	ASSERT_STREQ("y", asked);
	EXPECT_TOLD(0, EXCEPTION_GUARD_PAGE, 1, at, store_word);
	EXPECT_EQ(PAGE_READWRITE, told[0].protect);
	EXPECT_EQ((uintptr_t)at, FIRST(&told[0].context));
	EXPECT_EQ(5, SECOND(&told[0].context));
	EXPECT_EQ(5, load_word(at));

	protect(self->page, GUARDED);
	EXPECT_EQ(5, load_word(at));
	ASSERT_STREQ("yy", asked);
	EXPECT_TOLD(1, EXCEPTION_GUARD_PAGE, 0, at, load_word);
}

TEST_F(vectored, is_told_how_memory_was_accessed_N10_G14)
{
	char *at = self->page + 40;
	int result;

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, allow));
	protect(self->page, PAGE_NOACCESS);
	EXPECT_EQ(0, load_word(at));
	protect(self->page, PAGE_READONLY);
	store_word(at, 6);
	put_code_of_42(self->page);
	protect(self->page, PAGE_READWRITE);
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
	ASSERT_STREQ("yyy", asked);
	EXPECT_TOLD(0, EXCEPTION_ACCESS_VIOLATION, 0, at, load_word);
	EXPECT_TOLD(1, EXCEPTION_ACCESS_VIOLATION, 1, at, store_word);
	EXPECT_TOLD(2, EXCEPTION_ACCESS_VIOLATION, 8, self->page, self->page);
	EXPECT_EQ(6, load_word(at));

	/* A guard page that is executed. */
	protect(self->page, PAGE_EXECUTE_READ | PAGE_GUARD);
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
	EXPECT_TOLD(3, EXCEPTION_GUARD_PAGE, 8, self->page, self->page);
}

static LONG commit_it(EXCEPTION_POINTERS *info)
{
	note(info, 'c');
	VirtualAlloc((void *)info->ExceptionRecord->ExceptionInformation[1], 1, MEM_COMMIT,
		     PAGE_READWRITE);
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST_F(vectored, can_commit_what_was_reserved_N10)
{
	char *at = self->page + PAGE;

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, commit_it));
	store_word(at, 9);
	ASSERT_STREQ("c", asked);
	EXPECT_TOLD(0, EXCEPTION_ACCESS_VIOLATION, 1, at, store_word);
	EXPECT_EQ(9, load_word(at));
}

/*
 * Who is asked
 */

TEST_F(vectored, are_asked_in_their_order_until_one_goes_on_N10)
{
	PVOID a, first;

	a = AddVectoredExceptionHandler(0, decline_a);
	ASSERT_NE(NULL, a);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, decline_oddly));
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, return_77));
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, decline_b));
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, decline_b));
	first = AddVectoredExceptionHandler(1, decline_a);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(77, load_word(self->page + PAGE));
	EXPECT_STREQ("abaor", asked);

	/* One that is there twice goes but once. */
	EXPECT_NE(0, RemoveVectoredExceptionHandler(a));
	nr_asked = 0;
	memset(asked, 0, sizeof(asked));
	EXPECT_EQ(77, load_word(self->page + PAGE));
	EXPECT_STREQ("abor", asked);
	EXPECT_NE(0, RemoveVectoredExceptionHandler(first));
	nr_asked = 0;
	memset(asked, 0, sizeof(asked));
	EXPECT_EQ(77, load_word(self->page + PAGE));
	EXPECT_STREQ("bor", asked);
}

TEST_F(vectored, refuses_no_function_and_no_handle_N10)
{
	static const uintptr_t wrong[] = { 0, 1, 2, (uintptr_t)-1, (uintptr_t)told };
	PVOID handle;
	size_t i;

	SetLastError(POISON_DWORD);
	EXPECT_EQ(NULL, AddVectoredExceptionHandler(1, NULL));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	handle = AddVectoredExceptionHandler(0, return_77);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		SetLastError(POISON_DWORD);
		EXPECT_EQ(0, RemoveVectoredExceptionHandler((PVOID)wrong[i]));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	}
	EXPECT_EQ(77, load_word(self->page + PAGE));
	SetLastError(POISON_DWORD);
	EXPECT_NE(0, RemoveVectoredExceptionHandler(handle));
	EXPECT_EQ(POISON_DWORD, GetLastError());
	EXPECT_EQ(0, RemoveVectoredExceptionHandler(handle));
	EXPECT_SEGV(self->page + PAGE, try_read(self->page + PAGE));
	EXPECT_EQ(1, nr_asked);
}

static unsigned int callbacks;

static BOOL callback(DWORD code, DWORD access, void *address, void *context)
{
	DWORD old;

	(void)access;
	(void)context;
	callbacks++;
	return code == EXCEPTION_GUARD_PAGE ||
	       VirtualProtect(address, 1, PAGE_READWRITE, &old);
}

TEST_F(vectored, are_asked_before_the_callback_N10)
{
	PVOID handle;

	ASSERT_TRUE(HostSetFaultCallback(callback, NULL));
	handle = AddVectoredExceptionHandler(0, decline_a);
	protect(self->page, GUARDED);
	store_word(self->page, 1);
	protect(self->page, PAGE_NOACCESS);
	store_word(self->page, 1);
	EXPECT_STREQ("aa", asked);
	EXPECT_EQ(2, callbacks);
	EXPECT_TOLD(0, EXCEPTION_GUARD_PAGE, 1, self->page, store_word);

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, return_77));
	protect(self->page, PAGE_NOACCESS);
	EXPECT_EQ(77, load_word(self->page));
	EXPECT_STREQ("aaar", asked);
	EXPECT_EQ(2, callbacks);
	/* The callback isn't told of others' memory, and they are. */
	EXPECT_EQ(77, load_word(self->foreign));
	EXPECT_EQ(2, callbacks);
	RemoveVectoredExceptionHandler(handle);
}

/* How a child ends that makes an access which nobody allows. */
static int death_of(void (*access)(void *), void *at)
{
	const struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();

	if (!pid) {
		/* Its own memory: the parent's isn't there. */
		setrlimit(RLIMIT_CORE, &no_core);
		access(at);
		_exit(0);
	}
	return status_of(pid);
}

static void touch_guard(void *at)
{
	(void)at;
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	AddVectoredExceptionHandler(0, decline_a);
	store_word(both_at(NULL, PAGE, GUARDED), 1);
}

static void touch_reserved(void *at)
{
	(void)at;
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	AddVectoredExceptionHandler(0, decline_a);
	store_word(reserve_at(NULL, PAGE), 1);
}

TEST(without_one_that_goes_on_the_signal_does_what_it_did_N10)
{
	EXPECT_EQ(SIGBUS, death_of(touch_guard, NULL) & 0x7f);
	EXPECT_EQ(SIGSEGV, death_of(touch_reserved, NULL) & 0x7f);
}

/*
 * Whose memory
 */

TEST(are_told_of_memory_of_each_manager_and_heap_N10_S8)
{
	DWORD other_kind = is_pinnable() ? 0 : HOSTMEM_PINNABLE;
	const HOSTMEM_OPTIONS options = {
		.cbSize = sizeof(options),
		.dwFlags = other_kind,
	};
	IHostMemoryManager *manager;
	IHostMalloc *heap;
	void *mem[2];
	DWORD old;
	size_t i;

	ASSERT_EQ(S_OK, CreateHostMemoryManager(&options, &manager));
	ASSERT_EQ(S_OK, IHostMemoryManager_VirtualAlloc(manager, NULL, PAGE,
							MEM_RESERVE | MEM_COMMIT,
							PAGE_READWRITE, eTaskCritical,
							&mem[0]));
	ASSERT_EQ(S_OK, IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap));
	ASSERT_EQ(S_OK, IHostMalloc_Alloc(heap, 4 * PAGE, eTaskCritical, &mem[1]));
	mem[1] = (void *)(((uintptr_t)mem[1] + PAGE - 1) & -PAGE);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, allow));
	for (i = 0; i < ARRAY_SIZE(mem); i++) {
		ASSERT_EQ(S_OK, IHostMemoryManager_VirtualProtect(manager, mem[i], PAGE,
								  GUARDED, &old));
		store_word(mem[i], 3 + i);
		ASSERT_EQ(i + 1, nr_asked);
		EXPECT_TOLD(i, EXCEPTION_GUARD_PAGE, 1, mem[i], store_word);
		EXPECT_EQ(3 + i, load_word(mem[i]));
	}
}

/* An address that isn't one, and what the processor tells of it: x86 nothing. */
#ifdef __aarch64__
#define NO_ADDRESS	0x0080000000000000ull
#define TOLD_OF_IT	NO_ADDRESS
#else
#define NO_ADDRESS	0x8000000000000000ull
#define TOLD_OF_IT	~(uintptr_t)0
#endif

TEST_F(vectored, come_before_earlier_handlers_also_elsewhere_N10)
{
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, decline_a));
	EXPECT_SEGV(self->foreign + 3, try_write(self->foreign + 3, 1));
	EXPECT_SEGV(self->page + PAGE, try_read(self->page + PAGE));
	protect(self->page, GUARDED);
	EXPECT_EQ(SIGBUS, try_read(self->page).signo);
	ASSERT_STREQ("aaa", asked);
	EXPECT_EQ(EXCEPTION_ACCESS_VIOLATION, told[0].record.ExceptionCode);
	EXPECT_EQ(1, told[0].record.ExceptionInformation[0]);
	EXPECT_EQ((uintptr_t)self->foreign + 3, told[0].record.ExceptionInformation[1]);
	EXPECT_EQ(EXCEPTION_GUARD_PAGE, told[2].record.ExceptionCode);

	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, return_77));
	EXPECT_EQ(77, load_word(self->foreign));
	EXPECT_EQ(77, load_word((void *)NO_ADDRESS));
	EXPECT_TOLD(5, EXCEPTION_ACCESS_VIOLATION, 0, TOLD_OF_IT, load_word);
}

TEST_F(vectored, are_told_of_files_that_end_N10)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, decline_a));
	EXPECT_EQ(SIGBUS, try_write(map, 1).signo);
	ASSERT_STREQ("a", asked);
	EXPECT_EQ(EXCEPTION_IN_PAGE_ERROR, told[0].record.ExceptionCode);
	EXPECT_EQ(3, told[0].record.NumberParameters);
	EXPECT_EQ(1, told[0].record.ExceptionInformation[0]);
	EXPECT_EQ((uintptr_t)map, told[0].record.ExceptionInformation[1]);
	EXPECT_EQ(STATUS_IN_PAGE_ERROR, told[0].record.ExceptionInformation[2]);
}

static volatile sig_atomic_t sent;

static void count_sent(int signo)
{
	(void)signo;
	sent++;
}

TEST_F(vectored, are_not_told_of_signals_that_are_sent_N10)
{
	union sigval value = { .sival_ptr = self->page };

	signal(SIGSEGV, count_sent);
	signal(SIGBUS, count_sent);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(0, return_77));
	raise(SIGSEGV);
	raise(SIGBUS);
	sigqueue(getpid(), SIGSEGV, value);
	EXPECT_EQ(3, sent);
	EXPECT_EQ(0, nr_asked);
}

TEST_HARNESS_MAIN
