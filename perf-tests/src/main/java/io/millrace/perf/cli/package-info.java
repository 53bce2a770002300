/**
 * The commands of {@code perf-tests.jar}. Arguments flow in; a progress line, a report and an exit code flow out: 0 done, 2 asked for
 * the impossible, 3 the run failed and what was measured until then was kept.
 */
@NullMarked
package io.millrace.perf.cli;

import org.jspecify.annotations.NullMarked;
