/**
 * What the machine can do at most: sockets, sendfile, memory, disk. Nothing flows in but a directory, figures flow out; they are measured
 * in the run whose figures they stand beside, because a virtual machine is another one an hour later.
 */
@NullMarked
package io.millrace.perf.machine;

import org.jspecify.annotations.NullMarked;
