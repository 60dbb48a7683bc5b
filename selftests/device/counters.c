// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what the administrator sees of the whole module: the counters in
 * /sys/class/misc/hostmem, which everybody may read, and lines in the kernel's log.
 *
 * Sets the module's limit, so it needs root.
 */
#include "hostmem_child.h"
#include "hostmem_limits.h"

#include <sys/stat.h>

#define COUNTERS	"/sys/class/misc/hostmem/"

/* A counter, which is a number and the end of the line; -1 if it isn't. */
static int64_t counter(const char *name)
{
	char path[96], text[32], *end;
	int64_t number;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), COUNTERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return -1;
	text[length] = 0;
	number = strtoll(text, &end, 10);
	return strcmp(end, "\n") ? -1 : number;
}

FIXTURE(counters)
{
	int fd;
	uintptr_t base;
};

FIXTURE_SETUP(counters)
{
	if (geteuid())
		SKIP(return, "run as root");
	SET_PARAMETERS(64, 10);
	self->base = open_region(&self->fd, 256 * MIB);
	ASSERT_NE(0, self->base);
}

FIXTURE_TEARDOWN(counters)
{
	close(self->fd);
	set_parameter("commit_limit_mb", limit_before);
	set_parameter("critical_reserve_pct", reserve_before);
}

/*
 * The log.  First, for what is refused later may use up the one line of a minute.
 */

/* A reader of the log from now on, or from its beginning; -1 without right. */
static int open_log(int whence)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0 && lseek(log, 0, whence) < 0) {
		close(log);
		return -1;
	}
	return log;
}

/* The next line of the module in the log, without what stands before it; NULL: none. */
static const char *next_line(int log)
{
	static char record[8192];
	ssize_t length;
	char *text;

	for (;;) {
		length = read(log, record, sizeof(record) - 1);
		if (length < 0 && errno == EPIPE)	/* overwritten meanwhile */
			continue;
		if (length <= 0)
			return NULL;
		record[length] = 0;
		text = strchr(record, ';');
		if (!text || strncmp(text + 1, "hostmem: ", 9))
			continue;
		text[strcspn(text, "\n")] = 0;
		return text + 10;
	}
}

TEST_F(counters, line_at_load)
{
	int log = open_log(SEEK_SET), lines = 0;
	const char *line;

	if (log < 0)
		SKIP(return, "/dev/kmsg can't be read");
	while ((line = next_line(log)))
		lines += !strncmp(line, "loaded", 6) && strstr(line, ", commit limit ") &&
			 !strcmp(line + strlen(line) - 4, " MiB");
	EXPECT_LE(1, lines);
	close(log);
}

/* Callers' mistakes, and what their own limits refuse. */
TEST_F(counters, silence)
{
	int log = open_log(SEEK_END);
	uintptr_t out;

	if (log < 0)
		SKIP(return, "/dev/kmsg can't be read");
	/* More than any limit could let it have. */
	EXPECT_EQ(-ENOMEM, raw_alloc(self->fd, 0, 2 * (uint64_t)meminfo("MemTotal"),
				     HOSTMEM_RESERVE | HOSTMEM_COMMIT, HOSTMEM_READWRITE,
				     &out));
	EXPECT_EQ(-EINVAL, raw_commit(self->fd, self->base, 0, PROCESS, AT_ONCE));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_commit(self->fd, GRANULE, PAGE, PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_limit(self->fd, MIB));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 2 * MIB, PROCESS, AT_ONCE));
	EXPECT_EQ(NULL, next_line(log));
	close(log);
}

/*
 * The module's limit refuses: the administrator is told which process and what to set, and
 * not again and again.  Somebody may have got the one line of this minute before.
 */
TEST_F(counters, limit_of_the_module)
{
	int log = open_log(SEEK_SET), lines = 0, ours;
	char expected[128];
	const char *line;

	if (log < 0)
		SKIP(return, "/dev/kmsg can't be read");
	ASSERT_EQ(0, lseek(log, 0, SEEK_END));
	for (ours = 0; ours < 50; ours++)
		EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 65 * MIB, PROCESS,
					      AT_ONCE));
	snprintf(expected, sizeof(expected), "[%d] refused: ", getpid());
	while ((line = next_line(log))) {
		EXPECT_NE(NULL, strstr(line, expected));
		EXPECT_NE(NULL, strstr(line, "commit_limit_mb=64,"));
		EXPECT_EQ(line, strstr(line, "commit of 66560 kB by "));
		lines++;
	}
	EXPECT_GE(1, lines);

	/* In this minute there has been one, then. */
	lines = 0;
	ASSERT_EQ(0, lseek(log, 0, SEEK_SET));
	while ((line = next_line(log)))
		lines += !!strstr(line, "] refused: of the limit, commit_limit_mb=");
	EXPECT_LE(1, lines);
	close(log);
}

/*
 * Counters
 */

TEST_F(counters, charged_and_limit)
{
	EXPECT_EQ(0, counter("charged_kb"));
	EXPECT_EQ(64 * 1024, counter("limit_kb"));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 8 * MIB, PROCESS, AT_ONCE));
	EXPECT_EQ(8 * 1024, counter("charged_kb"));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, MIB));
	EXPECT_EQ(7 * 1024, counter("charged_kb"));
	ASSERT_TRUE(set_number("commit_limit_mb", 32));
	EXPECT_EQ(32 * 1024, counter("limit_kb"));
}

TEST_F(counters, spaces)
{
	int64_t before = counter("spaces");
	int copy, other;

	ASSERT_LE(1, before);
	/* Files count, not descriptors, nor managers of the library. */
	copy = dup(self->fd);
	EXPECT_EQ(before, counter("spaces"));
	other = open_device();
	EXPECT_EQ(before + 1, counter("spaces"));
	close(copy);
	close(other);
	EXPECT_EQ(before, counter("spaces"));
}

/* Each refusal counts once, whatever there is too little of; other errors don't. */
TEST_F(counters, refused)
{
	int64_t before = counter("refused");
	uintptr_t out;

	ASSERT_LE(0, before);
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 65 * MIB, PROCESS, AT_ONCE));
	EXPECT_EQ(before + 1, counter("refused"));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd, self->base, 65 * MIB, PROCESS, LONG_AGO));
	EXPECT_EQ(before + 2, counter("refused"));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd, self->base, 65 * MIB, PROCESS,
					 monotonic_ns() + 1000000));
	EXPECT_EQ(before + 3, counter("refused"));
	ASSERT_EQ(0, raw_limit(self->fd, MIB));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 2 * MIB, PROCESS, AT_ONCE));
	EXPECT_EQ(before + 4, counter("refused"));
	EXPECT_EQ(-ENOMEM, raw_alloc(self->fd, 0, 2 * MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				     HOSTMEM_READWRITE, &out));
	EXPECT_EQ(before + 5, counter("refused"));

	EXPECT_EQ(-EADDRNOTAVAIL, raw_commit(self->fd, self->base + 256 * MIB, PAGE, PROCESS,
					     AT_ONCE));
	EXPECT_EQ(-EINVAL, raw_commit(self->fd, self->base, 0, PROCESS, AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, MIB / 2, PROCESS, AT_ONCE));
	EXPECT_EQ(before + 5, counter("refused"));
}

/* Of all files together. */
TEST_F(counters, waiting)
{
	struct waiter one = {
		.fd = self->fd, .addr = self->base, .length = 2 * MIB, .level = PROCESS,
		.deadline = FOREVER,
	};
	struct waiter two = one;

	two.addr = open_region(&two.fd, 4 * MIB);
	ASSERT_NE(0, two.addr);
	ASSERT_EQ(0, raw_limit(one.fd, MIB));
	ASSERT_EQ(0, raw_limit(two.fd, MIB));
	EXPECT_EQ(0, counter("waiting"));
	START_WAITER(&one);
	EXPECT_EQ(1, counter("waiting"));
	START_WAITER(&two);
	EXPECT_EQ(2, counter("waiting"));
	ASSERT_EQ(0, raw_shutdown(one.fd));
	EXPECT_ENDS(-ECANCELED, &one);
	EXPECT_EQ(1, counter("waiting"));
	ASSERT_EQ(0, raw_shutdown(two.fd));
	EXPECT_ENDS(-ECANCELED, &two);
	EXPECT_EQ(0, counter("waiting"));
	close(two.fd);
}

TEST_F(counters, reset)
{
	uintptr_t out;

	EXPECT_EQ(0, counter("reset_kb"));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_alloc(self->fd, self->base, 64 * KIB, HOSTMEM_RESET,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(64, counter("reset_kb"));
	ASSERT_EQ(0, raw_release(self->fd, self->base));
	EXPECT_EQ(0, counter("reset_kb"));
}

TEST_F(counters, pooled)
{
	char most[32];

	ASSERT_TRUE(get_parameter("pool_limit_mb", most));
	if (strtoul(most, NULL, 10) < 4)
		SKIP(return, "nothing may be prepared: pool_limit_mb");
	EXPECT_EQ(0, counter("pooled_kb"));
	ASSERT_EQ(0, raw_prepare(self->fd, 2 * BLOCK));
	if (!until_prepared(self->fd, 2 * BLOCK))
		SKIP(return, "there is not enough memory to have some prepared");
	EXPECT_EQ(4096, counter("pooled_kb"));
	ASSERT_EQ(0, raw_prepare(self->fd, 0));
	EXPECT_EQ(0, counter("pooled_kb"));
}

static const char *const names[] = {
	"charged_kb", "limit_kb", "waiting", "refused", "reset_kb", "pooled_kb", "spaces",
};

static int read_as_nobody(void)
{
	size_t i;

	CHECK(!setresuid(65534, 65534, 65534));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		CHECK(counter(names[i]) >= 0);
	return 0;
}

/* Everybody may read them, and nobody write them. */
TEST_F(counters, whose_they_are)
{
	struct stat info;
	char path[96];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), COUNTERS "%s", names[i]);
		ASSERT_EQ(0, stat(path, &info));
		EXPECT_EQ(0444, info.st_mode & 07777);
	}
	EXPECT_CHILD(read_as_nobody());
}

TEST_HARNESS_MAIN
