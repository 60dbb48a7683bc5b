// SPDX-License-Identifier: GPL-2.0
/*
 * Description: structures in memory of every kind, in the pages that the call is
 * about, or changed by another thread meanwhile: a call that fails has changed
 * nothing, and none changes what it wasn't asked to.
 */
#include "hostile_call.h"

#include <pthread.h>

/* What can't be told to the caller must not have happened. */
TEST_F(fuzz, structure_that_can_only_be_read)
{
	fill((void *)self->arg, variant->request);
	ASSERT_EQ(0, mprotect(self->arg, PAGE, PROT_READ));
	EXPECT_RIGHT_CALL("read-only", 0);
}

/* In our own memory, of every kind, which the call itself may be about. */
TEST_F(fuzz, structure_in_the_specimen)
{
	static const struct {
		unsigned int page;
		bool ok;
	} places[] = {
		{ RESERVED, false }, { NOACCESS, false }, { READWRITE, true },
		{ MIDDLE, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		union argument *arg = (void *)(at(places[i].page) + 256);
		union argument old = { .size = 0 };

		if (places[i].ok) {
			old = *arg;
			fill(arg, variant->request);
		}
		EXPECT_EQ(places[i].ok ? 0 : -EFAULT,
			  call_alone(self->fd, variant->request, arg));
		if (places[i].ok)
			*arg = old;
	}
	/* A guard fails the first of two. */
	EXPECT_EQ(-EFAULT, call_alone(self->fd, variant->request, at(GUARDED) + 256));
	EXPECT_EQ(PAGE_READWRITE, query(at(GUARDED)).Protect);
	fill((void *)(at(GUARDED) + 256), variant->request);
	EXPECT_EQ(0, call_alone(self->fd, variant->request, at(GUARDED) + 256));
	memset(at(GUARDED) + 256, 0, sizeof(union argument));
	EXPECT_EQ(0, raw_protect(self->fd, (uintptr_t)at(GUARDED), PAGE,
				 HOSTMEM_READWRITE | HOSTMEM_GUARD));
	ASSERT_EQ(0, raw_free(self->fd, TARGET, 0, HOSTMEM_RELEASE));
	ASSERT_TRUE(make_target(self->fd));
}

/*
 * A structure that another thread changes while the call reads it
 */

static volatile bool done;

static void *flip(void *arg)
{
	volatile __u32 *words = arg;
	uint64_t rng = 5;

	while (!done) {
		unsigned int at = random_below(&rng, sizeof(union argument) / 4);
		__u32 was = words[at];

		words[at] = interesting[random_below(&rng, ARRAY_SIZE(interesting))];
		words[at] = was;
	}
	return NULL;
}

/* Where regions may have been reserved can't be told. */
static void release_all_but_specimen(int fd)
{
	struct hostmem_memory_info info;
	struct hostmem_query query = {
		.size = sizeof(query),
		.buffer = (uintptr_t)&info,
	};

	while (!raw_call(fd, HOSTMEM_IOC_QUERY, &query)) {
		query.addr = info.base + info.region_size;
		if (query.out_own && info.allocation_base != SPECIMEN)
			raw_free(fd, info.allocation_base, 0, HOSTMEM_RELEASE);
	}
}

TEST_F(fuzz, structure_that_changes_meanwhile)
{
	union argument *arg = (void *)self->arg;
	pthread_t thread;
	int i;

	done = false;
	fill(arg, variant->request);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, arg));
	for (i = 0; i < 600; i++) {
		call_alone(self->fd, variant->request, arg);
		if (i % 50 == 0)
			fill(arg, variant->request);
	}
	done = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_INTACT(SPECIMEN);
	release_all_but_specimen(self->fd);
	ASSERT_TRUE(make_target(self->fd));
}

/*
 * A structure in the very pages that the call is about
 */

TEST(commit_that_closes_the_page_of_its_own_structure)
{
	static const uint32_t protects[] = {
		HOSTMEM_READONLY, HOSTMEM_NOACCESS,
		HOSTMEM_READWRITE | HOSTMEM_GUARD,
	};
	struct hostmem_memory_info info;
	int fd = open_device(), ret;
	struct hostmem_alloc *arg;
	uintptr_t base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		base = raw_both(fd, 0, GRANULE, HOSTMEM_READWRITE);
		ASSERT_NE(0, base);
		arg = (void *)base;
		*arg = (struct hostmem_alloc) {
			.size = sizeof(*arg),
			.type = HOSTMEM_COMMIT,
			.protect = protects[i],
			.addr = base,
			.length = GRANULE,
		};
		ret = raw_call(fd, HOSTMEM_IOC_ALLOC, arg);
		EXPECT_TRUE(!ret || ret == -EFAULT);
		/* A page further on, where no result would be written. */
		ASSERT_EQ(0, raw_query(fd, base + PAGE, &info));
		EXPECT_EQ(ret ? HOSTMEM_READWRITE : protects[i], info.protect)
			TH_LOG("the call returned %d", ret);
		ASSERT_EQ(0, raw_free(fd, base, 0, HOSTMEM_RELEASE));
	}
}

TEST(free_of_its_own_structure)
{
	static const uint32_t types[] = { HOSTMEM_DECOMMIT, HOSTMEM_RELEASE };
	int fd = open_device();
	struct hostmem_free *arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		arg = (void *)raw_both(fd, 0, GRANULE, HOSTMEM_READWRITE);
		ASSERT_NE(NULL, arg);
		arg->size = sizeof(*arg);
		arg->type = types[i];
		arg->addr = (uintptr_t)arg;
		EXPECT_EQ(0, raw_call(fd, HOSTMEM_IOC_FREE, arg));
		EXPECT_NOTHING_ALLOWED(arg);
	}
	EXPECT_EQ(1, hostmem_status(fd).out_regions);
	EXPECT_EQ(0, hostmem_status(fd).out_committed_bytes);
}

TEST(shutdown_of_its_own_structure)
{
	struct hostmem_shutdown *arg;
	int fd = open_device();

	arg = (void *)raw_both(fd, 0, GRANULE, HOSTMEM_READWRITE);
	ASSERT_NE(NULL, arg);
	arg->size = sizeof(*arg);
	EXPECT_EQ(0, raw_call(fd, HOSTMEM_IOC_SHUTDOWN, arg));
	EXPECT_NOTHING_ALLOWED(arg);
}

TEST_HARNESS_MAIN
