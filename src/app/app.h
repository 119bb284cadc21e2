/* SPDX-License-Identifier: MIT */
/*
 * App: what every use case needs of the world.  Made once in a main, const
 * afterwards, shared by all threads.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdint.h>

#include "app/result.h"
#include "core/fault.h"
#include "core/refund.h"
#include "port/chance.h"
#include "port/clock.h"
#include "port/limits.h"
#include "port/store.h"

struct app {
	struct clock clock;
	struct chance chance;
	struct limits limits;
	struct refund_policy policy;
	int64_t duplicate_window_ms; /* the double click */
	int64_t send_within_ms;      /* journal to the first byte, at most */
	int64_t timeout_ms;          /* first byte to the answer, at most */
	int64_t quiet_ms;
	int64_t pending_ms;
	int64_t answer_ms;         /* the caller waits no longer */
	const char *token_account; /* whose access token we share; keeps */
	/* A result in one word, for the trail: "refunded", "frozen". */
	const char *(*code_name)(enum result_code code);
	/*
	 * Writes the answer that is stored with a closed refund, in the
	 * refund's language ("ko", "en").
	 */
	enum fault (*write_answer)(const struct refund_result *result,
	    const char *language, struct refund_answer *ret_answer,
	    struct fault_note *note);
};

#endif
