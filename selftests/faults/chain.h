/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of fail_nth.c and fail_nth_change.c, each of which then adds its calls to the
 * fixture chain, and what is left in the end.
 */
#ifndef FAULTS_CHAIN_H
#define FAULTS_CHAIN_H

#include "sweep.h"

#include <linux/membarrier.h>

FIXTURE(chain)
{
	struct sweep sweep;
};

FIXTURE_SETUP(chain)
{
	/* The stack doesn't grow later on. */
	volatile char stack[256 * KIB];
	size_t i;

	for (i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 0;
	ASSERT_TRUE(knobs_set)
		TH_LOG("can't set all of " DEBUGFS "{" SLAB "," PAGES "," COPY
		       "}, or find the module's address: run as root");
	ASSERT_TRUE(write_file(GROUP "/cgroup.procs", "0"))
		TH_LOG("can't join " GROUP);
	ASSERT_TRUE(open_nth());
	ASSERT_TRUE(!variant->anyone || without_rseq());
	self->sweep.world.chain = variant;
	self->sweep.world.other = open_device();
	ASSERT_LE(0, self->sweep.world.other);
	query(NULL);
}

FIXTURE_TEARDOWN(chain)
{
	EXPECT_EQ(0, module_areas());
}

TEST_F(chain, allocation_fails)
{
	bool survives = variant->asked_twice && is_pinnable();

	self->sweep.faults = variant->anyone ? ALL_ALLOCATIONS : ALLOCATIONS;
	sweep(_metadata, &self->sweep, survives ? 0 : variant->failures,
	      variant->injections);
}

TEST_F(chain, copy_fails)
{
	self->sweep.faults = COPIES;
	sweep(_metadata, &self->sweep, variant->copies, variant->copies);
}

static void __attribute__((constructor)) make_group(void)
{
	write_file(CGROUPS "cgroup.subtree_control", "+memory");
	rmdir(GROUP);
	mkdir(GROUP, 0755);
}

static void __attribute__((destructor)) remove_group(void)
{
	if (getpid() == knobs_owner)
		rmdir(GROUP);
}

/* Comes last: all that the others have charged is there no more. */
FIXTURE(leak)
{
};

FIXTURE_SETUP(leak)
{
}

FIXTURE_TEARDOWN(leak)
{
}

TEST_F(leak, is_there_none)
{
	long left;
	int round;

	/*
	 * Idle processors keep the address space of who ran there last; and what is freed
	 * behind a grace period of RCU, or by a work then, is charged until it is.
	 */
	for (round = 0; (left = charged_pages(GROUP)) > 0 && round < 64; round++) {
		run_on(round % 8);
		ASSERT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	}
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, module_areas());
}

#endif /* FAULTS_CHAIN_H */
