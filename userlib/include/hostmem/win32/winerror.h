/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winerror.h>: the codes are in <hostmem/winerror.h>.
 */
#ifndef HOSTMEM_WIN32_WINERROR_H
#define HOSTMEM_WIN32_WINERROR_H

#include <hostmem/winerror.h>

#endif /* HOSTMEM_WIN32_WINERROR_H */
