/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the library's COM objects have in common: counted references, and answers to
 * QueryInterface.  Called by com_manager.c and com_malloc.c.
 */
#ifndef HOSTMEM_COM_OBJECT_H
#define HOSTMEM_COM_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hostmem/mscoree.h>

/**
 * com_reference() - AddRef
 * @references: of the object
 *
 * Return: their new number
 */
static inline ULONG com_reference(atomic_uint *references)
{
	return atomic_fetch_add(references, 1) + 1;
}

/**
 * com_unreference() - the first half of Release
 * @references: of the object
 *
 * Return: their new number; whoever gets 0 ends the object
 */
static inline ULONG com_unreference(atomic_uint *references)
{
	return atomic_fetch_sub(references, 1) - 1;
}

/**
 * com_query() - QueryInterface of an object with one interface (rule H28)
 * @object: first member of it
 * @references: of the object
 * @own: name of its interface
 * @riid: name of the interface that is wanted
 * @out: receives it, or NULL
 *
 * Return: S_OK, E_NOINTERFACE or E_POINTER
 */
static inline HRESULT com_query(void *object, atomic_uint *references,
				REFIID own, REFIID riid, void **out)
{
	if (!out)
		return E_POINTER;
	*out = NULL;
	if (!riid)
		return E_POINTER;
	if (!IsEqualIID(riid, own) && !IsEqualIID(riid, &IID_IUnknown))
		return E_NOINTERFACE;

	com_reference(references);
	*out = object;
	return S_OK;
}

#endif /* HOSTMEM_COM_OBJECT_H */
