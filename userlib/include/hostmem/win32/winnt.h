/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winnt.h>: types of characters and handles, and the structures and constants
 * that the functions of the other headers take (rule N12).  Those of the memory itself
 * are in <hostmem/memory.h>, which this includes.
 */
#ifndef HOSTMEM_WIN32_WINNT_H
#define HOSTMEM_WIN32_WINNT_H

#include <hostmem/memory.h>
#include <hostmem/memoryapi.h>

#include "basetsd.h"

/* Members without a name, and bit-fields of 64 bits, are newer than C90 and C++98. */
#define HOSTMEM_EXTENSION	__extension__

#define CONST			const
#define DECLSPEC_ALIGN(bytes)	__attribute__((aligned(bytes)))
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN	__attribute__((noreturn))
#define NTAPI
#define UNREFERENCED_PARAMETER(name)	((void)(name))

/* On x86-64 and ARM64 these are the only convention on Windows, too. */
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif

#define VOID			void
typedef char CHAR;
typedef int16_t SHORT;
typedef unsigned char UCHAR;
typedef uint16_t USHORT;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uint64_t DWORDLONG;
typedef BYTE BOOLEAN;

typedef SHORT *PSHORT;
typedef LONG *PLONG;
typedef UCHAR *PUCHAR;
typedef USHORT *PUSHORT;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef DWORDLONG *PDWORDLONG;
typedef BOOLEAN *PBOOLEAN;

/*
 * 16 bits, as on Windows: wide strings are u"..." here.  With -fshort-wchar they are
 * L"...", too, and that type.
 */
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define HOSTMEM_WIDE(text)	L##text
#elif defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t WCHAR;
#define HOSTMEM_WIDE(text)	u##text
#else
typedef uint_least16_t WCHAR;
#define HOSTMEM_WIDE(text)	u##text
#endif

typedef CHAR *PCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR;

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const WCHAR *PCTSTR, *LPCTSTR;
#define HOSTMEM_TEXT(text)	HOSTMEM_WIDE(text)
#define HOSTMEM_SYMBOL_TEXT(name)	HOSTMEM_SYMBOL(name##W)
#else
typedef CHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const CHAR *PCTSTR, *LPCTSTR;
#define HOSTMEM_TEXT(text)	text
/* For names without A or W. */
#define HOSTMEM_SYMBOL_TEXT(name)	HOSTMEM_SYMBOL(name##A)
#endif
#define TEXT(text)		HOSTMEM_TEXT(text)

typedef PVOID HANDLE;
typedef HANDLE *PHANDLE, *LPHANDLE;
#define DECLARE_HANDLE(name)						\
	struct name##__ { int unused; };				\
	typedef struct name##__ *(name)

typedef DWORD ACCESS_MASK;
typedef DWORD LCID;

HOSTMEM_EXTENSION typedef union _LARGE_INTEGER {
	HOSTMEM_EXTENSION struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

HOSTMEM_EXTENSION typedef union _ULARGE_INTEGER {
	HOSTMEM_EXTENSION struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/*
 * Extended parameters of VirtualAlloc2()
 */

/**
 * struct _MEM_ADDRESS_REQUIREMENTS - where a reservation may lie (rule N2)
 * @LowestStartingAddress: not below this one, a multiple of 64 KiB; NULL: anywhere
 * @HighestEndingAddress: its last byte not above this one, a multiple of 64 KiB less 1
 *	and within user space; NULL: anywhere
 * @Alignment: of its first byte, a power of two, at least 64 KiB; 0: 64 KiB
 */
typedef struct _MEM_ADDRESS_REQUIREMENTS {
	PVOID LowestStartingAddress;
	PVOID HighestEndingAddress;
	SIZE_T Alignment;
} MEM_ADDRESS_REQUIREMENTS, *PMEM_ADDRESS_REQUIREMENTS;

typedef enum MEM_EXTENDED_PARAMETER_TYPE {
	MemExtendedParameterInvalidType = 0,
	MemExtendedParameterAddressRequirements,
	MemExtendedParameterNumaNode,
	MemExtendedParameterPartitionHandle,
	MemExtendedParameterUserPhysicalHandle,
	MemExtendedParameterAttributeFlags,
	MemExtendedParameterImageMachine,
	MemExtendedParameterMax
} MEM_EXTENDED_PARAMETER_TYPE, *PMEM_EXTENDED_PARAMETER_TYPE;

#define MEM_EXTENDED_PARAMETER_TYPE_BITS	8

/**
 * struct MEM_EXTENDED_PARAMETER - one more thing to say to VirtualAlloc2() (rule N2)
 * @Type: MemExtendedParameterAddressRequirements or MemExtendedParameterNumaNode; the
 *	others are refused
 * @Reserved: not looked at
 * @ULong64: all of the value
 * @Pointer: a MEM_ADDRESS_REQUIREMENTS
 * @Size: not used
 * @Handle: not used
 * @ULong: number of a NUMA node
 */
HOSTMEM_EXTENSION typedef struct DECLSPEC_ALIGN(8) MEM_EXTENDED_PARAMETER {
	HOSTMEM_EXTENSION struct {
		HOSTMEM_EXTENSION DWORD64 Type : 8;
		HOSTMEM_EXTENSION DWORD64 Reserved : 56;
	};
	HOSTMEM_EXTENSION union {
		DWORD64 ULong64;
		PVOID Pointer;
		SIZE_T Size;
		HANDLE Handle;
		DWORD ULong;
	};
} MEM_EXTENDED_PARAMETER, *PMEM_EXTENDED_PARAMETER;

/*
 * Processors
 */

typedef struct _PROCESSOR_NUMBER {
	WORD Group;
	BYTE Number;
	BYTE Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
	KAFFINITY Mask;
	WORD Group;
	WORD Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

#define PROCESSOR_ARCHITECTURE_INTEL	0
#define PROCESSOR_ARCHITECTURE_ARM	5
#define PROCESSOR_ARCHITECTURE_IA64	6
#define PROCESSOR_ARCHITECTURE_AMD64	9
#define PROCESSOR_ARCHITECTURE_ARM64	12
#define PROCESSOR_ARCHITECTURE_UNKNOWN	0xffff

#define PROCESSOR_INTEL_386		386
#define PROCESSOR_INTEL_486		486
#define PROCESSOR_INTEL_PENTIUM		586
#define PROCESSOR_AMD_X8664		8664

/*
 * Privileges, and what a token is asked for
 */

#ifndef ANYSIZE_ARRAY
#define ANYSIZE_ARRAY		1
#endif

typedef struct _LUID {
	DWORD LowPart;
	LONG HighPart;
} LUID, *PLUID;

typedef struct _LUID_AND_ATTRIBUTES {
	LUID Luid;
	DWORD Attributes;
} LUID_AND_ATTRIBUTES, *PLUID_AND_ATTRIBUTES;

typedef struct _TOKEN_PRIVILEGES {
	DWORD PrivilegeCount;
	LUID_AND_ATTRIBUTES Privileges[ANYSIZE_ARRAY];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;

#define SE_PRIVILEGE_ENABLED_BY_DEFAULT	0x00000001u
#define SE_PRIVILEGE_ENABLED		0x00000002u
#define SE_PRIVILEGE_REMOVED		0x00000004u

#define TOKEN_ASSIGN_PRIMARY		0x0001u
#define TOKEN_DUPLICATE			0x0002u
#define TOKEN_IMPERSONATE		0x0004u
#define TOKEN_QUERY			0x0008u
#define TOKEN_QUERY_SOURCE		0x0010u
#define TOKEN_ADJUST_PRIVILEGES		0x0020u
#define TOKEN_ADJUST_GROUPS		0x0040u
#define TOKEN_ADJUST_DEFAULT		0x0080u

#define SE_LOCK_MEMORY_NAME		TEXT("SeLockMemoryPrivilege")

/*
 * A thread's stack
 */

/**
 * struct _NT_TIB - what a thread block begins with
 * @ExceptionList: NULL
 * @StackBase: the end of the thread's stack
 * @StackLimit: where it begins
 * @SubSystemTib: NULL
 * @FiberData: NULL
 * @Version: 0
 * @ArbitraryUserPointer: NULL
 * @Self: the address of this structure
 */
HOSTMEM_EXTENSION typedef struct _NT_TIB {
	struct _EXCEPTION_REGISTRATION_RECORD *ExceptionList;
	PVOID StackBase;
	PVOID StackLimit;
	PVOID SubSystemTib;

	HOSTMEM_EXTENSION union {
		PVOID FiberData;
		DWORD Version;
	};
	PVOID ArbitraryUserPointer;
	struct _NT_TIB *Self;
} NT_TIB, *PNT_TIB;

/* Called with a thread's value; see FlsAlloc(). */
typedef void (*PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);

/*
 * Codes of exceptions and statuses, beside those of <hostmem/memoryapi.h>
 */

#define STATUS_WAIT_0			0x00000000u
#define STATUS_ABANDONED_WAIT_0		0x00000080u
#define STATUS_TIMEOUT			0x00000102u
#define STATUS_PENDING			0x00000103u
#define STATUS_DATATYPE_MISALIGNMENT	0x80000002u
#define STATUS_BREAKPOINT		0x80000003u
#define STATUS_SINGLE_STEP		0x80000004u
#define STATUS_IN_PAGE_ERROR		0xC0000006u
#define STATUS_INVALID_HANDLE		0xC0000008u
#define STATUS_INVALID_PARAMETER	0xC000000Du
#define STATUS_NO_MEMORY		0xC0000017u
#define STATUS_ILLEGAL_INSTRUCTION	0xC000001Du
#define STATUS_NONCONTINUABLE_EXCEPTION	0xC0000025u
#define STATUS_INTEGER_DIVIDE_BY_ZERO	0xC0000094u
#define STATUS_PRIVILEGED_INSTRUCTION	0xC0000096u
#define STATUS_STACK_OVERFLOW		0xC00000FDu

#define MAXIMUM_WAIT_OBJECTS		64

#include "winnt_context.h"
#include "winnt_exception.h"
#include "winnt_teb.h"

#endif /* HOSTMEM_WIN32_WINNT_H */
