/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <windef.h>, which is <minwindef.h> and windows on a screen; of these there
 * are none here.
 */
#ifndef HOSTMEM_WIN32_WINDEF_H
#define HOSTMEM_WIN32_WINDEF_H

#include "minwindef.h"

#endif /* HOSTMEM_WIN32_WINDEF_H */
