// SPDX-License-Identifier: GPL-2.0
/*
 * Description: module/page_state.c, compiled here unchanged: every transition of
 * a page's state, the table of protections, and the length of runs.
 */
#include "../../module/page_state.c"

#include "tap.h"

#define STATES		256u
#define WANTS		6u		/* HM_NOACCESS ... HM_EXECUTE_READWRITE */
#define RUN_ROOM	48u

/* The contract's table, written down a second time. */
static const struct {
	u32 protect;
	hm_state_t state;
	bool read, write, exec;
} rows[] = {
	{ 0,		HM_RESERVED,		false, false, false },
	{ 0x01,		HM_NOACCESS,		false, false, false },
	{ 0x02,		HM_READONLY,		true,  false, false },
	{ 0x04,		HM_READWRITE,		true,  true,  false },
	{ 0x10,		HM_EXECUTE,		true,  false, true },
	{ 0x20,		HM_EXECUTE_READ,	true,  false, true },
	{ 0x40,		HM_EXECUTE_READWRITE,	true,  true,  true },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static bool is_committed(unsigned int state)
{
	return (state & 7) != 0;
}

/* Rules C2, C5: a reserved page becomes fresh, any other keeps all. */
static void commit_of_every_state(void)
{
	unsigned int old, want;

	for (old = 0; old < STATES; old++)
		for (want = HM_NOACCESS; want <= HM_EXECUTE_READWRITE; want++) {
			unsigned int expected = is_committed(old) ? old : 0x80 | want;

			CHECK(hm_state_commit(old, want) == expected,
			      "0x%x commit %u", old, want);
		}
}

/* Rule C16: what is fresh goes, anything else stays. */
static void rollback_of_every_state(void)
{
	unsigned int old;

	for (old = 0; old < STATES; old++)
		CHECK(hm_state_rollback(old) == (old & 0x80 ? 0 : old),
		      "0x%x", old);
}

/* A commit that fails leaves each state that a page may have as it was. */
static void commit_then_rollback_is_nothing(void)
{
	unsigned int old, want;

	for (old = HM_RESERVED; old <= HM_EXECUTE_READWRITE; old++)
		for (want = HM_NOACCESS; want <= HM_EXECUTE_READWRITE; want++)
			CHECK(hm_state_rollback(hm_state_commit(old, want)) == old,
			      "%u commit %u", old, want);
}

static void committed_of_every_state(void)
{
	unsigned int state;

	for (state = 0; state < STATES; state++)
		CHECK(hm_state_committed(state) == is_committed(state),
		      "0x%x", state);
}

/* Rules P1-P6: these six, alone or with one modifier, and no other number. */
#define SINGLE_AND_PAIRS	(32 + 32 * 31 / 2)

static hm_state_t state_of(u32 protect)
{
	u32 modifier = protect & 0x700;
	unsigned int i;

	for (i = 1; i < ROWS; i++) {
		if (rows[i].protect != (protect & ~0x700u))
			continue;
		if (!modifier)
			return rows[i].state;
		if (rows[i].state == HM_NOACCESS)
			return HM_RESERVED;
		if (modifier == 0x100)
			return rows[i].state | HM_GUARD;
		return modifier == 0x200 || modifier == 0x400 ? rows[i].state :
								HM_RESERVED;
	}
	return HM_RESERVED;
}

static void protections_there(void)
{
	unsigned int protect, a, b;

	for (protect = 0; protect < 0x10000; protect++)
		CHECK(hm_state_of_protect(protect) == state_of(protect),
		      "0x%x", protect);
	/* Every bit, and every two bits, up to the highest. */
	for (a = 0; a < 32; a++)
		for (b = a; b < 32; b++)
			CHECK(hm_state_of_protect(1u << a | 1u << b) ==
			      state_of(1u << a | 1u << b), "bits %u, %u", a, b);
}

static void protections_and_back(void)
{
	unsigned int i;

	for (i = 0; i < ROWS; i++) {
		CHECK(hm_state_protect(rows[i].state) == rows[i].protect,
		      "state %u", rows[i].state);
		/* A fresh page has the protection that it will have. */
		CHECK(hm_state_protect(rows[i].state | HM_FRESH) == rows[i].protect,
		      "state %u", rows[i].state);
		CHECK(hm_state_of_protect(hm_state_protect(rows[i].state)) ==
		      rows[i].state, "state %u", rows[i].state);
		/* Rules G1, G4: reported until it fires. */
		CHECK(hm_state_protect(rows[i].state | HM_GUARD) ==
		      (rows[i].protect | 0x100), "state %u", rows[i].state);
		CHECK(hm_state_clear_guard(rows[i].state | HM_GUARD) == rows[i].state &&
		      hm_state_clear_guard(rows[i].state) == rows[i].state,
		      "state %u", rows[i].state);
	}
}

/* The TLBs may be left alone if nothing is taken and no execution is given. */
static void widening(void)
{
	unsigned int i, j;

	for (i = 0; i < ROWS; i++)
		for (j = 0; j < ROWS; j++) {
			bool widens = (!rows[i].read || rows[j].read) &&
				      (!rows[i].write || rows[j].write) &&
				      rows[i].exec == rows[j].exec;

			CHECK(hm_state_widens(rows[i].state, rows[j].state) == widens,
			      "%u to %u", i, j);
			/* An armed guard takes everything. */
			CHECK(hm_state_widens(rows[i].state,
					      rows[j].state | HM_GUARD) ==
			      !rows[i].read, "%u to guarded %u", i, j);
		}
}

/* Rules B9, P11. */
static void allowed_accesses(void)
{
	unsigned int i, fresh;

	for (i = 0; i < ROWS; i++)
		for (fresh = 0; fresh <= HM_FRESH; fresh += HM_FRESH) {
			hm_state_t state = rows[i].state | fresh;

			CHECK(hm_state_allows(state, HM_READ) == rows[i].read,
			      "state 0x%x", state);
			CHECK(hm_state_allows(state, HM_WRITE) == rows[i].write,
			      "state 0x%x", state);
			CHECK(hm_state_allows(state, HM_EXEC) == rows[i].exec,
			      "state 0x%x", state);
		}
}

/* No state, legal or not, may allow more than its protection. */
static void every_state_allows_what_its_protection_does(void)
{
	unsigned int state, access, low;

	for (state = 0; state < STATES; state++)
		for (access = HM_READ; access <= HM_EXEC; access++) {
			low = state & 7;
			CHECK(hm_state_allows(state, access) ==
			      (low < 7 && !(state & HM_GUARD) &&
			       hm_state_allows(low, access)),
			      "state 0x%x access %u", state, access);
		}
}

static unsigned int naive_run(const hm_state_t *states, unsigned int from,
			      unsigned int end)
{
	unsigned int i = from;

	while (i < end && states[i] == states[from])
		i++;
	return i - from;
}

/*
 * One other page at each place, or none, for each beginning, end and alignment:
 * the steps of eight pages must find it wherever it is.
 */
#define RUN_CASES	(8ul * (RUN_ROOM + 1) *				\
			 ((RUN_ROOM + 1) * (RUN_ROOM + 2) / 2))

static void runs_with_one_other_page(void)
{
	static hm_state_t room[RUN_ROOM + 16];
	unsigned int align, other, from, end;

	for (align = 0; align < 8; align++)
		for (other = 0; other <= RUN_ROOM; other++) {
			hm_state_t *states = room + align;

			memset(room, HM_NOACCESS, sizeof(room));
			memset(states, HM_READWRITE, RUN_ROOM);
			if (other < RUN_ROOM)
				states[other] = HM_READONLY;
			for (from = 0; from <= RUN_ROOM; from++)
				for (end = from; end <= RUN_ROOM; end++)
					CHECK(hm_state_run(states, from, end) ==
					      naive_run(states, from, end),
					      "alignment %u other %u [%u, %u)",
					      align, other, from, end);
		}
}

/* A run ends at any difference, be it in one bit only. */
static void runs_of_every_two_states(void)
{
	hm_state_t states[24];
	unsigned int a, b;

	for (a = 0; a < STATES; a++)
		for (b = 0; b < STATES; b++) {
			memset(states, a, sizeof(states));
			states[19] = b;
			CHECK(hm_state_run(states, 0, 24) == (a == b ? 24 : 19),
			      "0x%x then 0x%x", a, b);
		}
}

static void runs_of_a_whole_block(void)
{
	static hm_state_t states[512];
	unsigned int end;

	memset(states, HM_EXECUTE_READ, sizeof(states));
	for (end = 0; end <= 512; end++)
		CHECK(hm_state_run(states, 0, end) == end, "end %u", end);
}

int main(void)
{
	tap_case("commit of every state", commit_of_every_state, STATES * WANTS);
	tap_case("rollback of every state", rollback_of_every_state, STATES);
	tap_case("commit then rollback is nothing",
		 commit_then_rollback_is_nothing, ROWS * WANTS);
	tap_case("committed, of every state", committed_of_every_state, STATES);
	tap_case("which protections there are", protections_there,
		 0x10000 + SINGLE_AND_PAIRS);
	tap_case("protections and back", protections_and_back, ROWS * 5);
	tap_case("widening", widening, ROWS * ROWS * 2);
	tap_case("allowed accesses", allowed_accesses, ROWS * 2 * 3);
	tap_case("every state allows what its protection does",
		 every_state_allows_what_its_protection_does, STATES * 3);
	tap_case("runs with one other page", runs_with_one_other_page, RUN_CASES);
	tap_case("runs of every two states", runs_of_every_two_states,
		 STATES * STATES);
	tap_case("runs of a whole block", runs_of_a_whole_block, 513);
	return tap_end();
}
