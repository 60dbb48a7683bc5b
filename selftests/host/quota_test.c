// SPDX-License-Identifier: GPL-2.0
/*
 * Description: module/quota.c, compiled here unchanged: what each level may use
 * of a limit, what room is left, and when little or plenty is available.
 */
#include <string.h>

#include "../../module/quota.c"

#include "tap.h"

/* Limits around everything that could go wrong: small, round, huge. */
#define SMALL		1200ul
#define EDGES		(37 * 3)

static unsigned long limit_number(unsigned long i)
{
	if (i < SMALL)
		return i;
	i -= SMALL;
	/* Each power of two, one less and one more. */
	return (1ul << i / 3) - 1 + i % 3;
}

#define LIMITS		(SMALL + EDGES)
#define PERCENTS	101u

static struct hm_quota quota_of(unsigned long limit, unsigned int percent)
{
	struct hm_quota quota;

	memset(&quota, 0xcc, sizeof(quota));
	quota.charged = 0;
	hm_quota_set(&quota, limit, percent);
	return quota;
}

/* The same in numbers that don't overflow. */
static unsigned long reserve_of(unsigned long limit, unsigned int percent)
{
	return (unsigned __int128)limit * percent / 100;
}

static void levels(void)
{
	unsigned int percent;
	unsigned long i;

	for (i = 0; i < LIMITS; i++) {
		for (percent = 0; percent < PERCENTS; percent++) {
			unsigned long limit = limit_number(i), reserve;
			struct hm_quota quota = quota_of(limit, percent);

			if (limit > HM_UNLIMITED)
				limit = HM_UNLIMITED;
			reserve = reserve_of(limit, percent);
			CHECK(quota.limit == limit, "%lu, %u%%", limit, percent);
			CHECK(quota.at_level[HOSTMEM_LEVEL_TASK] ==
			      limit - reserve, "%lu, %u%%", limit, percent);
			CHECK(quota.at_level[HOSTMEM_LEVEL_APPDOMAIN] ==
			      limit - reserve / 2, "%lu, %u%%", limit, percent);
			CHECK(quota.at_level[HOSTMEM_LEVEL_PROCESS] == limit,
			      "%lu, %u%%", limit, percent);
		}
	}
}

static bool same_limits(const struct hm_quota *a, const struct hm_quota *b)
{
	return a->limit == b->limit && a->low == b->low && a->high == b->high &&
	       !memcmp(a->at_level, b->at_level, sizeof(a->at_level));
}

/* What no limit and no percentage can be, is taken for the next that can. */
static void out_of_range(void)
{
	static const unsigned long limits[] = {
		HM_UNLIMITED + 1, 1ul << 52, 1ul << 63, ~0ul,
	};
	static const unsigned int percents[] = { 101, 200, 1u << 31, ~0u };
	struct hm_quota quota, most;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		quota = quota_of(limits[i], 10);
		most = quota_of(HM_UNLIMITED, 10);
		CHECK(same_limits(&quota, &most), "row %u", i);
		quota = quota_of(1000, percents[i]);
		most = quota_of(1000, 100);
		CHECK(same_limits(&quota, &most), "row %u", i);
	}
}

static const struct {
	unsigned long limit;
	unsigned int percent;
	unsigned long charged, task, domain, process;
} rooms[] = {
	{ 0, 0, 0,		0, 0, 0 },
	{ 0, 100, 0,		0, 0, 0 },
	{ 1, 10, 0,		1, 1, 1 },
	{ 1, 100, 0,		0, 1, 1 },
	{ 100, 10, 0,		90, 95, 100 },
	{ 100, 10, 89,		1, 6, 11 },
	{ 100, 10, 90,		0, 5, 10 },
	{ 100, 10, 95,		0, 0, 5 },
	{ 100, 10, 99,		0, 0, 1 },
	{ 100, 10, 100,		0, 0, 0 },
	/* A limit may be lowered below what is charged. */
	{ 100, 10, 101,		0, 0, 0 },
	{ 100, 10, HM_UNLIMITED, 0, 0, 0 },
	{ 19, 10, 0,		18, 19, 19 },
	{ 30, 10, 0,		27, 29, 30 },
};

#define ROOMS	(sizeof(rooms) / sizeof(rooms[0]))

static void room(void)
{
	struct hm_quota quota;
	unsigned int i;

	for (i = 0; i < ROOMS; i++) {
		quota = quota_of(rooms[i].limit, rooms[i].percent);
		quota.charged = rooms[i].charged;
		CHECK(hm_quota_room(&quota, HOSTMEM_LEVEL_TASK) == rooms[i].task,
		      "row %u", i);
		CHECK(hm_quota_room(&quota, HOSTMEM_LEVEL_APPDOMAIN) ==
		      rooms[i].domain, "row %u", i);
		CHECK(hm_quota_room(&quota, HOSTMEM_LEVEL_PROCESS) ==
		      rooms[i].process, "row %u", i);
	}
}

/*
 * Of what a task may use, little is available in the last sixteenth, plenty but in
 * the last three of them; and never is anything but little when a task would be
 * refused its next page.
 */
static void available(void)
{
	unsigned long charged, limit, task, part;
	unsigned int percent;

	for (limit = 0; limit < 100; limit++) {
		for (percent = 0; percent < PERCENTS; percent++) {
			struct hm_quota quota = quota_of(limit, percent);

			task = limit - reserve_of(limit, percent);
			part = task / 16;
			for (charged = 0; charged <= 100; charged++) {
				u32 expected = charged >= task - part ? 1 :
					       charged > task - 3 * part ? 2 : 3;

				quota.charged = charged;
				CHECK(hm_quota_available(&quota) == expected,
				      "%lu of %lu, %u%%", charged, limit, percent);
			}
		}
	}
}

/* A limit that somebody else keeps, without a reserve, has the same thresholds. */
static void available_of(void)
{
	unsigned long charged, limit;

	for (limit = 0; limit < 100; limit++) {
		struct hm_quota quota = quota_of(limit, 0);

		for (charged = 0; charged <= limit; charged++) {
			quota.charged = charged;
			CHECK(hm_quota_available_of(limit, limit - charged) ==
			      hm_quota_available(&quota), "%lu of %lu", charged,
			      limit);
		}
	}
}

/* Without a limit there is plenty, whatever a machine could have. */
static void unlimited(void)
{
	unsigned int percent, i;

	for (percent = 0; percent <= 90; percent++) {
		struct hm_quota quota = quota_of(HM_UNLIMITED, percent);

		for (i = 0; i < 32; i++) {
			quota.charged = 1ul << i;
			CHECK(hm_quota_available(&quota) == HOSTMEM_AVAILABLE_HIGH,
			      "2^%u, %u%%", i, percent);
			CHECK(hm_quota_room(&quota, HOSTMEM_LEVEL_TASK) >=
			      1ul << 31, "2^%u, %u%%", i, percent);
		}
	}
}

int main(void)
{
	tap_case("levels", levels, LIMITS * PERCENTS * 4);
	tap_case("out_of_range", out_of_range, 8);
	tap_case("room", room, ROOMS * 3);
	tap_case("available", available, 100 * PERCENTS * 101);
	tap_case("available_of", available_of, 100 * 101 / 2);
	tap_case("unlimited", unlimited, 91 * 32 * 2);
	return tap_end();
}
