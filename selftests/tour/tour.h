/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tour is a table of steps.  A step names the stretch of address space that
 * its pictures show; its function makes the calls, through call.h, and says of
 * each thing that should be so that it is, through claim().
 */
#ifndef TOUR_H
#define TOUR_H

#include <stdbool.h>

#include "picture.h"

/**
 * struct step - one stop of the tour
 * @title: a few words
 * @text: what the spectator is about to see, in lines of at most 78 columns
 * @view: what to draw before and after
 * @run: makes the calls and the claims
 */
struct step {
	const char *title;
	const char *text;
	struct view view;
	void (*run)(void);
};

extern const struct step steps[];
extern const unsigned int nr_steps;

/**
 * claim() - state a fact, if it is one
 * @holds: whether it is
 * @format: what should be so
 *
 * A claim that doesn't hold is printed as such and fails the tour.
 *
 * Return: @holds
 */
bool claim(bool holds, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** claims_failed() - how many claims did not hold so far */
unsigned int claims_failed(void);

#endif /* TOUR_H */
