/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proof that a way does the work which the table says it does.
 */
#ifndef BENCH_PROVE_H
#define BENCH_PROVE_H

#include <stdbool.h>
#include <stddef.h>

struct way;

/**
 * prove() - commit and decommit twice, and look at the memory at each stage
 * @way: a way that has been entered
 * @size: bytes
 *
 * Return: true, or false after printing what is not as it should be.
 */
bool prove(const struct way *way, size_t size);

#endif /* BENCH_PROVE_H */
