/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Has one file of LuaJIT believe that it is compiled for Windows: the heap, the machine
 * code and the callbacks, each of which includes <windows.h> then.
 */
#include "lj_arch.h"
#undef LJ_TARGET_WINDOWS
#define LJ_TARGET_WINDOWS 1
#define LJ_WIN_VALLOC VirtualAlloc
#define LJ_WIN_VPROTECT VirtualProtect
