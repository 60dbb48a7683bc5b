// SPDX-License-Identifier: GPL-2.0
/*
 * Description: structures of all sizes, with bits flipped, with numbers at random:
 * a call that fails has changed nothing, and none changes what it wasn't asked to.
 */
#include "hostile_call.h"

/* All but what lies far from where something changes, if that takes long. */
static __u32 next_size(__u32 size, __u32 known)
{
	bool all = !is_debug_kernel() || size < known + 64 || size > PAGE - 64;

	return size + (all ? 1 : 16);
}

/* All sizes, with a tail of zeroes, one of rubbish, and one that isn't there. */
TEST_F(fuzz, size)
{
	union argument *arg = (void *)self->arg, *last;
	__u32 size;

	for (size = 0; size <= PAGE + 8; size = next_size(size, variant->size)) {
		bool known = size >= variant->size;

		memset(self->arg, 0, 2 * PAGE);
		fill(arg, variant->request);
		arg->size = size;
		EXPECT_EQ(!known ? -EINVAL : size > PAGE ? -E2BIG : 0,
			  call_alone(self->fd, variant->request, arg))
			TH_LOG("size %u", size);
		if (size <= variant->size)
			continue;
		fill(arg, variant->request);
		arg->size = size;
		self->arg[variant->size +
			  random_below(&self->rng, size - variant->size)] = 1;
		EXPECT_EQ(-E2BIG, call_alone(self->fd, variant->request, arg))
			TH_LOG("size %u", size);
		last = (void *)(self->arg + 2 * PAGE - size + 1);
		memset(last, 0, size - 1);
		memcpy(last, arg, variant->size);
		last->size = size;
		EXPECT_EQ(size > PAGE ? -E2BIG : -EFAULT,
			  call_alone(self->fd, variant->request, last))
			TH_LOG("size %u", size);
	}
	ASSERT_EQ(0, raw_free(self->fd, TARGET, 0, HOSTMEM_RELEASE));
	ASSERT_TRUE(make_target(self->fd));
}

TEST_F(fuzz, each_bit)
{
	union argument *arg = (void *)self->arg;
	unsigned int bit;

	for (bit = 0; bit < variant->size * 8; bit++) {
		fill(arg, variant->request);
		arg->words[bit / 64] ^= 1ull << bit % 64;
		EXPECT_RIGHT_CALL("bit", bit);
	}
}

TEST_F(fuzz, two_bits)
{
	union argument *arg = (void *)self->arg;
	unsigned int i, bit;

	for (i = 0; i < 300; i++) {
		fill(arg, variant->request);
		bit = random_below(&self->rng, variant->size * 8);
		arg->words[bit / 64] ^= 1ull << bit % 64;
		bit = random_below(&self->rng, variant->size * 8);
		arg->words[bit / 64] ^= 1ull << bit % 64;
		EXPECT_RIGHT_CALL("pair", i);
	}
}

/* A failing call may have written where results go, but not into the target. */
static void spare_target(union argument *arg, unsigned int request)
{
	__u64 *out = request == HOSTMEM_IOC_QUERY ? &arg->query.buffer :
		     request == HOSTMEM_IOC_PROTECT ? &arg->protect.old :
		     request == HOSTMEM_IOC_WATCH ? &arg->watch.pages : NULL;

	if (out && *out >= TARGET - PAGE && *out < TARGET + TARGET_SIZE)
		*out = SCRATCH;
}

TEST_F(fuzz, numbers)
{
	union argument *arg = (void *)self->arg;
	unsigned int i, j, changes;

	for (i = 0; i < 400; i++) {
		fill(arg, variant->request);
		changes = 1 + random_below(&self->rng, 3);
		for (j = 0; j < changes; j++) {
			uint64_t value = interesting[random_below(&self->rng,
						ARRAY_SIZE(interesting))];
			unsigned int at = 4 + 4 * random_below(&self->rng,
						variant->size / 4 - 1);

			/* A member of 32 bits or one of 64. */
			memcpy(self->arg + at, &value, at % 8 ? 4 : 8);
		}
		spare_target(arg, variant->request);
		EXPECT_RIGHT_CALL("round", i);
	}
}

TEST_HARNESS_MAIN
