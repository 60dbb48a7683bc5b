/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proof that a way does the work which the table says it does.
 */
#ifndef BENCH_PROVE_H
#define BENCH_PROVE_H

#include <stdbool.h>
#include <stddef.h>

struct stretch;
struct way;

/**
 * prove() - commit and decommit twice, and look at the memory at each stage
 * @way: a way that has been entered
 * @stretch: one for which it is a way
 *
 * Return: true, or false after printing what is not as it should be.
 */
bool prove(const struct way *way, const struct stretch *stretch);

/** proved() - @holds; if it doesn't, says so, of @whom, and that @what is not so */
bool proved(bool holds, const char *whom, const char *what);

/** was_zero() - was memory zero before touch()?  Reading first would map pages. */
bool was_zero(const char *mem, size_t size);

/** has_byte() - whether all of it is @byte */
bool has_byte(const char *mem, size_t size, char byte);

/** out_of_reach() - whether first and last byte can be neither read nor written */
bool out_of_reach(char *mem, size_t size);

/** smaps_kib() - a field of /proc/self/smaps, say "LazyFree:", of mappings that meet a range */
long smaps_kib(const char *mem, size_t size, const char *field);

/** call_faults() - does calling a function at @code raise SIGSEGV? */
bool call_faults(char *code);

/* What the rest of the system may take or give back meanwhile. */
#define SLACK_KIB	1024l

#endif /* BENCH_PROVE_H */
