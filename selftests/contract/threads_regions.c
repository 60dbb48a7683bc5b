// SPDX-License-Identifier: GPL-2.0
/*
 * Description: threads that reserve, use and release the same regions at the same time
 * (rules B5, B10, F5).
 */
#include "threads.h"

/* Reserve, use and release at one and the same place: one at a time gets it. */
static volatile unsigned int holders;

static void *fight_for_place(void *arg)
{
	struct worker *worker = arg;
	unsigned int before;
	void *mem;
	HRESULT hr;
	int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < ROUNDS; i++) {
		hr = HostVirtualAlloc(worker->base, worker->pages * PAGE,
				      MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE,
				      eProcessCritical, &mem);
		if (hr != S_OK) {
			MUST(hr == E_BAD_ADDRESS);
			query(worker->base);
			continue;
		}
		before = __atomic_fetch_add(&holders, 1, __ATOMIC_SEQ_CST);
		MUST(before == 0);
		MUST(!nonzero(mem, worker->pages * PAGE));
		stamp(mem, worker->pages * PAGE, worker->number);
		MUST(!unstamped(mem, worker->pages * PAGE, worker->number));
		__atomic_fetch_sub(&holders, 1, __ATOMIC_SEQ_CST);
		MUST(HostVirtualFree(mem, 0, MEM_RELEASE) == S_OK);
		worker->count++;
	}
	return NULL;
}

TEST_F(threads, that_reserve_the_same_place_get_it_one_at_a_time_B5_B10)
{
	struct worker workers[THREADS];
	unsigned long wins = 0;
	int i;

	holders = 0;
	START_WORKERS(workers, fight_for_place, (char *)FIXED, 5);
	JOIN_WORKERS(workers);
	for (i = 0; i < THREADS; i++)
		wins += workers[i].count;
	EXPECT_LT(0, wins);
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_FREE(FIXED);
}

/* All release the same regions: each has one winner. */
#define REGIONS	200

static char *regions[REGIONS];

static void *release_all(void *arg)
{
	struct worker *worker = arg;
	HRESULT hr;
	int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < REGIONS; i++) {
		hr = HostVirtualFree(regions[i], 0, MEM_RELEASE);
		MUST(hr == S_OK || hr == HOST_E_INVALIDOPERATION);
		worker->count += hr == S_OK;
	}
	return NULL;
}

TEST_F(threads, that_release_the_same_region_win_once_F5)
{
	struct worker workers[THREADS];
	unsigned long wins = 0;
	int i;

	for (i = 0; i < REGIONS; i++) {
		regions[i] = both_at(NULL, 2 * PAGE, PAGE_READWRITE);
		ASSERT_NE(NULL, regions[i]);
	}
	START_WORKERS(workers, release_all, NULL, 0);
	JOIN_WORKERS(workers);
	for (i = 0; i < THREADS; i++)
		wins += workers[i].count;
	EXPECT_EQ(REGIONS, wins);
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
}

/* Commits, decommits and queries of a region that others release and make. */
static void *use_while_it_goes(void *arg)
{
	struct worker *worker = arg;
	MEMORY_BASIC_INFORMATION info;
	void *mem;
	HRESULT hr;

	pthread_barrier_wait(&start);
	while (!done) {
		hr = HostVirtualAlloc(worker->base + PAGE, 3 * PAGE, MEM_COMMIT,
				      PAGE_READWRITE, eProcessCritical, &mem);
		MUST(hr == S_OK || hr == E_BAD_ADDRESS);
		hr = HostVirtualFree(worker->base + 2 * PAGE, PAGE, MEM_DECOMMIT);
		MUST(hr == S_OK || hr == HOST_E_INVALIDOPERATION);
		info = query(worker->base);
		MUST(info.BaseAddress == (void *)worker->base);
		MUST(info.State == MEM_FREE || info.State == MEM_RESERVE ||
		     info.State == MEM_COMMIT);
		worker->count++;
	}
	return NULL;
}

TEST_F(threads, that_use_a_region_while_it_is_released_get_an_answer)
{
	struct worker workers[2];
	int i;

	START_WORKERS(workers, use_while_it_goes, (char *)FIXED, 0);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ((void *)FIXED, reserve_at(FIXED, BLOCK));
		if (i % 2) {
			ASSERT_TRUE(VirtualFree((void *)FIXED, 0, MEM_RELEASE));
		} else {
			ASSERT_EQ(0, munmap((void *)FIXED, BLOCK));
		}
	}
	done = true;
	JOIN_WORKERS(workers);
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
}

TEST_HARNESS_MAIN
