// SPDX-License-Identifier: GPL-2.0
/*
 * Description: GetSystemInfo, and VirtualAlloc2 with its requirements for addresses (rules
 * N1, N2, Q3).
 */
#include "windows_test.h"

#include <pthread.h>
#include <sched.h>

#define LOW		((uintptr_t)0x600000000)

static MEM_EXTENDED_PARAMETER parameter(int type, void *value)
{
	MEM_EXTENDED_PARAMETER parameter = { .Type = type };

	parameter.Pointer = value;
	return parameter;
}

/* With requirements; 0 is none. */
static char *alloc_within(uintptr_t low, uintptr_t high, SIZE_T alignment, SIZE_T size,
			  DWORD type)
{
	MEM_ADDRESS_REQUIREMENTS wanted = { (void *)low, (void *)high, alignment };
	MEM_EXTENDED_PARAMETER requirements =
		parameter(MemExtendedParameterAddressRequirements, &wanted);

	return VirtualAlloc2(OWN_PROCESS, NULL, size, type, PAGE_READWRITE,
			     &requirements, 1);
}

/*
 * What the machine is like
 */

TEST(system_info_N1_Q3)
{
	MEMORY_BASIC_INFORMATION info;
	SYSTEM_INFO system, native;
	uintptr_t last;

	memset(&system, POISON_BYTE, sizeof(system));
	memset(&native, POISON_BYTE, sizeof(native));
	GetSystemInfo(&system);
	GetNativeSystemInfo(&native);
	EXPECT_EQ(0, memcmp(&system, &native, sizeof(system)));

	EXPECT_EQ(4096, system.dwPageSize);
	EXPECT_EQ(65536, system.dwAllocationGranularity);
#ifdef __aarch64__
	EXPECT_EQ(PROCESSOR_ARCHITECTURE_ARM64, system.wProcessorArchitecture);
	EXPECT_EQ(PROCESSOR_ARCHITECTURE_ARM64, system.dwOemId);
	EXPECT_EQ(0, system.dwProcessorType);
#else
	EXPECT_EQ(PROCESSOR_ARCHITECTURE_AMD64, system.wProcessorArchitecture);
	EXPECT_EQ(PROCESSOR_ARCHITECTURE_AMD64, system.dwOemId);
	EXPECT_EQ(PROCESSOR_AMD_X8664, system.dwProcessorType);
#endif
	EXPECT_EQ(0x10000, (uintptr_t)system.lpMinimumApplicationAddress);

	last = (uintptr_t)system.lpMaximumApplicationAddress;
	EXPECT_EQ(user_limit() - 1, last);
	EXPECT_EQ(sizeof(info), VirtualQuery((void *)last, &info, sizeof(info)));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, 0,
		     VirtualQuery((void *)(last + 1), &info, sizeof(info)));
}

TEST(processors_are_those_of_the_affinity_mask_N1)
{
	SYSTEM_INFO info;
	cpu_set_t set;
	int i;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(set), &set));
	GetSystemInfo(&info);
	EXPECT_EQ(CPU_COUNT(&set), info.dwNumberOfProcessors);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(CPU_ISSET(i, &set), info.dwActiveProcessorMask >> i & 1);

	for (i = 63; !CPU_ISSET(i, &set); i--)
		;
	ASSERT_TRUE(run_on(i));
	GetSystemInfo(&info);
	EXPECT_EQ(1, info.dwNumberOfProcessors);
	EXPECT_EQ((DWORD_PTR)1 << i, info.dwActiveProcessorMask);
}

TEST(who_has_asked_for_the_system_may_fork_before_memory_N1)
{
	SYSTEM_INFO info;
	pid_t pid;

	GetSystemInfo(&info);
	pid = fork();
	if (!pid)
		_exit(!VirtualAlloc(NULL, PAGE, BOTH, PAGE_READWRITE));
	EXPECT_EQ(0, status_of(pid));
}

/*
 * Requirements
 */

TEST(alloc2_without_parameters_is_alloc_N2)
{
	MEM_EXTENDED_PARAMETER unused = parameter(0, NULL);
	char *base, *mem;

	base = VirtualAlloc2(OWN_PROCESS, (void *)(LOW + 1), 3 * PAGE, MEM_RESERVE,
			     PAGE_READWRITE, NULL, 0);
	EXPECT_EQ((char *)LOW, base);
	EXPECT_RESERVED(base, base, 4 * PAGE);
	mem = VirtualAlloc2(OWN_PROCESS, base + PAGE, 1, MEM_COMMIT, PAGE_READONLY,
			    &unused, 0);
	EXPECT_EQ(base + PAGE, mem);
	EXPECT_COMMITTED(mem, base, PAGE, PAGE_READONLY);
	EXPECT_FAILS(ERROR_INVALID_ADDRESS, NULL,
		     VirtualAlloc2(OWN_PROCESS, base, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   NULL, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, 0, MEM_RESERVE, PAGE_READWRITE,
				   NULL, 0));
}

TEST(alignment_N2)
{
	static const DWORD types[] = { MEM_RESERVE, BOTH, MEM_RESERVE | MEM_TOP_DOWN,
		MEM_RESERVE | MEM_WRITE_WATCH };
	SIZE_T alignment;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (alignment = GRANULE; alignment <= 8 * GIB; alignment *= 2) {
			for (j = 0; j < 3; j++) {
				char *base = alloc_within(0, 0, alignment, 3 * PAGE,
							  types[i]);

				ASSERT_NE(NULL, base);
				EXPECT_EQ(0, (uintptr_t)base % alignment);
				EXPECT_QUERY(base, base, base, PAGE_READWRITE, 3 * PAGE,
					     types[i] & MEM_COMMIT ? MEM_COMMIT : MEM_RESERVE,
					     types[i] & MEM_COMMIT ? PAGE_READWRITE : 0,
					     MEM_PRIVATE);
			}
		}
	}
}

TEST(nothing_but_the_region_is_left_of_a_search_N2)
{
	int fd = library_fd();
	struct hostmem_status before = hostmem_status(fd), after;

	ASSERT_NE(NULL, alloc_within(0, 0, GIB, PAGE, MEM_RESERVE));
	after = hostmem_status(fd);
	EXPECT_EQ(before.out_regions + 1, after.out_regions);
	EXPECT_EQ(before.out_reserved_bytes + PAGE, after.out_reserved_bytes);
}

TEST(range_that_just_fits_and_then_is_full_N2)
{
	const SIZE_T size = 4 * GRANULE;
	char *base = alloc_within(LOW, LOW + size - 1, 0, size, BOTH);

	EXPECT_EQ((char *)LOW, base);
	EXPECT_FAILS(ERROR_NOT_ENOUGH_MEMORY, NULL,
		     alloc_within(LOW, LOW + size - 1, 0, PAGE, MEM_RESERVE));
	EXPECT_FAILS(ERROR_NOT_ENOUGH_MEMORY, NULL,
		     alloc_within(LOW, LOW + size - 1, 0, PAGE,
				  MEM_RESERVE | MEM_TOP_DOWN));
	EXPECT_FAILS(ERROR_NOT_ENOUGH_MEMORY, NULL,
		     alloc_within(LOW, LOW + GRANULE - 1, 0, GRANULE + 1, MEM_RESERVE));
	/* Above, and as far down as can be. */
	EXPECT_EQ((char *)LOW + size, alloc_within(LOW, 0, 0, PAGE, MEM_RESERVE));
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_EQ((char *)LOW, alloc_within(LOW, LOW + size - 1, 0, PAGE, MEM_RESERVE));
}

TEST(lowest_and_highest_hole_of_a_range_N2)
{
	const uintptr_t high = LOW + 16 * GRANULE - 1;

	/* Used: granules 0, 3, 9; 12 up to its first page. */
	ASSERT_NE(NULL, reserve_at(LOW, PAGE));
	ASSERT_NE(NULL, reserve_at(LOW + 3 * GRANULE, GRANULE));
	ASSERT_NE(NULL, reserve_at(LOW + 9 * GRANULE, GRANULE));
	ASSERT_NE(NULL, reserve_at(LOW + 12 * GRANULE, PAGE));

	EXPECT_EQ((char *)LOW + 1 * GRANULE, alloc_within(LOW, high, 0, 2 * GRANULE,
							  MEM_RESERVE));
	EXPECT_EQ((char *)LOW + 4 * GRANULE, alloc_within(LOW, high, 0, 3 * GRANULE,
							  MEM_RESERVE));
	EXPECT_EQ((char *)LOW + 15 * GRANULE, alloc_within(LOW, high, 0, PAGE,
							   MEM_RESERVE | MEM_TOP_DOWN));
	EXPECT_EQ((char *)LOW + 10 * GRANULE, alloc_within(LOW, high, 2 * GRANULE,
							   2 * GRANULE, MEM_RESERVE));
	EXPECT_EQ((char *)LOW + 13 * GRANULE, alloc_within(LOW, high, 0, 2 * GRANULE,
							   MEM_RESERVE | MEM_TOP_DOWN));
	EXPECT_EQ((char *)LOW + 8 * GRANULE, alloc_within(LOW, high, 2 * GRANULE, PAGE,
							  MEM_RESERVE | MEM_TOP_DOWN));
}

TEST(bounds_of_user_space_N2)
{
	uintptr_t last = user_limit() - 1;
	uintptr_t rounded = (last + 1) / GRANULE * GRANULE - 1;
	char *base;

	EXPECT_NE(NULL, alloc_within(0, last, 0, PAGE, MEM_RESERVE));
	base = alloc_within(0x10000, rounded, 0, PAGE, MEM_RESERVE | MEM_TOP_DOWN);
	EXPECT_LE((uintptr_t)base, rounded);
	base = alloc_within(0, 2 * GIB - 1, 0, MIB, BOTH);
	EXPECT_LT((uintptr_t)base, 2 * GIB);
	EXPECT_NE(NULL, base);
}

TEST(requirements_one_wrong_at_a_time_N2)
{
	static const struct { uintptr_t low, high; SIZE_T alignment; } wrong[] = {
		{ 0, 0, 3 * 65536 }, { 0, 0, 32768 }, { 0, 0, 1 }, { 0, 0, ~0ul },
		{ LOW + 4096, 0, 0 }, { LOW + 1, 0, 0 },
		{ 0, LOW, 0 }, { 0, LOW + 4095, 0 }, { 0, ~0ul, 0 }, { 0, (1ul << 63) - 1, 0 },
		{ LOW, LOW - 1, 0 }, { ~0ul << 16, 0, 0 },
	};
	int fd = library_fd();
	struct hostmem_status before = hostmem_status(fd);
	MEM_ADDRESS_REQUIREMENTS fine = { NULL, NULL, MIB };
	MEM_EXTENDED_PARAMETER two[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
			     alloc_within(wrong[i].low, wrong[i].high, wrong[i].alignment,
					  PAGE, MEM_RESERVE));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     alloc_within(0, 0, MIB, PAGE, MEM_COMMIT));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     alloc_within(0, 0, MIB, 0, MEM_RESERVE));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     alloc_within(0, 0, MIB, -1, MEM_RESERVE));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     alloc_within(0, 0, MIB, user_limit() + 1, MEM_RESERVE));

	two[0] = parameter(MemExtendedParameterAddressRequirements, &fine);
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, (void *)LOW, PAGE, MEM_RESERVE,
				   PAGE_READWRITE, two, 1));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, 0, two, 1));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   NULL, 1));
	two[1] = two[0];
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   two, 2));
	two[0].Pointer = NULL;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   two, 1));
	EXPECT_SAME_STATUS(before, fd);
}

TEST(nodes_and_unknown_parameters_N2)
{
	static const int unknown[] = { MemExtendedParameterInvalidType,
		MemExtendedParameterPartitionHandle, MemExtendedParameterUserPhysicalHandle,
		MemExtendedParameterAttributeFlags, MemExtendedParameterImageMachine,
		MemExtendedParameterMax, 0xff };
	MEM_ADDRESS_REQUIREMENTS wanted = { NULL, NULL, MIB };
	MEM_EXTENDED_PARAMETER two[2];
	char *base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		two[0] = parameter(unknown[i], NULL);
		EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
			     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE,
					   PAGE_READWRITE, two, 1));
	}
	two[0] = parameter(MemExtendedParameterNumaNode, NULL);
	two[1] = parameter(MemExtendedParameterAddressRequirements, &wanted);
	base = VirtualAlloc2(OWN_PROCESS, NULL, PAGE, BOTH, PAGE_READWRITE, two, 2);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(0, (uintptr_t)base % MIB);
	/* A node goes with a commit and an address, too. */
	EXPECT_EQ(base, VirtualAlloc2(OWN_PROCESS, base, PAGE, MEM_COMMIT, PAGE_READONLY,
				      two, 1));
	two[1] = two[0];
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   two, 2));
	two[0].ULong64 = NO_NODE;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   two, 1));
}

TEST(placeholders_do_not_exist_N2)
{
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE,
				   MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
				   NULL, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAlloc2(OWN_PROCESS, NULL, PAGE,
				   BOTH | MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     alloc_within(0, 0, MIB, PAGE, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER));
}

TEST(apps_have_no_executable_memory_N2)
{
	DWORD old = POISON_DWORD;
	size_t i;
	char *base = VirtualAllocFromApp(NULL, PAGE, BOTH, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		DWORD protect = protections[i].protect;

		if (protections[i].exec) {
			EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
				     VirtualAllocFromApp(NULL, PAGE, BOTH, protect));
			EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
				     VirtualAlloc2FromApp(OWN_PROCESS, NULL, PAGE, BOTH,
							  protect, NULL, 0));
			EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
				     VirtualProtectFromApp(base, PAGE, protect, &old));
			EXPECT_EQ(POISON_DWORD, old);
		} else {
			EXPECT_NE(NULL, VirtualAllocFromApp(NULL, PAGE, BOTH, protect));
			EXPECT_NE(NULL, VirtualAlloc2FromApp(OWN_PROCESS, NULL, PAGE, BOTH,
							     protect, NULL, 0));
		}
	}
	EXPECT_WORKS(VirtualProtectFromApp(base, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(PAGE_READWRITE, old);
}

#define RACERS		4
#define EACH		32

static void *take_some(void *arg)
{
	char **mine = arg;
	int i;

	for (i = 0; i < EACH; i++)
		mine[i] = alloc_within(LOW, LOW + RACERS * EACH * GRANULE - 1, GRANULE,
				       GRANULE, MEM_RESERVE | (i % 2 ? MEM_TOP_DOWN : 0));
	return NULL;
}

TEST(threads_that_race_for_a_range_fill_it_N2)
{
	static char *got[RACERS][EACH];
	static bool taken[RACERS * EACH];
	pthread_t racers[RACERS];
	int i, j;

	for (i = 0; i < RACERS; i++)
		ASSERT_EQ(0, pthread_create(&racers[i], NULL, take_some, got[i]));
	for (i = 0; i < RACERS; i++)
		pthread_join(racers[i], NULL);
	for (i = 0; i < RACERS; i++) {
		for (j = 0; j < EACH; j++) {
			size_t place = ((uintptr_t)got[i][j] - LOW) / GRANULE;

			ASSERT_LT(place, ARRAY_SIZE(taken));
			EXPECT_FALSE(taken[place]);
			taken[place] = true;
		}
	}
}

TEST_HARNESS_MAIN
