/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's memcpy() for files of the module that are compiled on the host. */
#include <string.h>
