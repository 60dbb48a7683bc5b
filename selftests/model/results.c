// SPDX-License-Identifier: GPL-2.0
/*
 * Results and their codes.  See results.h.
 */
#include <stdio.h>
#include <string.h>

#include <hostmem/winerror.h>

#include "results.h"

#define NAMED(code)	(DWORD)(code), #code

static const struct {
	DWORD hresult;
	const char *hresult_name;
	DWORD win32;
	const char *win32_name;
} codes[NR_RESULTS] = {
	[RESULT_OK] = { 0, "S_OK", 0, "success" },
	[RESULT_ARGUMENT] = { NAMED(E_INVALIDARG), NAMED(ERROR_INVALID_PARAMETER) },
	[RESULT_ADDRESS] = { NAMED(HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS)),
			     NAMED(ERROR_INVALID_ADDRESS) },
	[RESULT_NOT_OURS] = { NAMED(HOST_E_INVALIDOPERATION),
			      NAMED(ERROR_INVALID_ADDRESS) },
	[RESULT_COMMIT_LIMIT] = { NAMED(E_OUTOFMEMORY),
				  NAMED(ERROR_COMMITMENT_LIMIT) },
	[RESULT_NO_SPACE] = { NAMED(E_OUTOFMEMORY), NAMED(ERROR_NOT_ENOUGH_MEMORY) },
	[RESULT_NULL] = { NAMED(E_POINTER), NAMED(ERROR_NOACCESS) },
	[RESULT_UNWRITABLE] = { NAMED(HRESULT_FROM_WIN32(ERROR_NOACCESS)),
				NAMED(ERROR_NOACCESS) },
	[RESULT_LENGTH] = { NAMED(HRESULT_FROM_WIN32(ERROR_BAD_LENGTH)),
			    NAMED(ERROR_BAD_LENGTH) },
};

static DWORD code_of(enum result result, bool win32)
{
	return win32 ? codes[result].win32 : codes[result].hresult;
}

static const char *name_of(enum result result, bool win32)
{
	return win32 ? codes[result].win32_name : codes[result].hresult_name;
}

bool answer_is_allowed(struct answer answer, results_t allowed)
{
	enum result result;

	for (result = 0; result < NR_RESULTS; result++)
		if (allowed & ONLY(result) &&
		    code_of(result, answer.win32) == answer.code)
			return true;
	return false;
}

const char *answer_text(struct answer answer)
{
	static _Thread_local char text[32];
	enum result result;

	for (result = 0; result < NR_RESULTS; result++)
		if (code_of(result, answer.win32) == answer.code)
			return name_of(result, answer.win32);
	snprintf(text, sizeof(text), answer.win32 ? "last error %u" : "HRESULT %08x",
		 answer.code);
	return text;
}

void results_text(results_t results, bool win32, char *text, size_t size)
{
	const char *before = "";
	enum result result;
	size_t used = 0;

	text[0] = 0;
	for (result = 0; result < NR_RESULTS && used < size; result++) {
		if (!(results & ONLY(result)))
			continue;
		used += snprintf(text + used, size - used, "%s%s", before,
				 name_of(result, win32));
		before = " or ";
	}
}
