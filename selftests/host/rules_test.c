// SPDX-License-Identifier: GPL-2.0
/*
 * Description: module/rules.c, compiled here unchanged: which arguments are
 * wrong, how ranges are rounded, and the edges of the address space.
 */
#include "../../module/page_state.c"
#include "../../module/rules.c"

#include "tap.h"

/* The ends of user space with four and with five levels of page tables. */
static const unsigned long limits[] = {
	(1ul << 47) - 4096, (1ul << 56) - 4096,
};

#define LIMITS	(sizeof(limits) / sizeof(limits[0]))
#define PAGE	4096ul
#define GRANULE	65536ul

static const unsigned int reserve = HOSTMEM_RESERVE;
static const unsigned int commit = HOSTMEM_COMMIT;

static int alloc(u64 addr, u64 length, u32 type, unsigned long limit,
		 struct hm_alloc_request *req)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.protect = HOSTMEM_READWRITE,
		.addr = addr,
		.length = length,
	};

	memset(req, 0xcc, sizeof(*req));
	return hm_check_alloc(&arg, limit, req);
}

static int release_or_decommit(u64 addr, u64 length, u32 type,
			       unsigned long limit, struct hm_free_request *req)
{
	struct hostmem_free arg = {
		.size = sizeof(arg),
		.type = type,
		.addr = addr,
		.length = length,
	};

	memset(req, 0xcc, sizeof(*req));
	return hm_check_free(&arg, limit, req);
}

/* Rules B2, B3, C2, F8: the table of the contract, and where pages meet. */
static const struct {
	u64 addr, length;
	unsigned long granule, page, end;
} ranges[] = {
	{ 0x50000000, 0x1,	0x50000000, 0x50000000, 0x50001000 },
	{ 0x50008000, 0x1,	0x50000000, 0x50008000, 0x50009000 },
	{ 0x50000010, 0x1000,	0x50000000, 0x50000000, 0x50002000 },
	{ 0x50010000, 0x2000,	0x50010000, 0x50010000, 0x50012000 },
	{ 0x5000ffff, 0x3000,	0x50000000, 0x5000f000, 0x50013000 },
	{ 0x50001010, 0x7000,	0x50000000, 0x50001000, 0x50009000 },
	{ 0x50001010, 0xc000,	0x50000000, 0x50001000, 0x5000e000 },
	{ 0x60025000, 0x200,	0x60020000, 0x60025000, 0x60026000 },
	{ 0x50004080, 0x1000,	0x50000000, 0x50004000, 0x50006000 },
	{ 0x50001fff, 0x1,	0x50000000, 0x50001000, 0x50002000 },
	{ 0x50001fff, 0x2,	0x50000000, 0x50001000, 0x50003000 },
	{ 0x50002000, 0x1000,	0x50000000, 0x50002000, 0x50003000 },
	{ 0x50002000, 0x1001,	0x50000000, 0x50002000, 0x50004000 },
	{ 0x50002001, 0xfff,	0x50000000, 0x50002000, 0x50003000 },
	{ 0x10000, 0x1,		0x10000, 0x10000, 0x11000 },
	{ 0x50000000, 64ul << 40, 0x50000000, 0x50000000, 0x400050000000 },
};

#define RANGES	(sizeof(ranges) / sizeof(ranges[0]))

static void rounding_of_allocations(void)
{
	struct hm_alloc_request req;
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		CHECK(!alloc(ranges[i].addr, ranges[i].length, reserve,
			     limits[0], &req), "row %u", i);
		CHECK(req.start == ranges[i].granule && req.end == ranges[i].end,
		      "row %u: [0x%lx, 0x%lx)", i, req.start, req.end);
		CHECK(req.reserve && !req.commit && !req.anywhere, "row %u", i);
		CHECK(!alloc(ranges[i].addr, ranges[i].length, reserve | commit,
			     limits[0], &req), "row %u", i);
		CHECK(req.start == ranges[i].granule && req.end == ranges[i].end,
		      "row %u: [0x%lx, 0x%lx)", i, req.start, req.end);
		CHECK(req.reserve && req.commit && !req.anywhere, "row %u", i);
		CHECK(!alloc(ranges[i].addr, ranges[i].length, commit,
			     limits[0], &req), "row %u", i);
		CHECK(req.start == ranges[i].page && req.end == ranges[i].end,
		      "row %u: [0x%lx, 0x%lx)", i, req.start, req.end);
		CHECK(!req.reserve && req.commit && !req.anywhere, "row %u", i);
	}
}

static void rounding_of_frees(void)
{
	struct hm_free_request req;
	unsigned int i;

	for (i = 0; i < RANGES; i++) {
		CHECK(!release_or_decommit(ranges[i].addr, ranges[i].length,
					   HOSTMEM_DECOMMIT, limits[0], &req),
		      "row %u", i);
		CHECK(req.start == ranges[i].page && req.end == ranges[i].end &&
		      !req.release, "row %u", i);
		/* Length 0: the whole region, which the first page names. */
		CHECK(!release_or_decommit(ranges[i].addr, 0, HOSTMEM_DECOMMIT,
					   limits[0], &req), "row %u", i);
		CHECK(req.start == ranges[i].page && req.end == req.start &&
		      !req.release, "row %u", i);
		CHECK(!release_or_decommit(ranges[i].addr, 0, HOSTMEM_RELEASE,
					   limits[0], &req), "row %u", i);
		CHECK(req.start == ranges[i].page && req.end == req.start &&
		      req.release, "row %u", i);
	}
}

/* Every byte of two pages, every length up to two pages. */
#define NEAR	(2 * PAGE)

static void rounding_of_every_byte(void)
{
	const u64 base = 0x50000000;
	struct hm_alloc_request req;
	u64 offset, length;

	for (offset = 0; offset < NEAR; offset += 61)
		for (length = 1; length <= NEAR; length += 59) {
			unsigned long start = base + offset / PAGE * PAGE;
			unsigned long end = base + (offset + length + PAGE - 1) /
							   PAGE * PAGE;

			CHECK(!alloc(base + offset, length, commit, limits[0],
				     &req) &&
			      req.start == start && req.end == end,
			      "offset %llu length %llu", (unsigned long long)offset,
			      (unsigned long long)length);
		}
}

#define NEAR_CASES	(((NEAR + 60) / 61) * ((NEAR + 58) / 59))

/* Rules A9, A10, A11, F13: relative to the end of user space. */
static const struct {
	bool from_limit;	/* add the limit to the address */
	u64 addr, length;
	bool good;
} edges[] = {
	{ true,  -PAGE,		1,		true },
	{ true,  -PAGE,		PAGE,		true },
	{ true,  -PAGE,		PAGE + 1,	false },
	{ true,  -1ull,		1,		true },
	{ true,  -1ull,		2,		false },
	{ true,  0,		1,		false },
	{ true,  0,		0,		false },
	{ true,  GRANULE,	PAGE,		false },
	{ true,  -GRANULE,	GRANULE,	true },
	{ true,  -GRANULE,	GRANULE + 1,	false },
	{ false, 0x50000000,	0,		false },
	{ false, 0x50000000,	-1ull,		false },
	{ false, 0x50000000,	-0x50000000ull, false },
	{ false, 0x50000000,	-0x50000000ull - 1, false },
	{ false, 0x50000000,	-0x50000000ull + 1, false },
	{ false, 0x50000000,	1ull << 63,	false },
	{ false, 1ull << 63,	1ull << 63,	false },
	{ false, 1ull << 63,	(1ull << 63) - 1, false },
	{ false, 1ull << 63,	1,		false },
	{ false, -1ull,		1,		false },
	{ false, -1ull,		2,		false },
	{ false, -1ull,		-1ull,		false },
	{ false, -PAGE,		PAGE,		false },
	{ false, -PAGE,		PAGE - 1,	false },
	{ false, 0xffff888000000000, PAGE,	false },
};

#define EDGES	(sizeof(edges) / sizeof(edges[0]))

static void edges_of_the_address_space(void)
{
	struct hm_free_request free_req;
	struct hm_alloc_request req;
	unsigned int i, j;

	for (j = 0; j < LIMITS; j++)
		for (i = 0; i < EDGES; i++) {
			u64 addr = edges[i].addr;
			int expected = edges[i].good ? 0 : -EINVAL;

			if (edges[i].from_limit)
				addr += limits[j];
			CHECK(alloc(addr, edges[i].length, reserve, limits[j],
				    &req) == expected, "row %u", i);
			CHECK(alloc(addr, edges[i].length, commit, limits[j],
				    &req) == expected, "row %u", i);
			/* Here, length 0 is the whole region. */
			if (!edges[i].length)
				expected = addr < limits[j] ? 0 : -EINVAL;
			CHECK(release_or_decommit(addr, edges[i].length,
						  HOSTMEM_DECOMMIT, limits[j],
						  &free_req) == expected,
			      "row %u", i);
			CHECK(release_or_decommit(addr, 0, HOSTMEM_RELEASE,
						  limits[j], &free_req) ==
			      (addr < limits[j] ? 0 : -EINVAL), "row %u", i);
		}
}

/* Address 0: anywhere; the size alone counts. */
static void sizes_at_no_address(void)
{
	static const struct {
		u64 length;
		unsigned long end;	/* 0: wrong */
	} sizes[] = {
		{ 0, 0 }, { 1, PAGE }, { PAGE, PAGE }, { PAGE + 1, 2 * PAGE },
		{ 0xfffc, 0x10000 }, { (1ul << 47) - PAGE, (1ul << 47) - PAGE },
		{ (1ul << 47) - PAGE + 1, 0 }, { 1ull << 63, 0 },
		{ -1ull, 0 }, { -PAGE, 0 }, { -PAGE + 1, 0 },
	};
	static const u32 types[] = {
		HOSTMEM_RESERVE, HOSTMEM_COMMIT, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
		HOSTMEM_COMMIT | HOSTMEM_TOP_DOWN,
	};
	struct hm_alloc_request req;
	unsigned int i, j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (j = 0; j < 4; j++) {
			int err = alloc(0, sizes[i].length, types[j], limits[0],
					&req);

			CHECK(err == (sizes[i].end ? 0 : -EINVAL),
			      "size 0x%llx", (unsigned long long)sizes[i].length);
			/* A commit reserves, too (C1). */
			CHECK(err || (!req.start && req.end == sizes[i].end &&
				      req.anywhere && req.reserve &&
				      req.commit == !!(types[j] & HOSTMEM_COMMIT) &&
				      req.top_down == !!(types[j] & HOSTMEM_TOP_DOWN)),
			      "size 0x%llx", (unsigned long long)sizes[i].length);
		}
}

/* Rule A1: with RESERVE, every address of the first granule but 0. */
static void lowest_granule(void)
{
	struct hm_alloc_request req;
	u64 addr;

	for (addr = 1; addr < 2 * GRANULE; addr += 7) {
		int expected = addr < GRANULE ? -EINVAL : 0;

		CHECK(alloc(addr, 1, reserve, limits[0], &req) == expected,
		      "0x%llx", (unsigned long long)addr);
		CHECK(alloc(addr, 1, reserve | commit, limits[0], &req) == expected,
		      "0x%llx", (unsigned long long)addr);
		/* A commit is an address like any other, with no region there. */
		CHECK(!alloc(addr, 1, commit, limits[0], &req),
		      "0x%llx", (unsigned long long)addr);
	}
}

#define LOWEST_CASES	(((2 * GRANULE - 1 + 6) / 7) * 3)

/* Rules A2-A7, L1, L4: all sums of three bits. */
static bool types_go_together(u32 type)
{
	const u32 both = 0x1000 | 0x2000;

	if (type == 0x80000 || type == 0x1000000)
		return true;
	if (type & ~(both | 0x100000 | 0x200000 | 0x20000000) || !(type & both))
		return false;
	if (type & 0x20000000)
		return (type & both) == both && !(type & 0x200000);
	return !(type & 0x200000) || type & 0x2000;
}

static void types_of_allocations(void)
{
	struct hm_alloc_request req;
	unsigned int a, b, c;

	for (a = 0; a < 32; a++)
		for (b = a; b < 32; b++)
			for (c = b; c < 32; c++) {
				u32 type = 1u << a | 1u << b | 1u << c;

				CHECK(alloc(0x50000000, HM_LARGE_PAGE, type,
					    limits[0], &req) ==
				      (types_go_together(type) ? 0 : -EINVAL),
				      "type 0x%x", type);
			}
	CHECK(alloc(0x50000000, PAGE, 0, limits[0], &req) == -EINVAL, "type 0");
}

#define TRIPLES	(32 * 33 * 34 / 6)

/* Rules X10, R1: a reset reserves nothing, and begins where it is told to. */
static void resets(void)
{
	struct hm_alloc_request req;

	CHECK(!alloc(0x50001010, PAGE, HOSTMEM_RESET, limits[0], &req) &&
	      req.reset && !req.reset_undo && !req.reserve && !req.commit &&
	      req.start == 0x50001000 && req.end == 0x50003000, "reset");
	CHECK(!alloc(0x50001010, PAGE, HOSTMEM_RESET_UNDO, limits[0], &req) &&
	      !req.reset && req.reset_undo && !req.reserve && !req.commit, "undo");
	CHECK(!alloc(0, PAGE, HOSTMEM_RESET, limits[0], &req) && !req.reserve &&
	      !req.anywhere, "reset at 0");
}

/* Rule L1: large pages are whole ones, that can be touched. */
static void large_pages(void)
{
	const u32 type = HOSTMEM_RESERVE | HOSTMEM_COMMIT | HOSTMEM_LARGE_PAGES;
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.length = HM_LARGE_PAGE,
	};
	struct hm_alloc_request req;

	CHECK(!alloc(0, HM_LARGE_PAGE, type, limits[0], &req) && req.large, "any");
	CHECK(alloc(0x50001000, HM_LARGE_PAGE, type, limits[0], &req) == -EINVAL,
	      "address");
	CHECK(alloc(0x50010000, HM_LARGE_PAGE, type, limits[0], &req) == -EINVAL,
	      "granule");
	CHECK(alloc(0x50000000, HM_LARGE_PAGE + PAGE, type, limits[0], &req) ==
	      -EINVAL, "length");
	arg.protect = HOSTMEM_NOACCESS;
	CHECK(hm_check_alloc(&arg, limits[0], &req) == -EINVAL, "no access");
	arg.protect = HOSTMEM_READWRITE | HOSTMEM_GUARD;
	CHECK(hm_check_alloc(&arg, limits[0], &req) == -EINVAL, "guard");
}

#define PAIRS	(32 * 33 / 2)

/* Rules F1, F2. */
static void types_of_frees(void)
{
	struct hm_free_request req;
	unsigned int a, b;

	for (a = 0; a < 32; a++)
		for (b = a; b < 32; b++) {
			u32 type = 1u << a | 1u << b;
			bool good = type == 0x4000 || type == 0x8000;

			CHECK(release_or_decommit(0x50000000, 0, type, limits[0],
						  &req) == (good ? 0 : -EINVAL),
			      "type 0x%x", type);
			good = type == 0x4000;
			CHECK(release_or_decommit(0x50000000, PAGE, type,
						  limits[0], &req) ==
			      (good ? 0 : -EINVAL), "type 0x%x", type);
		}
	CHECK(release_or_decommit(0x50000000, 0, 0, limits[0], &req) == -EINVAL,
	      "type 0");
	CHECK(release_or_decommit(0x50000000, 0, ~0u, limits[0], &req) == -EINVAL,
	      "all types");
}

/* Rule A8, and levels: one bad field among good ones. */
static void protections_and_levels(void)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = HOSTMEM_RESERVE,
		.addr = 0x50000000,
		.length = PAGE,
	};
	struct hm_alloc_request req;
	u32 level;

	for (arg.protect = 0; arg.protect < 0x100; arg.protect++) {
		bool good = arg.protect &&
			    !(arg.protect & (arg.protect - 1)) &&
			    arg.protect != 0x08 && arg.protect != 0x80;

		CHECK(hm_check_alloc(&arg, limits[0], &req) ==
		      (good ? 0 : -EINVAL), "protection 0x%x", arg.protect);
		CHECK(!good || (req.protect == arg.protect &&
				hm_state_protect(req.want) == arg.protect),
		      "protection 0x%x", arg.protect);
	}
	arg.protect = HOSTMEM_READWRITE;
	for (level = 0; level < 8; level++) {
		arg.level = level;
		CHECK(hm_check_alloc(&arg, limits[0], &req) ==
		      (level <= HOSTMEM_LEVEL_PROCESS ? 0 : -EINVAL),
		      "level %u", level);
		CHECK(level > HOSTMEM_LEVEL_PROCESS || req.level == level,
		      "level %u", level);
	}
	arg.level = ~0u;
	CHECK(hm_check_alloc(&arg, limits[0], &req) == -EINVAL, "level ~0");
}

int main(void)
{
	tap_case("rounding of allocations", rounding_of_allocations, RANGES * 9);
	tap_case("rounding of frees", rounding_of_frees, RANGES * 6);
	tap_case("rounding of every byte", rounding_of_every_byte, NEAR_CASES);
	tap_case("edges of the address space", edges_of_the_address_space,
		 LIMITS * EDGES * 4);
	tap_case("sizes at no address", sizes_at_no_address, 11 * 4 * 2);
	tap_case("the lowest granule", lowest_granule, LOWEST_CASES);
	tap_case("types of allocations", types_of_allocations, TRIPLES + 1);
	tap_case("resets", resets, 3);
	tap_case("large pages", large_pages, 6);
	tap_case("types of frees", types_of_frees, PAIRS * 2 + 2);
	tap_case("protections and levels", protections_and_levels,
		 256 * 2 + 8 * 2 + 1);
	return tap_end();
}
