/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A small table of values under keys, which are never used twice.  All calls may be made
 * at any time, by signal handlers, too: they take no lock, and nothing that anybody may be
 * reading is ever freed.  Each takes a time that grows with what the table has had at once.
 * Called by handles.c and vectored.c.
 */
#ifndef HOSTMEM_SLOTS_H
#define HOSTMEM_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HOSTMEM_SLOTS	63

/* The lowest key that there may be. */
#define HOSTMEM_FIRST_KEY	2

/**
 * struct hostmem_slot - a value
 * @key: of its value; 0: free; 1: somebody is filling it
 * @value: whoever has read it and finds the same key as before has read the key's
 */
struct hostmem_slot {
	atomic_uint_fast64_t key;
	atomic_uintptr_t value;
};

/**
 * struct hostmem_slots - a table, or a part of one
 * @slot: what it has
 * @next: more of it, or NULL; never freed
 *
 * All zero is an empty table.
 */
struct hostmem_slots {
	struct hostmem_slot slot[HOSTMEM_SLOTS];
	struct hostmem_slots *_Atomic next;
};

/**
 * hostmem_slots_add() - put a value into a table
 * @slots: any
 * @key: at least HOSTMEM_FIRST_KEY, and new
 * @value: any
 *
 * Return: false: there is no memory
 */
bool hostmem_slots_add(struct hostmem_slots *slots, uint64_t key, uintptr_t value);

/**
 * hostmem_slots_remove() - take a value out
 * @slots: any
 * @key: any number
 *
 * Return: false: there is no such key
 */
bool hostmem_slots_remove(struct hostmem_slots *slots, uint64_t key);

/**
 * hostmem_slots_next() - find the lowest key that is not below another
 * @slots: any
 * @key: the lowest that may be found; receives what is
 * @value: receives its value
 *
 * What is added or removed meanwhile may be found or not.
 *
 * Return: false: there is none
 */
bool hostmem_slots_next(struct hostmem_slots *slots, uint64_t *key, uintptr_t *value);

#endif /* HOSTMEM_SLOTS_H */
