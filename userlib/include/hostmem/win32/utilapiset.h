/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <utilapiset.h>: pointers that an attacker can't choose.
 */
#ifndef HOSTMEM_WIN32_UTILAPISET_H
#define HOSTMEM_WIN32_UTILAPISET_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * EncodePointer() - mix a pointer with a secret of the process
 * @Ptr: any value
 *
 * Return: what DecodePointer() makes @Ptr of, in this process and its children
 */
HOSTMEM_API PVOID EncodePointer(PVOID Ptr) HOSTMEM_SYMBOL(EncodePointer);

/**
 * DecodePointer() - the reverse
 * @Ptr: of EncodePointer()
 *
 * Return: the pointer
 */
HOSTMEM_API PVOID DecodePointer(PVOID Ptr) HOSTMEM_SYMBOL(DecodePointer);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_UTILAPISET_H */
