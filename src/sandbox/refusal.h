/* SPDX-License-Identifier: MIT */
/*
 * Refusals: what the PGs say when a fault rule makes them refuse: by default
 * that there are not enough unsettled sales to take the refund from, in the
 * words of the payment's PG; else an entry of their code books.
 */
#ifndef SANDBOX_REFUSAL_H
#define SANDBOX_REFUSAL_H

/*
 * refusal_text: the whole message (its code is -1) for a pg_provider and a code
 * of the book, "" being the default.  NULL: no such code.
 */
const char *refusal_text(const char *pg_provider, const char *code);

#endif
