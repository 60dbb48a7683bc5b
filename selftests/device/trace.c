// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the module's tracepoints: one event for each call, with what was asked and
 * what came of it, read from an instance of ftrace's own.
 *
 * Needs root, and a kernel that traces events; sets the module's limit.
 */
#include "hostmem_limits.h"

#include <sys/stat.h>

#define TRACING		"/sys/kernel/tracing/"
#define INSTANCE	TRACING "instances/hostmem-test"
#define RECORD_NAMES	TRACING "options/record-cmd"

static char trace[MIB];

/* All events of this process so far; false if they can't be read. */
static bool read_trace(void)
{
	int fd = open(INSTANCE "/trace", O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t done;

	if (fd < 0)
		return false;
	while ((done = read(fd, trace + length, sizeof(trace) - 1 - length)) > 0)
		length += done;
	close(fd);
	trace[length] = 0;
	return !done;
}

/* How many events of a thread say so, from the event's name to the end of the line. */
static int events_of(pid_t tid, const char *expected)
{
	char line[512], by[16];
	const char *at = trace, *event;
	int nr = 0;

	snprintf(by, sizeof(by), "-%d ", tid);
	for (; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		event = strstr(line, ": hm_");
		nr += event && strstr(line, by) && !strcmp(event + 2, expected);
	}
	return nr;
}

/* Exactly one event of this thread is just so. */
#define EXPECT_EVENT(...) do {						\
	char __expected[256];						\
									\
	snprintf(__expected, sizeof(__expected), __VA_ARGS__);		\
	ASSERT_TRUE(read_trace());					\
	EXPECT_EQ(1, events_of(gettid(), __expected))			\
		TH_LOG("no or more than one %s in\n%s", __expected, trace);	\
} while (0)

static bool enable(const char *what)
{
	return write_file(INSTANCE "/events/hostmem/enable", what);
}

/*
 * An instance that doesn't note the names of threads, which it has from what is set for all:
 * for them the kernel changes the scheduler's code at run time, and an emulated processor
 * now and then still runs what was there before.
 */
static bool make_instance(void)
{
	char names[2] = "";
	int fd = open(RECORD_NAMES, O_RDONLY | O_CLOEXEC);
	bool made = fd >= 0 && read(fd, names, 1) == 1;

	close(fd);
	made = made && write_file(RECORD_NAMES, "0") && !mkdir(INSTANCE, 0700);
	return write_file(RECORD_NAMES, names) && made;
}

FIXTURE(trace)
{
	int fd;
	unsigned int id;
};

FIXTURE_SETUP(trace)
{
	if (geteuid())
		SKIP(return, "run as root");
	if (access(TRACING "events", F_OK))
		SKIP(return, "this kernel traces no events, or tracefs is not in " TRACING);
	ASSERT_EQ(0, access(TRACING "events/hostmem", F_OK));
	rmdir(INSTANCE);
	ASSERT_TRUE(make_instance());
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->id = hostmem_status(self->fd).out_id;
	ASSERT_TRUE(enable("1"));
}

FIXTURE_TEARDOWN(trace)
{
	if (!self->id)
		return;
	enable("0");
	close(self->fd);
	rmdir(INSTANCE);
	set_parameter("commit_limit_mb", limit_before);
	set_parameter("critical_reserve_pct", reserve_before);
}

TEST_F(trace, reserve)
{
	uintptr_t base, out;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_EXECUTE_READ, &base));
	EXPECT_EVENT("hm_reserve: id=%u start=%#zx end=%#zx what=0x20 ret=0", self->id, base,
		     base + MIB);
	/* There is one already. */
	ASSERT_EQ(-EADDRNOTAVAIL, raw_alloc(self->fd, base, PAGE, HOSTMEM_RESERVE,
					    HOSTMEM_READWRITE, &out));
	EXPECT_EVENT("hm_reserve: id=%u start=%#zx end=%#zx what=0x4 ret=%d", self->id, base,
		     base + PAGE, -EADDRNOTAVAIL);
}

TEST_F(trace, commit_and_decommit)
{
	uintptr_t base, other;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_commit(self->fd, base + 1, 2 * PAGE - 1, PROCESS, AT_ONCE));
	EXPECT_EVENT("hm_commit: id=%u start=%#zx end=%#zx what=0x4 ret=0", self->id, base,
		     base + 2 * PAGE);
	ASSERT_EQ(-EADDRNOTAVAIL, raw_commit(self->fd, base + MIB, PAGE, PROCESS, AT_ONCE));
	EXPECT_EVENT("hm_commit: id=%u start=%#zx end=%#zx what=0x4 ret=%d", self->id,
		     base + MIB, base + MIB + PAGE, -EADDRNOTAVAIL);
	ASSERT_EQ(0, raw_decommit(self->fd, base + PAGE, PAGE));
	EXPECT_EVENT("hm_decommit: id=%u start=%#zx end=%#zx what=0x0 ret=0", self->id,
		     base + PAGE, base + 2 * PAGE);
	/* Without a length it is all of the region. */
	ASSERT_EQ(0, raw_decommit(self->fd, base, 0));
	EXPECT_EVENT("hm_decommit: id=%u start=%#zx end=%#zx what=0x0 ret=0", self->id, base,
		     base + MIB);

	/* One call that does both is two events. */
	ASSERT_EQ(0, raw_alloc(self->fd, 0, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READONLY, &other));
	EXPECT_EVENT("hm_reserve: id=%u start=%#zx end=%#zx what=0x2 ret=0", self->id, other,
		     other + PAGE);
	EXPECT_EVENT("hm_commit: id=%u start=%#zx end=%#zx what=0x2 ret=0", self->id, other,
		     other + PAGE);
}

TEST_F(trace, protect_and_release)
{
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_protect(self->fd, base, PAGE, HOSTMEM_READONLY | HOSTMEM_GUARD));
	EXPECT_EVENT("hm_protect: id=%u start=%#zx end=%#zx what=0x102 ret=0", self->id, base,
		     base + PAGE);
	ASSERT_EQ(-EADDRNOTAVAIL, raw_protect(self->fd, base, 2 * MIB, HOSTMEM_READONLY));
	EXPECT_EVENT("hm_protect: id=%u start=%#zx end=%#zx what=0x2 ret=%d", self->id, base,
		     base + 2 * MIB, -EADDRNOTAVAIL);
	ASSERT_EQ(0, raw_release(self->fd, base));
	EXPECT_EVENT("hm_release: id=%u start=%#zx end=%#zx what=0x0 ret=0", self->id, base,
		     base + MIB);
	ASSERT_EQ(-ENOENT, raw_release(self->fd, base));
	EXPECT_EVENT("hm_release: id=%u start=%#zx end=%#zx what=0x0 ret=%d", self->id, base,
		     base, -ENOENT);
}

TEST_F(trace, guard)
{
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, 2 * PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE | HOSTMEM_GUARD, &base));
	EXPECT_EQ(SIGBUS, try_read((void *)(base + 8)).signo);
	EXPECT_EVENT("hm_guard: id=%u addr=%#zx by=thread", self->id, base);
	EXPECT_EQ(-1, access((void *)(base + PAGE), F_OK));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EVENT("hm_guard: id=%u addr=%#zx by=call", self->id, base + PAGE);
}

TEST_F(trace, watch)
{
	uint64_t pages[4], count = 4;
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT |
			       HOSTMEM_WRITE_WATCH, HOSTMEM_READWRITE, &base));
	*(volatile char *)base = 1;
	*(volatile char *)(base + 2 * PAGE) = 1;
	ASSERT_EQ(0, raw_watch(self->fd, base, MIB, HOSTMEM_WATCH_RESET, pages, &count));
	ASSERT_EQ(2, count);
	EXPECT_EVENT("hm_watch: id=%u start=%#zx end=%#zx flags=0x1 pages=2 ret=0", self->id,
		     base, base + MIB);
	count = 0;
	ASSERT_EQ(0, raw_watch(self->fd, base, PAGE, HOSTMEM_WATCH_RESET, NULL, &count));
	EXPECT_EVENT("hm_watch: id=%u start=%#zx end=%#zx flags=0x1 pages=0 ret=0", self->id,
		     base, base + PAGE);
	count = 4;
	ASSERT_EQ(-EINVAL, raw_watch(self->fd, base, 2 * MIB, 0, pages, &count));
	EXPECT_EVENT("hm_watch: id=%u start=%#zx end=%#zx flags=0x0 pages=0 ret=%d", self->id,
		     base, base + 2 * MIB, -EINVAL);
}

TEST_F(trace, reset)
{
	uintptr_t base, out;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_alloc(self->fd, base, PAGE, HOSTMEM_RESET, HOSTMEM_READWRITE, &out));
	EXPECT_EVENT("hm_reset: id=%u start=%#zx end=%#zx what=0x80000 ret=0", self->id, base,
		     base + PAGE);
	ASSERT_EQ(0, raw_alloc(self->fd, base, PAGE, HOSTMEM_RESET_UNDO, HOSTMEM_READWRITE,
			       &out));
	EXPECT_EVENT("hm_reset: id=%u start=%#zx end=%#zx what=0x1000000 ret=0", self->id,
		     base, base + PAGE);
}

/* The kernel asks in portions: what all of them have taken is what was given up. */
TEST_F(trace, reclaim)
{
	unsigned long reclaimed = 0;
	const char *at = trace;
	uintptr_t base, out;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_alloc(self->fd, base, MIB, HOSTMEM_RESET, HOSTMEM_READWRITE, &out));
	ASSERT_TRUE(write_file("/proc/sys/vm/drop_caches", "2"));
	ASSERT_TRUE(read_trace());
	while ((at = strstr(at, "hm_reclaim: "))) {
		unsigned long asked, scanned, found, gone;
		int nr;

		nr = sscanf(at, "hm_reclaim: asked=%lu scanned=%lu found=%lu reclaimed=%lu",
			    &asked, &scanned, &found, &gone);
		ASSERT_EQ(4, nr);
		EXPECT_LT(0, asked);
		EXPECT_LE(gone, found);
		EXPECT_LE(found, scanned);
		reclaimed += gone;
		at++;
	}
	EXPECT_EQ(MIB / PAGE, reclaimed);
}

/* Which of the limits it was. */
TEST_F(trace, refuse)
{
	uintptr_t base;

	SET_PARAMETERS(16, 0);
	ASSERT_EQ(0, raw_alloc(self->fd, 0, 64 * MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &base));
	ASSERT_EQ(-ENOMEM, raw_commit(self->fd, base, 32 * MIB, TASK, AT_ONCE));
	EXPECT_EVENT("hm_refuse: id=%u start=%#zx end=%#zx level=0 by=module-limit", self->id,
		     base, base + 32 * MIB);
	EXPECT_EVENT("hm_commit: id=%u start=%#zx end=%#zx what=0x4 ret=%d", self->id, base,
		     base + 32 * MIB, -ENOMEM);
	ASSERT_EQ(0, raw_limit(self->fd, MIB));
	ASSERT_EQ(-ETIMEDOUT, raw_commit(self->fd, base, 2 * MIB, PROCESS, LONG_AGO));
	EXPECT_EVENT("hm_refuse: id=%u start=%#zx end=%#zx level=2 by=own-limit", self->id,
		     base, base + 2 * MIB);
}

/* A wait has two events, of which the last one tells how long it has been. */
TEST_F(trace, wait)
{
	struct waiter waiter = {
		.fd = self->fd, .length = MIB, .level = TASK, .deadline = FOREVER,
	};
	unsigned long long ns;
	char begin[128], end[128];
	uintptr_t base;
	const char *at;

	ASSERT_EQ(0, raw_limit(self->fd, 2 * MIB));
	ASSERT_EQ(0, raw_alloc(self->fd, 0, 4 * MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &base));
	ASSERT_EQ(0, raw_commit(self->fd, base, 3 * MIB / 2, PROCESS, AT_ONCE));
	waiter.addr = base + 2 * MIB;
	START_WAITER(&waiter);
	snprintf(begin, sizeof(begin), "hm_wait: id=%u bytes=%zu level=0", self->id, MIB);
	ASSERT_TRUE(read_trace());
	EXPECT_EQ(1, events_of(waiter.tid, begin));
	EXPECT_EQ(NULL, strstr(trace, "hm_wait_end:"));

	ASSERT_EQ(0, raw_decommit(self->fd, base, MIB));
	EXPECT_ENDS(0, &waiter);
	ASSERT_TRUE(read_trace());
	at = strstr(trace, "hm_wait_end: ");
	ASSERT_NE(NULL, at);
	snprintf(end, sizeof(end), "hm_wait_end: id=%u bytes=%zu level=0 ns=", self->id, MIB);
	ASSERT_EQ(0, strncmp(at, end, strlen(end)));
	ns = strtoull(at + strlen(end), NULL, 10);
	EXPECT_LT(0, ns);
	snprintf(end + strlen(end), sizeof(end) - strlen(end), "%llu ret=0", ns);
	EXPECT_EQ(1, events_of(waiter.tid, end));
}

/* With tracing off again nothing is told. */
TEST_F(trace, off)
{
	uintptr_t base;

	ASSERT_TRUE(enable("0"));
	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base));
	ASSERT_TRUE(read_trace());
	EXPECT_EQ(NULL, strstr(trace, "hm_"));
}

TEST_HARNESS_MAIN
