/* SPDX-License-Identifier: MIT */
/*
 * World: everything one step can change: the book as it was committed,
 * i'mport with what is on its way to it, the processes with their tasks, the
 * clocks, and what each caller has been told.
 *
 * The one idea: the tasks are the shipped ones of src/app, and the book is the
 * store every port's contract is tested with; only i'mport, the network and
 * the order of things are played.
 */
#ifndef TESTS_EXPLORE_WORLD_H
#define TESTS_EXPLORE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "app/task.h"
#include "store/store_mem.h"

#define REQUESTS_MAX 3
#define PROCESSES    2
/* Each at a command line, a process of its own, numbered after the others. */
#define OPERATORS_MAX 2
#define SLOTS_MAX     (REQUESTS_MAX + PROCESSES + OPERATORS_MAX)
#define ENTRIES_MAX   8
#define REFUNDS_MAX   10
#define PAID          10000

/* What a path may spend of each kind of trouble. */
enum trouble {
	TROUBLE_CRASH,   /* a process dies, or the power is cut */
	TROUBLE_NETWORK, /* a cancel or its answer is lost */
	TROUBLE_LIE,     /* a cancel's answer is wrong or empty */
	TROUBLE_DECLINE, /* the PG says no */
	TROUBLE_READ,    /* a read-back is lost or stale */
	TROUBLE_CONSOLE, /* a person cancels at i'mport's console */
	TROUBLE_STORE,   /* a transaction fails, or says so and is kept */
	TROUBLE_CLOCK,   /* our wall clock is set */
	TROUBLE_HINT,    /* a webhook comes */
	TROUBLE_DELAY,   /* time goes on while a task could have, too */
	TROUBLE__COUNT
};

struct wish {
	int64_t amount;     /* 0 = everything */
	const char *key;    /* "" = none */
	const char *ticket; /* its id; NULL = none */
};

/* What of a payment goes without approval. */
#define THRESHOLD_NOTHING 1
#define THRESHOLD_ONE     4000 /* of two of 3000 */

/* What an operator says of a refund that awaits approval. */
enum word {
	WORD_NONE,
	WORD_APPROVE,
	WORD_REJECT
};

struct scenario {
	const char *name;
	const char *more; /* the trouble it has one more of, or NULL */
	int n_requests;
	struct wish wishes[REQUESTS_MAX];
	int64_t threshold; /* THRESHOLD_*; 0 = no approval is needed */
	enum word words[OPERATORS_MAX];
	int64_t console_amount;
	bool is_torn;       /* i'mport tests a checksum, and applies later */
	bool is_async;      /* the method's PG may take its time */
	bool is_marker_cut; /* i'mport shows reasons without their end */
	int budget[TROUBLE__COUNT];
};

/* One entry of i'mport's history and whose it really is. */
struct fact {
	char id[8];
	char owner[REFUND_ID_SIZE]; /* "" = the console's */
	const char *key;            /* of the request it was for; "" = none */
	const char *ticket;         /* the same; NULL = none */
	int64_t amount;
	bool is_late;   /* later than i'mport is trusted to be */
	bool is_marked; /* its reason ends in the owner's marker */
};

enum stage {
	STAGE_SENT,   /* on its way */
	STAGE_TESTED, /* is_torn: its checksum was right */
	STAGE_TAKEN,  /* is_async: "code 0", and nothing has moved yet */
	STAGE_OVER
};

/* A cancel that was put on the wire. */
struct wire {
	char refund_id[REFUND_ID_SIZE];
	char marker[REFUND_ID_SIZE]; /* as its reason really ended */
	const char *key;
	const char *ticket;
	int64_t amount;
	int64_t checksum;
	int64_t sent_ms;
	enum stage stage;
	bool is_answered; /* there is an answer, as below */
	enum provider_said said;
	int n_shown; /* entries of the history in the answer */
};

/* A task on its way through one of the processes. */
struct slot {
	struct task *task; /* NULL = free */
	int process;
	int request; /* -1: a resolver's, a webhook's or an operator's */
	int wire;    /* whose answer it waits for; -1 = none */
	int64_t called_ms;
	bool is_told;    /* its caller has been told 202 or 503 */
	bool is_told_no; /* 503: nothing of it has begun, nor will */
	char word_on[REFUND_ID_SIZE]; /* what an operator approves; "" */
	bool is_to_approve;           /* his read-back has ended */
};

/* What is known of a refund from outside the book. */
struct fate {
	char id[REFUND_ID_SIZE];
	enum word word; /* that was said of it, and kept */
	bool is_told_failed;
	int n_facts_then; /* of the history, when that was told first */
	bool is_closed;
	enum intent_state state;
	enum intent_failure failure;
};

struct world {
	const struct scenario *scenario;
	int64_t now_ms;   /* the true time, and the steady clock */
	int64_t wall_off; /* our wall clock minus that */
	uint64_t n_ids;
	struct store_mem *book;
	struct fact facts[ENTRIES_MAX];
	int n_facts;
	struct wire wires[REFUNDS_MAX];
	int n_wires;
	struct slot slots[SLOTS_MAX];
	bool has_arrived[REQUESTS_MAX];
	bool has_spoken[OPERATORS_MAX];
	struct fate fates[REFUNDS_MAX];
	int n_fates;
	int left[TROUBLE__COUNT];
	const char *wrong; /* the promise that was broken, or NULL */
};

/*
 * The app of all worlds; its clock and chance are those of world_enter's.
 * world_app_of: the same with the policy of the world's scenario.
 */
extern const struct app world_app;
const struct app *world_app_of(const struct world *world);

/* world_new: a world at its beginning; exits without memory. */
struct world *world_new(const struct scenario *scenario);
struct world *world_copy(const struct world *world);
void world_free(struct world *world); /* NULL is fine */

/* world_enter: the clock and ids of the app are this world's from now on. */
void world_enter(struct world *world);

/* world_digest: equal for worlds that can't be told apart from here on. */
uint64_t world_digest(const struct world *world);

int64_t world_given(const struct world *world); /* at i'mport, so far */

/* world_rows: the book's refunds, newest first; returns how many. */
int world_rows(
    const struct world *world, struct refund_record rows[static REFUNDS_MAX]);
struct payment world_payment(const struct world *world);
/* world_history: is_known as of the refund; entries are the caller's. */
struct book world_history(const struct world *world, const char *refund_id);

/*
 * wire_is_late: i'mport has had all the time for it that it is trusted to take:
 * less than the quiet period.
 */
bool wire_is_late(const struct world *world, const struct wire *wire);

struct fate *world_fate(struct world *world, const char *refund_id);

/* explore_die: what can't be is told and ends the program. */
void explore_die(const char *what) __attribute__((noreturn));

#endif
