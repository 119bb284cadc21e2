/* SPDX-License-Identifier: MIT */
/*
 * Ledger: the room that owns the connection that writes.  Whatever has gathered
 * while the last transaction was being synced shares the next one: one sync
 * for all, no timer, no added delay.
 */
#ifndef SERVE_LEDGER_H
#define SERVE_LEDGER_H

/*
 * ledger_main: the thread.  Runs until its queue is closed; then what i'mport
 * has already been asked for is saved once more, and everybody else is told
 * that the answer is still out.
 */
void *ledger_main(void *rooms);

#endif
