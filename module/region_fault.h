/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region and who touches its pages: threads, the kernel in their calls, debuggers.
 * Called with its lock held, see region.h.
 *
 * Called by calls.c; mapping.c says who it is.
 */
#ifndef HOSTMEM_REGION_FAULT_H
#define HOSTMEM_REGION_FAULT_H

#include "region.h"

/** hm_region_guards - will the next access to a page raise its guard? */
bool hm_region_guards(struct hm_region *region, unsigned long addr);

/**
 * enum hm_toucher - who has touched a page in a way its PTE forbids
 * @HM_THREAD: an instruction of a thread of the address space
 * @HM_CALL: the kernel, in a system call of such a thread
 * @HM_DEBUGGER: the kernel, on behalf of whoever looks into the address space: no
 *	guard page minds
 * @HM_SOMEBODY: one of them that wants to write where a counted PTE said read-only:
 *	the kernel doesn't say who
 */
enum hm_toucher {
	HM_THREAD,
	HM_CALL,
	HM_DEBUGGER,
	HM_SOMEBODY,
};

/**
 * hm_region_fault - a thread has touched a page in a way its PTE forbids
 * @region: the region
 * @addr: address of the page
 * @access: what the thread wants
 * @who: who it is
 * @page: gets a page that the kernel is to map, with a reference: then 0 is returned
 *
 * Context: mmap_lock or the VMA's own lock held for reading.
 * Return: VM_FAULT_NOPAGE to have the access retried, VM_FAULT_SIGBUS for a
 * guard page, which is none any more, VM_FAULT_OOM or VM_FAULT_SIGSEGV.
 */
vm_fault_t hm_region_fault(struct hm_region *region, unsigned long addr,
			   enum hm_access access, enum hm_toucher who,
			   struct page **page);

/**
 * hm_region_huge_fault - map one large page of a region that is made of them
 * @region: the region
 * @vmf: the fault
 * @access: what the thread wants
 *
 * Return: as a fault handler.
 */
vm_fault_t hm_region_huge_fault(struct hm_region *region, struct vm_fault *vmf,
				enum hm_access access);

/**
 * hm_region_access - copy between a debugger and committed pages
 * @region: the region
 * @addr: first address, in the region
 * @buf: kernel memory
 * @len: bytes
 * @write: to the pages rather than from them
 * @force: protections don't count, as debuggers expect; a guard stays armed
 *
 * Return: bytes copied, up to the first page that isn't committed, or may not be
 * accessed.
 */
int hm_region_access(struct hm_region *region, unsigned long addr, void *buf,
		     int len, bool write, bool force);

#endif /* HOSTMEM_REGION_FAULT_H */
