// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_COMMIT and MEM_DECOMMIT at random, against a model of the region:
 * what each page should be (rules C2, C5-C9, F8, F9).
 */
#include "hostmem_test.h"

/* 64 KiB below a block's end, so that a region here begins with a stump. */
#define FIXED		((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION		(3 * BLOCK)

#define MODEL_PAGES	(REGION / PAGE)

struct model {
	char *base;
	DWORD protect[MODEL_PAGES];	/* 0: reserved */
	uint64_t value[MODEL_PAGES];	/* first and last word */
};

FIXTURE(model)
{
	int fd;
	struct model *m;
	uint64_t rng;
};

FIXTURE_SETUP(model)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->m = calloc(1, sizeof(*self->m));
	ASSERT_NE(NULL, self->m);
	self->m->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->m->base);
	self->rng = 88172645463325252ull;
}

FIXTURE_TEARDOWN(model)
{
	free(self->m);
}

static volatile uint64_t *words_of(const struct model *m, size_t page)
{
	return (volatile uint64_t *)(m->base + page * PAGE);
}

static bool page_is_right(const struct model *m, size_t page)
{
	const struct protection *p = protection_of(m->protect[page]);
	volatile uint64_t *words = words_of(m, page);

	if (can_read((void *)words) != p->read)
		return false;
	if (can_write((void *)words) != p->write)
		return false;
	return !p->read || (words[0] == m->value[page] &&
			    words[PAGE / 8 - 1] == m->value[page]);
}

static size_t run_of(const struct model *m, size_t page)
{
	size_t end = page;

	while (end < MODEL_PAGES && m->protect[end] == m->protect[page])
		end++;
	return end - page;
}

/* The first page that a query gets wrong; MODEL_PAGES if there is none. */
static size_t wrong_query(const struct model *m)
{
	MEMORY_BASIC_INFORMATION info;
	size_t page;

	for (page = 0; page < MODEL_PAGES; page += run_of(m, page)) {
		info = query(m->base + page * PAGE);
		if (info.RegionSize != run_of(m, page) * PAGE ||
		    info.Protect != m->protect[page] ||
		    info.State != (m->protect[page] ? MEM_COMMIT : MEM_RESERVE))
			break;
	}
	return page;
}

static size_t committed_in(const struct model *m)
{
	size_t page, count = 0;

	for (page = 0; page < MODEL_PAGES; page++)
		count += !!m->protect[page];
	return count;
}

/* One random call on random pages; false if it failed. */
static bool step(struct model *m, uint64_t *rng)
{
	size_t first = random_below(rng, MODEL_PAGES);
	size_t most = MODEL_PAGES - first;
	size_t nr, page;
	DWORD protect;
	char *start = m->base + first * PAGE;

	/* Mostly a few pages, at times many. */
	if (random_below(rng, 4) && most > 40)
		most = 40;
	nr = 1 + random_below(rng, most);

	switch (random_below(rng, 4)) {
	case 0:
		if (!VirtualFree(start, nr * PAGE, MEM_DECOMMIT))
			return false;
		memset(m->protect + first, 0, nr * sizeof(*m->protect));
		memset(m->value + first, 0, nr * sizeof(*m->value));
		return true;
	case 1:
		for (page = first; page < first + nr; page++) {
			if (!protection_of(m->protect[page])->write)
				continue;
			m->value[page] = ((uint64_t)random_below(rng, ~0u) << 16) | page;
			words_of(m, page)[0] = m->value[page];
			words_of(m, page)[PAGE / 8 - 1] = m->value[page];
		}
		return true;
	default:
		protect = protections[random_below(rng, ARRAY_SIZE(protections))].protect;
		if (random_below(rng, 2))
			protect = PAGE_READWRITE;
		for (page = first; page < first + nr; page++)
			m->protect[page] = protect;
		return commit_at(start, nr * PAGE, protect) == start;
	}
}

TEST_F(model, agrees_after_random_calls_C2_C5_C6_C7_C8_C9_F8_F9)
{
	size_t page;
	int i;

	for (i = 0; i < 600; i++) {
		ASSERT_TRUE(step(self->m, &self->rng))
			TH_LOG("step %d", i);
		if (i % 50)
			continue;
		for (page = 0; page < MODEL_PAGES; page++) {
			ASSERT_TRUE(page_is_right(self->m, page))
				TH_LOG("page %zu after step %d", page, i);
		}
		page = wrong_query(self->m);
		ASSERT_EQ(MODEL_PAGES, page)
			TH_LOG("after step %d", i);
		ASSERT_EQ(committed_in(self->m) * PAGE,
			  hostmem_status(self->fd).out_committed_bytes);
	}

	/* What was out of reach at the end is still there. */
	for (page = 0; page < MODEL_PAGES; page++)
		if (self->m->protect[page])
			self->m->protect[page] = PAGE_READWRITE;
	for (page = 0; page < MODEL_PAGES; page += run_of(self->m, page))
		if (self->m->protect[page]) {
			ASSERT_NE(NULL, commit_at(self->m->base + page * PAGE,
						  run_of(self->m, page) * PAGE,
						  PAGE_READWRITE));
		}
	for (page = 0; page < MODEL_PAGES; page++) {
		EXPECT_TRUE(page_is_right(self->m, page))
			TH_LOG("page %zu at the end", page);
	}
}

TEST_HARNESS_MAIN
