/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hostile_cgroup*.c share: a group below the root group, with a limit, that is gone
 * after each test with all that was charged to it.
 *
 * Needs root and cgroup v2.
 */
#ifndef HOSTILE_CGROUP_H
#define HOSTILE_CGROUP_H

#include "cgroup.h"
#include "hostile.h"

#include <sys/prctl.h>

#define GROUP	CGROUPS "/hostile"
#define LIMIT	(16 * MIB)
/* The kernel charges in batches, for each processor. */
#define BATCHES	(2 * MIB)

HELPER void remove_group(void)
{
	write_file(GROUP "/cgroup.kill", "1");
	while (rmdir(GROUP) && errno == EBUSY)
		sched_yield();
}

FIXTURE(cgroup)
{
	int fd;
	__u64 total;
};

FIXTURE_SETUP(cgroup)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = hostmem_status(self->fd).out_total_committed_bytes;
	write_file(CGROUPS "/cgroup.subtree_control", "+memory");
	remove_group();
	ASSERT_EQ(0, mkdir(GROUP, 0755))
		TH_LOG("no cgroup v2 in " CGROUPS);
	ASSERT_EQ(0, access(GROUP "/memory.max", W_OK))
		TH_LOG("no memory controller");
}

FIXTURE_TEARDOWN(cgroup)
{
	remove_group();
	EXPECT_EQ(self->total, hostmem_status(self->fd).out_total_committed_bytes);
}

#define charged()	current(GROUP)
#define killed()	events(GROUP, "oom_kill")
#define set_limit(bytes) write_number(GROUP, "memory.max", bytes)

/* Move into the group: what is committed from now on is charged to it. */
HELPER int enter(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK(join(GROUP));
	return 0;
}

HELPER bool about(int64_t value, int64_t expected)
{
	return llabs(value - expected) <= (int64_t)BATCHES;
}

#endif /* HOSTILE_CGROUP_H */
