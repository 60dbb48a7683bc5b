// SPDX-License-Identifier: GPL-2.0
/*
 * Calibration.  See ticks.h.
 */
#include <stdio.h>
#include <time.h>

#include "ticks.h"

#define LOOPS		100000ul
#define TRIES		9

static bool instructions;
static double units_per_tick = 1;

/* Ticks for each instruction; the least of some tries, for interrupts add some. */
static double ticks_per_instruction(void (*loop)(unsigned long), unsigned int length)
{
	uint64_t least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		uint64_t start = ticks_now();

		loop(LOOPS);
		start = ticks_now() - start;
		if (start < least)
			least = start;
	}
	return (double)least / (double)(LOOPS * length);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static double ns_per_tick(void)
{
	uint64_t ns = now_ns(), ticks = ticks_now();

	while (now_ns() - ns < 100000000)
		;
	return (double)(now_ns() - ns) / (double)(ticks_now() - ticks);
}

static bool is_one(double value)
{
	return value > 0.99 && value < 1.01;
}

void ticks_calibrate(void)
{
	double simple = ticks_per_instruction(count_down, 2);
	double slow = ticks_per_instruction(multiply, 6);

	/* No clock that measures time finds these two loops equally fast. */
	instructions = is_one(simple) && is_one(slow);
	if (!instructions)
		units_per_tick = ns_per_tick();
	printf("clock: %s (two loops of known length: %.3f and %.3f ticks for each instruction)\n",
	       instructions ? "instructions" : "time", simple, slow);
}

bool ticks_are_instructions(void)
{
	return instructions;
}

void ticks_settle(void)
{
	const struct timespec while_idle = { 0, 200000000 };

	nanosleep(&while_idle, NULL);
}

const char *ticks_unit(void)
{
	return instructions ? "instructions" : "ns";
}

double ticks_to_units(uint64_t ticks)
{
	return (double)ticks * units_per_tick;
}
