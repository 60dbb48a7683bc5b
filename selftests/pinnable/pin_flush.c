// SPDX-License-Identifier: GPL-2.0
/*
 * Description: decommitted pages are in no TLB any more, though others write to some of
 * them meanwhile and somebody else has the processor in between (rules F11, T7).
 */
#include "pin.h"
#include "hostmem_limits.h"

/**
 * struct writer - a thread that has the kernel write to a page, from another processor
 * @page: the page
 * @writes: how often it could
 * @done: it is to end
 */
struct writer {
	char *page;
	unsigned long writes;
	atomic_bool done;
};

static void *write_by_kernel(void *arg)
{
	struct writer *writer = arg;
	char byte = 1;
	struct iovec own = { .iov_base = &byte, .iov_len = 1 };
	struct iovec his = { .iov_base = writer->page, .iov_len = 1 };

	run_on(1);
	while (!writer->done)
		writer->writes += process_vm_writev(getpid(), &own, 1, &his, 1, 0) == 1;
	return NULL;
}

/* Pages between the first and the last, which the TLB of this processor knows then. */
static const unsigned int between[] = { 100, 200, 300, 400 };

static void write_some(char *block)
{
	unsigned int i;

	block[0] = 1;
	for (i = 0; i < ARRAY_SIZE(between); i++)
		block[between[i] * PAGE] = 1;
	block[BLOCK - PAGE] = 1;
}

static unsigned int readable(char *block)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(between); i++)
		nr += !try_read(block + between[i] * PAGE).signo;
	return nr;
}

FIXTURE(flush)
{
	int fd;
	uintptr_t base;
};

FIXTURE_SETUP(flush)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, 2 * BLOCK, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, PINNABLE, &self->base));
	self->base = (self->base + BLOCK - 1) & -BLOCK;
}

FIXTURE_TEARDOWN(flush)
{
}

TEST_F_TIMEOUT(flush, leaves_no_page_in_a_tlb_whoever_writes_meanwhile_F11_T7, 120)
{
	unsigned int i, rounds = is_debug_kernel() ? 100 : 1000;
	struct writer writer = { .page = (char *)self->base };
	pid_t child = start_competitor();
	pthread_t thread;

	ASSERT_LT(0, child);
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_by_kernel, &writer));
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, self->base, BLOCK, PROCESS, AT_ONCE));
		write_some(writer.page);
		ASSERT_EQ(0, raw_decommit(self->fd, self->base, BLOCK));
		ASSERT_EQ(0, readable(writer.page))
			TH_LOG("round %u", i);
	}
	writer.done = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_NE(0, writer.writes);
	kill(child, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(child));
}

TEST_HARNESS_MAIN
