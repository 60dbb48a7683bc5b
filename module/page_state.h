/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one page of a region is: one byte, and every way in which it may change.
 *
 * Pure functions of their arguments: no lock, no allocation, no kernel call.
 * Called by region.c and block.c; selftests/host compiles this file unchanged
 * and visits every transition.
 */
#ifndef HOSTMEM_PAGE_STATE_H
#define HOSTMEM_PAGE_STATE_H

#include <linux/types.h>

/**
 * typedef hm_state_t - the state of one page
 *
 * Bits 0-2 are the protection of a committed page, or HM_RESERVED.
 * HM_GUARD is set until the page is first accessed.
 * HM_FRESH marks a page that a commit still under way has added: that commit
 * either settles it or takes it back, under the region's lock, so no one else
 * ever sees the bit.
 */
typedef u8 hm_state_t;

#define HM_RESERVED		0
#define HM_NOACCESS		1
#define HM_READONLY		2
#define HM_READWRITE		3
#define HM_EXECUTE		4
#define HM_EXECUTE_READ		5
#define HM_EXECUTE_READWRITE	6
#define HM_PROTECTION		0x07
#define HM_GUARD		0x08
#define HM_FRESH		0x80

/* What a thread may want of a page. */
enum hm_access {
	HM_READ,
	HM_WRITE,
	HM_EXEC,
};

/**
 * hm_state_of_protect - the state that a Windows protection asks for
 * @protect: HOSTMEM_NOACCESS ..., without or with one of HOSTMEM_GUARD,
 *	HOSTMEM_NOCACHE and HOSTMEM_WRITECOMBINE
 *
 * Return: the state, or HM_RESERVED if @protect is none that private memory may
 * have (rules P1-P6).  The cache attribute is no part of the state.
 */
hm_state_t hm_state_of_protect(u32 protect);

/**
 * hm_state_protect - the Windows protection of a page
 * @state: its state
 *
 * Return: HOSTMEM_NOACCESS ..., with HOSTMEM_GUARD while armed; 0 for a
 * reserved page (rules Q7, G4).
 */
u32 hm_state_protect(hm_state_t state);

/**
 * hm_state_access - the ways in which a page may be accessed
 * @state: its state
 *
 * An executable page is readable, too, as on x86 hardware (rule P11).  An armed
 * guard page allows nothing (rule G1).  A table in one word: this is asked so often
 * that a call of its own would be a part of what a change of one page takes.
 *
 * Return: a bit for each of enum hm_access.
 */
static inline u32 hm_state_access(hm_state_t state)
{
#define HM_ACCESSES(state, bits)	((u32)(bits) << (state) * 4)
	const u32 accesses =
		HM_ACCESSES(HM_READONLY, 1 << HM_READ) |
		HM_ACCESSES(HM_READWRITE, 1 << HM_READ | 1 << HM_WRITE) |
		HM_ACCESSES(HM_EXECUTE, 1 << HM_READ | 1 << HM_EXEC) |
		HM_ACCESSES(HM_EXECUTE_READ, 1 << HM_READ | 1 << HM_EXEC) |
		HM_ACCESSES(HM_EXECUTE_READWRITE,
			    1 << HM_READ | 1 << HM_WRITE | 1 << HM_EXEC);
#undef HM_ACCESSES

	return state & HM_GUARD ? 0 : accesses >> (state & HM_PROTECTION) * 4 & 0xf;
}

/** hm_state_allows - may a page in this state be accessed that way? */
static inline bool hm_state_allows(hm_state_t state, enum hm_access access)
{
	return hm_state_access(state) & 1u << access;
}

/** hm_state_mapped - does a page in this state have a PTE? */
static inline bool hm_state_mapped(hm_state_t state)
{
	return hm_state_allows(state, HM_READ);
}

/**
 * hm_state_widens - does @to allow all that @from does, and no new execution?
 *
 * Then TLBs may keep what they know of @from: an access that they wrongly
 * forbid faults and is retried.  That does not hold for instruction fetches,
 * which x86 fails at once.
 */
bool hm_state_widens(hm_state_t from, hm_state_t to);

/** hm_state_committed - is there memory behind a page? (rules B9, F11) */
static inline bool hm_state_committed(hm_state_t state)
{
	return (state & HM_PROTECTION) != HM_RESERVED;
}

/**
 * hm_state_commit - a page after commit
 * @old: its state
 * @want: the state that the commit asks for
 *
 * A reserved page becomes fresh until the commit is settled; a committed one
 * keeps its memory and, for now, its protection (rules C2, C5-C8).
 */
hm_state_t hm_state_commit(hm_state_t old, hm_state_t want);

/** hm_state_rollback - a page of a commit that has failed (rule C16) */
hm_state_t hm_state_rollback(hm_state_t old);

/** hm_state_clear_guard - a guard page after its first access (rules G1, G2) */
static inline hm_state_t hm_state_clear_guard(hm_state_t old)
{
	return old & ~HM_GUARD;
}

/**
 * hm_state_run - how many pages from one on have the same state
 * @states: one byte for each page
 * @from: first page
 * @end: where to stop
 *
 * Return: between 1 and @end - @from; 0 if @from == @end.
 */
unsigned int hm_state_run(const hm_state_t *states, unsigned int from,
			  unsigned int end);

#endif /* HOSTMEM_PAGE_STATE_H */
