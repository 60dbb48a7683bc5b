/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls that have hit a guard page, each for as long as it lasts.
 *
 * A system call that touches an armed guard page has to fail, and to disarm it
 * (rules G7, G8).  But where a copy from or to user space faults, the kernel's
 * copy routines try the rest once more byte by byte, and would get through.  So
 * the call is remembered until its thread is back in user mode: for that page
 * it gets SIGBUS again, and other threads, whose access would map the page
 * under its feet, wait.  That way a guard warns exactly one of them (rule G12).
 *
 * A hit belongs to the task that it is about, which drops it on its way back
 * to user mode; until then it holds a reference on the space's file, and with
 * that the space and the module.  Called by calls.c with the lock of the page's region
 * held, so that nobody comes between a look and a hit.
 */
#ifndef HOSTMEM_GUARD_H
#define HOSTMEM_GUARD_H

#include "space.h"

/** enum hm_guard_hit_state - what a page is to the current thread */
enum hm_guard_hit_state {
	HM_GUARD_HIT_NONE,		/* a page like any other */
	HM_GUARD_HIT_OURS,		/* this very system call has hit its guard */
	HM_GUARD_HIT_OTHERS,		/* another thread's has, and may try again */
};

/** hm_guard_hit_look - has a system call that is under way hit this page's guard? */
enum hm_guard_hit_state hm_guard_hit_look(struct hm_space *space, unsigned long page);

/**
 * hm_guard_hit_begin - the current system call has hit a guard page
 *
 * To be called while the guard is still armed.  In a thread that has no user mode
 * nothing is remembered, and the call may get through.
 * Return: 0 or -ENOMEM; then the guard must stay armed.
 */
int hm_guard_hit_begin(struct hm_space *space, unsigned long page);

#endif /* HOSTMEM_GUARD_H */
