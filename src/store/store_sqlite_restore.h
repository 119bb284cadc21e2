/* SPDX-License-Identifier: MIT */
/*
 * A backup takes the place of the book.
 *
 * The one idea: the freeze is written into a copy of the backup before that
 * takes the book's place, so at no instant is there a book that knows less than
 * i'mport and may still start refunds.
 */
#ifndef STORE_STORE_SQLITE_RESTORE_H
#define STORE_STORE_SQLITE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "port/clock.h"
#include "store/store_sqlite_copy.h"

#define STORE_SQLITE_ASIDE_SIZE 1024

/* What the old book could not say any more. */
struct store_sqlite_restored {
	/*
	 * What its operator had frozen or rejected: it was missing, damaged or
	 * new.  New refunds are frozen until he says so.
	 */
	bool is_mute;
	char aside[STORE_SQLITE_ASIDE_SIZE]; /* where a damaged one is; "" */
};

struct store_sqlite_restore {
	const char *file; /* the backup */
	const char *path; /* the book; may be missing or damaged */
	bool is_forced;   /* even over refunds the backup does not hold */
	/*
	 * How long a refund of the book that goes may still be on its way:
	 * so far after now the freeze may not be taken away.
	 */
	int64_t freeze_ms;
	const struct clock *clock;
	struct store_sqlite_watch watch;
};

/*
 * store_sqlite_restore: checks file, then replaces the content of path, in one
 * transaction that running processes see like any other.  A missing or damaged
 * book is replaced as a file; the damaged one goes to a free name and is never
 * deleted.  *ret is written on a fault, too.
 *
 * FAULT_CONFIG when file or path is no book of this version; FAULT_STORE when
 * file is damaged; FAULT_INPUT when the book holds refunds that file does not
 * hold (unless is_forced), or is damaged and in use; FAULT_BUSY when it did not
 * get its turn.  Nothing has changed then.
 */
enum fault store_sqlite_restore(const struct store_sqlite_restore *what,
    struct store_sqlite_restored *ret, struct fault_note *note) MUST_CHECK;

#endif
