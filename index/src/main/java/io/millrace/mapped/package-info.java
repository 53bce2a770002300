/**
 * Files and mapped memory: the only place that opens, reserves, maps, trims and unmaps.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.mapped;
