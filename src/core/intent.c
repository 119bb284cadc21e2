/* SPDX-License-Identifier: MIT */
/*
 * Judging: i'mport's history against what the intent knew.  Each rule is one
 * function below; intent_judge asks them in turn.
 */
#include "core/intent.h"

#include <string.h>

static const char *const state_names[] = {
	[INTENT_AWAITING_APPROVAL] = "awaiting_approval",
	[INTENT_IN_FLIGHT] = "in_flight",
	[INTENT_PENDING] = "pending",
	[INTENT_UNKNOWN] = "unknown",
	[INTENT_NEEDS_REVIEW] = "needs_review",
	[INTENT_SUCCEEDED] = "succeeded",
	[INTENT_FAILED] = "failed",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == INTENT__COUNT,
    "every state has a name");

static const char *const failure_names[] = {
	[INTENT_NOT_FAILED] = "",
	[INTENT_DECLINED] = "declined",
	[INTENT_NOT_SENT] = "not_sent",
	[INTENT_NOT_APPLIED] = "not_applied",
	[INTENT_BALANCE_CHANGED] = "balance_changed",
	[INTENT_REJECTED] = "rejected",
};
_Static_assert(
    sizeof(failure_names) / sizeof(failure_names[0]) == INTENT_FAILURE__COUNT,
    "every failure has a name");

static const char *const origin_names[] = {
	[INTENT_BY_REQUEST] = "request",
	[INTENT_LATE] = "late",
	[INTENT_RECOVERED] = "recovered",
};
_Static_assert(
    sizeof(origin_names) / sizeof(origin_names[0]) == INTENT_ORIGIN__COUNT,
    "every origin has a name");

/* Wait before each look, in seconds; then each is twice the last. */
static const int64_t schedule_s[] = { 0, 5, 15, 60, 180 };
#define SCHEDULE_N     ((int32_t)(sizeof(schedule_s) / sizeof(schedule_s[0])))
#define SCHEDULE_MAX_S INT64_C(86400)

static int
name_find(const char *const *names, int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
intent_state_name(enum intent_state state)
{
	return (unsigned)state < INTENT__COUNT ? state_names[state] : "?";
}

bool
intent_state_find(const char *name, enum intent_state *ret_state)
{
	int i = name_find(state_names, INTENT__COUNT, name);

	if (i >= 0)
		*ret_state = (enum intent_state)i;
	return i >= 0;
}

const char *
intent_failure_name(enum intent_failure failure)
{
	return (unsigned)failure < INTENT_FAILURE__COUNT
	    ? failure_names[failure]
	    : "?";
}

bool
intent_failure_find(const char *name, enum intent_failure *ret_failure)
{
	int i = name_find(failure_names, INTENT_FAILURE__COUNT, name);

	if (i >= 0)
		*ret_failure = (enum intent_failure)i;
	return i >= 0;
}

const char *
intent_origin_name(enum intent_origin origin)
{
	return (unsigned)origin < INTENT_ORIGIN__COUNT ? origin_names[origin]
						       : "?";
}

bool
intent_origin_find(const char *name, enum intent_origin *ret_origin)
{
	int i = name_find(origin_names, INTENT_ORIGIN__COUNT, name);

	if (i >= 0)
		*ret_origin = (enum intent_origin)i;
	return i >= 0;
}

bool
intent_is_open(enum intent_state state)
{
	return state == INTENT_IN_FLIGHT || state == INTENT_PENDING ||
	    state == INTENT_UNKNOWN;
}

bool
intent_is_final(enum intent_state state)
{
	return state == INTENT_SUCCEEDED || state == INTENT_FAILED;
}

bool
intent_is_due(const struct intent *intent, int64_t now_ms)
{
	/* No look is planned further ahead: the clock has been set back. */
	return intent_is_open(intent->state) &&
	    (intent->next_check_ms <= now_ms ||
		intent->next_check_ms > now_ms + LOOK_AHEAD_MAX_MS);
}

/* What is new in the history since the intent was written. */
struct growth {
	const struct truth_entry *own;  /* carries our marker */
	const struct truth_entry *like; /* our amount, no marker at all */
	size_t n_new;
	size_t n_like;
	int64_t new_sum;
	int64_t all_sum;
};

/*
 * An entry is new if the intent did not know it, and could be ours unless the
 * book gives it to another refund or it carries another refund's marker.
 */
static struct growth
growth_of(const struct intent *intent, const struct truth *truth,
    const struct book *book)
{
	struct growth growth = { 0 };
	const struct book_entry *held;
	const struct truth_entry *entry;
	size_t i;

	for (i = 0; i < truth->n; i++) {
		entry = &truth->entries[i];
		held = book_find(book, entry->id);
		growth.all_sum += entry->amount;
		if (strcmp(entry->marker, intent->marker) == 0)
			growth.own = entry;
		if (held != NULL && held->is_known)
			continue;
		growth.n_new++;
		growth.new_sum += entry->amount;
		if (entry->marker[0] == '\0' &&
		    entry->amount == intent->amount &&
		    (held == NULL || held->refund_id[0] == '\0' ||
			strcmp(held->refund_id, intent->id) == 0)) {
			growth.like = entry;
			growth.n_like++;
		}
	}
	return growth;
}

static int64_t
growth_of_cancel_amount(const struct intent *intent, const struct truth *truth)
{
	return intent->checksum - payment_refundable(&truth->payment);
}

/*
 * The history explains the balance: either all of it, or at least all that
 * came after the intent (a payment part-refunded before we knew it).
 */
static bool
is_consistent(const struct intent *intent, const struct truth *truth,
    const struct growth *growth)
{
	return growth->all_sum == truth->payment.cancel_amount ||
	    growth->new_sum == growth_of_cancel_amount(intent, truth);
}

static void
succeed(struct intent *intent, const struct truth_entry *entry)
{
	intent->state = INTENT_SUCCEEDED;
	memcpy(intent->cancellation_id, entry->id, sizeof(entry->id));
	intent->applied_amount = entry->amount;
}

static void
fail(struct intent *intent, enum intent_failure failure)
{
	intent->state = INTENT_FAILED;
	intent->failure = failure;
}

/*
 * i'mport said "done", and shows it with the answer or right after it: one
 * entry of our amount is ours, marker or not.  Later on somebody else may have
 * cancelled as much.
 */
static void
judge_done(struct intent *intent, const struct truth *truth,
    const struct growth *growth, const struct intent_reading *reading)
{
	if (growth->n_like == 1 && reading->is_own)
		succeed(intent, growth->like);
	else if (growth->n_new == 0 &&
	    growth_of_cancel_amount(intent, truth) == 0 &&
	    payment_is_async(&truth->payment))
		intent->state = INTENT_PENDING;
}

/*
 * i'mport said "no".  Whether it was a no to us or to a balance that had moved
 * is told by the balance, never by the message.  A higher balance than we
 * believe in is a reversal, which no history explains.  After a not_applied
 * here the balance may still catch up with that one, so a person looks.
 */
static void
judge_refused(struct intent *intent, const struct truth *truth,
    const struct growth *growth, bool has_not_applied)
{
	int64_t grown = growth_of_cancel_amount(intent, truth);

	if (grown != 0) {
		if (grown < 0 || is_consistent(intent, truth, growth))
			fail(intent, INTENT_BALANCE_CHANGED);
	} else if (has_not_applied) {
		intent->state = INTENT_NEEDS_REVIEW;
	} else {
		fail(intent, INTENT_DECLINED);
	}
}

/* Our clock shows a time before the intent was written. */
static bool
is_set_back(const struct intent *intent, const struct intent_reading *reading)
{
	return reading->now_ms + CLOCK_SLACK_MS < intent->created_ms;
}

/* The clock that nobody sets has run on since the intent was written. */
static bool
is_same_boot(const struct intent *intent, const struct intent_reading *reading)
{
	return intent->begun_clock[0] != '\0' &&
	    strcmp(intent->begun_clock, reading->steady_clock) == 0;
}

/*
 * The deadline had passed ago_ms before now: by the clock that nobody sets.
 * After another start, or on another machine, by the wall clock, where
 * everything is past once that has been set back.
 */
static bool
is_past(const struct intent *intent, const struct intent_reading *reading,
    int64_t ago_ms)
{
	if (is_same_boot(intent, reading))
		return reading->steady_ms - ago_ms - intent->begun_steady_ms >=
		    intent->deadline_ms - intent->created_ms;
	return reading->now_ms - ago_ms >= intent->deadline_ms ||
	    is_set_back(intent, reading);
}

/*
 * How long has to be quiet.  By a wall clock, which may have been set, we can't
 * tell if the deadline has passed, so the time until it is added.
 */
static int64_t
quiet_needed_ms(
    const struct intent *intent, const struct intent_reading *reading)
{
	return is_same_boot(intent, reading)
	    ? reading->quiet_ms
	    : reading->quiet_ms + intent->deadline_ms - intent->created_ms;
}

/*
 * What is left of it: by i'mport's clock and by ours, as either may be wrong
 * and only a jump of both the same way would deceive us.
 */
static int64_t
quiet_left_ms(const struct intent *intent, const struct intent_reading *reading)
{
	const struct intent_quiet *quiet = &intent->quiet;
	int64_t theirs = reading->stamp_ms - quiet->since_ms;
	int64_t ours = reading->now_ms - quiet->seen_ms;

	return quiet_needed_ms(intent, reading) -
	    (theirs < ours ? theirs : ours);
}

/*
 * Two readings agree when they show the same; the second counts once it has
 * been quiet long enough since the first.
 */
static bool
is_quiet(struct intent *intent, int64_t cancel_amount, int32_t n_entries,
    const struct intent_reading *reading)
{
	struct intent_quiet *quiet = &intent->quiet;

	if (quiet->is_running && quiet->cancel_amount == cancel_amount &&
	    quiet->n_entries == n_entries &&
	    strcmp(quiet->clock, reading->stamp_clock) == 0 &&
	    reading->stamp_ms >= quiet->since_ms &&
	    reading->now_ms >= quiet->seen_ms)
		return quiet_left_ms(intent, reading) <= 0;
	quiet->is_running = true;
	quiet->since_ms = reading->stamp_ms;
	quiet->seen_ms = reading->now_ms;
	(void)strncpy(
	    quiet->clock, reading->stamp_clock, sizeof(quiet->clock) - 1);
	quiet->clock[sizeof(quiet->clock) - 1] = '\0';
	quiet->cancel_amount = cancel_amount;
	quiet->n_entries = n_entries;
	return false;
}

/*
 * Nothing of ours is to be seen.  Only when no request of ours can be running
 * any more, twice, is that believed; and not at all if an entry could be ours
 * without its marker, or if i'mport had said "done": a PG may be slower than
 * our table of asynchronous ones knows.
 */
static void
judge_silence(struct intent *intent, const struct truth *truth,
    const struct growth *growth, const struct intent_reading *reading)
{
	bool is_slow;

	if (intent->state != INTENT_PENDING && !is_past(intent, reading, 0))
		return;
	if (intent->state == INTENT_IN_FLIGHT)
		intent->state = INTENT_UNKNOWN;
	/* An asynchronous PG shows nothing for days, answer or no answer. */
	is_slow = intent->state == INTENT_PENDING ||
	    (payment_is_async(&truth->payment) &&
		intent->heard != INTENT_HEARD_REFUSED);
	if (is_slow &&
	    reading->now_ms - intent->created_ms >= reading->pending_ms) {
		intent->state = INTENT_NEEDS_REVIEW;
		return;
	}
	if (is_slow && growth->n_like == 0)
		return;
	if (!is_past(intent, reading, reading->asked_ago_ms))
		return; /* it may have been on its way still */
	if (!is_consistent(intent, truth, growth)) {
		intent->quiet.is_running = false;
		return;
	}
	if (!is_quiet(intent, truth->payment.cancel_amount, (int32_t)truth->n,
		reading))
		return;
	if (growth->n_like > 0 || intent->heard == INTENT_HEARD_DONE)
		intent->state = INTENT_NEEDS_REVIEW;
	else
		fail(intent, INTENT_NOT_APPLIED);
}

/*
 * The next look: by the schedule, but not later than the deadline, nor than
 * the end of the quiet period (one second more, for a Date has no parts).
 */
static void
plan(struct intent *intent, const struct intent_reading *reading)
{
	int64_t wait_s, at;
	int32_t i;

	intent->checks++;
	wait_s = schedule_s[intent->checks < SCHEDULE_N ? intent->checks
							: SCHEDULE_N - 1];
	for (i = SCHEDULE_N; i <= intent->checks && wait_s < SCHEDULE_MAX_S;
	     i++)
		wait_s *= 2;
	if (wait_s > SCHEDULE_MAX_S)
		wait_s = SCHEDULE_MAX_S;
	at = reading->now_ms + wait_s * 1000;
	if (reading->now_ms < intent->deadline_ms && at > intent->deadline_ms)
		at = intent->deadline_ms;
	if (intent->quiet.is_running) {
		int64_t left = quiet_left_ms(intent, reading);

		if (left >= 0 && at > reading->now_ms + left + 1000)
			at = reading->now_ms + left + 1000;
	}
	intent->next_check_ms = at;
}

void
intent_answered(struct intent *intent, enum intent_heard heard,
    int64_t provider_code, const char *message)
{
	size_t len = strlen(message);

	if (len >= PROVIDER_MESSAGE_SIZE) {
		len = PROVIDER_MESSAGE_SIZE - 1;
		/* Cut where a character begins. */
		while (((unsigned char)message[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(intent->provider_message, message, len);
	intent->provider_message[len] = '\0';
	intent->heard = heard;
	intent->provider_code = provider_code;
	if (intent->state == INTENT_IN_FLIGHT)
		intent->state = INTENT_UNKNOWN;
}

void
intent_not_sent(struct intent *intent)
{
	if (intent_is_open(intent->state))
		fail(intent, INTENT_NOT_SENT);
}

/* Somebody may still be sending it. */
static bool
has_owner(const struct intent *intent, const struct intent_reading *reading)
{
	return intent->state == INTENT_IN_FLIGHT &&
	    !is_past(intent, reading, 0);
}

/*
 * i'mport had said "no", and this shows what was after it: a "no" may be a lie,
 * and what was read before it shows nothing.
 */
static bool
is_after_refusal(
    const struct intent *intent, const struct intent_reading *reading)
{
	return intent->heard == INTENT_HEARD_REFUSED &&
	    (reading->is_own || reading->is_after_answer);
}

void
intent_judge(struct intent *intent, const struct truth *truth,
    const struct book *book, const struct intent_reading *reading)
{
	struct growth growth;

	if (!intent_is_open(intent->state))
		return;
	growth = growth_of(intent, truth, book);
	if (growth.own != NULL) {
		succeed(intent, growth.own);
		return;
	}
	if (truth_is_stale(truth, book)) {
		intent_unheard(intent, reading);
		return;
	}
	if (has_owner(intent, reading))
		return;
	if (intent->heard == INTENT_HEARD_DONE)
		judge_done(intent, truth, &growth, reading);
	else if (is_after_refusal(intent, reading))
		judge_refused(intent, truth, &growth, reading->has_not_applied);
	if (intent_is_open(intent->state)) {
		judge_silence(intent, truth, &growth, reading);
		plan(intent, reading);
	}
}

void
intent_judge_other(struct intent *intent, const struct truth *truth,
    const struct book *book, const struct intent_reading *reading,
    bool is_same_currency)
{
	struct growth growth;

	if (!intent_is_open(intent->state) || has_owner(intent, reading))
		return;
	growth = growth_of(intent, truth, book);
	if (growth.own == NULL && is_after_refusal(intent, reading))
		fail(intent, INTENT_BALANCE_CHANGED);
	else if (growth.own != NULL && is_same_currency && intent->checks > 0)
		succeed(intent, growth.own);
	else
		intent_unheard(intent, reading);
}

void
intent_unheard(struct intent *intent, const struct intent_reading *reading)
{
	if (!intent_is_open(intent->state) || has_owner(intent, reading))
		return;
	if (intent->state == INTENT_IN_FLIGHT)
		intent->state = INTENT_UNKNOWN;
	if (intent->state == INTENT_PENDING &&
	    reading->now_ms - intent->created_ms >= reading->pending_ms)
		intent->state = INTENT_NEEDS_REVIEW;
	plan(intent, reading);
}

void
intent_absent(struct intent *intent, const struct intent_reading *reading)
{
	if (intent->state == INTENT_UNKNOWN &&
	    is_after_refusal(intent, reading) &&
	    is_quiet(intent, 0, -1, reading))
		fail(intent, INTENT_DECLINED);
	else
		intent_unheard(intent, reading);
}
