/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How to see from outside whether the library has told the truth.  The benchmark
 * in ../bench uses it, too.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>

#include <hostmem/mscoree.h>

/**
 * struct charge - the module's commit charge, of all processes, in bytes
 * @committed: what is charged
 * @limit: the most that may be
 */
struct charge {
	SIZE_T committed;
	SIZE_T limit;
};

/** probe_open() - get ready; exits if there is no /dev/hostmem */
void probe_open(void);

/** charge_now() - ask the module */
struct charge charge_now(void);

/** charge_limit_set() - set commit_limit_mb; returns what it was or, failing, -1 */
long charge_limit_set(long mib);

/** read_faults() - does reading one byte raise SIGSEGV with that address? */
bool read_faults(const char *addr);

/** write_faults() - does writing one byte raise SIGSEGV with that address? */
bool write_faults(char *addr);

/** meminfo_kib() - a field of /proc/meminfo, say "Slab" */
long meminfo_kib(const char *field);

/** available_kib() - memory of the machine that is free, or holds files */
long available_kib(void);

/** maps_lines() - lines of /proc/self/maps between two addresses: VMAs */
unsigned int maps_lines(const char *start, const char *end);

#endif /* PROBE_H */
