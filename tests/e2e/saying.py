# SPDX-License-Identifier: MIT
"""For long campaigns: say(line) shows the line at the end of the run, whether
or not the test passed, such as how much was covered, or a seed."""

import pytest


@pytest.fixture
def say(request):
    def add(line):
        print(line)
        request.node.user_properties.append(("said", line))
    return add


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "said" and report.when == "call":
                    terminalreporter.write_line(value)
