/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the interfaces of <hostmem/interfaces.h> are made of: GUID, REFIID,
 * IUnknown.  An interface is a pointer to an object whose first member, lpVtbl,
 * points to a table of functions; the functions' first argument is the object.
 *
 * Each interface has macros for callers, IUnknown_Release(p) and so on, for C and
 * for C++.  In C++ the structures also have member functions, so that p->Release()
 * is the same call.  A C++ program that wants to implement an interface by deriving
 * from it defines HOSTMEM_CXX_INTERFACES before it includes any of these headers,
 * in all its sources: then interfaces are abstract classes of the same layout, which
 * derive from IUnknown and have no lpVtbl.  Macros and member functions remain.
 */
#ifndef HOSTMEM_UNKNWN_H
#define HOSTMEM_UNKNWN_H

#include <string.h>

#include <hostmem/types.h>

/* Interfaces are abstract classes here, not structures with a table. */
#if defined(__cplusplus) && defined(HOSTMEM_CXX_INTERFACES)
#define HOSTMEM_ABSTRACT_INTERFACES	1
#else
#define HOSTMEM_ABSTRACT_INTERFACES	0
#endif

/* Methods are called as any function of the platform. */
#define STDMETHODCALLTYPE
#define STDMETHODIMP		HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type)	type STDMETHODCALLTYPE

/**
 * struct _GUID - the name of an interface, 16 bytes laid out as on Windows
 * @Data1: the first eight digits of its text form
 * @Data2: the next four
 * @Data3: the next four
 * @Data4: the other sixteen, byte by byte
 */
typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID;

typedef GUID IID;

#ifdef __cplusplus

typedef const GUID &REFGUID;
typedef const IID &REFIID;

inline bool IsEqualGUID(REFGUID a, REFGUID b)
{
	return !memcmp(&a, &b, sizeof(GUID));
}

inline bool operator==(REFGUID a, REFGUID b)
{
	return IsEqualGUID(a, b);
}

inline bool operator!=(REFGUID a, REFGUID b)
{
	return !IsEqualGUID(a, b);
}

#else

typedef const GUID *REFGUID;
typedef const IID *REFIID;

#define IsEqualGUID(a, b)	(!memcmp(a, b, sizeof(GUID)))

#endif

#define IsEqualIID(a, b)	IsEqualGUID(a, b)

#ifdef __cplusplus
extern "C" {
#endif

/* 00000000-0000-0000-C000-000000000046 */
extern HOSTMEM_API const IID IID_IUnknown HOSTMEM_SYMBOL(IID_IUnknown);

#if HOSTMEM_ABSTRACT_INTERFACES

struct IUnknown {
	virtual HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid,
							 void **ppvObject) = 0;
	virtual ULONG STDMETHODCALLTYPE AddRef() = 0;
	virtual ULONG STDMETHODCALLTYPE Release() = 0;

protected:
	/* Not virtual: it would take slots.  Objects end by Release(). */
	~IUnknown() {}
};

#else

typedef struct IUnknown IUnknown;

/**
 * struct IUnknownVtbl - what every interface begins with
 * @QueryInterface: ask the object for another of its interfaces.  @riid is the
 *	name of the interface (in C, its address); @ppvObject receives the
 *	interface with one more reference, or NULL.  Returns S_OK, E_NOINTERFACE,
 *	or E_POINTER if @ppvObject is NULL (rule H28).
 * @AddRef: one more reference.  Returns their number, for diagnostics only.
 * @Release: one reference less.  The object goes with the last one.  Returns their
 *	number, 0 for the last.
 */
typedef struct IUnknownVtbl {
	HRESULT (STDMETHODCALLTYPE *QueryInterface)(IUnknown *This, REFIID riid,
						    void **ppvObject);
	ULONG (STDMETHODCALLTYPE *AddRef)(IUnknown *This);
	ULONG (STDMETHODCALLTYPE *Release)(IUnknown *This);
} IUnknownVtbl;

struct IUnknown {
	const IUnknownVtbl *lpVtbl;

#ifdef __cplusplus
	HRESULT QueryInterface(REFIID riid, void **ppvObject)
	{
		return lpVtbl->QueryInterface(this, riid, ppvObject);
	}
	ULONG AddRef() { return lpVtbl->AddRef(this); }
	ULONG Release() { return lpVtbl->Release(this); }
#endif
};

#endif /* HOSTMEM_ABSTRACT_INTERFACES */

#ifdef __cplusplus
}

#define IUnknown_QueryInterface(This, riid, ppvObject)				\
	((This)->QueryInterface(riid, ppvObject))
#define IUnknown_AddRef(This)	((This)->AddRef())
#define IUnknown_Release(This)	((This)->Release())

#else

#define IUnknown_QueryInterface(This, riid, ppvObject)				\
	((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IUnknown_AddRef(This)	((This)->lpVtbl->AddRef(This))
#define IUnknown_Release(This)	((This)->lpVtbl->Release(This))

#endif

#endif /* HOSTMEM_UNKNWN_H */
