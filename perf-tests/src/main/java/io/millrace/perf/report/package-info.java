/**
 * Measurements as something to read, to keep and to look at: text, JSON, HdrHistogram logs, a page with plots. Measurements flow in, text
 * flows out; nothing here measures.
 */
@NullMarked
package io.millrace.perf.report;

import org.jspecify.annotations.NullMarked;
