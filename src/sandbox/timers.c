/* SPDX-License-Identifier: MIT */
/*
 * The textbook heap: children of i are 2i+1 and 2i+2, a parent is never later
 * than its children.
 */
#include "sandbox/timers.h"

#include <stdlib.h>

void
timers_init(struct timers *timers)
{
	timers->items = NULL;
	timers->n = 0;
	timers->room = 0;
}

void
timers_deinit(struct timers *timers)
{
	free(timers->items);
	timers_init(timers);
}

enum fault
timers_add(
    struct timers *timers, int64_t due, void *what, struct fault_note *note)
{
	struct timers_item *items = timers->items;
	size_t i = timers->n;

	if (timers->n == timers->room) {
		size_t room = timers->room == 0 ? 64 : timers->room * 2;

		items = reallocarray(items, room, sizeof(*items));
		if (items == NULL)
			return fault_set(
			    note, FAULT_NOMEM, "timers: no memory");
		timers->items = items;
		timers->room = room;
	}
	for (; i > 0 && items[(i - 1) / 2].due > due; i = (i - 1) / 2)
		items[i] = items[(i - 1) / 2];
	items[i] = (struct timers_item){ due, what };
	timers->n++;
	return FAULT_NONE;
}

int64_t
timers_next(const struct timers *timers)
{
	return timers->n == 0 ? INT64_MAX : timers->items[0].due;
}

void *
timers_pop(struct timers *timers, int64_t now)
{
	struct timers_item *items = timers->items;
	struct timers_item last;
	size_t i = 0, child;
	void *what;

	if (timers_next(timers) > now || timers->n == 0)
		return NULL;
	what = items[0].what;
	last = items[--timers->n];
	while ((child = 2 * i + 1) < timers->n) {
		if (child + 1 < timers->n &&
		    items[child + 1].due < items[child].due)
			child++;
		if (items[child].due >= last.due)
			break;
		items[i] = items[child];
		i = child;
	}
	items[i] = last;
	return what;
}
