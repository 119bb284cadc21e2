# SPDX-License-Identifier: MIT
"""axe-core looks at a page as it is now: WCAG 2.2 to level AA, and what axe
calls good practice."""

import functools

import npm

RUN = """
const [rules, done] = arguments;
axe.run({ resultTypes: ["violations"], ...rules && { runOnly: rules } }).then(
    (results) => done(results.violations.map((violation) =>
        violation.id + ": " + violation.help + "\\n" + violation.nodes.map(
            (node) => "  " + node.html + "\\n  " + node.failureSummary)
            .join("\\n"))),
    (error) => done([String(error)]));
"""


@functools.cache
def source():
    return npm.installed("axe-core/axe.min.js").read_text(encoding="utf-8")


def check(driver, what, rules=None):
    """Fails with all that is found; what names the page and its state.  The
    page was loaded while it found source() done: its policy lets no foreign
    script in, but for the driver's."""
    found = driver.execute_async_script(RUN, rules)
    assert not found, f"{what}:\n" + "\n".join(found)
