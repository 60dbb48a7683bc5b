// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of the tour, in the order in which they are taken.  Each builds on
 * what those before it have left behind.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>

#include "call.h"
#include "probe.h"
#include "tour.h"

#define KIB		((SIZE_T)1 << 10)
#define MIB		((SIZE_T)1 << 20)
#define GIB		((SIZE_T)1 << 30)
#define TIB		((SIZE_T)1 << 40)
#define PAGE		(4 * KIB)

/* The region that most steps are about, and its committed part. */
#define REGION		((char *)0x200000000)
#define REGION_SIZE	(1 * MIB)
#define PART		(REGION + 256 * KIB)
#define PART_SIZE	(256 * KIB)
#define PART_PAGES	(PART_SIZE / PAGE)
/* A region larger than any machine's memory. */
#define VAST		((char *)0x100000000000)
#define VAST_SIZE	(16 * TIB)

#define ALL_OF_REGION	{ REGION, 64 * KIB, 4 }
#define PAGES_OF_PART	{ PART, PAGE, 1 }

static bool is_zero(const char *mem, SIZE_T size)
{
	return !mem[0] && !memcmp(mem, mem + 1, size - 1);
}

static void reserve(void)
{
	show_alloc(S_OK, REGION, REGION_SIZE, MEM_RESERVE, PAGE_READWRITE);
	claim(read_faults(REGION), "touching it raises SIGSEGV");
}

static void reserve_vast(void)
{
	long before = available_kib();
	long after;

	show_alloc(S_OK, VAST, VAST_SIZE, MEM_RESERVE, PAGE_READWRITE);
	after = available_kib();
	claim(before - after < 1024, "%ld KiB of memory were available, and %ld KiB are",
	      before, after);
}

static void commit(void)
{
	show_alloc(S_OK, PART, PART_SIZE, MEM_COMMIT, PAGE_READWRITE);
	claim(is_zero(PART, PART_SIZE), "all of it reads zero");
}

static void use(void)
{
	char *text = PART + PAGE / 2;
	int file = open("/proc/version", O_RDONLY);
	SIZE_T i, right = 0;

	for (i = 0; i < PART_PAGES; i++)
		memset(PART + i * PAGE, (int)i + 1, 64);
	for (i = 0; i < PART_PAGES; i++)
		right += PART[i * PAGE + 63] == (char)(i + 1);
	claim(right == PART_PAGES,
	      "each of its %zu pages holds what was written there", PART_PAGES);
	claim(read(file, text, PAGE / 2) > 0,
	      "read(2) of /proc/version has put \"%.19s...\" there", text);
	close(file);
}

/* What it takes with mprotect: one VMA for each change of protection. */
static unsigned int count_vmas_of_mprotect(void)
{
	static const int cycle[] = {
		PROT_READ | PROT_WRITE, PROT_READ, PROT_READ | PROT_EXEC, PROT_NONE,
	};
	char *mem = mmap(NULL, PART_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int lines;
	SIZE_T i;

	if (mem == MAP_FAILED)
		return 0;
	for (i = 0; i < PART_PAGES; i++)
		mprotect(mem + i * PAGE, PAGE, cycle[i % 4]);
	lines = maps_lines(mem, mem + PART_SIZE);
	munmap(mem, PART_SIZE);
	return lines;
}

static void protect_pages(void)
{
	static const DWORD cycle[] = {
		PAGE_READWRITE, PAGE_READONLY, PAGE_EXECUTE_READ, PAGE_NOACCESS,
	};
	unsigned int lines;
	SIZE_T i, right = 0;

	printf("  %zu times HostVirtualAlloc(page, 4 KiB, MEM_COMMIT, PAGE_..., ...)\n",
	       PART_PAGES);
	for (i = 0; i < PART_PAGES; i++)
		right += recommit(PART + i * PAGE, PAGE, cycle[i % 4]);
	printf("    = S_OK, %zu times\n", right);
	claim(right == PART_PAGES, "each page has its protection");

	lines = maps_lines(REGION, REGION + REGION_SIZE);
	claim(lines == 1, "/proc/self/maps has %u line for the whole region", lines);
	lines = count_vmas_of_mprotect();
	claim(lines >= PART_PAGES,
	      "the same done with mmap(2) and mprotect(2) takes %u lines",
	      lines);
}

static void touch(void)
{
	char *page = PART + 8 * PAGE;

	claim(!read_faults(page) && !write_faults(page),
	      "W can be read and written");
	claim(!read_faults(page + PAGE), "R can be read");
	claim(write_faults(page + PAGE), "writing to R raises SIGSEGV at %p",
	      (void *)(page + PAGE));
	claim(read_faults(page + 3 * PAGE), "reading - raises SIGSEGV at %p",
	      (void *)(page + 3 * PAGE));
	claim(read_faults(REGION), "reading ░ raises SIGSEGV at %p",
	      (void *)REGION);
}

static void commit_again(void)
{
	static const unsigned char code[] = {	/* mov $42, %eax; ret */
		0xb8, 0x2a, 0x00, 0x00, 0x00, 0xc3,
	};
	char *page = PART + 32 * PAGE;
	int (*function)(void) = (int (*)(void))(void *)page;
	SIZE_T i, right = 0;

	show_alloc(S_OK, PART, PART_SIZE, MEM_COMMIT, PAGE_READWRITE);
	for (i = 0; i < PART_PAGES; i++)
		right += PART[i * PAGE + 63] == (char)(i + 1);
	claim(right == PART_PAGES,
	      "all pages have kept their contents, those without access, too");

	memcpy(page, code, sizeof(code));
	show_alloc(S_OK, page, PAGE, MEM_COMMIT, PAGE_EXECUTE_READ);
	claim(write_faults(page), "writing to X raises SIGSEGV at %p", (void *)page);
	claim(function() == 42, "the machine code put there before runs: it returns 42");
}

static void protect(void)
{
	show_protect(S_OK, PART, 128 * KIB, PAGE_READONLY, PAGE_READWRITE);
	claim(write_faults(PART), "writing there raises SIGSEGV at %p", (void *)PART);
	claim(PART[63] == 1, "it reads as before");
	show_protect(HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS), PART, REGION_SIZE / 2,
		     PAGE_READWRITE, PAGE_NOACCESS);
	claim(write_faults(PART), "not all of that was committed, so nothing changed");
	show_protect(S_OK, PART, 128 * KIB, PAGE_READWRITE, PAGE_READONLY);
}

/* How often the callback has been told of the page that is its context. */
static unsigned int guard_hits;

static BOOL count_guard_hit(DWORD code, DWORD access, void *address, void *page)
{
	if (code != STATUS_GUARD_PAGE_VIOLATION || access != 1 || address != page)
		return FALSE;
	guard_hits++;
	return TRUE;
}

static void guard(void)
{
	volatile char *page = PART + PAGE;

	claim(HostSetFaultCallback(count_guard_hit, (void *)page),
	      "HostSetFaultCallback() has a callback of ours");
	show_protect(S_OK, (void *)page, PAGE, PAGE_READWRITE | PAGE_GUARD,
		     PAGE_READWRITE);
	*page = 77;
	claim(guard_hits == 1, "writing there calls back: 0x80000001, a write, at %p",
	      (void *)page);
	claim(*page == 77, "the write was retried then, and has succeeded");
	*page = 78;
	claim(guard_hits == 1, "the guard is gone: it warns once");
	HostSetFaultCallback(NULL, NULL);
}

static void watch(void)
{
	PVOID pages[8];
	ULONG_PTR count = 8;
	DWORD granularity = 0;
	char *base;

	base = VirtualAlloc(NULL, MIB, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
			    PAGE_READWRITE);
	if (!claim(base, "1 MiB is reserved with MEM_WRITE_WATCH and committed"))
		return;
	base[3 * PAGE] = 1;
	base[200 * PAGE + 5] = 1;
	claim(!GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, MIB, pages, &count,
			     &granularity) && count == 2 &&
	      pages[0] == base + 3 * PAGE && pages[1] == base + 200 * PAGE,
	      "two pages were written, and GetWriteWatch() names these two");
	count = 8;
	claim(!GetWriteWatch(0, base, MIB, pages, &count, &granularity) && !count,
	      "it has made them clean: now it names none");
	claim(VirtualFree(base, 0, MEM_RELEASE), "and so the region may go");
}

static void decommit(void)
{
	show_free(S_OK, PART + 64 * KIB, 128 * KIB, MEM_DECOMMIT);
	claim(read_faults(PART + 64 * KIB), "touching it raises SIGSEGV");
	claim(PART[63] == 1, "the pages before it have kept their contents");
}

static void commit_decommitted(void)
{
	show_alloc(S_OK, PART + 64 * KIB, 128 * KIB, MEM_COMMIT, PAGE_READWRITE);
	claim(is_zero(PART + 64 * KIB, 128 * KIB), "all of it reads zero");
}

static void reach_limit(void)
{
	const struct view view = { VAST, MIB, 1 };
	char before[PICTURE_BYTES], after[PICTURE_BYTES];
	SIZE_T committed = charge_now().committed;
	long available = available_kib();
	long limit = charge_limit_set(32);

	printf("  echo 32 > /sys/module/hostmem/parameters/commit_limit_mb\n");
	if (!claim(limit >= 0, "the limit is %s", size_text(charge_now().limit)))
		return;

	picture_take(&view, before);
	show_alloc(E_OUTOFMEMORY, VAST, 64 * MIB, MEM_COMMIT, PAGE_READWRITE);
	picture_take(&view, after);
	claim(!strcmp(before, after), "no page of it was committed");
	claim(charge_now().committed == committed, "nothing was charged");
	claim(available - available_kib() < 1024, "no memory was taken");

	show_alloc(S_OK, VAST, 16 * MIB, MEM_COMMIT, PAGE_READWRITE);
	claim(charge_limit_set(limit) == 32, "the limit is as it was before");
}

static void call_from_child(void)
{
	unsigned int before = claims_failed();
	int status = -1;

	fflush(stdout);
	if (!fork()) {
		show_alloc(HOST_E_NOT_OWNER, PART, PAGE, MEM_COMMIT, PAGE_READWRITE);
		show_query(HOST_E_NOT_OWNER, PART);
		claim(read_faults(PART), "touching it raises SIGSEGV in the child");
		fflush(stdout);
		_exit(claims_failed() == before ? 0 : 1);
	}
	wait(&status);
	claim(!status, "the child has said all this and exited");
	claim(PART[63] == 1, "the parent has its memory as before");
}

static void release(void)
{
	static char foreign;

	show_free(HOST_E_INVALIDOPERATION, &foreign, 0, MEM_RELEASE);
	show_free(S_OK, VAST, 0, MEM_RELEASE);
	show_free(S_OK, REGION, 0, MEM_RELEASE);
	claim(read_faults(PART), "touching it raises SIGSEGV");
	claim(!charge_now().committed, "no page is charged any more");
}

const struct step steps[] = {
	{ "Reserve 1 MiB",
	  "A reservation is address space and nothing else: it belongs to the caller, but\n"
	  "there is no memory behind it.",
	  ALL_OF_REGION, reserve },
	{ "Reserve 16 TiB",
	  "So it may be larger than the machine. Even what the module has to remember\n"
	  "about a page begins with its commit.",
	  { VAST, 256 * GIB, 1 }, reserve_vast },
	{ "Commit a part of it",
	  "A commit is charged, allocated, zeroed and mapped before the call returns. No\n"
	  "later touch can fail for lack of memory.",
	  ALL_OF_REGION, commit },
	{ "Use it",
	  "It is memory, for the program and for the kernel.",
	  ALL_OF_REGION, use },
	{ "A protection for each page",
	  "Committing again changes the protection, page by page if need be.",
	  PAGES_OF_PART, protect_pages },
	{ "Touch the pages",
	  "Each can do what its protection says. Reserved pages can do nothing.",
	  PAGES_OF_PART, touch },
	{ "Commit again to another protection",
	  "One call for any mixture of pages. What they hold stays.",
	  PAGES_OF_PART, commit_again },
	{ "Protect",
	  "The protection of committed pages changes, or, if one of them can't, none does.",
	  PAGES_OF_PART, protect },
	{ "A guard page",
	  "It warns of the first access, and lets it pass.",
	  PAGES_OF_PART, guard },
	{ "Who has written where?",
	  "A collector wants to know. The processor has kept count, without a page fault.",
	  ALL_OF_REGION, watch },
	{ "Decommit",
	  "The memory and its charge go back at once, the address space stays reserved.",
	  ALL_OF_REGION, decommit },
	{ "Commit what was decommitted",
	  "It comes back empty.",
	  ALL_OF_REGION, commit_decommitted },
	{ "Reach the limit",
	  "A commit that would pass the limit fails at once and as a whole, with an answer\n"
	  "that a program can act upon. No process is killed later, when it touches what\n"
	  "it was promised.",
	  { VAST, MIB, 1 }, reach_limit },
	{ "Ask from a child process",
	  "Regions belong to the address space that made them. fork() passes on neither\n"
	  "the memory nor the right to call.",
	  ALL_OF_REGION, call_from_child },
	{ "Release",
	  "A region goes as a whole. What isn't a region of ours is refused.",
	  ALL_OF_REGION, release },
};

const unsigned int nr_steps = sizeof(steps) / sizeof(steps[0]);
