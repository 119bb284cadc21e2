/* SPDX-License-Identifier: MIT */
/*
 * Scenario: how much of what is to be explored together.
 */
#ifndef TESTS_EXPLORE_SCENARIO_H
#define TESTS_EXPLORE_SCENARIO_H

#include "world.h"

/* With is_long each scenario comes once for each trouble in it, with one more of
 * that: all of them at once would be too many worlds to ever come to an end. */
int scenario_count(bool is_long);

struct scenario scenario_get(int i, bool is_long);

#endif
