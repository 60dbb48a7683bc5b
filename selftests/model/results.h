/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the two shapes of the library answer for each result of the model: the
 * error dictionary of api, once more and independent of the library's own.
 * Called by execute.c and shared.c.
 */
#ifndef MODEL_RESULTS_H
#define MODEL_RESULTS_H

#include "model.h"

/**
 * struct answer - what a call of the library has returned
 * @win32: it was one of <hostmem/memoryapi.h>, otherwise of <hostmem/mscoree.h>
 * @code: 0, or the last error or HRESULT of a failure
 */
struct answer {
	bool win32;
	DWORD code;
};

/** answer_is_allowed - is an answer one of a set of results? */
bool answer_is_allowed(struct answer answer, results_t allowed);

/** answer_text - the name of an answer; in a buffer of the thread's */
const char *answer_text(struct answer answer);

/** results_text - the names of a set of results, "A or B", in @text */
void results_text(results_t results, bool win32, char *text, size_t size);

#endif /* MODEL_RESULTS_H */
