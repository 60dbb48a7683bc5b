/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <windows.h>, as far as there is such a thing here: what code about memory
 * asks for, so that it compiles as it is (contract N).  For programs with this directory
 * on their include path; a header that is named alone includes what it needs.
 */
#ifndef HOSTMEM_WIN32_WINDOWS_H
#define HOSTMEM_WIN32_WINDOWS_H

/* With WIN32_LEAN_AND_MEAN and without it: there is nothing to leave out. */
#include "winapifamily.h"
#include "windef.h"
#include "winbase.h"
#include "winerror.h"

#endif /* HOSTMEM_WIN32_WINDOWS_H */
