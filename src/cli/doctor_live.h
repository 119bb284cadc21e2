/* SPDX-License-Identifier: MIT */
/*
 * Doctor_live: trying on a payment of a test channel what the promise rests on.
 */
#ifndef CLI_DOCTOR_LIVE_H
#define CLI_DOCTOR_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/checkup.h"
#include "cli/cli.h"
#include "port/provider.h"
#include "port/store.h"

struct doctor_live {
	struct cli *cli;
	const struct app *app;
	const char *imp_uid;
	struct store store; /* a writer */
	struct provider provider;
	struct payment before; /* as i'mport showed it at first */
	size_t n_before;       /* entries of its history then */
	int64_t amount;        /* of each of the two cancels */
	struct checkup checkup;
};

/*
 * doctor_live_read: the payment as i'mport shows it now; false: there was no
 * usable answer, and the outcome says why.  The outcome is the caller's.
 */
bool doctor_live_read(
    const struct doctor_live *live, struct provider_outcome *ret_outcome);

/*
 * doctor_live_try: sends the two cancels and says what holds.  Money moves:
 * the payment has been looked at, and the operator has said yes.
 */
enum fault doctor_live_try(
    struct doctor_live *live, struct fault_note *note) MUST_CHECK;

#endif
