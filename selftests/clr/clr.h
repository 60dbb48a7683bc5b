/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small host of the CLR, and a runtime that lives on it: it makes the CLR's
 * calls in the CLR's order (rule H29).  host.c is the host, and the main program;
 * runtime.c and runtime.cc are the runtime in C, with the interfaces' vtables, and
 * in C++, with abstract classes.
 */
#ifndef CLR_H
#define CLR_H

#ifdef __cplusplus
#define HOSTMEM_CXX_INTERFACES
#endif
#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

/* The manager's own commit limit. */
#define CLR_LIMIT	((SIZE_T)32 << 20)

/* Code that returns 42. */
#if defined(__aarch64__)
#define CLR_CODE	"\x40\x05\x80\x52\xc0\x03\x5f\xd6"
#else
#define CLR_CODE	"\xb8\x2a\x00\x00\x00\xc3"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * clr_get_host_manager() - IHostControl's GetHostManager
 * @riid: IID_IHostMemoryManager; the host implements nothing else
 * @object: receives the manager with a reference, or NULL
 *
 * Return: S_OK or E_NOINTERFACE
 */
HRESULT clr_get_host_manager(const IID *riid, void **object);

/** clr_check() - count a check, and tell if it failed */
void clr_check(int ok, const char *what, int line);

/** clr_notified() - the runtime's callback has been called */
void clr_notified(EMemoryAvailable level);

/** clr_wait_for() - wait until it has been called with a level */
void clr_wait_for(EMemoryAvailable level);

/** clr_runtime_c() - a runtime's life, from start-up to shut-down */
void clr_runtime_c(void);
void clr_runtime_cxx(void);

#ifdef __cplusplus
}
#endif

#define CHECK(condition)	clr_check(!!(condition), #condition, __LINE__)

#endif /* CLR_H */
