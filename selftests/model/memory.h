/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Real memory: accesses that report a fault instead of dying of it, and what
 * only root may tell or ask the kernel and the module.
 *
 * Accesses may be made by several threads at once, after memory_init().
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/hostmem.h>

/** memory_init - catch faults from now on */
void memory_init(void);

/**
 * memory_touch - read or write some bytes in one instruction
 * @addr: address, aligned or not
 * @width: 1, 2 or 8
 * @write: or else read
 * @value: what to write, or what was read, in its low bytes
 * @fault: gets the address of the fault
 *
 * Return: 0 or the signal.
 */
int memory_touch(uintptr_t addr, unsigned int width, bool write, uint64_t *value,
		 uintptr_t *fault);

/** memory_copy - copy a page that must be readable; false if it isn't */
bool memory_copy(void *to, uintptr_t page);

/* So long is the instruction that bytes of zero are. */
#define EXECUTABLE_BYTES	2

/**
 * memory_execute - execute one instruction
 * @addr: where it is; EXECUTABLE_BYTES of zero, if anything
 * @fault: gets the address of the fault
 *
 * Return: 0 or the signal; negative on processors that we can't do it on.
 */
int memory_execute(uintptr_t addr, uintptr_t *fault);

/** memory_user_end - the first address above user space */
uintptr_t memory_user_end(void);

/** device_open - a file of the device, or -1 */
int device_open(void);

/** device_of_library - the library's own file of the device, or -1 */
int device_of_library(void);

/** device_is_in_use - has any process the device open? */
bool device_is_in_use(void);

/** device_status - what a file and the module hold; false on failure */
bool device_status(int fd, struct hostmem_status *status);

/** limit_set - set the module's limit; false if we may not */
bool limit_set(unsigned long mb, unsigned int reserve_pct);

/** limit_get - what is set; false if that can't be told */
bool limit_get(unsigned long *mb, unsigned int *reserve_pct);

/** drop_caches - have the kernel take what it may; false if we may not */
bool drop_caches(void);

/** random_next - a small generator, so that a seed always gives the same */
uint32_t random_next(uint64_t *state);

/** random_below - a random number less than @limit */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	return random_next(state) % limit;
}

#endif /* MODEL_MEMORY_H */
