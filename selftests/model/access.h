/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps that access memory: by the thread itself, and by system calls.  Called
 * by execute.c; each returns false if something was wrong, and leaves out what
 * the model can't tell.
 */
#ifndef MODEL_ACCESS_H
#define MODEL_ACCESS_H

#include "worker.h"

/** access_touch - read or write some bytes in each of some pages */
bool access_touch(struct worker *w, const struct call *call, uintptr_t addr);

/** access_execute - run an instruction that does nothing */
bool access_execute(struct worker *w, const struct call *call, uintptr_t addr);

/** access_sys_read - read(2) from a pipe into memory */
bool access_sys_read(struct worker *w, const struct call *call, uintptr_t addr);

/** access_sys_write - write(2) from memory into a pipe */
bool access_sys_write(struct worker *w, const struct call *call, uintptr_t addr);

#endif /* MODEL_ACCESS_H */
