/**
 * The network: sockets, frames, memory, and the order of responses.
 *
 * <p>In: bytes of clients. A frame is put together in direct memory that is paid for as bytes arrive
 * ({@link io.millrace.broker.net.FrameAssembler}, {@link io.millrace.broker.net.MemoryBudget}), parsed, and routed on
 * the event loop that read it. Out: responses in request order, encoded by
 * {@link io.millrace.broker.net.ResponseEncoder} into buffers and file regions, flushed once per turn of the loop.
 *
 * <p>Every connection belongs to one event loop; all its state is touched there only. The node owns the
 * {@link io.millrace.broker.net.EventLoops} and the budget and closes them after the servers.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.net;
