/* SPDX-License-Identifier: MIT */
/*
 * The plan and the page: reads FAULT_PLAN once, before main, and counts.
 * What a call looks like is for the other files; they ask here if it has to
 * fail.  A plan that can't be read ends the program: a test that tests nothing
 * would be green.
 */
#include "fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORD_MAX 32

static const char *const names[] = {
	[FAULT_KIND_NONE] = "none",
	[FAULT_KIND_VFS_KILL] = "vfs-kill",
	[FAULT_KIND_VFS_ERROR] = "vfs-error",
	[FAULT_KIND_VFS_CUT] = "vfs-cut",
	[FAULT_KIND_VFS_LIE] = "vfs-lie",
	[FAULT_KIND_MALLOC] = "malloc",
	[FAULT_KIND_OWN_MALLOC] = "own-malloc",
	[FAULT_KIND_CRYPTO_MALLOC] = "crypto-malloc",
	[FAULT_KIND_CALL] = "call",
	[FAULT_KIND_SOCKET_KILL] = "socket-kill",
	[FAULT_KIND_CONNECT_STOP] = "connect-stop",
	[FAULT_KIND_CLOCK] = "clock",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == FAULT_KIND__COUNT,
    "every kind has a name");

/* A library under a program it does not know has nobody to hand state to. */
static struct {
	enum fault_kind kind;
	uint64_t at;
	char word[WORD_MAX];
	bool is_forever;
	struct fault_page *page;
} plan;

_Noreturn static void
misused(const char *what)
{
	(void)fprintf(stderr, "fault: bad %s\n", what);
	abort();
}

static enum fault_kind
kind_of(const char *name)
{
	int kind;

	for (kind = FAULT_KIND_NONE; kind < FAULT_KIND__COUNT; kind++) {
		if (strcmp(names[kind], name) == 0)
			return (enum fault_kind)kind;
	}
	misused("FAULT_PLAN");
}

static void
read_plan(const char *text)
{
	char name[WORD_MAX] = "", forever[WORD_MAX] = "";
	unsigned long long at = 0;

	if (sscanf(text, "%31[^:]:%llu:%31[^:]:%31s", name, &at, plan.word,
		forever) < 2)
		misused("FAULT_PLAN");
	plan.is_forever = strcmp(plan.word, "forever") == 0 ||
	    strcmp(forever, "forever") == 0;
	plan.at = at;
	plan.kind = kind_of(name);
}

static struct fault_page *
map_page(const char *path)
{
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *page;

	if (fd < 0)
		misused("FAULT_PAGE");
	page = mmap(
	    NULL, FAULT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (page == MAP_FAILED)
		misused("FAULT_PAGE");
	return page;
}

__attribute__((constructor(101))) static void
begin(void)
{
	const char *text = getenv("FAULT_PLAN");

	if (text == NULL)
		return;
	plan.page = map_page(getenv("FAULT_PAGE"));
	read_plan(text);
}

bool
fault_is(enum fault_kind kind)
{
	return plan.kind == kind;
}

bool
fault_strikes(char letter)
{
	struct fault_page *page = plan.page;
	uint64_t k;

	if (page == NULL || __atomic_load_n(&page->held, __ATOMIC_SEQ_CST) != 0)
		return false;
	k = __atomic_add_fetch(&page->count, 1, __ATOMIC_SEQ_CST);
	if (k <= FAULT_TRACE_MAX)
		page->trace[k - 1] = letter;
	return k == plan.at || (plan.is_forever && plan.at != 0 && k > plan.at);
}

bool
fault_is_past(void)
{
	return __atomic_load_n(&plan.page->count, __ATOMIC_SEQ_CST) >= plan.at;
}

void
fault_hit(void)
{
	(void)__atomic_add_fetch(&plan.page->hits, 1, __ATOMIC_SEQ_CST);
}

int64_t
fault_number(void)
{
	return strtoll(plan.word, NULL, 10);
}

const char *
fault_word(void)
{
	return plan.word;
}

uint64_t
fault_at(void)
{
	return plan.at;
}

void
fault_release(void)
{
	__atomic_store_n(&plan.page->held, 0, __ATOMIC_SEQ_CST);
}

void
fault_hold(void)
{
	if (plan.page != NULL)
		__atomic_store_n(&plan.page->held, 1, __ATOMIC_SEQ_CST);
}

_Noreturn void
fault_die(void)
{
	fault_hit();
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}
