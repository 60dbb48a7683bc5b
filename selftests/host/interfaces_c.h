/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What interfaces_c.c, in C, offers to interfaces_test.cc and derived_test.cc.
 */
#ifndef HOST_INTERFACES_C_H
#define HOST_INTERFACES_C_H

#include <hostmem/mscoree.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The method that was called last: 1 IHostMemoryManager, 2 IHostMalloc. */
struct seen {
	int interface;
	int slot;
	void *object;
	uintptr_t sum;		/* of the arguments */
};

extern struct seen seen;

/* Objects; their methods return 100 * interface + slot. */
IHostMemoryManager *c_manager(void);
IHostMalloc *c_heap(void);

/* Calls of an object. */
HRESULT c_notify(ICLRMemoryNotificationCallback *callback, EMemoryAvailable level);
HRESULT c_query(void *object, const IID *iid, void **out);
ULONG c_add_ref(void *object);
ULONG c_release(void *object);

#ifdef __cplusplus
}
#endif

#endif /* HOST_INTERFACES_C_H */
