/* SPDX-License-Identifier: MIT */
/*
 * Comparing the two.
 */
#include "core/truth.h"

#include <string.h>

const struct book_entry *
book_find(const struct book *book, const char *id)
{
	size_t i;

	for (i = 0; i < book->n; i++) {
		if (strcmp(book->entries[i].id, id) == 0)
			return &book->entries[i];
	}
	return NULL;
}

static const struct truth_entry *
truth_find(const struct truth *truth, const char *id)
{
	size_t i;

	for (i = 0; i < truth->n; i++) {
		if (strcmp(truth->entries[i].id, id) == 0)
			return &truth->entries[i];
	}
	return NULL;
}

bool
truth_is_stale(const struct truth *truth, const struct book *book)
{
	size_t i;

	for (i = 0; i < book->n; i++) {
		if (truth_find(truth, book->entries[i].id) == NULL)
			return true;
	}
	return false;
}

bool
truth_is_of(const struct truth *truth, const struct payment *payment)
{
	const struct payment *shown = &truth->payment;

	return strcmp(shown->imp_uid, payment->imp_uid) == 0 &&
	    strcmp(shown->merchant_uid, payment->merchant_uid) == 0 &&
	    shown->amount == payment->amount &&
	    shown->currency == payment->currency;
}
