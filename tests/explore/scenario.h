/* SPDX-License-Identifier: MIT */
/*
 * Scenario: how much of what is to be explored together.
 */
#ifndef TESTS_EXPLORE_SCENARIO_H
#define TESTS_EXPLORE_SCENARIO_H

#include "world.h"

int scenario_count(void);

/* scenario_get: the i-th; is_long allows one more of each trouble in it. */
struct scenario scenario_get(int i, bool is_long);

#endif
