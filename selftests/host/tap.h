/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results of a test on the host, in the test anything protocol.  A case is a
 * function that checks many values and prints only what is wrong.
 */
#ifndef HOST_TAP_H
#define HOST_TAP_H

#include <stdio.h>

static unsigned int tap_cases;
static unsigned int tap_failures;
static unsigned long tap_checks;	/* in the case that runs */
static unsigned long tap_wrong;		/* of these */

/* One value; tells about the first few that are wrong. */
#define CHECK(condition, ...) do {					\
	tap_checks++;							\
	if (!(condition) && tap_wrong++ < 10) {				\
		printf("# %s:%d: not (%s): ", __FILE__, __LINE__,	\
		       #condition);					\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
} while (0)

/* Run a case, which must make exactly @expected checks. */
static inline void tap_case(const char *name, void (*run)(void),
			    unsigned long expected)
{
	tap_checks = 0;
	tap_wrong = 0;
	run();
	tap_cases++;
	if (tap_wrong)
		printf("# %lu of %lu checks failed\n", tap_wrong, tap_checks);
	if (tap_checks != expected)
		printf("# %lu checks, not %lu\n", tap_checks, expected);
	if (tap_wrong || tap_checks != expected) {
		tap_failures++;
		printf("not ");
	}
	printf("ok %u - %s\n", tap_cases, name);
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_cases);
	return tap_failures ? 1 : 0;
}

#endif /* HOST_TAP_H */
