// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a page and the ways between them.  See page_state.h.
 */
#include <linux/hostmem.h>
#include <linux/string.h>

#include "page_state.h"

/* Protections by the state's low bits; what they allow, hm_state_access() says. */
static const u32 protections[] = {
	[HM_RESERVED]		= 0,
	[HM_NOACCESS]		= HOSTMEM_NOACCESS,
	[HM_READONLY]		= HOSTMEM_READONLY,
	[HM_READWRITE]		= HOSTMEM_READWRITE,
	[HM_EXECUTE]		= HOSTMEM_EXECUTE,
	[HM_EXECUTE_READ]	= HOSTMEM_EXECUTE_READ,
	[HM_EXECUTE_READWRITE]	= HOSTMEM_EXECUTE_READWRITE,
	[HM_PROTECTION]		= 0,		/* the value that no page has */
};

#define MODIFIERS	(HOSTMEM_GUARD | HOSTMEM_NOCACHE | HOSTMEM_WRITECOMBINE)

hm_state_t hm_state_of_protect(u32 protect)
{
	u32 modifier = protect & MODIFIERS;
	hm_state_t state;

	if (modifier & (modifier - 1))				/* P6 */
		return HM_RESERVED;
	for (state = HM_NOACCESS; state <= HM_EXECUTE_READWRITE; state++)
		if (protections[state] == (protect & ~MODIFIERS))
			break;
	if (state > HM_EXECUTE_READWRITE)			/* P1-P4 */
		return HM_RESERVED;
	if (state == HM_NOACCESS && modifier)			/* P5 */
		return HM_RESERVED;
	return modifier == HOSTMEM_GUARD ? state | HM_GUARD : state;
}

u32 hm_state_protect(hm_state_t state)
{
	u32 protect = protections[state & HM_PROTECTION];

	return state & HM_GUARD ? protect | HOSTMEM_GUARD : protect;
}

bool hm_state_widens(hm_state_t from, hm_state_t to)
{
	u32 before = hm_state_access(from), after = hm_state_access(to);

	return !(before & ~after) && !(after & ~before & 1u << HM_EXEC);
}

hm_state_t hm_state_commit(hm_state_t old, hm_state_t want)
{
	return hm_state_committed(old) ? old : want | HM_FRESH;
}

hm_state_t hm_state_rollback(hm_state_t old)
{
	return old & HM_FRESH ? HM_RESERVED : old;
}

unsigned int hm_state_run(const hm_state_t *states, unsigned int from,
			  unsigned int end)
{
	unsigned int i = from;
	u64 eight, want;

	if (from == end)
		return 0;
	/* Runs are long as a rule: eight pages at a step. */
	want = states[from] * 0x0101010101010101ull;
	for (; i + sizeof(eight) <= end; i += sizeof(eight)) {
		memcpy(&eight, states + i, sizeof(eight));
		if (eight != want)
			break;
	}
	while (i < end && states[i] == states[from])
		i++;
	return i - from;
}
