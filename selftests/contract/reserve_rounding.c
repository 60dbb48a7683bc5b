// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_RESERVE, alone and with MEM_COMMIT: how addresses and sizes are rounded
 * (rules B2-B4).
 */
#include "hostmem_test.h"

FIXTURE(rounding)
{
};

FIXTURE_VARIANT(rounding)
{
	DWORD type;
	DWORD state;
	DWORD protect;
};

FIXTURE_VARIANT_ADD(rounding, reserve)
{
	.type = MEM_RESERVE,
	.state = MEM_RESERVE,
	.protect = 0,
};

FIXTURE_VARIANT_ADD(rounding, reserve_commit)
{
	.type = MEM_RESERVE | MEM_COMMIT,
	.state = MEM_COMMIT,
	.protect = PAGE_READWRITE,
};

FIXTURE_SETUP(rounding)
{
}

FIXTURE_TEARDOWN(rounding)
{
}

TEST_F(rounding, of_address_and_size_B2_B3_B4)
{
	static const struct {
		uintptr_t addr;
		size_t size;
		uintptr_t base;
		size_t region;
	} rows[] = {
		{ 0x50000000, 0x1,	0x50000000, 0x1000 },
		{ 0x50008000, 0x1,	0x50000000, 0x9000 },
		{ 0x50000010, 0x1000,	0x50000000, 0x2000 },
		{ 0x50010000, 0x2000,	0x50010000, 0x2000 },
		{ 0x5000ffff, 0x3000,	0x50000000, 0x13000 },
		{ 0x50001010, 0x7000,	0x50000000, 0x9000 },
		{ 0x50001010, 0xc000,	0x50000000, 0xe000 },
		{ 0x60025000, 0x200,	0x60020000, 0x6000 },
		{ 0x50004080, 0x1000,	0x50000000, 0x6000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		void *base = (void *)rows[i].base;

		EXPECT_EQ(base, VirtualAlloc((void *)rows[i].addr, rows[i].size,
					     variant->type, PAGE_READWRITE));
		EXPECT_QUERY(base, base, base, PAGE_READWRITE, rows[i].region,
			     variant->state, variant->protect, MEM_PRIVATE);
		EXPECT_FREE(rows[i].base + rows[i].region);
		EXPECT_FREE(rows[i].base - 1);
		EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		EXPECT_FREE(base);
	}
}

TEST_HARNESS_MAIN
