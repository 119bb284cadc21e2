/* SPDX-License-Identifier: MIT */
/*
 * Recover: after a backup was restored, what the book has missed since. i'mport
 * lists the payments it cancelled; each, and each the book holds an unfinished
 * refund of, is read back like any other (app/resolve.h), and settling makes
 * refunds of origin recovered of markers without a row.
 *
 * The one idea: the freeze goes only when every one of these answers was had,
 * so that no refund is made that may have been made already.
 */
#ifndef APP_RECOVER_H
#define APP_RECOVER_H

#include <stddef.h>
#include <stdint.h>

#include "app/walk.h"

struct recovered {
	size_t n_read;          /* payments read back */
	size_t n_failed;        /* of which no usable answer was had */
	size_t n_odd;           /* that i'mport shows as another payment */
	size_t n_surprises;     /* refunds the book did not expect */
	bool is_thawed;         /* all was read: the restore's freeze is gone */
	bool is_frozen;         /* then: an operator's is still there */
	struct fault_note note; /* why not; else the last odd one */
};

/*
 * recover_run: reads all back that a freeze of cause FREEZE_RESTORE is about
 * and then takes this freeze away; the caller has waited for its until_ms.
 * Unless is_thawed it stays, and running again is fine.  Faults are the
 * store's, or FAULT_NOMEM.  show (or NULL) hears how far it is.  walk's
 * callbacks are not used, but its arg is show's.
 * Source: doc/design.md "Freeze and restore".
 */
enum fault MUST_CHECK recover_run(const struct walk *walk,
    const struct store_freeze *freeze,
    void (*show)(void *arg, size_t n_done, size_t n_all), struct recovered *ret,
    struct fault_note *note);

#endif
