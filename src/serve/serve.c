/* SPDX-License-Identifier: MIT */
/*
 * Building the rooms, and emptying them in the order in which a job leaves:
 * the line, then the ledger, then the desks.
 */
#include "serve/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/desk.h"
#include "serve/front.h"
#include "serve/job.h"
#include "serve/ledger.h"
#include "serve/line.h"
#include "serve/rooms.h"

/* How far serve_run has got with its threads. */
struct crew {
	pthread_t line, ledger;
	bool has_line, has_ledger;
	size_t n_desks;
};

/*
 * All of them mean "drain": process managers send one or another (multiwatch
 * makes USR1 of TERM), a closed terminal sends HUP.
 */
static sigset_t
end_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	return set;
}

void
serve_hold_signals(void)
{
	sigset_t set = end_signals();

	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* They stay blocked in every thread; the front reads them. */
static enum fault
take_signals(struct rooms *rooms, struct fault_note *note)
{
	sigset_t set = end_signals();

	rooms->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	rooms->front_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rooms->signals < 0 || rooms->front_event < 0)
		return fault_set(note, FAULT_IO, "%s", strerror(errno));
	return FAULT_NONE;
}

enum fault
serve_open(const struct serve *serve, struct rooms **ret_rooms,
    struct fault_note *note)
{
	struct rooms *rooms = calloc(1, sizeof(*rooms));
	size_t i;
	enum fault f;

	if (rooms == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for the rooms");
	rooms->serve = serve;
	rooms->signals = rooms->front_event = -1;
	rooms->scan.kind = ERRAND_SCAN;
	TAILQ_INIT(&rooms->at_line);
	queue_init(&rooms->to_front, front_wake, rooms);
	queue_init(&rooms->to_desks, NULL, NULL);
	queue_init(&rooms->to_ledger, NULL, NULL);
	queue_init(&rooms->to_line, line_wake, rooms);
	rooms->desks = calloc(serve->n_workers, sizeof(*rooms->desks));
	if (rooms->desks == NULL) {
		f = fault_set(note, FAULT_NOMEM, "no memory for the desks");
		goto fail;
	}
	for (i = 0; i < serve->n_workers; i++)
		rooms->desks[i] = (struct desk){ .rooms = rooms,
			.store = &serve->readers[i] };
	f = take_signals(rooms, note);
	if (f != FAULT_NONE)
		goto fail;
	*ret_rooms = rooms;
	return FAULT_NONE;
fail:
	serve_close(rooms);
	return f;
}

static enum fault
start_crew(struct rooms *rooms, struct crew *crew, struct fault_note *note)
{
	struct desk *desk;
	int rc;

	rc = pthread_create(&crew->line, NULL, line_main, rooms);
	crew->has_line = rc == 0;
	if (rc == 0)
		rc = pthread_create(&crew->ledger, NULL, ledger_main, rooms);
	crew->has_ledger = crew->has_line && rc == 0;
	while (rc == 0 && crew->n_desks < rooms->serve->n_workers) {
		desk = &rooms->desks[crew->n_desks];
		rc = pthread_create(&desk->thread, NULL, desk_main, desk);
		if (rc == 0)
			crew->n_desks++;
	}
	if (rc != 0)
		return fault_set(
		    note, FAULT_NOMEM, "a thread: %s", strerror(rc));
	return FAULT_NONE;
}

/* What has come in and no desk has read yet: its time is over. */
static void
end_reading(struct rooms *rooms)
{
	struct queue_list kept = TAILQ_HEAD_INITIALIZER(kept);
	struct queue_item *item;

	atomic_store(&rooms->is_leaving, true);
	queue_close(&rooms->to_front);
	(void)queue_take_all(&rooms->to_front, 0, &kept);
	while ((item = TAILQ_FIRST(&kept)) != NULL) {
		TAILQ_REMOVE(&kept, item, link);
		rooms_drop(rooms, (struct exchange *)item);
	}
}

static void
stop_crew(struct rooms *rooms, struct crew *crew)
{
	size_t i;

	end_reading(rooms);
	queue_close(&rooms->to_line);
	if (crew->has_line)
		pthread_join(crew->line, NULL);
	queue_close(&rooms->to_ledger);
	if (crew->has_ledger)
		pthread_join(crew->ledger, NULL);
	queue_close(&rooms->to_desks);
	for (i = 0; i < crew->n_desks; i++)
		pthread_join(rooms->desks[i].thread, NULL);
}

enum fault
serve_run(struct rooms *rooms, struct fault_note *note)
{
	struct crew crew = { 0 };
	enum fault f;

	f = start_crew(rooms, &crew, note);
	if (f == FAULT_NONE) {
		log_event(LOG_LEVEL_INFO, "started", "%zu desks",
		    rooms->serve->n_workers);
		f = front_run(rooms, note);
	} else {
		listen_end(&rooms->serve->listener);
		close(rooms->serve->listener.fd);
	}
	stop_crew(rooms, &crew);
	log_event(LOG_LEVEL_INFO, "drained", "%d refunds left in the journal",
	    atomic_load(&rooms->n_jobs[JOB_REFUND]));
	return f;
}

void
serve_close(struct rooms *rooms)
{
	struct queue_item *item;

	if (rooms == NULL)
		return;
	while ((item = TAILQ_FIRST(&rooms->at_line)) != NULL) {
		TAILQ_REMOVE(&rooms->at_line, item, link);
		job_free(rooms, job_of(item));
	}
	free(rooms->desks);
	queue_deinit(&rooms->to_front);
	queue_deinit(&rooms->to_desks);
	queue_deinit(&rooms->to_ledger);
	queue_deinit(&rooms->to_line);
	if (rooms->signals >= 0)
		close(rooms->signals);
	if (rooms->front_event >= 0)
		close(rooms->front_event);
	free(rooms);
}
