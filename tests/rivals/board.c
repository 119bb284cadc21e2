/* SPDX-License-Identifier: MIT */
/*
 * One shared mapping.
 */
#include "rivals/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(sizeof(struct board) == BOARD__COUNT * sizeof(int64_t),
    "numbers and nothing else");

struct board *
board_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *board;

	if (fd < 0)
		return NULL;
	board = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	(void)close(fd);
	return board == MAP_FAILED ? NULL : board;
}

static enum board_place
place_of(int status, int is_replayed)
{
	if (status == 0)
		return BOARD_BROKEN;
	if (is_replayed)
		return BOARD_AGAIN;
	if (status == 200)
		return BOARD_DONE;
	if (status == 202)
		return BOARD_OPEN;
	if (status == 503)
		return BOARD_LATER;
	return status >= 400 && status < 500 ? BOARD_NO : BOARD_FAULT;
}

void
board_count(struct board *board, int status, int is_replayed)
{
	atomic_fetch_add_explicit(
	    &board->at[place_of(status, is_replayed)], 1, memory_order_relaxed);
}
