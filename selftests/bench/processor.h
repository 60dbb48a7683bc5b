/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each processor does in its own way: its clock, loops of known length, and code.  For
 * ticks.c, threads.c and protects.c.
 */
#ifndef BENCH_PROCESSOR_H
#define BENCH_PROCESSOR_H

#include <stdint.h>
#include <string.h>

#ifdef __aarch64__

/** processor_ticks() - its clock, which with vm/run --icount ticks once an instruction */
static inline uint64_t processor_ticks(void)
{
	uint64_t ticks;

	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r" (ticks) : : "memory");
	return ticks;
}

/** count_down() - 2 instructions for each loop, which it may well execute in one cycle */
static inline void count_down(unsigned long loops)
{
	asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r" (loops) : : "cc");
}

/** multiply() - 6 instructions for each loop, of which 4 wait for each other */
static inline void multiply(unsigned long loops)
{
	unsigned long product = 3;

	asm volatile("1: mul %1, %1, %1\n\tmul %1, %1, %1\n\tmul %1, %1, %1\n\tmul %1, %1, %1\n\t"
		     "subs %0, %0, #1\n\tb.ne 1b" : "+r" (loops), "+r" (product) : : "cc");
}

#define PROCESSOR_RETURN	"\xc0\x03\x5f\xd6"

#else

#include <x86intrin.h>

/** processor_ticks() - its clock, the time stamp counter */
static inline uint64_t processor_ticks(void)
{
	return __rdtsc();
}

/** count_down() - 2 instructions for each loop, which it may well execute in one cycle */
static inline void count_down(unsigned long loops)
{
	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (loops));
}

/** multiply() - 6 instructions for each loop, of which 4 wait for each other */
static inline void multiply(unsigned long loops)
{
	unsigned long product = 3;

	asm volatile("1: imul %1, %1\n\timul %1, %1\n\timul %1, %1\n\timul %1, %1\n\t"
		     "dec %0\n\tjnz 1b" : "+r" (loops), "+r" (product));
}

#define PROCESSOR_RETURN	"\xc3"

#endif

/** put_return() - a function that does nothing, to be called once that is allowed */
static inline void put_return(char *code)
{
	memcpy(code, PROCESSOR_RETURN, sizeof(PROCESSOR_RETURN) - 1);
	__builtin___clear_cache(code, code + sizeof(PROCESSOR_RETURN) - 1);
}

#endif /* BENCH_PROCESSOR_H */
