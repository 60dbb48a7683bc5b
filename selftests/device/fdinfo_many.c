// SPDX-License-Identifier: GPL-2.0
/*
 * Description: /proc/PID/fdinfo/N of a file with more regions than are told of.
 *
 * A program of its own, as it has some thousand mappings, all of which the kernel debug
 * looks through whenever one changes.
 */
#include "fdinfo.h"

/* 4,096 are told of one by one. */
TEST(many_regions)
{
	const size_t nr = 4099;
	uintptr_t base[4099];
	int fd = open_device();
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(0, raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE,
				       HOSTMEM_READWRITE, &base[i]));
	}
	ASSERT_NE(NULL, read_fdinfo(0, fd));
	EXPECT_EQ(nr, number_of("hostmem-regions"));
	EXPECT_EQ(4096, regions_told());
	EXPECT_EQ(nr - 4096, number_of("hostmem-more-regions"));

	for (i = 4096; i < nr; i++) {
		ASSERT_EQ(0, raw_release(fd, base[i]));
	}
	ASSERT_NE(NULL, read_fdinfo(0, fd));
	EXPECT_EQ(4096, number_of("hostmem-regions"));
	EXPECT_EQ(4096, regions_told());
	EXPECT_EQ(-1, number_of("hostmem-more-regions"));
	close(fd);
}

TEST_HARNESS_MAIN
