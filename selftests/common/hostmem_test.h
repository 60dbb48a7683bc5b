/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share, each in a header of its own: access to memory that reports a
 * fault instead of dying of it, queries and both shapes of a call that has to fail,
 * debuggers, the raw calls, and what the kernel says about memory.
 *
 * Rule ids in the tests, such as B5, are those of the contract of Windows'
 * virtual memory functions that the module's and the library's comments cite, too;
 * hostmem(7) has them all.
 *
 * The harness runs each test in a child of its own, and the library opens the
 * device in its first call: so each test has an empty space of regions, unless
 * the program calls the library before its tests.
 */
#ifndef HOSTMEM_TEST_H
#define HOSTMEM_TEST_H

#include "hostmem_base.h"
#include "hostmem_fault.h"
#include "hostmem_calls.h"
#include "hostmem_debugger.h"
#include "hostmem_raw.h"
#include "hostmem_proc.h"

#endif /* HOSTMEM_TEST_H */
