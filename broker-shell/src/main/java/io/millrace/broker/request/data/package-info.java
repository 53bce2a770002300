/** Puts the handlers of the data path together; the node calls it once. */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.request.data;
