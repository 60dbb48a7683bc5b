// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the kernel gets the pages of a pinnable region, as far as their
 * protection allows, and none of any other: O_DIRECT, and sending without copying
 * (rules G7, P11).
 *
 * Writes to a RAM disk, so it needs root.
 */
#include "pin_world.h"

#include <netinet/in.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/socket.h>

#define SO_ZEROCOPY_	60
#define MSG_ZEROCOPY_	0x4000000

/* The long run of pages that may be written. */
#define RUN		18
#define RUN_PAGES	500

/*
 * O_DIRECT
 */

TEST_F(kind, direct_writes_take_what_may_be_read)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		char *page = at(copied[i]);

		memset(self->world.plain, 'p', PAGE);
		ASSERT_EQ(PAGE, pwrite(self->world.disk, self->world.plain, PAGE, 0));
		EXPECT_GETS(MAY_READ(page), PAGE, pwrite(self->world.disk, page, PAGE, 0));
		ASSERT_EQ(PAGE, pread(self->world.disk, self->world.plain, PAGE, 0));
		EXPECT_EQ(MAY_READ(page),
			  is_stamped(self->world.plain, page, SEED));
		EXPECT_EQ(!MAY_READ(page), *self->world.plain == 'p');
	}
}

TEST_F(kind, direct_reads_fill_what_may_be_written)
{
	size_t i;

	memset(self->world.plain, 'p', PAGE);
	ASSERT_EQ(PAGE, pwrite(self->world.disk, self->world.plain, PAGE, 0));
	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		char *page = at(copied[i]);

		EXPECT_GETS(MAY_WRITE(page), PAGE, pread(self->world.disk, page, PAGE, 0));
		if (MAY_WRITE(page)) {
			EXPECT_EQ(0, memcmp(self->world.plain, page, PAGE));
			mend(copied[i]);
		}
	}
}

TEST_F(kind, direct_io_of_many_pages_is_right)
{
	size_t size = RUN_PAGES * PAGE, i;
	char *page = at(8);

	/* Out of pages of several kinds, over a block's end. */
	EXPECT_GETS(variant->flags, 510 * PAGE,
		    pwrite(self->world.disk, page, 510 * PAGE, 0));
	if (!variant->flags)
		return;
	ASSERT_EQ(510 * PAGE, pread(self->world.disk, self->world.plain, 510 * PAGE, 0));
	EXPECT_EQ(0, memcmp(self->world.plain, page, 510 * PAGE));

	page = at(RUN);
	for (i = 0; i < size; i++)
		self->world.plain[i] = i * 7 + i / PAGE;
	ASSERT_EQ(size, pwrite(self->world.disk, self->world.plain, size, PAGE));
	EXPECT_EQ(size, pread(self->world.disk, page, size, PAGE));
	EXPECT_EQ(0, memcmp(self->world.plain, page, size));
	for (i = 0; i < RUN_PAGES; i++)
		mend(RUN + i);
}

/* Sectors are less than pages. */
TEST_F(kind, direct_reads_change_nothing_beside_their_range)
{
	char *page = at(MIDDLE);

	memset(self->world.plain, 'p', PAGE);
	ASSERT_EQ(PAGE, pwrite(self->world.disk, self->world.plain, PAGE, 0));
	memset(page, 'o', 3 * PAGE);
	EXPECT_GETS(variant->flags, PAGE,
		    pread(self->world.disk, page + PAGE - 512, PAGE, 0));
	if (variant->flags)
		EXPECT_EQ(0, memcmp(self->world.plain, page + PAGE - 512, PAGE));
	EXPECT_EQ('o', page[PAGE - 513]);
	EXPECT_EQ('o', page[2 * PAGE - 512]);
	mend(MIDDLE);
	mend(MIDDLE + 1);
	mend(MIDDLE + 2);
}

/* Into read-only pages, and into reserved ones. */
TEST_F(kind, direct_reads_stop_at_the_first_page_that_forbids_them)
{
	static const struct {
		unsigned int from, good, pages;
	} runs[] = { { 8, 6, 10 }, { 510, 8, 12 } };
	size_t i, j;

	memset(self->world.plain, 'p', 16 * PAGE);
	ASSERT_EQ(16 * PAGE, pwrite(self->world.disk, self->world.plain, 16 * PAGE, 0));
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		EXPECT_GETS(variant->flags, runs[i].good * PAGE,
			    pread(self->world.disk, at(runs[i].from),
				  runs[i].pages * PAGE, 0));
		for (j = 0; j < runs[i].good && variant->flags; j++) {
			EXPECT_EQ(0, memcmp(self->world.plain, at(runs[i].from + j),
					    PAGE));
			mend(runs[i].from + j);
		}
	}
}

/*
 * Sockets
 */

/* Two ends of a connection over the loopback device, the first one for sending. */
static bool connect_both(int ends[2])
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(to);

	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || ends[0] < 0 ||
	    bind(listener, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&to, &length) ||
	    connect(ends[0], (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(ends[0], SOL_SOCKET, SO_ZEROCOPY_, &on, sizeof(on)))
		return false;
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
	return ends[1] >= 0;
}

/* The number of the last call that the kernel says it is through with; -1: it says none. */
static int64_t completed(int sock)
{
	struct pollfd poll_ = { .fd = sock };
	struct sock_extended_err *error;
	char control[128];
	struct msghdr message = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	/* Errors are polled for in any case. */
	if (poll(&poll_, 1, -1) != 1 ||
	    recvmsg(sock, &message, MSG_ERRQUEUE) < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header)
		return -1;
	error = (void *)CMSG_DATA(header);
	return error->ee_origin == SO_EE_ORIGIN_ZEROCOPY && !error->ee_errno ?
	       (int)error->ee_data : -1;
}

TEST_F(kind, sockets_send_what_may_be_read)
{
	uint32_t calls = 0;
	int ends[2];
	size_t i;

	ASSERT_TRUE(connect_both(ends));
	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		char *page = at(copied[i]);

		EXPECT_GETS(MAY_READ(page), PAGE, send(ends[0], page, PAGE, MSG_ZEROCOPY_));
		if (!MAY_READ(page))
			continue;
		EXPECT_EQ(PAGE, recv(ends[1], self->world.plain, PAGE, MSG_WAITALL));
		EXPECT_TRUE(is_stamped(self->world.plain, page, SEED));
		EXPECT_EQ(calls++, completed(ends[0]));
	}
	EXPECT_EQ(variant->flags ? 5 : 0, calls);
}

TEST_F(pinned, guards_fail_a_call_once_G7)
{
	int ends[2];

	ASSERT_TRUE(connect_both(ends));
	EXPECT_GUARD_MET(PAGE, pread(self->world.disk, at(GUARDED), PAGE, 0));
	EXPECT_GUARD_MET(PAGE, pwrite(self->world.disk, at(GUARDED), PAGE, 0));
	EXPECT_GUARD_MET(PAGE, send(ends[0], at(GUARDED), PAGE, MSG_ZEROCOPY_));
}

TEST_HARNESS_MAIN
